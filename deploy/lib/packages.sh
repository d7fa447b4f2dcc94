# shellcheck shell=bash
# shellcheck disable=SC2034  # the lists are read by name
# What this project needs from Debian, with the reason for each; installs only what is missing.
#
#   packages_install build dev
#
# A row is: package | the command that shows it is there, or - to ask dpkg | why.

packages_build='
gcc|gcc|compiles it
libc6-dev|-|the C library headers
cmake|cmake|configures the build
ninja-build|ninja|runs the build
pkg-config|pkg-config|finds the libraries
libh2o-evloop-dev|-|HTTP in the edge (the flavour with its own event loop)
libh2o-dev|-|HTTP on the admin port of the workers (the flavour for libuv)
libzmq3-dev|-|messages between the processes
libuv1-dev|-|the event loop of the workers
libseccomp-dev|-|which system calls a process may still make
libhiredis-dev|-|speaks to Redis
libjansson-dev|-|JSON
libcurl4-openssl-dev|-|speaks to GitHub and fetches client metadata documents
libssl-dev|-|keys, signatures, encryption
libcmocka-dev|-|the unit tests
'
packages_image='
ca-certificates|-|whom the broker and the registry trust
'
packages_images='
buildah|buildah|builds the images
podman|podman|runs them
runc|runc|the runtime that also runs in a container
debootstrap|debootstrap|the base of the images, without a registry
'
packages_dev='
redis-server|redis-server|keeps all state; a private one is started (Debian may start its own, which is not used)
redis-tools|redis-cli|looks into Redis
openssl|openssl|makes the keys
nodejs|node|runs the GitHub stand-in
curl|curl|registers the sample client; the examples use it
ca-certificates|-|trusts GitHub
util-linux|setpriv|lets the processes end with their supervisor
'
packages_test='
clang|clang|the second compiler
llvm|llvm-symbolizer|names in the reports of the sanitizers
libclang-rt-14-dev|-|sanitizers and the fuzzer of clang
redis-server|redis-server|the private Redis of the flow tests
redis-sentinel|redis-sentinel|watches over it in the failover tests (Debian may start its own, which is not used)
redis-tools|redis-cli|looks into Redis
stunnel4|stunnel4|the example for TLS to Redis
openssl|openssl|makes the keys
nodejs|node|flow and client tests
npm|npm|installs what the client tests need
chromium|chromium|clicks through sign-in and consent
fonts-dejavu-core|-|text in the screenshots
nginx-light|/usr/sbin/nginx|the example in front of any MCP server (Debian may start its own, which is not used)
python3|/usr/bin/python3|the Python example
python3-jwt|-|the Python example checks tokens with it
python3-cryptography|-|the Python example checks signatures with it
python3-yaml|-|reads the examples for other proxies
shellcheck|shellcheck|checks the scripts
mandoc|mandoc|checks the manual page
zsh|zsh|reads the completions that mcp-oauth prints for it
clang-format|clang-format|checks the layout
git|git|lists the files to check
unzip|unzip|unpacks helm and kubectl, which an npm package carries
prometheus-redis-exporter|prometheus-redis-exporter|counts keys by deploy/redis/exporter.env (its service is not used)
prometheus|promtool|checks the alert rules, and draws the dashboards from a real scrape (its service is not started)
curl|curl|the scripts under test use it
procps|ps|the scripts under test are looked at by it
systemd|systemd-analyze|reads the units
bsdutils|script|a terminal for the questions of setup-secrets and for mcp-oauth keys
util-linux|setpriv|lets the processes end with their test
'

package_is_there() { # PACKAGE PROBE
    if [[ $2 != - ]]; then
        command -v "$2" >/dev/null 2>&1
    else
        [[ $(dpkg-query -W -f='${Status}' "$1" 2>/dev/null) == 'install ok installed' ]]
    fi
}

# packages_missing SET...: one line a package, "name|why"
packages_missing() {
    local set_name rows package probe reason
    for set_name in "$@"; do
        rows="packages_$set_name"
        while IFS='|' read -r package probe reason; do
            [[ -z $package ]] || package_is_there "$package" "$probe" || printf '%s|%s\n' "$package" "$reason"
        done <<<"${!rows}"
    done | sort -u
}

packages_install() {
    local missing names as_root=() package reason
    if ! command -v dpkg-query >/dev/null 2>&1; then
        say "This is no Debian: install the counterparts of what deploy/lib/packages.sh lists yourself."
        return 0
    fi
    missing=$(packages_missing "$@")
    [[ -n $missing ]] || return 0
    mapfile -t names < <(cut -d'|' -f1 <<<"$missing")
    say "Installing what is missing:"
    while IFS='|' read -r package reason; do say "  $package: $reason"; done <<<"$missing"
    if ((EUID != 0)); then
        command -v sudo >/dev/null 2>&1 || die "needs root to install; run as root: apt-get install ${names[*]}"
        as_root=(sudo)
    fi
    # The tests start their own servers; systemd shall not start Debian's beside them.
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 apt-get -q -o DPkg::Lock::Timeout=300)
    "${apt[@]}" update >&2 || say "The package lists could not be brought up to date; trying with those at hand."
    "${apt[@]}" install -y --no-install-recommends "${names[@]}" >&2 ||
        die "apt-get could not install ${names[*]}; its complaint stands above"
    missing=$(packages_missing "$@")
    [[ -z $missing ]] || die "still missing after the installation: $(cut -d'|' -f1 <<<"$missing" | paste -sd' ')"
}
