# shellcheck shell=bash
# shellcheck disable=SC2034  # the results are read by name
# Adds a key to a ring and takes the expired ones away. A ring is a text in the form that the signer reads
# (services/signer/README.md); it stands in the variable ring_text and never in an argument.
#
#   ring_text=$(<FILE)
#   signing_ring_rotate USE_FROM NOW ALGORITHM      or  refresh_ring_rotate USE_FROM NOW KEEP_DAYS
#   ring_keep_new_alone                              when the others have leaked
#   printf '%s' "$ring_text" | replace_private FILE
#
# ring_len says how many keys there are now, ring_removed how many went, ring_added what came; ring_new is it.

# How long a signing key stays after its successor came into use: the longest life of an access token, the age that
# validators may keep the key set for, and the clock skew.
signing_keep_s=$((24 * 3600 + 300 + 60))
ring_keys_max=16 # the signer takes no more

signing_algorithms=(RS256 ES256 EdDSA)

secret_signing_key() { # ALGORITHM
    case $1 in
        RS256) secret_rsa_key ;;
        ES256) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null ;;
        EdDSA) openssl genpkey -algorithm ED25519 2>/dev/null ;;
    esac
}

# signing_key_algorithm <PEM
signing_key_algorithm() {
    local about
    about=$(openssl pkey -noout -text_pub 2>/dev/null) || return 1
    case $about in
        *prime256v1*) echo ES256 ;;
        *ED25519*) echo EdDSA ;;
        *Modulus*) echo RS256 ;;
        *) return 1 ;;
    esac
}

# Sets the arrays pems and froms (use_from; 0: none).
signing_ring_read() {
    local line pem='' from=0
    pems=() froms=()
    while IFS= read -r line || [[ -n $line ]]; do
        line=${line%$'\r'}
        if [[ $line =~ ^'# use_from:'\ *([0-9]{1,12}) ]]; then
            from=$((10#${BASH_REMATCH[1]}))
        elif [[ $line == *'-----BEGIN '* ]]; then
            pem=$line$'\n'
        elif [[ -n $pem ]]; then
            pem+=$line$'\n'
            [[ $line == *'-----END '* ]] || continue
            if [[ $line == *'PRIVATE KEY-----'* ]]; then
                pems+=("$pem") froms+=("$from")
                from=0
            fi
            pem=''
        fi
    done <<<"${ring_text//\\n/$'\n'}" # the original's spelling on one line
    [[ -z $pem ]] || die "the signing keys are cut off: one has no -----END line"
    ((${#pems[@]} > 0)) || die "there is no PEM private key among the signing keys"
}

# The key that signs when nothing has a use_from any more: the latest, among equals the first.
signing_ring_newest() {
    local i newest=0
    for i in "${!froms[@]}"; do ((froms[i] <= froms[newest])) || newest=$i; done
    printf '%s' "${pems[newest]}"
}

signing_ring_rotate() { # USE_FROM NOW ALGORITHM (empty: as the newest key's)
    local use_from=$1 now=$2 algorithm=$3 pems froms i j end kept='' newest
    signing_ring_read
    newest=$(signing_ring_newest)
    : "${algorithm:=$(signing_key_algorithm <<<"$newest")}"
    [[ -n $algorithm ]] || die "the newest signing key is none that openssl can read"
    pems=("$(secret_signing_key "$algorithm")"$'\n' "${pems[@]}") froms=("$use_from" "${froms[@]}")
    [[ ${pems[0]} == *'-----END PRIVATE KEY-----'* ]] || die "openssl could not make a key for $algorithm"
    ring_new=${pems[0]} ring_len=0 ring_removed=0 ring_added="a key for $algorithm" ring_text=''
    while read -r _ i; do
        end=0 # when the next one came into use
        for j in "${!froms[@]}"; do
            ((froms[j] <= froms[i] || (end > 0 && froms[j] >= end))) || end=${froms[j]}
        done
        if ((end > 0 && end + signing_keep_s <= now)); then
            ring_removed=$((ring_removed + 1))
            continue
        fi
        ring_len=$((ring_len + 1))
        kept+=${kept:+$'\n'}
        ((froms[i] == 0)) || kept+="# use_from: ${froms[i]}"$'\n'
        kept+=${pems[i]%$'\n'}
    done < <(for i in "${!froms[@]}"; do printf '%d %d\n' "${froms[i]}" "$i"; done | sort -s -k1,1nr)
    ((ring_len <= ring_keys_max)) || die "there are $ring_keys_max signing keys already, and none is old enough to be removed"
    ring_text=$kept$'\n'
}

# Sets the arrays keys (with their @use_from), versions and froms, newest first.
refresh_ring_read() {
    local part i from proper=0 with_version=0 parts
    keys=() versions=() froms=()
    IFS=$', \t\r\n' read -rd '' -a parts <<<"$ring_text" || true
    for part in "${parts[@]}"; do
        versions+=(0)
        if [[ $part =~ ^v?([1-9][0-9]{0,5}):(.*)$ ]]; then
            versions[-1]=${BASH_REMATCH[1]} part=${BASH_REMATCH[2]}
            with_version=$((with_version + 1))
        fi
        from=0
        if [[ $part =~ ^[A-Za-z0-9+/_-]{43}=?(@([0-9]{1,12}))?$ ]]; then
            proper=$((proper + 1))
            from=$((10#${BASH_REMATCH[2]:-0}))
        fi
        keys+=("$part") froms+=("$from")
    done
    ((${#keys[@]} > 0)) || die "there is no refresh key"
    # Any text is a key, as in the original, but in a list separators separate.
    ((proper > 0 || ${#keys[@]} == 1)) ||
        die "the refresh key is a text with commas or white space, which cannot stand in a list; give 32 random bytes in base64 (every client signs in again)"
    ((with_version == 0 || with_version == ${#keys[@]})) || die "some refresh keys have a version and some have none"
    ((with_version > 0)) || for i in "${!keys[@]}"; do versions[i]=$((${#keys[@]} - i)); done
}

refresh_ring_rotate() { # USE_FROM NOW KEEP_DAYS
    local use_from=$1 now=$2 keep_s=$(($3 * 24 * 3600)) keys versions froms i end=0 newest kept
    refresh_ring_read
    newest=$((versions[0] + 1))
    ring_new="$newest:$(secret_key_256)"$'\n'
    kept=${ring_new%$'\n'}@$use_from$'\n'
    ring_len=1 ring_removed=0 ring_added="refresh key v$newest"
    for i in "${!keys[@]}"; do
        # end: when the first newer key came into use, as far as one says
        if ((end > 0 && end + keep_s <= now)); then
            ring_removed=$((ring_removed + 1))
        else
            kept+="${versions[i]}:${keys[i]}"$'\n'
            ring_len=$((ring_len + 1))
        fi
        ((froms[i] == 0 || (end > 0 && froms[i] >= end))) || end=${froms[i]}
    done
    ((ring_len <= ring_keys_max)) || die "there are $ring_keys_max refresh keys already, and none is old enough to be removed"
    ring_text=$kept
}

# The others have leaked: also one that was added before and is not yet in use.
ring_keep_new_alone() { ring_text=$ring_new ring_removed=$((ring_removed + ring_len - 1)) ring_len=1; }

# replace_private FILE <content: in one step, for the same owner as before
replace_private() {
    local next="$1.next"
    (umask 077 && cat >"$next")
    if ! chown --reference="$1" "$next" || ! chmod --reference="$1" "$next"; then
        rm -f "$next"
        die "$1 belongs to somebody else; run this as its owner or as root"
    fi
    mv -f "$next" "$1"
}
