#!/usr/bin/env bash
# The file systems of the images: image.sh FOLDER IMAGE...
#
# Runs where the programs were built. An image gets its program, the libraries that ldd names, and of each of their
# Debian packages the status entry and the copyright: that is where scanners look (/var/lib/dpkg/status.d, as in
# distroless). FOLDER/IMAGE.packages lists them.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

PROGRAM=deploy/lib/image.sh
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

(($# >= 2)) || refuse_usage "takes a folder and the names of images"
folder=$1
shift
programs_folder=build/release/bin

program_of() { if [[ $1 == ctl ]]; then echo mcp-oauth; else echo "mcp-oauth-$1"; fi; }
speaks_https() { [[ $1 =~ ^(broker|registry|ctl)$ ]]; }

# package_of FILE: dpkg knows a file by the one name that its package gave it, with /usr or without
package_of() {
    local name=${1#/usr}
    dpkg-query -S "/usr$name" 2>/dev/null || dpkg-query -S "$name" 2>/dev/null || die "no package has $1"
}

add_file() { # ROOT FILE: with the name that it is asked for by; packages are noted
    local to=$2
    [[ $to == /usr/* ]] || to=/usr$to
    install -D -m "$(stat -Lc %a "$2")" "$2" "$1$to"
    package_of "$(realpath "$2")" | sed 's/:.*//; s/,.*//' >>"$folder/packages"
}

add_package_notice() { # ROOT PACKAGE
    install -d "$1/var/lib/dpkg/status.d" "$1/usr/share/doc/$2"
    dpkg-query -s "$2" >"$1/var/lib/dpkg/status.d/$2"
    install -m 644 "/usr/share/doc/$2/copyright" "$1/usr/share/doc/$2/copyright"
}

assemble() { # IMAGE
    local root=$folder/$1 program library package
    program=$(program_of "$1")
    install -d "$root"/{etc,tmp,usr/bin,usr/lib,usr/lib64,usr/share/doc/mcp-oauth,var/lib/dpkg/status.d}
    ln -s usr/lib "$root/lib"
    ln -s usr/lib64 "$root/lib64"
    install -s -m 755 "$programs_folder/$program" "$root/usr/bin/$program"
    install -m 644 LICENSE "$root/usr/share/doc/mcp-oauth/copyright"
    : >"$folder/packages"
    while read -r library; do add_file "$root" "$library"; done < <(ldd "$programs_folder/$program" | grep -o '/[^ ]*')
    if speaks_https "$1"; then
        install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
        echo ca-certificates >>"$folder/packages"
    fi
    printf 'root:x:0:0:root:/:/nonexistent\nmcp-oauth:x:10001:10001:mcp-oauth:/:/nonexistent\n' >"$root/etc/passwd"
    printf 'root:x:0:\nmcp-oauth:x:10001:\n' >"$root/etc/group"
    printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
    install -d -m 750 -o 10001 -g 10001 "$root/run/mcp-oauth"
    sort -u "$folder/packages" -o "$folder/$1.packages"
    while read -r package; do add_package_notice "$root" "$package"; done <"$folder/$1.packages"
    printf 'Package: mcp-oauth\nStatus: install ok installed\nVersion: %s\nArchitecture: %s\nMaintainer: mcp-oauth\nDescription: OAuth 2.1 server for MCP, %s\n' \
        "${VERSION:-0}" "$(dpkg --print-architecture)" "$1" >"$root/var/lib/dpkg/status.d/mcp-oauth"
    find "$root" -exec touch -hd "@${SOURCE_DATE_EPOCH:-0}" {} +
}

install -d "$folder"
for image in "$@"; do assemble "$image"; done
rm -f "$folder/packages"
