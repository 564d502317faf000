# SPDX-License-Identifier: Apache-2.0
# Part of ./dev: the stages of `./dev test`. Each stage is stage_NAME, writes to build/logs/NAME.log, and adds what it
# ran to PASSED, FAILED and SKIPPED.

STAGES="tidy dev fuzz release tsan lint demo"
ALL=0
PASSED=0 FAILED=0 SKIPPED=0
SUMMARY=()

# count PASSED FAILED SKIPPED
count() { PASSED=$((PASSED + $1)) FAILED=$((FAILED + $2)) SKIPPED=$((SKIPPED + $3)); }

# A step without ctest is one test.
one() {
  if "$@"; then count 1 0 0; else
    count 0 1 0
    return 1
  fi
}

# The number an attribute of the one <testsuite> of a JUnit file has.
junit() { sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1; }

# run_ctest PRESET ARGUMENTS...: runs them, adds them up, shows why anything was skipped.
run_ctest() {
  local preset=$1 xml="build/logs/$1.$STAGE.xml" code tests failed skipped
  shift
  rm -f "$xml"
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --output-junit "$PWD/$xml" "$@"
  code=$?
  if [ ! -f "$xml" ]; then
    count 0 1 0
    return 1
  fi
  tests=$(junit tests "$xml") failed=$(junit failures "$xml")
  skipped=$(($(junit skipped "$xml") + $(junit disabled "$xml")))
  count $((tests - failed - skipped)) "$failed" "$skipped"
  # ctest's own non-zero exit must never get lost, whatever the file says.
  [ "$code" = 0 ] || [ "$failed" -gt 0 ] || count 0 1 0
  grep -hE '^(SKIP: |unsupported here: )' "build/$preset/Testing/Temporary/LastTest.log" | sort | uniq -c >>build/logs/skips
  return $code
}

# build_for PRESET TARGET...: a build that fails counts as one failed test. Costs nothing when an earlier stage did it.
build_for() {
  build "$@" && return
  count 0 1 0
  return 1
}

stage_tidy() {
  one python3 -B tests/tidy/self_test.py
  one python3 -B tests/tidy/tidy.py
}

stage_dev() {
  build_for dev || return 1
  run_ctest dev -LE 'fuzz|tidy' -j $((JOBS * 2)) # labs wait for clocks and peers most of their time
}

stage_fuzz() {
  export FUZZ_SECONDS=$((ALL ? 60 : 10))
  build_for dev || return 1
  run_ctest dev -L fuzz -j 2
}

stage_release() {
  build_for release all benches || return 1
  if [ $ALL = 1 ]; then run_ctest release -LE 'fuzz|tidy' -j $((JOBS * 2)); else run_ctest release -L 'unit|replay' -j $((JOBS * 2)); fi
}

# Only rooms that have threads (postern_library(... THREADS); tests/tidy sees to it that they say so).
stage_tsan() {
  if [ $ALL = 0 ] && ! grep -rqE '^[^#]*\bTHREADS\b' --include=CMakeLists.txt src; then
    echo "no room has threads: nothing to run under the thread sanitizer (--all runs everything)"
    NOTE="no room has threads"
    return 0
  fi
  if [ $ALL = 1 ]; then
    build_for tsan && run_ctest tsan -LE 'fuzz|tidy'
  else
    configure tsan && build_for tsan threads_tests && run_ctest tsan -L threads
  fi
}

stage_lint() {
  if [ $ALL = 1 ]; then one lint --all; else one lint; fi
}

# skipped REASON: counts as skipped, or as failed where skips are refused.
skipped() {
  tests/support/skip.sh "$1" | tee -a build/logs/skips
  if [ "${PIPESTATUS[0]}" = 77 ]; then
    count 0 0 1
  else
    count 0 1 0
    return 1
  fi
}

# End to end: what a newcomer sees is what is tested.
stage_demo() {
  local code
  [ -x $DEMO ] || { skipped "there is no $DEMO"; return; }
  [ "$(id -u)" = 0 ] || { skipped "the demo needs root"; return; }
  build_for release || return 1
  POSTERN_BUILD=build/release $DEMO --once --json build/logs/demo.json
  code=$?
  case $code in
    0) count 1 0 0 ;;
    77) skipped "the demo cannot run here: $(tail -n 1 build/logs/demo.log)" ;;
    *)
      count 0 1 0
      return 1
      ;;
  esac
}

# run_stage NAME: one line on the terminal, everything else in the log.
run_stage() {
  local started=$SECONDS before_failed=$FAILED result=ok log="build/logs/$1.log"
  STAGE=$1 NOTE=
  printf '%-8s ...\n' "$1"
  "stage_$1" >"$log" 2>&1 || result=FAILED
  [ "$FAILED" = "$before_failed" ] || result=FAILED
  [ $result = ok ] || [ "$FAILED" != "$before_failed" ] || count 0 1 0
  SUMMARY+=("$(printf '%-8s %-6s %5d s  %s' "$1" $result $((SECONDS - started)) "$NOTE")")
  printf '%s\n' "${SUMMARY[-1]}"
  if [ $result = FAILED ]; then
    echo "---- the end of $log"
    tail -n 60 "$log"
    echo "---- again, only this: ./dev test $1"
  fi
}

run_stages() {
  local stage stages=() started=$SECONDS
  for stage in "$@"; do
    case " $STAGES " in
      *" $stage "*) stages+=("$stage") ;;
      *) [ "$stage" = --all ] && ALL=1 || die "no such stage: $stage (stages: $STAGES)" ;;
    esac
  done
  mkdir -p build/logs
  : >build/logs/skips
  for stage in ${stages[@]:-$STAGES}; do run_stage "$stage"; done
  echo
  printf '%s\n' "${SUMMARY[@]}"
  printf '%-8s %-6s %5d s\n' total "" $((SECONDS - started))
  if [ -s build/logs/skips ]; then
    echo "not run here:"
    sort -u build/logs/skips
  fi
  echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
  [ "$FAILED" = 0 ]
}
