/* A broker without a link and without GitHub: its operations over a private Redis, called one at a
 * time. It implements common/net/http_client.h: the GitHub that it plays knows one user, and takes
 * each code once, as the real one does.
 *
 *     struct broker_rig rig;
 *     broker_rig_start(&rig);
 *     broker_rig_create_session(&rig);                        as the registry does
 *     answer = broker_rig_login(&rig, "1");
 *     answer = broker_rig_callback(&rig, "2", "a GitHub code");
 *     answer = broker_rig_decide(&rig, "3", "approve");
 *     broker_rig_stop(&rig);
 *
 * What an answer tells (GitHub's state, the consent page's csrf_token) is kept for the next step,
 * as a browser would. Texts live until the rig stops. */
#ifndef TESTS_UNIT_SERVICES_BROKER_BROKER_RIG_H
#define TESTS_UNIT_SERVICES_BROKER_BROKER_RIG_H

#include "common/store/session.h"
#include "proto/broker.h"
#include "services/broker/broker.h"
#include "services/broker/operations.h"
#include "tests/unit/services/task_rig.h"

#define BROKER_RIG_ISSUER "https://auth.example.com"

struct broker_rig {
    struct redis_rig *redis;
    struct store *store;
    struct arena *arena;
    struct broker_config config;
    char folder[64];
    char servers_path[96];
    struct str session, s; /* the session id, and its digest */
    struct str state;      /* of the last way to GitHub */
    struct str csrf_token; /* of the last consent page */
    size_t fail_at;        /* the n-th arena_take of the next calls fails; 0: none */
};

struct broker_rig_answer {
    enum failure failure;
    struct sign_in_reply reply; /* when failure is OK */
};

/* The servers file has mcp:example.com:tools for octocat (583231) and the organisation my-org. */
void broker_rig_start(struct broker_rig *rig);
void broker_rig_stop(struct broker_rig *rig);
/* An empty Redis but for a session, and a GitHub that has seen no code. redirect_uri: absent for
 * one on loopback. */
void broker_rig_reset(struct broker_rig *rig, struct str redirect_uri);

/* request names the request id: the same text is the same request. */
struct broker_rig_answer broker_rig_login(struct broker_rig *rig, const char *request);
struct broker_rig_answer broker_rig_callback(struct broker_rig *rig, const char *request,
                                             const char *code);
struct broker_rig_answer broker_rig_decide(struct broker_rig *rig, const char *request,
                                           const char *decision);

#endif
