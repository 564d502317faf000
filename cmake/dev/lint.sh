# SPDX-License-Identifier: Apache-2.0
# Part of ./dev: which files are ours, which changed, and clang-tidy over them.

# Also where the checkout belongs to somebody else (CI, containers).
git_here() { git -c safe.directory='*' "$@"; }

source_files() {
  find src bench tests -type f \( -name '*.h' -o -name '*.cpp' -o -name '*.c' \) | sort
}

# The commit that "changed" is measured from: POSTERN_BASE, else where this branch left main, else three commits back.
lint_base() {
  local base
  if [ -n "${POSTERN_BASE:-}" ]; then
    echo "$POSTERN_BASE"
    return
  fi
  base=$(git_here merge-base HEAD origin/main 2>/dev/null || git_here merge-base HEAD main 2>/dev/null)
  if [ -z "$base" ] || [ "$base" = "$(git_here rev-parse HEAD)" ]; then
    base=$(git_here rev-parse --verify -q HEAD~3 || git_here rev-list --max-parents=0 HEAD | tail -n 1)
  fi
  echo "$base"
}

# Sources to lint for a list of changed files on standard input: the source itself; for a header, whose inline code is
# checked through what includes it, the source and the test beside it, else one source that includes it or one of its room.
lint_sources() {
  local file
  while read -r file; do
    case $file in
      *_fuzz.cpp) ;;
      *.cpp) echo "$file" ;;
      *.h)
        if [ -f "${file%.h}.cpp" ] || [ -f "${file%.h}_test.cpp" ]; then
          printf '%s\n' "${file%.h}.cpp" "${file%.h}_test.cpp"
        else
          { grep -rlF --include='*.cpp' "\"${file#src/}\"" src bench tests; ls "${file%/*}"/*.cpp 2>/dev/null; } |
            grep -v _fuzz | head -n 1
        fi
        ;;
    esac
  done | sort -u | while read -r file; do [ -f "$file" ] && echo "$file"; done
}

changed_files() {
  local base
  base=$(lint_base)
  [ -n "$base" ] || return 0
  { git_here diff --name-only "$base" -- src bench tests; git_here ls-files -o --exclude-standard src bench tests; }
}

# lint [--all | FILE...]: every warning is an error; the list and its reasons are in .clang-tidy.
lint() {
  local files
  configure dev >/dev/null || return 1
  case ${1:-} in
    --all) mapfile -t files < <(source_files | lint_sources) ;;
    '') mapfile -t files < <(changed_files | lint_sources) ;;
    *) mapfile -t files < <(printf '%s\n' "$@" | lint_sources) ;;
  esac
  # A source without a compile command (another target's, or not built here) cannot be judged.
  mapfile -t files < <(printf '%s\n' "${files[@]}" | grep -F -x -f <(sed -n "s|^ *\"file\": \"$PWD/\(.*\)\".*|\1|p" \
    build/dev/compile_commands.json))
  echo "clang-tidy: ${#files[@]} files"
  [ ${#files[@]} -gt 0 ] || return 0
  # Headers that the build makes (BPF skeletons) must be there.
  ninja -C build/dev generated >/dev/null 2>&1
  printf '%s\0' "${files[@]}" | xargs -0 -P "$JOBS" -n 1 clang-tidy-19 -p build/dev --quiet 2>/dev/null
}
