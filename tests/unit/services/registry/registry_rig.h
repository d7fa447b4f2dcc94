/* A registry without a link: its operations over a private Redis, called one at a time.
 *
 *     struct registry_rig rig;
 *     registry_rig_start(&rig);
 *     struct task_rig_answer answer =
 *         registry_rig_call(&rig, "1", register_handle, &REGISTER_REPLY, &message,
 * sizeof(message)); registry_rig_stop(&rig); */
#ifndef TESTS_UNIT_SERVICES_REGISTRY_REGISTRY_RIG_H
#define TESTS_UNIT_SERVICES_REGISTRY_REGISTRY_RIG_H

#include "services/registry/operations.h"
#include "services/registry/registry.h"
#include "tests/unit/services/task_rig.h"

struct registry_rig {
    struct redis_rig *redis;
    struct store *store;
    struct arena *arena;
    struct registry_config config;
    char folder[64];
    char servers_path[96];
    size_t fail_at; /* the n-th arena_take of the next calls fails; 0: none */
};

/* The servers file has mcp:example.com:tools, and allows redirects to localhost. */
void registry_rig_start(struct registry_rig *rig);
void registry_rig_stop(struct registry_rig *rig);

/* As task_rig_call. */
struct task_rig_answer registry_rig_call(struct registry_rig *rig, const char *request,
                                         operation_handler *handle, const struct fields *reply,
                                         const void *message, size_t message_bytes);

#endif
