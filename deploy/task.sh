#!/bin/sh
# Every task of the project. `make TASK` calls this; where there is no make: sh deploy/task.sh TASK
set -eu
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
PYTHON=${PYTHON:-python3}
BY_FILE="--dist loadfile --no-loadscope-reorder" # what a file sets up is dear; the long ones go first
CORES=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
SIDE_BY_SIDE=$((CORES > 7 ? 8 : CORES + 1)) # processes of tests: some of them wait for others
unset PYTHONDONTWRITEBYTECODE # each daemon and each process of tests would compile everything anew

say() { printf '%s\n' "$*" >&2; }
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# Debian packages, where root allows; else the caller goes on without and says so.
debian() {
    can_install || return 1
    say "installing from Debian: $*"
    { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" ||
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; }
    } >/dev/null 2>&1
}

make_venv() {
    command -v "$PYTHON" >/dev/null 2>&1 || debian python3 || { say "Python 3.11 or newer is needed"; exit 2; }
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "Python 3.11 or newer is needed"; exit 2; }
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || debian python3-venv ||
        { say "the venv module is missing; as root: apt-get install python3-venv"; exit 2; }
    [ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
}

# Install a lock file once; again when it or the project's metadata changed.
# The lock names everything: resolved anew, a release of tomorrow could make pip refuse what it pins.
install_lock() {
    lock=$1 stamp=$VENV/.$1
    if [ -f "$stamp" ] && [ ! "$lock" -nt "$stamp" ] && [ ! pyproject.toml -nt "$stamp" ]; then return; fi
    make_venv
    say "installing $lock into $VENV"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$lock"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    touch "$stamp"
}
install() { install_lock requirements.lock; }
install_dev() { install_lock requirements-dev.lock; }

run() { install; exec "$VENV/bin/monitor" run "$@"; }

demo() { install; exec "$VENV/bin/python" -m tests.site.demo "$@"; }

# What only some tests need: a PostgreSQL server and a browser. Without them those tests skip and say why.
test_services() {
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || debian postgresql ||
        say "no PostgreSQL server: its tests are skipped (as root: apt-get install postgresql)"
    command -v chromium >/dev/null 2>&1 || debian chromium ||
        say "no Chromium: the page tests are skipped (as root: apt-get install chromium)"
}

lint() { install_dev; "$VENV/bin/ruff" check .; "$VENV/bin/ruff" format --check .; }
types() { install_dev; "$VENV/bin/mypy"; }
unit() { install_dev; "$VENV/bin/python" -m pytest tests/unit tests/stages tests/properties -n "$SIDE_BY_SIDE" "$@"; }
# The types are checked beside the tests, told after them, and fail the task as they do.
tests() {
    install_dev
    test_services
    lint
    told=$(mktemp)
    types >"$told" 2>&1 &
    checked=$! code=0
    "$VENV/bin/python" -m pytest -n "$SIDE_BY_SIDE" $BY_FILE "$@" || code=$?
    wait "$checked" || code=1
    cat "$told"
    rm -f "$told"
    return "$code"
}
# What takes minutes: many processes under blows for SOAK_MINUTES (5), then ten days at 1,000 times speed.
soak() {
    install_dev
    test_services
    "$VENV/bin/python" -m pytest -m soak
    "$VENV/bin/python" -m benchmarks soak --database "${SOAK_DATABASE:-postgres}" "$@"
}

format() { install_dev; "$VENV/bin/ruff" format .; "$VENV/bin/ruff" check --fix .; }
coverage() { install_dev; "$VENV/bin/python" -m pytest -n "$SIDE_BY_SIDE" $BY_FILE --cov --cov-report=term-missing:skip-covered "$@"; }
lock_group() {
    "$VENV/bin/uv" pip compile --quiet --upgrade pyproject.toml --group "$1" --universal --python-version 3.11 \
        --generate-hashes --no-header --no-annotate -o "$2"
}
lock() {
    install_dev
    "$VENV/bin/python" -m pip install --quiet uv
    lock_group build requirements.lock
    lock_group dev requirements-dev.lock
}
bench() { install_dev; exec "$VENV/bin/python" -m benchmarks "$@"; }

task=${1:-help}
[ $# -gt 0 ] && shift
case $task in
install) install ;;
run) run "$@" ;;
demo) demo "$@" ;;
test) tests "$@" ;;
soak) soak "$@" ;;
unit) unit "$@" ;;
lint) lint ;;
types) types ;;
format) format ;;
coverage) coverage "$@" ;;
lock) lock ;;
bench) bench "$@" ;;
*)
    say "tasks: run (the daemon), demo (the same against a replayed web, no network needed), test (everything),
       soak (what takes minutes), unit (the fast tests), lint, types, format, coverage, lock (renew the lock files), bench, install"
    [ "$task" = help ] || exit 2
    ;;
esac
