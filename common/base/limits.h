/* Every ceiling of the system, each with its reason. Units stand last in the names. */
#ifndef COMMON_BASE_LIMITS_H
#define COMMON_BASE_LIMITS_H

enum limits {
    /* HTTP: real clients send heads of 1 to 4 KB; a GitHub cookie-laden browser stays below 8 KB.
     */
    HTTP_HEAD_BYTES_MAX = 16 * 1024,
    /* A registration with 10 redirect URIs and every RFC 7591 member stays below 16 KB. */
    HTTP_BODY_BYTES_MAX = 32 * 1024,
    HTTP_CONNECTIONS_MAX = 10000,
    /* Of requests that have not come whole, over all connections: patience with them ends here. */
    HTTP_UNREAD_BYTES_MAX = 64 * 1024 * 1024,
    /* What the kernel keeps for one connection, each way: a whole answer, and no pipeline of them.
     */
    HTTP_SOCKET_BUFFER_BYTES = 64 * 1024,
    FORM_PARAMETERS_MAX = 64,

    /* OAuth parameters */
    CLIENT_ID_BYTES_MAX = 2048,  /* it may be a URL (client ID metadata document) */
    CLIENT_NAME_BYTES_MAX = 400, /* 100 characters of at most 4 bytes */
    CLIENT_NAME_CHARACTERS_MAX = 100,
    REDIRECT_URI_BYTES_MAX = 2048,
    REDIRECT_URIS_MAX = 10,
    SCOPE_BYTES_MAX = 2048,
    STATE_BYTES_MAX = 4096, /* some clients keep a JWT in it */
    NONCE_BYTES_MAX = 512,
    RESOURCE_BYTES_MAX = 2048,
    RESOURCES_MAX = 8,
    CODE_VERIFIER_BYTES_MIN = 43, /* RFC 7636 4.1 */
    CODE_VERIFIER_BYTES_MAX = 128,
    CODE_CHALLENGE_BYTES_MAX = 128,
    LOGIN_HINT_BYTES_MAX = 256,
    TOKEN_BYTES_MAX = 8 * 1024,
    CLIENT_METADATA_BYTES_MAX = 16 * 1024,
    DOCUMENT_BYTES_MAX = 5 * 1024, /* a client ID metadata document: the draft's own advice */
    JWKS_BYTES_MAX = 16 * 1024,    /* of a client: some twenty keys */
    EMAIL_BYTES_MAX = 320,         /* RFC 5321 */
    GITHUB_LOGIN_BYTES_MAX = 64,
    RULE_BYTES_MAX = 256,
    NAME_BYTES_MAX = 256, /* any short word of ours: kinds, operations, ids */
    PAGE_TEXT_BYTES_MAX = 1024,
    DENIAL_BYTES_MAX = PAGE_TEXT_BYTES_MAX + 512, /* sentences that name a server and a login */

    /* one request's memory, in each process that serves it */
    ARENA_REQUEST_BYTES_MAX = 512 * 1024,

    /* the command-line tool's: the widest answer is the fleet's */
    CTL_ARENA_BYTES_MAX = 4 * 1024 * 1024,

    /* messages between the processes */
    MESSAGE_BYTES_MAX = 128 * 1024,
    HELLO_BYTES_MAX = 64 * 1024, /* public keys included */
    READY_BYTES_MAX = 64,        /* sent five times a second by everyone */
    OPERATIONS_MAX = 32,
    WORKERS_MAX = 256, /* per kind and edge */
    EDGES_MAX = 64,    /* addresses a worker serves */
    CREDIT_TOTAL = 16, /* requests in flight in one worker, over all edges */
    /* On top of the credit: requests that only wait for a third party, as sign-ins for GitHub. That
     * one hangs for up to 13 s, so 16 of them would otherwise stop a worker. Each holds up to 100
     * KB, and GitHub wants less than 100 requests at once. */
    REQUESTS_PARKED_MAX = 64,
    /* Credit is a promise of the edges; this holds when one breaks it, and leaves room for every
     * edge's least share of 1. */
    REQUESTS_IN_WORKER_MAX = EDGES_MAX + REQUESTS_PARKED_MAX,
    QUEUE_REQUESTS_MAX = 1024, /* per kind, waiting in the edge */

    /* outbound HTTP */
    GITHUB_BODY_BYTES_MAX = 1024 * 1024,
    FETCHES_MAX = 8, /* of clients' documents and keys; below CREDIT_TOTAL, so that others go on */
    FETCHES_OF_HOST_MAX = 2,
    FETCHES_OF_HOST_PER_MINUTE = 30,
    FETCHES_PER_HOUR = 6000, /* what strangers can make Redis keep for a day stays below 1 GB */

    /* Redis */
    REDIS_PENDING_MAX = 4096,
    REDIS_WORDS_MAX = 256, /* of one command: a record of 64 fields, twice over */
    /* CLUSTER SLOTS, every slot a range of its own: 24 with a master and two replicas */
    REDIS_REPLY_ELEMENTS_MAX = 16384 * 24,
    REDIS_SEEDS_MAX = 16,  /* hosts of REDIS_URL: five Sentinels are already many */
    REDIS_NODES_MAX = 128, /* masters of a cluster: each is a connection of every worker */
    AUDIT_ENTRIES_MAX = 100000,

    /* the servers file: a thousand servers with long lists stay below */
    SERVERS_FILE_BYTES_MAX = 1024 * 1024,
    SERVERS_MAX = 1024,         /* searched one by one */
    SERVER_KEY_BYTES_MAX = 128, /* <domain> and <server> of mcp:<domain>:<server> */
};

/* Budgets of a request, in milliseconds (proto/README.md). */
enum budgets {
    BUDGET_TOKEN_MS = 4000,
    BUDGET_REGISTRY_MS = 6000,
    BUDGET_CALLBACK_MS = 15000,
    FETCH_MS = 2500, /* of a client's document or keys, everything together */
    FETCH_CONNECT_MS = 1000,
};

/* How often, unless the operator says otherwise (0: without limit). Cloud clients register all
 * their users from a few addresses, and a whole office or workshop may be one, so these stop
 * machines and not people. */
enum rates {
    /* A workshop of 100 people with two programs each. One address alone stays below half of the
     * daily cap, so it cannot use that up for everybody. */
    RATE_REGISTER_PER_HOUR = 200,
    /* A client has about 1 KB and lives for 60 days: at most 600 MB, when Redis must not evict. */
    RATE_REGISTER_PER_DAY_ALL = 10000,
    /* Five a second; each is a session of about 1 KB for 30 minutes, so 9 MB for one address. */
    RATE_AUTHORIZE_PER_MINUTE = 300,
    /* One a second; each costs some four requests to GitHub, which allows an app 5000 an hour for
     * each person. */
    RATE_SIGN_IN_PER_MINUTE = 60,
    /* Of one client at one address: an app that is broken, or guesses. */
    RATE_TOKEN_FAILURES_PER_MINUTE = 60,
    /* A thousand a second: a resource server may ask for each of its requests. */
    RATE_VALIDATE_PER_MINUTE = 60000,
    RATES_MAX = 1000000000,
};

/* Lives of what is stored, in seconds. */
enum lives {
    SESSION_TTL_S = 30 * 60,
    CODE_TTL_S = 10 * 60,
    ACCESS_TOKEN_TTL_S = 60 * 60,
    ACCESS_TOKEN_TTL_MAX_S = 24 * 3600, /* retired keys are published for as long */
    KEY_SET_CACHE_S = 300,              /* how long validators may keep the key set */
    REFRESH_TOKEN_TTL_S = 30 * 24 * 3600,
    GRANT_TTL_S = 90 * 24 * 3600,
    APPROVAL_TTL_S = 30 * 24 * 3600,
    CLIENT_TTL_S = 60 * 24 * 3600,
    CLIENT_DELETED_TTL_S = 2 * BUDGET_REGISTRY_MS / 1000, /* as long as it may be repeated */
    DOCUMENT_FAILURE_TTL_S = 60,
    REFRESH_GRACE_S = 60,
    CLOCK_SKEW_S = 60,
    HEARTBEAT_TTL_S = 5,
    HEARTBEAT_EVERY_S = 2, /* two may be late before a worker seems dead */
};

#endif
