# SPDX-License-Identifier: Apache-2.0
"""House rules, each a function rule_x(files) -> [(path, line, text)]. files = path -> text (tree.load)."""

import os
import re

from tree import CODE, functions, includes, is_test, room, rooms, stripped

LIMITS = {"function": 70, "file": 500, "header": 200, "folder": 25}
RATCHET = "tests/tidy/ratchet.txt"


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def code_files(files, top=("src/", "bench/", "tests/")):
    return {p: t for p, t in files.items() if p.endswith(CODE) and p.startswith(top)}


def read_layers(files):
    layers = {}
    for line in files.get("tests/tidy/layers.txt", "").splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, allowed = line.partition(":")
            layers[name.strip()] = set(allowed.split())
    return layers


def rule_layers(files):
    layers, out = read_layers(files), []
    for name in rooms(files):
        if name.split("/")[0] not in layers:
            out.append((f"src/{name}", 1, "a room that tests/tidy/layers.txt does not know"))
    for path, text in code_files(files, "src/").items():
        mine = room(path)
        if not mine:
            continue
        top = mine.split("/")[0]
        for line, header, quoted in includes(text):
            other = room("src/" + header) if quoted and not header.startswith(("tests/", "bench/")) else None
            if not other or other == mine:
                continue
            their_top = other.split("/")[0]
            # Within decide/ everything may be seen but a detector's inside by another detector.
            same = their_top == top and top == "decide" and not (
                mine.startswith("decide/detect/") and other.startswith("decide/detect/"))
            if not same and their_top not in layers.get(top, set()):
                out.append((path, line, f"{mine} may not include {other} (tests/tidy/layers.txt)"))
    return out


def rule_cycles(files):
    graph = {}
    for path, text in code_files(files).items():
        graph[path] = [p for _, h, q in includes(text) if q for p in ("src/" + h, h) if p in files]
    state, out = {}, []

    def visit(path, trail):
        state[path] = 1
        for other in graph.get(path, []):
            if state.get(other) == 1:
                cycle = trail[trail.index(other):] + [other]
                out.append((path, 1, "include cycle: " + " -> ".join(cycle)))
            elif other not in state:
                visit(other, trail + [other])
        state[path] = 2

    for path in sorted(graph):
        if path not in state:
            visit(path, [path])
    return out


# header pattern, where in src/ it may stand (None: nowhere in the tree), how many files
LIBRARIES = [
    (r"boost/", None, 0),
    (r"nlohmann/", None, 0),
    (r"rapidjson/", None, 0),
    (r"toml\+\+/|toml\.hpp", "settings/", 2),
    (r"CLI/", "cli/", 1),
    (r"microhttpd\.h", "sys/", 2),
    (r"sqlite3\.h", "store/", 25),
    (r"bpf/|linux/bpf\.h", "gate/", 25),
    (r"jansson\.h", "wire/", 2),
    (r"openssl/", "wire/", 2),
    (r"curl/", ("sys/outbound/", "cli/"), 2),
    (r"spdlog/", "sys/", 1),
]


def rule_libraries(files):
    out = []
    for pattern, home, most in LIBRARIES:
        seen = []
        for path, text in code_files(files).items():
            for line, header, _ in includes(text):
                if not re.match(pattern, header):
                    continue
                if home is None:
                    out.append((path, line, f"<{header}>: not a library of this project (docs/decisions/0002)"))
                elif path.startswith("src/") and not is_test(path):
                    seen.append(path)
                    homes = [home] if isinstance(home, str) else home
                    if not any(path.startswith("src/" + h) for h in homes):
                        out.append((path, line, f"<{header}> belongs into src/{' or src/'.join(homes)} only"))
        if home and len(set(seen)) > most:
            out.append((seen[-1], 1, f"{pattern} stands in {len(set(seen))} files, at most {most}: it is slow to compile"))
    for path, text in files.items():
        if path.endswith("CMakeLists.txt") or path.endswith(".cmake"):
            for m in re.finditer(r"\bBoost\b", re.sub(r"#[^\n]*", "", text)):
                out.append((path, line_of(text, m.start()), "no Boost (docs/decisions/0002)"))
    return out


def rule_spdx(files):
    out = []
    for path, text in files.items():
        lines = text.split("\n", 2)
        if path.endswith(CODE) and not path.endswith(".skel.h"):
            ok = re.fullmatch(r"(//|/\*) SPDX-License-Identifier: (Apache-2\.0|\(?GPL-2\.0-only OR BSD-2-Clause\)?)( \*/)?",
                              lines[0])
            if ok and "GPL" in lines[0] and not path.startswith("src/gate/bpf/") and "bpf" not in path:
                ok = None
        elif path.endswith((".cmake", ".sh", ".py", "CMakeLists.txt")) or text.startswith("#!"):
            ok = any(l == "# SPDX-License-Identifier: Apache-2.0" for l in lines[:2])
        else:
            continue
        if not ok:
            out.append((path, 1, "the first line (after #!) must be the SPDX-License-Identifier"))
    return out


def measure(files):
    """[(kind, path, value, line)] of everything over its limit."""
    over = []
    folders = {}
    for path, text in files.items():
        parts = path.split("/")
        for i in range(1, len(parts)):
            folders.setdefault("/".join(parts[:i]), set()).add(parts[i])
        if not (path.endswith(CODE + (".py", ".sh")) or text.startswith("#!")):
            continue
        lines = text.count("\n")
        if lines > LIMITS["file"]:
            over.append(("file", path, lines, 1))
        # A header of the BPF program is a part of its one source, not an interface.
        if path.startswith("src/") and path.endswith(".h") and "/bpf/" not in path and LIMITS["header"] < lines:
            over.append(("header", path, lines, 1))
        for first, last, head in functions(text) if path.endswith(CODE) else scripts(text):
            if last - first + 1 > LIMITS["function"]:
                name = re.sub(r"[^\w:~]+", "", head.split("(")[0].split(" ")[-1])
                if name in ("TEST", "TEST_F", "TEST_P"):
                    name = re.sub(r"[^\w]+", ".", head.split("(", 1)[1]).strip(".")
                over.append(("function", f"{path}:{name}", last - first + 1, first))
    for folder, entries in folders.items():
        if len(entries) > LIMITS["folder"] and not folder.endswith("_corpus"):
            over.append(("folder", folder, len(entries), 1))
    return over


def scripts(text):
    """Functions of shell and python by their shape: `name() {` ... `}`, `def name(` until the indentation ends."""
    lines = text.split("\n")
    for i, line in enumerate(lines):
        shell = re.match(r"(\w+)\(\) \{$", line)
        python = re.match(r"( *)def (\w+)\(", line)
        if shell:
            end = next((j for j in range(i, len(lines)) if lines[j] == "}"), i)
            yield i + 1, end + 1, shell.group(1)
        elif python:
            end = j = i + 1
            while j < len(lines) and (not lines[j].strip() or lines[j].startswith((python.group(1) + " ", python.group(1) + ")"))):
                end = j + 1 if lines[j].strip() else end
                j += 1
            yield i + 1, end, python.group(2)


def rule_sizes(files):
    allowed = {}
    for line in files.get(RATCHET, "").splitlines():
        if line.strip() and not line.startswith("#"):
            kind, path, value = line.split()
            allowed[kind, path] = int(value)
    out = []
    for kind, path, value, line in measure(files):
        limit = allowed.pop((kind, path), LIMITS[kind])
        where = path.split(":")[0]
        if value > limit:
            out.append((where, line, f"{kind} {path.split('/')[-1]} has {value} lines or entries, at most {limit}"))
        elif value < limit:
            out.append((RATCHET, 1, f"{kind} {path} is down to {value}: write that, it may only shrink"))
    for kind, path in allowed:
        out.append((RATCHET, 1, f"{kind} {path} is within the limit now: remove the line"))
    return out


BANNED = [
    (r"(?<![\w.>:])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&)", "time(): the room is handed the time"),
    (r"\bclock_gettime\b|\bgettimeofday\b|\btimespec_get\b", "a clock: the room is handed the time"),
    (r"\w+_clock::now\b", "a clock: the room is handed the time"),
    (r"(?<![\w.>])(?:std::|::)?s?rand\s*\(|\brandom_device\b|\bgetrandom\s*\(|\brandombytes_\w+", "randomness: sys/ has it"),
    (r"\bcrypto_\w+_keygen\b", "randomness: sys/ has it"),
    (r"\b(?:secure_)?getenv\b", "getenv: settings come from settings/"),
    (r"(?<![\w.>])(?:std::|::)?u?sleep\s*\(|\bnanosleep\b|\bsleep_(?:for|until)\b", "sleep: use the loop's timers"),
]


def rule_banned(files):
    out = []
    for path, text in code_files(files, "src/").items():
        if room(path) in ("sys", "daemon") or is_test(path) or path.startswith("src/gate/bpf/"):
            continue
        code = stripped(text)
        for pattern, why in BANNED:
            out += [(path, line_of(code, m.start()), f"not outside sys/ and daemon/: {why}") for m in re.finditer(pattern, code)]
    return out


def rule_paths(files):
    """Paths of one machine. Spelled in pieces, so that this file does not find itself."""
    pattern = re.compile("(?<![\\w.])/(?:" + "|".join(("work", "farm", "root", "tmp" + "/w")) + ")/")
    return [(p, line_of(t, m.start()), f"a path of one machine: {m.group(0)}") for p, t in files.items()
            for m in pattern.finditer(t)]


def rule_marks(files):
    pattern = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    tops = ("src/", "bench/", "tests/", "cmake/")
    return [(p, line_of(t, m.start()), f"unfinished: {m.group(0)} (finish it, or write an issue)") for p, t in files.items()
            if p.startswith(tops) and "_corpus/" not in p for m in pattern.finditer(t)]


def rule_headers(files):
    out = []
    for path, text in code_files(files).items():
        if path.endswith(".h"):
            code = stripped(text)
            if "#pragma once" not in text and not ("/bpf/" in path and re.search(r"^#ifndef (\w+)\n#define \1$", text, re.M)):
                out.append((path, 1, "#pragma once is missing"))
            for m in re.finditer(r"^\s*using namespace\b", code, re.M):
                out.append((path, line_of(code, m.start()), "using namespace in a header"))
        if path.startswith("src/gate/bpf/"):
            continue
        for line, header, quoted in includes(text):
            known = any(p in files for p in ("src/" + header, header)) or header.endswith((".skel.h", ".inc"))
            if quoted and not known:
                out.append((path, line, f'"{header}": include by path from src/ (or bench/, tests/)'))
    return out


def rule_threads(files):
    out = []
    pattern = re.compile(r"\bstd::j?thread\b|\bpthread_create\b|\bMHD_USE_INTERNAL_POLLING_THREAD\b|\bstd::async\b")
    for path, text in code_files(files, "src/").items():
        if pattern.search(stripped(text)):
            make = os.path.dirname(path) + "/CMakeLists.txt"
            if not re.search(r"^[^#]*\bTHREADS\b", files.get(make, ""), re.M):
                out.append((path, 1, f"has threads: say THREADS in {make}, so that the thread sanitizer sees it"))
    return out


def rule_fuzz(files):
    """A room whose header takes foreign bytes and answers Result has a fuzz target; a fuzz target has seeds."""
    out = []
    parser = re.compile(r"\bResult<[^;{}]*>\s+(?:parse|decode|read)\w*\([^;{}]*\b(?:string_view|ByteView)\b")
    for name in rooms(files):
        inside = [p for p in files if room(p) == name]
        takes = [p for p in inside if p.endswith(".h") and parser.search(stripped(files[p]))]
        if takes and not any(p.endswith("_fuzz.cpp") for p in inside):
            out.append((takes[0], 1, f"{name} parses foreign bytes but has no x_fuzz.cpp"))
        for path in inside:
            corpus = path.replace("_fuzz.cpp", "_corpus/")
            if path.endswith("_fuzz.cpp") and not any(p.startswith(corpus) for p in files):
                out.append((path, 1, f"no seeds in {corpus}"))
    return out


def rule_architecture(files):
    named = set(re.findall(r"^\| `([\w/]+)/` \|", files.get("ARCHITECTURE.md", ""), re.M))
    have = set(rooms(files))
    have |= {r.split("/")[0] for r in have}
    out = [("ARCHITECTURE.md", 1, f"room {r} of src/ is not in the table") for r in sorted(have - named) if "/" not in r]
    return out + [("ARCHITECTURE.md", 1, f"names {r}/, which is not in src/") for r in sorted(named - have)]


README_ROOMS = ("observe/", "edge/", "decide/detect/")
README_LINES = 60


def rule_readmes(files):
    """An input, an edge or a detector is one folder: what it does and how it is fooled stands inside it, on one page."""
    out = []
    for name in rooms(files):
        readme = f"src/{name}/README.md"
        if name.startswith(README_ROOMS) and files.get(readme, "").count("\n") not in range(1, README_LINES + 1):
            out.append((readme, 1, f"a page of at most {README_LINES} lines: what it does, how it is fooled, its limits"))
    return out


def rule_links(files):
    out = []
    folders = {os.path.dirname(p) for p in files}
    folders |= {"/".join(f.split("/")[:i]) for f in folders for i in range(len(f.split("/")))}
    for path, text in files.items():
        if not path.endswith(".md"):
            continue
        for m in re.finditer(r"\]\(([^)#\s]+)(#[^)]*)?\)", text):
            target = os.path.normpath(os.path.join(os.path.dirname(path), m.group(1)))
            if "://" not in m.group(1) and not m.group(1).startswith("mailto:") and target not in files and target not in folders:
                out.append((path, line_of(text, m.start()), f"broken link: {m.group(1)}"))
    return out


RULES = {name[5:]: rule for name, rule in sorted(globals().items()) if name.startswith("rule_")}
