#!/usr/bin/env bash
# The programs that test the Python and Go templates, in a folder: a small Debian system made by debootstrap, for
# machines that have none of them. Everything is a package of Debian, so that nothing is fetched later, and nothing
# is mounted. The tests enter it by chroot.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

readonly PROGRAM=toolchains.sh
readonly RELEASE=trixie
readonly PACKAGES=(
  golang-go
  python3 python3-venv python3-setuptools
  python3-pytest python3-mypy
  python3-fastapi python3-httpx python3-pydantic-settings python3-uvicorn
)
readonly NEEDED_MEGABYTES=1500
readonly BUILD_SECONDS=900

say() { printf '%s: %s\n' "$PROGRAM" "$*" >&2; }

die() {
  say "$*"
  exit 1
}

usage() {
  cat >&2 <<'TEXT'
usage: scripts/toolchains.sh make <folder>     make it, if it is not there yet, and print the versions
       scripts/toolchains.sh remove <folder>   delete it

Needs root on Linux, and debootstrap (installed with apt-get when missing). It takes a minute or two.
DEBIAN_MIRROR=<url> makes debootstrap use that mirror.
To test the templates with it: TEST_TEMPLATES=1 TEST_TOOLCHAINS_FOLDER=<folder> npm test -- tests/templates
TEXT
  exit 2
}

# Without /proc, Go has to be told where it lies.
in_system() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 GOROOT=/usr/lib/go \
    chroot "$folder" "$@" 9<&- </dev/null
}

# The list of packages is part of the mark: a system made for another list is made anew.
is_system_ready() { [[ -e $ready && $(<"$ready") == "${PACKAGES[*]}" ]]; }

# debootstrap mounts /proc while it works; if it was killed, the mount is still there.
unmount_below() {
  local mount_point
  awk -v prefix="$folder/" 'index($5, prefix) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while read -r mount_point; do umount "$mount_point" || umount --lazy "$mount_point"; done
}

# The mark goes last: a folder that is half deleted may be deleted again.
empty_folder() {
  unmount_below
  find "$folder" -xdev -mindepth 1 -maxdepth 1 ! -path "$mark" -exec rm -rf --one-file-system {} +
  rm -f "$mark"
}

install_debootstrap() {
  command -v debootstrap >/dev/null && return
  command -v apt-get >/dev/null || die 'debootstrap is missing and there is no apt-get to install it with'
  say 'installing debootstrap'
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o Acquire::Retries=3 update >&2 </dev/null || say 'apt-get update failed; trying with the lists at hand'
  apt-get -o Acquire::Retries=3 install --yes --no-install-recommends debootstrap debian-archive-keyring \
    >&2 </dev/null || die 'apt-get could not install debootstrap'
}

check_disk() {
  local free
  free=$(df --output=avail --block-size=1M "$folder" | tail -n 1 | tr -d ' ')
  ((free >= NEEDED_MEGABYTES)) || die "$folder has $free MB free and needs $NEEDED_MEGABYTES MB"
}

abandon_build() {
  local reason
  trap '' INT TERM
  reason=$(grep -E '^E: ' "$build_log" | tail -n 1 || true)
  [[ -n $reason ]] || reason=$(tail -n 1 "$build_log")
  rm -f "$build_log"
  empty_folder
  die "debootstrap failed: ${reason:-it took longer than $BUILD_SECONDS s}"
}

make_system() {
  if [[ -e $mark ]]; then
    say "removing the half-made or outdated system in $folder"
    empty_folder
  fi
  [[ -z $(ls -A "$folder") ]] || die "$folder is not empty and does not come from here; name another folder"
  check_disk
  install_debootstrap
  # The mark says that what lies here came from this script, so that it may be deleted.
  touch "$mark"
  build_log=$(mktemp)
  say "making a Debian system with Go and Python in $folder"
  timeout --kill-after=10 "$BUILD_SECONDS" debootstrap --variant=minbase --include="$(IFS=, && echo "${PACKAGES[*]}")" \
    "$RELEASE" "$folder" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$build_log" 2>&1 </dev/null 9<&- &
  local build=$!
  # shellcheck disable=SC2064 # the process id of now is meant
  trap "kill $build; wait $build || true; echo 'E: interrupted' >>'$build_log'" INT TERM # timeout passes it on to its group
  wait "$build" || abandon_build
  trap - INT TERM
  rm -f "$build_log"
  unmount_below
  in_system apt-get clean >&2
  # It starts a process of its own otherwise, which needs /proc.
  in_system go telemetry off || true
}

# Starts each of them once: a package that is unpacked may still not work here.
print_versions() {
  # shellcheck disable=SC2016 # a format of dpkg-query
  in_system dpkg-query --show --showformat='${Package} ${Version}\n' "${PACKAGES[@]}" &&
    in_system go version &&
    in_system python3 -c 'import ensurepip, fastapi, httpx, mypy, pydantic_settings, pytest, setuptools, uvicorn' &&
    in_system python3 --version
}

make() {
  is_system_ready || make_system
  print_versions || die "the programs in $folder do not start"
  echo "${PACKAGES[*]}" >"$ready"
}

remove() {
  [[ -d $folder ]] || return 0
  [[ -e $mark || -z $(ls -A "$folder") ]] || die "$folder does not come from here"
  empty_folder
  rmdir "$folder"
}

[[ $# -eq 2 && $1 =~ ^(make|remove)$ && -n $2 ]] || usage
command=$1
folder=$(realpath --canonicalize-missing "$2")
mark=$folder/.tertulia-toolchains
ready=$folder/.tertulia-toolchains-ready

[[ $(uname) == Linux ]] || die 'works on Linux only'
((EUID == 0)) || die 'needs root, for chroot; run it with sudo'
[[ $folder != / ]] || die 'needs a folder of its own, not /'
if [[ $command == make ]]; then mkdir -p "$folder" || die "cannot make $folder"; fi
# One at a time for each folder. debootstrap must not inherit the lock: see 9<&- above.
if [[ -d $folder ]]; then
  exec 9<"$folder"
  flock --wait "$BUILD_SECONDS" 9 || die "another use of $folder does not end"
fi
"$command"
