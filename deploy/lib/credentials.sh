# shellcheck shell=bash
# shellcheck disable=SC2154  # target, form, name, namespace, value, files, tool ...: of setup-secrets, which sources this
# Replaces what is no ring of keys: the GitHub secret, the passwords of Redis, the CURVE keys. New ones come beside the old
# ones, where both can be good at once, so that nothing has to stop; a second step takes the old ones away.
#
#   credentials_open; credentials_rotate redis; credentials_close
#
# Where they lie is a folder (env, compose), a file with Kubernetes Secrets, or the cluster; credential_get and
# credential_set know the three.

credentials_open() {
    local lock
    case $(credentials_place) in
        folder)
            [[ -r $target/broker.env ]] || die "cannot read $target/broker.env; $PROGRAM makes it"
            exec {lock}<"$target"
            flock "$lock"
            ;;
        manifest)
            [[ -r $target ]] || die "cannot read $target"
            exec {lock}<"$(dirname "$target")"
            flock "$lock"
            manifest=$(<"$target")
            ;;
        cluster) command -v kubectl >/dev/null || die "kubectl is missing; name the file that $PROGRAM wrote, --output kubernetes FILE" ;;
    esac
}

credentials_place() { if [[ $form != kubernetes ]]; then echo folder; elif [[ $target == - ]]; then echo cluster; else echo manifest; fi; }

credentials_close() { [[ $(credentials_place) != manifest ]] || printf '%s\n' "$manifest" | replace_private "$target"; }

is_file_of() { [[ ${files[$1]-} == "$2="* ]]; } # KIND NAME: a file of its own in a folder

credential_get() { # KIND NAME: prints the value, nothing when there is none
    local document
    case $(credentials_place) in
        folder)
            if is_file_of "$1" "$2"; then
                [[ ! -e $target/$2 ]] || cat "$target/$2"
            else
                env_value "$target/$1.env" "$2"
            fi
            ;;
        manifest)
            document=$(yaml_document "$1" <<<"$manifest")
            yaml_value "$2" <<<"$document"
            ;;
        cluster) kube get secret "$name-$1" -o "go-template={{index .data \"$2\"}}" | base64 -d 2>/dev/null || true ;;
    esac
}

credential_set() { # KIND NAME VALUE
    case $(credentials_place) in
        folder)
            if is_file_of "$1" "$2"; then
                printf '%s\n' "$3" | replace_private "$target/$2"
            else
                env_replace "$target/$1.env" "$2" "$3"
            fi
            ;;
        manifest) manifest=$(yaml_replace "$1" "$2" "$3" <<<"$manifest") ;;
        cluster)
            { printf 'stringData:\n' && yaml_entry "$2" "$3"; } |
                kube patch secret "$name-$1" --type merge --patch-file /dev/stdin >/dev/null || die "could not change the Secret $name-$1"
            ;;
    esac
}

env_replace() { # FILE NAME VALUE
    local line text
    text=$(
        while IFS= read -r line || [[ -n $line ]]; do
            if [[ $line == "$2="* ]]; then env_line "$2" "$3"; else printf '%s\n' "$line"; fi
        done <"$1"
    )
    printf '%s\n' "$text" | replace_private "$1"
}

# ---- what is replaced

credentials_rotate() { # github, redis or curve
    "rotate_$1"
}

rotate_github() {
    answer_of GITHUB_CLIENT_SECRET "New GitHub client secret" "${GITHUB_CLIENT_SECRET-}" hidden
    check_github_secret
    credential_set broker GITHUB_CLIENT_SECRET "${value[GITHUB_CLIENT_SECRET]}"
    say "The brokers take the new client secret when they are restarted. Then delete the old one at GitHub."
}

# Redis takes several passwords for one user: the digests of the old ones stay in the ACL file until the end.
rotate_redis() {
    local user old=''
    [[ -n $tool ]] || die "the program mcp-oauth, which prints the Redis ACL file, was not found: build it, or set MCP_OAUTH_BIN"
    [[ $phase != add ]] || old=$(credential_get redis users.acl)
    for user in registry broker signer reader operator exporter replica sentinel; do
        value[REDIS_PASSWORD_${user^^}]=$(credential_get redis "REDIS_PASSWORD_${user^^}")
    done
    if [[ $phase != finish ]]; then
        for user in "${redis_users[@]}"; do value[REDIS_PASSWORD_${user^^}]=$(secret_password); done
    fi
    print_users_acl
    # The file first: whoever reads a new password later is let in.
    credential_set redis users.acl "$(acl_with_digests_of "$old" <<<"${value[USERS_ACL]}")"
    [[ $phase != finish ]] || { say "Only the newest passwords are in users.acl now: let Redis read it (ACL LOAD)."; return; }
    for user in "${redis_users[@]}"; do credential_set redis "REDIS_PASSWORD_${user^^}" "${value[REDIS_PASSWORD_${user^^}]}"; done
    for user in registry broker signer operator; do credential_set "$user" REDIS_PASSWORD "${value[REDIS_PASSWORD_${user^^}]}"; done
    say "The new passwords are in users.acl$([[ $phase == leaked ]] || echo ' beside the old ones'): let Redis read it (ACL LOAD), as operator with the old password, then"
    say "restart every registry, broker and signer$([[ $phase == leaked ]] || echo ', and end it with --finish')."
}

acl_with_digests_of() { # OLD_FILE <new file >new file
    local line words old
    local -A digests=()
    while read -r -a words; do
        [[ ${words[0]-} == user ]] || continue
        for old in "${words[@]:2}"; do [[ $old != '#'* ]] || digests[${words[1]}]+=" $old"; done
    done <<<"$1"
    while IFS= read -r line; do
        read -r -a words <<<"$line"
        for old in ${digests[${words[1]-}]-}; do
            [[ $line == *" $old "* ]] || line=${line/ resetkeys / "$old" resetkeys }
        done
        printf '%s\n' "$line"
    done
}

# Edges let in every key of the list, and workers take an edge with any of their keys.
rotate_curve() {
    local kind edge_keys allowed
    allowed=$(credential_get edge curve-allowed-keys)
    edge_keys=$(credential_get signer CURVE_EDGE_KEY)
    [[ -n $allowed && -n $edge_keys ]] || die "there are no CURVE keys here"
    if [[ $phase == finish ]]; then
        allowed=$(awk '!seen[$1]++' <<<"$allowed")
        edge_keys=${edge_keys%%,*}
    else
        [[ $phase == leaked || $edge_keys != *,* ]] || die "the last rotation of the CURVE keys was not ended; end it with --finish"
        [[ -n $tool ]] || die "the program mcp-oauth, which makes CURVE keys, was not found: build it, or set MCP_OAUTH_BIN"
        make_curve_keys
        if [[ $phase == leaked ]]; then allowed='' edge_keys=''; fi
        allowed=${value[CURVE_ALLOWED_KEYS]}$allowed
        edge_keys=${value[CURVE_PUBLIC_edge]}${edge_keys:+,${edge_keys%%,*}}
    fi
    credential_set edge curve-allowed-keys "${allowed%$'\n'}"
    for kind in signer broker registry; do
        credential_set "$kind" CURVE_EDGE_KEY "$edge_keys"
        [[ $phase == finish ]] || credential_set "$kind" CURVE_SECRET_KEY "${value[CURVE_SECRET_$kind]}"
    done
    if [[ $phase == finish ]]; then
        say "The old keys are gone: restart every registry, broker and signer. The edges notice by themselves."
        return
    fi
    credential_set edge CURVE_SECRET_KEY "${value[CURVE_SECRET_edge]}"
    if [[ $phase == leaked ]]; then
        say "The old keys are gone: restart everything, the edges first; who is still connected with an old key is gone then."
    else
        say "Restart every registry, broker and signer, then the edges, and end it with --finish."
    fi
}
