# shellcheck shell=bash
# Configures and builds one preset of CMakePresets.json.

programs=(mcp-oauth-edge mcp-oauth-signer mcp-oauth-broker mcp-oauth-registry mcp-oauth)

build_configure() { # PRESET
    local log="build/$1.configure.log"
    mkdir -p build
    cmake --preset "$1" >"$log" 2>&1 || { cat "$log" >&2; die "cmake --preset $1 failed; its complaint stands above"; }
}

# build_preset PRESET [TARGET...]: without targets everything
build_preset() {
    local preset=$1
    shift
    build_configure "$preset"
    local targets=()
    (($# == 0)) || targets=(--target "$@")
    cmake --build --preset "$preset" "${targets[@]}" >&2 || die "the build of preset $preset failed; the compiler's complaint stands above"
}

# Only what runs, without the tests.
build_programs() { # PRESET
    build_preset "$1" "${programs[@]/#/bin/}"
}
