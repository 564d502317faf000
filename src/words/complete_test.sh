#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every sentence that the code hands to Words::text() has a reviewed translation in every language, with the same slots,
# and no translation is left over.
set -eu -o pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sources=$(grep -rlE '\btext\(\s*$|\btext\("' src/tell/letter --include=*.cpp)
# shellcheck disable=SC2086
xgettext --language=C++ --from-code=UTF-8 --keyword=text --no-location --sort-output -o "$work/all.pot" $sources
[ "$(grep -c '^msgid' "$work/all.pot")" -gt 20 ] || { echo "xgettext found too few sentences"; exit 1; }
for language in "$@"; do
  po=src/words/$language.po
  msgfmt --check --statistics -o /dev/null "$po"
  msgcmp "$po" "$work/all.pot"
  msgcmp "$work/all.pot" "$po" 2>&1 | grep -v 'untranslated' | grep 'this message is used but not defined' &&
    { echo "$po: sentences that no code uses"; exit 1; }
  if grep -n 'fuzzy' "$po"; then echo "$po: not reviewed"; exit 1; fi
  python3 -B - "$po" <<'PY'
import re, subprocess, sys
text = subprocess.run(["msgcat", "--no-wrap", sys.argv[1]], check=True, capture_output=True, text=True).stdout
wrong = 0
for entry in re.finditer(r'^msgid "(.+)"\nmsgstr "(.*)"$', text, re.M):
    slots = [sorted(set(re.findall(r"\{(\w+)\}", part))) for part in entry.groups()]
    if slots[0] != slots[1]:
        print(f"{sys.argv[1]}: slots differ: {entry.group(1)}")
        wrong = 1
sys.exit(wrong)
PY
done
