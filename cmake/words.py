# SPDX-License-Identifier: Apache-2.0
"""words.py OUT LANGUAGE=FILE.mo ...: catalogues as C++ arrays, sorted by the English sentence (src/words)."""
# A sentence that says how many has the singular's English as its key and all forms as its texts; the language's rule is
# the C expression of its Plural-Forms header. The language's own name is the header X-Name.

from __future__ import annotations

import gettext
import re
import sys

HEAD = """// Written by cmake/words.py from the .po files.
struct Entry {
  std::string_view english;
  std::array<std::string_view, kFormsMax> forms;
};
struct Catalogue {
  std::string_view language;
  std::string_view name;
  std::span<const Entry> entries;
  size_t (*rule)(uint64_t n);
};
"""


def quoted(text: str) -> str:
    out = "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\?' else f"\\{b:03o}" for b in text.encode())
    return f'std::string_view("{out}", {len(text.encode())})'


def header(catalogue: dict, name: str) -> str:
    for line in catalogue[""].splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() == name:
            return value.strip()
    sys.exit(f"words.py: the catalogue has no header {name}")


# The number of forms, and which one, in C.
def plural(catalogue: dict) -> tuple[int, str]:
    found = re.fullmatch(r"nplurals=([1-6]);\s*plural=([n0-9 ()!=<>%&|?:]+);?", header(catalogue, "plural-forms"))
    if found is None:
        sys.exit("words.py: Plural-Forms is not what gettext writes")
    return int(found[1]), found[2]


def entries(catalogue: dict, forms: int) -> list[tuple[str, list[str]]]:
    out = {k: [v] for k, v in catalogue.items() if isinstance(k, str) and k}
    for k in catalogue:
        if not isinstance(k, str):
            out[k[0]] = [catalogue[k[0], i] for i in range(forms)]
    return sorted(out.items(), key=lambda e: e[0].encode())


def main() -> None:
    out, *inputs = sys.argv[1:]
    lines = ["namespace postern::words {\nnamespace {\n", HEAD]
    names = []
    for argument in inputs:
        language, _, file = argument.partition("=")
        with open(file, "rb") as mo:
            catalogue = gettext.GNUTranslations(mo)._catalog  # type: ignore[attr-defined]
        forms, rule = plural(catalogue)
        lines.append(f"constexpr Entry kEntries_{language}[] = {{\n")
        for english, texts in entries(catalogue, forms):
            lines.append(f"    {{{quoted(english)}, {{{', '.join(quoted(t) for t in texts)}}}}},\n")
        lines.append("};\n")
        lines.append(f"size_t rule_{language}([[maybe_unused]] uint64_t n) {{ return static_cast<size_t>({rule}); }}\n")
        name = quoted(header(catalogue, "x-name"))
        names.append(f'Catalogue{{"{language}", {name}, kEntries_{language}, &rule_{language}}}')
    lines.append(f"constexpr std::array kCatalogues{{{', '.join(names)}}};\n")
    lines.append("}  // namespace\n}  // namespace postern::words\n")
    with open(out, "w", encoding="utf-8") as file:
        file.writelines(lines)


if __name__ == "__main__":
    main()
