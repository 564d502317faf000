#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# skip.sh REASON: the one place that decides whether a test may be skipped. Prints "SKIP: REASON" and exits 77; with
# POSTERN_REQUIRE_ALL=1 prints why not and exits 1, unless REASON is "kernel:FEATURE: ..." with FEATURE listed in
# tests/unsupported.txt and absent by its probe: then prints "unsupported here: FEATURE" and exits 77.
#   shell:   [ "$(id -u)" = 0 ] || exec tests/support/skip.sh "needs root"
#   python:  sys.exit(subprocess.call(["tests/support/skip.sh", "needs root"]))
set -u
reason=${1:?usage: skip.sh REASON}
here=$(cd "$(dirname "$0")" && pwd)
list=${POSTERN_UNSUPPORTED:-$here/../unsupported.txt}

if [ "${POSTERN_REQUIRE_ALL:-0}" != 1 ]; then
  echo "SKIP: $reason"
  exit 77
fi
case $reason in
  kernel:*) feature=${reason#kernel:} feature=${feature%%:*} ;;
  *)
    echo "SKIP REFUSED: $reason (POSTERN_REQUIRE_ALL=1 and not a kernel feature)"
    exit 1
    ;;
esac
probe=$(awk -v f="$feature" '$1 == f { sub(/^[^ \t]+[ \t]+/, ""); print; exit }' "$list")
if [ -z "$probe" ]; then
  echo "SKIP REFUSED: $reason (kernel feature $feature is not listed in tests/unsupported.txt)"
  exit 1
fi
if bash -c "$probe" >/dev/null 2>&1; then
  echo "SKIP REFUSED: $reason (the probe says this kernel has $feature: $probe)"
  exit 1
fi
echo "unsupported here: $feature (probe: $probe)"
exit 77
