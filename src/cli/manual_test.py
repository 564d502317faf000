# SPDX-License-Identifier: Apache-2.0
"""manual_test.py PROGRAM PAGE: `postern --help-all` and postern(1) name the same commands and options."""

import re
import subprocess
import sys


def options_of(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def commands_of(program, words=()):
    said = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"^Subcommands:\n((?:  .*\n?)+)", said, re.M)
    names = re.findall(r"^  ([a-z-]+)", found.group(1), re.M) if found else []
    inner = [c for name in names for c in commands_of(program, (*words, name))]
    return inner if inner else [(" ".join(words), options_of(said))]


def main():
    program, page = sys.argv[1:]
    with open(page, encoding="utf-8") as file:
        manual = re.sub(r"\\f[A-Z]", "", file.read()).replace("\\", "")
    faults = []
    options = options_of(subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout)
    for command, own in commands_of(program):
        options |= own
        if not re.search(rf"^\.BR? \"?{re.escape(command)}\b", manual, re.M):
            faults.append(f"{page}: the command `{command}` is missing")
    for option in sorted(options - options_of(manual)):
        faults.append(f"{page}: the option {option} is missing")
    for option in sorted(options_of(manual) - options):
        faults.append(f"{page}: the option {option} is none of the program's")
    print("\n".join(faults) or f"{len(options)} options, all in the manual")
    sys.exit(bool(faults))


main()
