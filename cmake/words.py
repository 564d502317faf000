# SPDX-License-Identifier: Apache-2.0
"""words.py OUT LANGUAGE=FILE.mo ...: catalogues as C++ arrays, sorted by the English sentence (src/words)."""

from __future__ import annotations

import gettext
import sys

HEAD = """// Written by cmake/words.py from the .po files.
struct Entry {
  std::string_view english;
  std::string_view text;
};
struct Catalogue {
  std::string_view language;
  std::span<const Entry> entries;
};
"""


def quoted(text: str) -> str:
    out = "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\?' else f"\\{b:03o}" for b in text.encode())
    return f'std::string_view("{out}", {len(text.encode())})'


def main() -> None:
    out, *inputs = sys.argv[1:]
    lines = ["namespace postern::words {\nnamespace {\n", HEAD]
    names = []
    for argument in inputs:
        language, _, file = argument.partition("=")
        with open(file, "rb") as mo:
            catalogue = gettext.GNUTranslations(mo)._catalog  # type: ignore[attr-defined]
        entries = sorted((k.encode(), k, v) for k, v in catalogue.items() if k)
        lines.append(f"constexpr Entry kEntries_{language}[] = {{\n")
        lines += [f"    {{{quoted(k)}, {quoted(v)}}},\n" for _, k, v in entries]
        lines.append("};\n")
        names.append(f'Catalogue{{"{language}", kEntries_{language}}}')
    lines.append(f"constexpr std::array kCatalogues{{{', '.join(names)}}};\n")
    lines.append("}  // namespace\n}  // namespace postern::words\n")
    with open(out, "w", encoding="utf-8") as file:
        file.writelines(lines)


if __name__ == "__main__":
    main()
