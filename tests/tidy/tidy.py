#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The house rules over the whole tree (CONTRIBUTING.md says why). Only python's own library; under five seconds.

  tests/tidy/tidy.py            exit 1 and one line per violation, `file:line: [rule] text`
  tests/tidy/tidy.py --ratchet  prints what tests/tidy/ratchet.txt would have to say today
"""

import concurrent.futures
import os
import shutil
import subprocess
import sys

import rules
import tree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def format_violations(files):
    tool = shutil.which("clang-format-19")
    if not tool:
        if os.environ.get("POSTERN_REQUIRE_ALL") == "1":
            return [("dev", 1, "clang-format-19 is missing (./dev deps)")]
        print("SKIP: clang-format-19 is not installed, the format is not checked")
        return []
    paths = sorted(rules.code_files(files))
    workers = os.cpu_count() or 1

    def check(part):
        run = subprocess.run([tool, "--dry-run", *part], cwd=ROOT, capture_output=True, text=True, check=False)
        return {line.split(":")[0]: int(line.split(":")[1]) for line in reversed(run.stderr.splitlines()) if "warning:" in line}

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        bad = {}
        for found in pool.map(check, [paths[i::workers] for i in range(workers) if paths[i::workers]]):
            bad.update(found)
    return [(path, line, "not formatted: ./dev fmt") for path, line in sorted(bad.items())]


def main():
    files = tree.load(ROOT)
    if "--ratchet" in sys.argv:
        for kind, path, value, _ in sorted(rules.measure(files)):
            print(kind, path, value)
        return 0
    found = [("format", v) for v in format_violations(files)]
    for name, rule in rules.RULES.items():
        found += [(name, v) for v in rule(files)]
    for name, (path, line, text) in found:
        print(f"{path}:{line}: [{name}] {text}")
    print(f"tidy: {len(files)} files, {len(rules.RULES) + 1} rules, {len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
