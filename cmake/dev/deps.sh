# SPDX-License-Identifier: Apache-2.0
# Part of ./dev: what the machine needs, and getting it. The list is cmake/dev/packages.txt.

# packages GROUP...
packages() {
  local groups=" $* "
  awk -v groups="$groups" '/^#/ || NF < 2 { next } index(groups, " " $1 " ") { print $2 }' cmake/dev/packages.txt
}

# missing_packages GROUP...: those of the groups that dpkg does not know as installed.
missing_packages() {
  local wanted installed
  mapfile -t wanted < <(packages "$@")
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null | awk '$2 == "installed" { print $1 }')
  printf '%s\n' "${wanted[@]}" | grep -vxF -f <(printf '%s\n' "$installed" none)
}

# A package's daemon must not start because somebody wants to run tests: Debian asks policy-rc.d before it starts one.
POLICY=/usr/sbin/policy-rc.d
forbid_daemons() {
  [ -e $POLICY ] && return
  printf '#!/bin/sh\n# postern ./dev deps, removed when the installation ends\nexit 101\n' >$POLICY
  chmod +x $POLICY
  trap 'rm -f $POLICY' EXIT
}
allow_daemons() {
  grep -qs 'postern ./dev deps' $POLICY && rm -f $POLICY
  return 0
}

# They must not start at the next boot either, unless they were here before us.
keep_off() {
  command -v systemctl >/dev/null || return 0
  dpkg -L "$@" 2>/dev/null | sed -nE 's|.*/systemd/system/([^/@]+)\.service$|\1|p; s|^/etc/init\.d/([^/]+)$|\1|p' |
    sort -u | xargs -r -n 1 systemctl disable --quiet 2>/dev/null
  return 0
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  say "installing: $*"
  mkdir -p build/logs
  forbid_daemons
  echo 'postfix postfix/main_mailer_type select Local only' | debconf-set-selections 2>/dev/null
  if ! { apt-get update -q && apt-get install -y -q --no-install-recommends "$@"; } >build/logs/deps.log 2>&1; then
    allow_daemons
    tail -n 20 build/logs/deps.log >&2
    die "apt-get failed; the whole output is in build/logs/deps.log"
  fi
  allow_daemons
  keep_off "$@"
}

# need_pages: axe-core, which looks at the customers' pages for what keeps people out, by npm into build/ui. Not in Debian;
# one file of JavaScript that runs in the tests' browser only, pinned with its hash. Without it that test is skipped.
need_pages() {
  local installed=build/ui/node_modules/.package-lock.json
  [ -f $installed ] && cmp -s tests/ui/package-lock.json build/ui/package-lock.json && return 0
  if ! command -v npm >/dev/null; then
    if [ "$(id -u)" != 0 ]; then
      say "missing (pages): npm; without it the test of the pages in a browser is skipped"
      return 0
    fi
    install_packages npm
  fi
  mkdir -p build/ui build/logs
  cp tests/ui/package.json tests/ui/package-lock.json build/ui/
  (cd build/ui && npm ci --ignore-scripts --no-audit --no-fund) >build/logs/npm.log 2>&1 && return 0
  rm -f build/ui/package-lock.json
  say "npm did not get axe-core (build/logs/npm.log): the test of the pages in a browser is skipped"
}

# What works without a group, for people who are not root.
without() {
  case $1 in
    build) echo "nothing can be built" ;;
    check) echo "./dev build works; ./dev test, ./dev fmt and ./dev lint need them" ;;
    peer) echo "./dev build and the unit tests work; lab tests are skipped, ./dev demo needs them" ;;
  esac
}

# need GROUP...: installs what is missing (root), or says what is missing, the command, and what still works (not root).
# Ends the script when a group is missing that the command cannot do without; group? marks one that it can.
need() {
  local group missing all=() fatal=0
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: the packages of cmake/dev/packages.txt are up to you (made and tested for Debian 12)"
    return 0
  fi
  for group in "$@"; do
    mapfile -t missing < <(missing_packages "${group%\?}")
    [ ${#missing[@]} -gt 0 ] || continue
    all+=("${missing[@]}")
    [ "$(id -u)" = 0 ] && continue
    say "missing (${group%\?}): ${missing[*]}"
    say "  without them: $(without "${group%\?}")"
    [[ $group == *\? ]] || fatal=1
  done
  [ ${#all[@]} -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ]; then
    install_packages "${all[@]}"
    return
  fi
  say "  to get them: sudo apt-get install --no-install-recommends ${all[*]}"
  [ $fatal = 0 ] || exit 1
}
