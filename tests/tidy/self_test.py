#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each rule finds the violation planted for it, at its place, and nothing in a clean tree."""

import sys
import unittest

import rules
import tree

S = "// SPDX-License-Identifier: Apache-2.0\n"
H = S + "#pragma once\n"
LAYERS = "base:\nsys: base\nwire: base\nedge: base wire\ndecide: base\nsettings: base\ncli: base\ndaemon: base\n"
CLEAN = {
    "ARCHITECTURE.md": "| `base/` | x |\n| `wire/` | x |\n[a](src/base/ip.h) [b](src/base)\n",
    "tests/tidy/layers.txt": "# comment\n" + LAYERS,
    "tests/tidy/ratchet.txt": "# comment\n",
    "src/base/ip.h": H + "struct Ip {\n  int x() const { return 1; }\n};\n",
    "src/base/CMakeLists.txt": "# SPDX-License-Identifier: Apache-2.0\n# not Boost\npostern_library(base)\n",
    "src/wire/smtp.h": H + '#include "base/ip.h"\nResult<Smtp> parse_smtp(std::string_view in);\n',
    "src/wire/smtp_fuzz.cpp": S + '#include "wire/smtp.h"\n',
    "src/wire/smtp_corpus/one": "EHLO x",
}
LONG = "int f(int a,\n      int b) {\n" + "  g(\"}\"); // {\n" * 68 + "}\n"  # 71 lines


def only(rule, files):
    """What the rule says about a clean tree with these files added; the rest of the rules does not matter."""
    return rules.RULES[rule]({**CLEAN, **files})


class Planted(unittest.TestCase):
    def found(self, rule, files, path, line=None):
        got = only(rule, files)
        self.assertTrue(any(p == path and line in (None, n) for p, n, _ in got), f"{rule}: {got}")

    def clean(self, rule, files):
        self.assertEqual(only(rule, files), [], rule)

    def test_clean_tree(self):
        for rule in rules.RULES:
            self.clean(rule, {})

    def test_every_rule_has_a_test(self):
        for rule in rules.RULES:
            self.assertTrue(hasattr(self, "test_" + rule), rule)

    def test_layers(self):
        self.found("layers", {"src/base/a.h": H + '#include "wire/smtp.h"\n'}, "src/base/a.h", 3)
        self.found("layers", {"src/attic/a.h": H}, "src/attic")
        self.found("layers", {"src/edge/a/a.h": H + '#include "edge/b/b.h"\n', "src/edge/b/b.h": H}, "src/edge/a/a.h", 3)
        self.found("layers", {"src/decide/d.h": H + '#include "sys/clock.h"\n'}, "src/decide/d.h", 3)
        a, b = "src/decide/detect/a/a.h", "src/decide/detect/b/b.h"
        self.found("layers", {a: H + '#include "decide/detect/b/b.h"\n', b: H}, a)
        self.clean("layers", {"src/decide/e.h": H + '#include "decide/detect/b/b.h"\n', b: H + '#include "decide/x.h"\n'})
        self.clean("layers", {"src/base/a_test.cpp": S + '#include "tests/support/skip.h"\n'})
        self.clean("layers", {"src/edge/a/a.h": H + '#include "wire/smtp.h"\n#include "edge/a/c.h"\n'})

    def test_cycles(self):
        files = {"src/base/a.h": H + '#include "base/b.h"\n', "src/base/b.h": H + '#include "base/a.h"\n'}
        self.found("cycles", files, "src/base/b.h")

    def test_libraries(self):
        self.found("libraries", {"src/sys/a.cpp": S + "#include <boost/asio.hpp>\n"}, "src/sys/a.cpp", 2)
        self.found("libraries", {"tests/lab/a.cpp": S + "#include <nlohmann/json.hpp>\n"}, "tests/lab/a.cpp")
        self.found("libraries", {"CMakeLists.txt": "find_package(Boost)\n"}, "CMakeLists.txt")
        self.found("libraries", {"src/base/a.cpp": S + "#include <sqlite3.h>\n"}, "src/base/a.cpp")
        self.found("libraries", {"src/sys/a.cpp": S + "#include <toml++/toml.h>\n"}, "src/sys/a.cpp")
        self.found("libraries", {"src/edge/a/a.cpp": S + "#include <microhttpd.h>\n"}, "src/edge/a/a.cpp")
        self.found("libraries", {"src/daemon/a.cpp": S + "#include <bpf/libbpf.h>\n"}, "src/daemon/a.cpp")
        many = {f"src/cli/{i}.cpp": S + "#include <CLI/CLI.hpp>\n" for i in "ab"}
        self.found("libraries", many, "src/cli/b.cpp")
        many = {f"src/settings/{i}.cpp": S + "#include <toml++/toml.h>\n" for i in "abc"}
        self.found("libraries", many, "src/settings/c.cpp")
        self.clean("libraries", {"src/cli/main.cpp": S + "#include <CLI/CLI.hpp>\n"})

    def test_spdx(self):
        self.found("spdx", {"src/base/a.cpp": "\n" + S}, "src/base/a.cpp")
        self.found("spdx", {"tests/a.sh": "#!/bin/sh\n\n# SPDX-License-Identifier: Apache-2.0\n"}, "tests/a.sh")
        self.found("spdx", {"tool": "#!/bin/sh\n"}, "tool")
        self.found("spdx", {"src/base/a.h": "// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause\n"}, "src/base/a.h")
        self.clean("spdx", {"src/gate/bpf/a.bpf.c": "// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause\n"})

    def test_sizes(self):
        self.found("sizes", {"src/base/a.cpp": S + LONG}, "src/base/a.cpp", 2)
        self.found("sizes", {"src/base/a.cpp": S + "namespace x {\nclass C {\n public:\n" + LONG + "};\n}\n"}, "src/base/a.cpp", 5)
        self.found("sizes", {"tests/a.py": "def f():\n" + "    x()\n" * 70}, "tests/a.py", 1)
        self.found("sizes", {"tests/a.sh": "f() {\n" + "  x\n" * 69 + "}\n"}, "tests/a.sh", 1)
        self.found("sizes", {"src/base/a.cpp": S * 501}, "src/base/a.cpp")
        self.found("sizes", {"src/base/a.h": H * 101}, "src/base/a.h")
        self.found("sizes", {f"src/base/{i}.txt": "" for i in range(26)}, "src/base")
        self.clean("sizes", {"src/base/a.cpp": S + LONG.replace("  g", "//", 1).replace("{\n//", "{ //", 1)})
        ratchet = "tests/tidy/ratchet.txt"
        self.clean("sizes", {"src/base/a.cpp": S * 501, ratchet: "file src/base/a.cpp 501\n"})
        self.found("sizes", {"src/base/a.cpp": S * 502, ratchet: "file src/base/a.cpp 501\n"}, "src/base/a.cpp")
        self.found("sizes", {"src/base/a.cpp": S * 501, ratchet: "file src/base/a.cpp 502\n"}, ratchet)
        self.found("sizes", {ratchet: "file src/base/a.cpp 502\n"}, ratchet)

    def test_banned(self):
        for call in ("time(nullptr)", "std::time(0)", "clock_gettime(0, &t)", "std::chrono::steady_clock::now()", "rand()",
                     "std::getenv(x)", "sleep(1)", "::usleep(1)", "std::this_thread::sleep_for(x)", "randombytes_buf(p, 1)"):
            self.found("banned", {"src/edge/a/a.cpp": S + f"int x = {call};\n"}, "src/edge/a/a.cpp", 2)
            self.clean("banned", {"src/sys/a.cpp": S + call, "src/base/a_test.cpp": S + call, "src/daemon/a.cpp": S + call})
        self.clean("banned", {"src/base/a.cpp": S + '// time(0)\nauto x = "rand()" + at.time(n) + operand(1);\n'})

    def test_paths(self):
        for top in ("work", "root", "tmp" + "/w"):
            self.found("paths", {"README.md": f"see\n/{top}/x\n"}, "README.md", 2)
        self.clean("paths", {"README.md": "net/work" + "/x"})

    def test_marks(self):
        self.found("marks", {"src/base/a.cpp": S + "// TO" + "DO: x\n"}, "src/base/a.cpp", 2)

    def test_headers(self):
        self.found("headers", {"src/base/a.h": S}, "src/base/a.h")
        self.found("headers", {"src/base/a.h": H + "using namespace std;\n"}, "src/base/a.h", 3)
        self.found("headers", {"src/base/a.h": H + '#include "ip.h"\n'}, "src/base/a.h", 3)

    def test_threads(self):
        self.found("threads", {"src/base/a.cpp": S + "std::jthread t;\n"}, "src/base/a.cpp")
        self.clean("threads", {"src/sys/a.cpp": S + "std::thread t;\n", "src/sys/CMakeLists.txt": "postern_library(sys THREADS)\n"})

    def test_fuzz(self):
        self.found("fuzz", {"src/base/a.h": H + "Result<A> parse_a(std::string_view);\n"}, "src/base/a.h")
        self.found("fuzz", {"src/base/a_fuzz.cpp": S}, "src/base/a_fuzz.cpp")

    def test_architecture(self):
        self.found("architecture", {"src/edge/a/a.h": H}, "ARCHITECTURE.md")
        rows = CLEAN["ARCHITECTURE.md"] + "| `edge/` | x |\n"
        self.clean("architecture", {"src/edge/a/a.h": H, "ARCHITECTURE.md": rows})
        self.found("architecture", {"ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"] + "| `tell/` | x |\n"}, "ARCHITECTURE.md")

    def test_readmes(self):
        self.found("readmes", {"src/edge/a/a.h": H}, "src/edge/a/README.md")
        self.found("readmes", {"src/decide/detect/a/a.h": H}, "src/decide/detect/a/README.md")
        self.found("readmes", {"src/edge/a/a.h": H, "src/edge/a/README.md": "x\n" * 61}, "src/edge/a/README.md")
        self.clean("readmes", {"src/edge/a/a.h": H, "src/edge/a/README.md": "x\n", "src/tell/a/a.h": H})

    def test_links(self):
        self.found("links", {"README.md": "x\n[a](gone.md)\n"}, "README.md", 2)
        self.clean("links", {"docs/a.md": "[a](../ARCHITECTURE.md#x) [b](https://example.org)\n"})


class Reading(unittest.TestCase):
    def test_functions(self):
        text = ('namespace a {\nstruct B { int x = 1; };\nenum class E { a };\nint g(const char* s = "}") {\n'
                "  auto l = [&](int) { return 1; };\n}\nB::B() : x{1} {}\nconst T kX = {f(1), 2};\nextern \"C\" int h() {\n}\n}\n")
        self.assertEqual([(a, b) for a, b, h in tree.functions(text) if "x{1}" not in h and "kX" not in h][:1], [(4, 6)])

    def test_digit_separators_are_not_characters(self):
        self.assertIn("f(", tree.stripped("int a = 1'000; f('x'); int b = 2'000;"))


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
