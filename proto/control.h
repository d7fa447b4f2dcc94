/* The bodies of HELLO, WELCOME and READY (proto/README.md). */
#ifndef PROTO_CONTROL_H
#define PROTO_CONTROL_H

#include "common/base/fields.h"

struct hello_message {
    struct str kind;
    struct str instance;
    struct str release;
    struct strs operations; /* "exchange/1" */
    struct str keys;        /* signer: a JWK set, JSON */
    struct str keys_version;
};

struct welcome_message {
    struct str edge; /* the edge's random id */
};

struct ready_message {
    int64_t credit;   /* how many requests of this edge may be in flight; 0: none now */
    int64_t every_ms; /* when the next READY comes, about */
    struct str keys_version;
};

extern const struct fields HELLO_MESSAGE, WELCOME_MESSAGE, READY_MESSAGE;

#endif
