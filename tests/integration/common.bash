# SPDX-License-Identifier: ISC
# What the tests with packaged clients share: minetd in the foreground, and checks that are counted.
# Sourced; MINETD and MINETD_PROBE come from the environment. Exits 77 when the software is missing.
set -u
export LC_ALL=C

dir=$(mktemp -d /tmp/minetd-test-XXXXXX) || exit 1
chmod 755 "$dir"
failures=0 minetd_pid=

finish() {
    [ -n "$minetd_pid" ] && kill "$minetd_pid" 2>/dev/null && wait "$minetd_pid"
    rm -rf "$dir"
}
trap finish EXIT

need() {
    local program
    for program; do
        [ -x "$program" ] && continue
        echo "skip - $program is not installed"
        exit 77
    done
}

# check WHAT COMMAND...: one check; its output is shown only when it fails.
check() {
    local what=$1
    shift
    if "$@" >"$dir/check.out" 2>&1; then
        echo "ok - $what"
    else
        echo "not ok - $what: $*"
        sed 's/^/    /' "$dir/check.out"
        failures=$((failures + 1))
    fi
}

free_port() { "$MINETD_PROBE" free-port; }

# The user that services run as: unprivileged, and the owner of what they serve.
user=$(id -un)
[ "$(id -u)" = 0 ] && user=nobody

# Starts minetd on $dir/minetd.conf and returns when it is ready.
start_minetd() {
    mkfifo "$dir/log"
    "$MINETD" --foreground --config "$dir/minetd.conf" <>"$dir/log" >&0 2>&0 </dev/null &
    minetd_pid=$!
    exec {log}<>"$dir/log"
    await_line 'ready: '
}

# await_line TEXT: reads what minetd prints until a line holds TEXT.
await_line() {
    local line seen=
    while read -r -t 30 -u "$log" line; do
        seen+="    $line"$'\n'
        [[ $line == *"$1"* ]] && return 0
    done
    printf 'minetd did not say "%s", but:\n%s' "$1" "$seen"
    return 1
}

stop_minetd() {
    kill "$minetd_pid" && wait "$minetd_pid"
    local status=$?
    minetd_pid=
    return $status
}

conclude() { exit $((failures > 0)); }
