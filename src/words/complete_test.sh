#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every sentence that the code says in the reader's language has a translation in every language, with the same slots in
# every form, and no translation is left over. That it reads well only a reader can say: the head of each .po tells who.
set -eu -o pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mapfile -t sources < <(grep -rlE 'words/words\.h|"(edge/notice|edge/garden)/words\.h|page/case_words\.h|tell/letter/|page/sheet\.h' \
  src --include='*.cpp' | grep -vE '_(test|fuzz)\.cpp$' | grep -E '^src/(tell/letter|page|edge/notice|edge/garden|cli/relay)/' | sort)
xgettext --language=C++ --from-code=UTF-8 --keyword --keyword=phrase --keyword=marked --keyword=counted:1,2 --no-location \
  --sort-output -o "$work/all.pot" "${sources[@]}"
[ "$(grep -c '^msgid' "$work/all.pot")" -gt 150 ] || { echo "xgettext found too few sentences"; exit 1; }
for language in "$@"; do
  po=src/words/$language.po
  msgfmt --check --statistics -o /dev/null "$po"
  msgcmp "$po" "$work/all.pot"
  msgcmp "$work/all.pot" "$po" 2>&1 | grep -v 'untranslated' | grep 'this message is used but not defined' &&
    { echo "$po: sentences that no code uses"; exit 1; }
  if grep -n 'fuzzy' "$po"; then echo "$po: guessed by a program, and nobody decided"; exit 1; fi
  python3 -B - "$po" <<'PY'
import re, subprocess, sys
text = subprocess.run(["msgcat", "--no-wrap", sys.argv[1]], check=True, capture_output=True, text=True).stdout
slots = lambda part: set(re.findall(r"\{(\w+)\}", part))
wrong = 0
for entry in text.split("\n\n")[1:]:
    said = re.findall(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?) "(.+)"$', entry, re.M)
    many = slots([t for k, t in said if k.startswith("msgid")][-1])
    one = slots([t for k, t in said if k == "msgid"][0])
    for kind, part in said:
        # The form of one may leave the number out.
        wanted = [one, many] if "[" in kind or kind == "msgid" else [many]
        if slots(part) not in wanted and slots(part) | {"count"} not in wanted:
            print(f"{sys.argv[1]}: slots differ: {part}")
            wrong = 1
sys.exit(wrong)
PY
done
