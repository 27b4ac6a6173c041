#!/usr/bin/env bash
# A real PostgreSQL 17 with pgvector in a folder, without Docker: a small Debian system made by
# debootstrap, whose server runs under chroot and listens on a free port of 127.0.0.1.
# Nothing is mounted. pg_ctl is called directly: Debian's pg_ctlcluster needs /proc in the chroot, and
# without it takes a running server's pid file for a stale one and removes it.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

readonly PROGRAM=postgres.sh
readonly RELEASE=trixie
readonly BINARIES=/usr/lib/postgresql/17/bin
readonly DATA=/var/lib/postgresql/17/tertulia
readonly SOCKETS=/run/postgresql
readonly SERVER_LOG=/var/log/postgresql/tertulia.log
readonly NEEDED_MEGABYTES=1200
readonly BUILD_SECONDS=1500
readonly WAIT_SECONDS=60
readonly PORT_ATTEMPTS=20
# Below the range from which Linux takes ports for outgoing connections (32768 and up).
readonly LOWEST_PORT=20000 PORT_COUNT=12000

say() { printf '%s: %s\n' "$PROGRAM" "$*" >&2; }

die() {
  say "$*"
  exit 1
}

usage() {
  cat >&2 <<'TEXT'
usage: scripts/postgres.sh start <folder> [--fast]   make it if needed, start it, print its URL
       scripts/postgres.sh status <folder>           print its URL; exit 3 when it is not running
       scripts/postgres.sh stop <folder>             stop it; the data stays in the folder

Needs root on Linux, and debootstrap (installed with apt-get when missing). The first start takes a minute or two.
--fast switches fsync, synchronous_commit and full_page_writes off: for tests, never for data that matters.
DEBIAN_MIRROR=<url> makes debootstrap use that mirror. To remove everything: stop, then delete the folder.
TEXT
  exit 2
}

in_system() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LC_ALL=C.UTF-8 chroot "$folder" "$@" 9<&- </dev/null
}

as_postgres() { in_system runuser -u postgres -- "$@"; }

is_system_ready() { [[ -x $folder$BINARIES/postgres && ! -e $folder/debootstrap ]]; }

# debootstrap mounts /proc while it works; if it was killed, the mount is still there.
unmount_below() {
  local mount_point
  awk -v prefix="$folder/" 'index($5, prefix) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while read -r mount_point; do umount "$mount_point" || umount --lazy "$mount_point"; done
}

empty_folder() {
  unmount_below
  find "$folder" -xdev -mindepth 1 -delete
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
  is_system_ready && return
  # The mark says that what lies here came from this script, so that a half-made system may be deleted.
  local mark=$folder/.tertulia-postgres
  if [[ -e $mark ]]; then
    say "removing the half-made system in $folder"
    empty_folder
  fi
  [[ -z $(ls -A "$folder") ]] || die "$folder is not empty and holds no PostgreSQL 17; name another folder"
  check_disk
  install_debootstrap
  touch "$mark"
  build_log=$(mktemp)
  say "making a Debian system with PostgreSQL 17 and pgvector in $folder"
  timeout --kill-after=10 "$BUILD_SECONDS" debootstrap --variant=minbase \
    --include=postgresql-17,postgresql-17-pgvector "$RELEASE" "$folder" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} \
    >"$build_log" 2>&1 </dev/null 9<&- &
  local build=$!
  # shellcheck disable=SC2064 # the process id of now is meant
  trap "kill $build; wait $build || true; echo 'E: interrupted' >>'$build_log'" INT TERM # timeout passes it on to its group
  wait "$build" || abandon_build
  trap - INT TERM
  rm -f "$build_log"
  unmount_below
  in_system pg_dropcluster --stop 17 main >&2 || true
  in_system apt-get clean >&2
}

make_cluster() {
  [[ -e $folder$DATA/tertulia.conf ]] && return
  say 'making a database cluster'
  in_system rm -rf "$DATA"
  in_system install --directory --owner=postgres --group=postgres "$DATA" "$SOCKETS"
  as_postgres "$BINARIES/initdb" --pgdata="$DATA" --auth-local=peer --auth-host=scram-sha-256 --encoding=UTF8 \
    --locale=C.UTF-8 --locale-provider=builtin --builtin-locale=C.UTF-8 --no-instructions >/dev/null ||
    die 'initdb failed'
  echo "include = 'tertulia.conf'" >>"$folder$DATA/postgresql.conf"
  configure "$LOWEST_PORT"
}

configure() {
  {
    printf 'port = %s\n' "$1"
    printf "listen_addresses = '127.0.0.1'\n"
    printf "unix_socket_directories = '%s'\n" "$SOCKETS"
    printf 'max_connections = 300\n'
    [[ -z $fast ]] || printf '%s = off\n' fsync synchronous_commit full_page_writes
  } >"$folder$DATA/tertulia.conf"
}

configured_port() { sed -n 's/^port = //p' "$folder$DATA/tertulia.conf" 2>/dev/null; }

# Asks over the socket inside the folder, so no other server can answer.
answers() { in_system "$BINARIES/pg_isready" --quiet --host="$SOCKETS" --port="$(configured_port)"; }

is_running() {
  is_system_ready && [[ -e $folder$DATA/postmaster.pid ]] || return 1
  local answer=0
  answers || answer=$?
  ((answer <= 1)) # 1: it is there and still starting or already stopping
}

is_taken() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start_server() {
  local attempt port
  port=$(configured_port) # the one it had before, so that its URL stays the same
  for ((attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1)); do
    if ((port == LOWEST_PORT)) || is_taken "$port"; then
      port=$((LOWEST_PORT + 1 + SRANDOM % PORT_COUNT))
      continue
    fi
    configure "$port"
    in_system rm -f "$SERVER_LOG"
    as_postgres "$BINARIES/pg_ctl" start --silent --wait --timeout="$WAIT_SECONDS" --pgdata="$DATA" \
      --log="$SERVER_LOG" >/dev/null 2>&1 && return
    if grep -q 'could not bind' "$folder$SERVER_LOG"; then
      port=$LOWEST_PORT # somebody took it between the look and the start
    elif grep -Eq 'lock file .* already exists|pre-existing shared memory' "$folder$SERVER_LOG"; then
      sleep 1 # a killed server's last processes are still ending
    else
      break
    fi
  done
  as_postgres "$BINARIES/pg_ctl" stop --silent --mode=immediate --pgdata="$DATA" >/dev/null 2>&1 || true
  die "the server does not start: $(grep -E 'FATAL|PANIC|ERROR' "$folder$SERVER_LOG" | tail -n 1 || true)"
}

query() { as_postgres psql --no-psqlrc --quiet --tuples-only --no-align --host="$SOCKETS" --port="$(configured_port)" "$@"; }

# The role may do everything, as in the Docker image, because pgvector of this release is no trusted extension.
prepare_database() {
  local password_file=$folder/etc/tertulia-password
  [[ -s $password_file ]] || (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$password_file")
  [[ -n $(query -c "SELECT 1 FROM pg_roles WHERE rolname = 'tertulia'") ]] ||
    query -c "CREATE ROLE tertulia LOGIN SUPERUSER PASSWORD '$(<"$password_file")'" >&2
  [[ -n $(query -c "SELECT 1 FROM pg_database WHERE datname = 'tertulia'") ]] ||
    query -c 'CREATE DATABASE tertulia OWNER tertulia' >&2
}

print_url() {
  printf 'postgresql://tertulia:%s@127.0.0.1:%s/tertulia\n' "$(<"$folder/etc/tertulia-password")" "$(configured_port)"
}

wait_until_it_answers() {
  local second
  for ((second = 0; second < WAIT_SECONDS; second += 1)); do
    answers && return
    sleep 1
  done
  die "the server in $folder does not accept connections after $WAIT_SECONDS s"
}

start() {
  if is_running; then
    [[ -z $fast ]] || say 'already running; --fast counts only at a start'
  else
    make_system
    make_cluster
    [[ -z $fast ]] || say 'fast: a crash of the machine can destroy this database (fsync is off)'
    start_server
  fi
  wait_until_it_answers
  prepare_database
  print_url
}

stop() {
  if ! is_running; then
    unmount_below
    say "not running in $folder"
    return
  fi
  local mode
  for mode in fast immediate; do
    as_postgres "$BINARIES/pg_ctl" stop --silent --wait --timeout="$WAIT_SECONDS" --mode="$mode" \
      --pgdata="$DATA" >&2 && break
  done
  is_running && die "the server in $folder does not stop"
  unmount_below
  say "stopped in $folder"
}

status() {
  is_running || {
    say "not running in $folder"
    exit 3
  }
  print_url
}

[[ ${1-} =~ ^(start|stop|status)$ && -n ${2-} ]] || usage
command=$1
folder=$(realpath --canonicalize-missing "$2")
fast=''
if [[ $# -eq 3 && $command == start && $3 == --fast ]]; then fast=yes; elif [[ $# -ne 2 ]]; then usage; fi

[[ $(uname) == Linux ]] || die 'works on Linux only; elsewhere use docker compose'
((EUID == 0)) || die 'needs root, for chroot; run it with sudo'
[[ $folder != / ]] || die 'needs a folder of its own, not /'
# One start or stop at a time for each folder. The server must not inherit the lock: see 9<&- above.
if [[ $command == start ]]; then mkdir -p "$folder" || die "cannot make $folder"; fi
if [[ $command != status && -d $folder ]]; then
  exec 9<"$folder"
  flock --wait "$BUILD_SECONDS" 9 || die "another start or stop of $folder does not end"
fi
"$command"
