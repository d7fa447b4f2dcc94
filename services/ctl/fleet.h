/* The workers that live, by kind and name, from their heartbeats.
 *
 *     struct fleet fleet;
 *     TRY(fleet_read(connection, arena, &fleet)); */
#ifndef SERVICES_CTL_FLEET_H
#define SERVICES_CTL_FLEET_H

#include "common/base/failure.h"
#include "services/ctl/connection.h"

struct fleet_worker {
    struct str kind;
    struct str instance;
    struct str release;
    struct str keys; /* the version of its keys; absent for a kind without */
    int64_t started_at;
    int64_t in_flight;
    int64_t pid;
};

enum { FLEET_WORKERS_MAX = 1024, FLEET_KINDS_COUNT = 3 };
extern const char *const FLEET_KINDS[FLEET_KINDS_COUNT];

struct fleet {
    struct fleet_worker *at; /* in the arena */
    size_t len;
};

enum failure fleet_read(struct connection *connection, struct arena *arena,
                        struct fleet *ret_fleet) MUST_CHECK;
size_t fleet_count(const struct fleet *fleet, const char *kind);

#endif
