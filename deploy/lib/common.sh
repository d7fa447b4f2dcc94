# shellcheck shell=bash
# What every script of this project shares: how it speaks, ends, and asks the machine small questions.
# Sourced, never run. Wants bash 5 with `set -euo pipefail`; PROGRAM names the script in its messages.

say() { printf '%s\n' "$*" >&2; }

# One sentence, then the end. 2: the arguments are wrong, 1: anything else.
die() {
    say "${PROGRAM:-mcp-oauth}: $*"
    exit 1
}
refuse_usage() {
    say "${PROGRAM:-mcp-oauth}: $* (--help lists the options)"
    exit 2
}

# The value of an option: option_value NAME "$#" "${2-}"
option_value() {
    if (($2 < 2)) || [[ -z $3 || $3 == --* ]]; then refuse_usage "$1 needs a value"; fi
    printf '%s' "$3"
}

is_number_between() { [[ $1 =~ ^[0-9]{1,9}$ ]] && ((10#$1 >= $2 && 10#$1 <= $3)); }

# A pause that no signal handler has to wait for and that starts no process.
pause_s() {
    local never
    exec {never}<> <(:)
    read -r -t "$1" -u "$never" || true
    exec {never}>&-
}

# Does anybody accept connections there?
port_answers() { (: <"/dev/tcp/$1/$2") 2>/dev/null; }

# http_get HOST PORT PATH: prints the status, a line feed, then the body; fails when nobody answers.
http_get() (
    exec 2>/dev/null 5<>"/dev/tcp/$1/$2" || exit 1
    printf 'GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n' "$3" "$1" "$2" >&5
    read -r -t 5 -u 5 _ status _ || exit 1
    while read -r -t 5 -u 5 line && [[ $line != $'\r' ]]; do :; done
    printf '%s\n' "$status"
    timeout 5 cat <&5
)

# Folders and files that only their owner may read.
private_folder() {
    if ! mkdir -p "$(dirname "$1")" || ! (umask 077 && mkdir -p "$1"); then die "cannot make the folder $1"; fi
    [[ -O $1 ]] || die "$1 belongs to somebody else"
    chmod 0700 "$1"
}
# write_private FILE <content: in one step, so that nobody reads half of it
write_private() {
    local next="$1.next"
    (umask 077 && cat >"$next")
    mv -f "$next" "$1"
}
