# SPDX-License-Identifier: Apache-2.0
"""The tree as a dict of path -> text, and C++ read just well enough for house rules (no compiler)."""

import os
import re

SKIPPED_DIRS = {".git", "build", ".cache", "__pycache__", "node_modules"}
BLIND = ("observe", "edge", "act", "tell")
CODE = (".h", ".cpp", ".c")


def load(root):
    files = {}
    for folder, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in SKIPPED_DIRS)
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path) or name == ".git":
                continue
            with open(path, "rb") as f:
                data = f.read()
            files[os.path.relpath(path, root)] = data.decode("utf-8", "replace") if b"\0" not in data else ""
    return files


def is_test(path):
    return bool(re.search(r"_(test|fuzz)\.cpp$", path))


def room(path):
    """src/observe/radius_acct/x.h -> observe/radius_acct; src/base/x.h -> base; None outside src/."""
    parts = path.split("/")
    if parts[0] != "src" or len(parts) < 3:
        return None
    if parts[1] in BLIND and len(parts) > 3:
        return "/".join(parts[1:3])
    if parts[1:3] == ["decide", "detect"] and len(parts) > 4:
        return "/".join(parts[1:4])
    return parts[1]


def rooms(files):
    return sorted({room(p) for p in files if p.endswith(CODE) and room(p)})


def includes(text):
    """[(line number, header, quoted?)] of the #include lines."""
    found = re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', text, re.M)
    return [(text.count("\n", 0, m.start()) + 1, m.group(2), m.group(1) == '"') for m in found]


_NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^()\s\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+'",
    re.S,
)


def stripped(text):
    """Comments become a blank and literals an empty one; newlines stay, so that line numbers hold."""
    return _NOISE.sub(lambda m: (" " if m.group(0)[0] == "/" else '""') + "\n" * m.group(0).count("\n"), text)


def _without_preprocessor(text):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.M)


_NOT_A_FUNCTION = re.compile(r"(^|[\s;}])(namespace|class|struct|union|enum|extern)\b(?![^{]*\))|=\s*$")


def functions(text):
    """[(first line, last line, head)] of function bodies at namespace or class scope."""
    code = _without_preprocessor(stripped(text))
    found, stack, start = [], [], 0
    for m in re.finditer(r"[{};]", code):
        char, at = m.group(0), m.start()
        if char == "{":
            head = code[start:at]
            inside = any(kind != "scope" for kind, _, _ in stack)
            clean = re.sub(r"\b(public|private|protected):", "", head).strip()
            if inside:
                kind = "block"
            elif _NOT_A_FUNCTION.search(clean) or "(" not in clean:
                kind = "scope" if re.search(r"\b(namespace|class|struct|union|extern)\b", clean) else "block"
            else:
                kind = "function"
            first = start + re.match(r"\s*((public|private|protected):\s*)*", head).end()
            stack.append((kind, first, " ".join(clean.split())))
        elif char == "}" and stack:
            kind, first, head = stack.pop()
            if kind == "function":
                found.append((code.count("\n", 0, first) + 1, code.count("\n", 0, at) + 1, head))
        start = at + 1
    return found
