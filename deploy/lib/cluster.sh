# shellcheck shell=bash
# shellcheck disable=SC2154  # kinds, name, namespace: the arguments of setup-secrets, which sources this
# Secrets in the cluster that this runs in, as a pod without kubectl: by curl, with the token of its service account,
# which must be allowed to create Secrets and to get those of its own names. Nothing is ever changed or deleted.

cluster_account=${MCP_OAUTH_SERVICE_ACCOUNT:-/var/run/secrets/kubernetes.io/serviceaccount}

cluster_require() {
    command -v curl >/dev/null || die "curl is missing; install it (apt-get install curl)"
    [[ -n ${KUBERNETES_SERVICE_HOST-} && -r $cluster_account/token ]] ||
        die "--output cluster is for a pod with a service account; elsewhere pipe --output kubernetes into kubectl create -f -"
    [[ -n $namespace ]] || namespace=$(<"$cluster_account/namespace")
}

# cluster_status METHOD PATH [OPTION...]: what the API server answers; the token travels by a file descriptor
cluster_status() {
    local host=$KUBERNETES_SERVICE_HOST
    [[ $host != *:* ]] || host="[$host]"
    curl --silent --show-error --output /dev/null --write-out '%{http_code}' --max-time 20 --retry 3 --retry-connrefused \
        --cacert "$cluster_account/ca.crt" --config <(printf 'header = "Authorization: Bearer %s"\n' "$(<"$cluster_account/token")") \
        --request "$1" "${@:3}" "https://$host:${KUBERNETES_SERVICE_PORT:-443}/api/v1/namespaces/$namespace/secrets$2" ||
        die "the API server at $host does not answer"
}

# cluster_secrets_are_there: 0 all of them, 1 none; an end when some are, because keys of two makings do not fit together
cluster_secrets_are_there() {
    local kind status there=''
    for kind in "${kinds[@]}"; do
        status=$(cluster_status GET "/$name-$kind") || exit
        case $status in
            200) there+=" $name-$kind" ;;
            404) ;;
            *) die "the API server answers $status to a look at the Secret $name-$kind" ;;
        esac
    done
    [[ -n $there ]] || return 1
    # shellcheck disable=SC2206  # names have no spaces
    local names=($there)
    ((${#names[@]} == ${#kinds[@]})) || die "only some of the Secrets are there; when nothing uses them: kubectl -n $namespace delete secret$there"
}

# Tried as a whole before anything is made, so that a quota or a missing right leaves nothing behind.
cluster_create_secrets() {
    local kind round status
    for round in '?dryRun=All' ''; do
        for kind in "${kinds[@]}"; do
            status=$(secret_manifest "$kind" | cluster_status POST "$round" --header 'Content-Type: application/yaml' --data-binary @-) || exit
            [[ $status == 201 ]] || die "the API server answers $status to making the Secret $name-$kind${round:+, tried without making it}"
        done
    done
    say "Made ${#kinds[@]} Secrets in the namespace $namespace. They exist nowhere else: back them up with the cluster."
}
