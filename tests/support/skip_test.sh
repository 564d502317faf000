#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# skip.sh: what it lets through and what it refuses.
set -u
skip=$(dirname "$0")/skip.sh
list=$(mktemp) && trap 'rm -f "$list"' EXIT
printf '%s\n' '# comment' 'absent_here false' 'present_here true' >"$list"
export POSTERN_UNSUPPORTED=$list
failed=0

# expect CODE TEXT REQUIRE_ALL REASON
expect() {
  local out code
  out=$(POSTERN_REQUIRE_ALL=$3 "$skip" "$4" 2>&1)
  code=$?
  case $code:$out in
    "$1:$2"*) ;;
    *) echo "FAIL: '$4' with require_all=$3 gave $code '$out', not $1 '$2'" && failed=1 ;;
  esac
}
expect 77 'SKIP: needs root' 0 'needs root'
expect 77 'SKIP: kernel:nothing: x' 0 'kernel:nothing: x'
expect 1 'SKIP REFUSED: needs root' 1 'needs root'
expect 1 'SKIP REFUSED: kernel:nothing: x (kernel feature nothing is not listed' 1 'kernel:nothing: x'
expect 1 'SKIP REFUSED: kernel:present_here: x (the probe says' 1 'kernel:present_here: x'
expect 77 'unsupported here: absent_here' 1 'kernel:absent_here: x'
expect 77 'unsupported here: absent_here' 1 'kernel:absent_here'

# Every entry of the real list has a probe that can be parsed, and a test that names it.
while read -r feature probe; do
  case $feature in '' | '#'*) continue ;; esac
  bash -n -c "$probe" 2>/dev/null && [ -n "$probe" ] || { echo "FAIL: $feature has no probe" && failed=1; }
  grep -rq --include='*_test*' --include='*.sh' --include='*.py' "kernel:$feature" "$(dirname "$0")/../../src" \
    "$(dirname "$0")/.." || { echo "FAIL: no test skips for kernel:$feature" && failed=1; }
done <"$(dirname "$0")/../unsupported.txt"
exit $failed
