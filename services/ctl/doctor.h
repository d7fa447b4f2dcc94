/* What `doctor` knows, and the findings that its parts add; each part looks at one thing, and every
 * finding that is not good says in one sentence how it is mended.
 *
 *     doctor_look_at_redis(doctor);
 *     doctor_find(doctor, FINDING_BAD, "redis", "its policy is allkeys-lru",
 *                 "set maxmemory-policy noeviction");
 *
 * Texts live in the doctor's arena. */
#ifndef SERVICES_CTL_DOCTOR_H
#define SERVICES_CTL_DOCTOR_H

#include "services/ctl/connection.h"

enum finding_level {
    FINDING_GOOD,
    FINDING_NOT_SEEN, /* it was not told where to look */
    FINDING_ADVICE,   /* it works, and could be better */
    FINDING_BAD,
};

struct finding {
    enum finding_level level;
    const char *area; /* "redis" */
    struct str what;
    struct str mend; /* absent: nothing to mend */
};

enum {
    FINDINGS_MAX = 256,
    DOCTOR_KINDS_COUNT = 4,
    DOCTOR_PASSWORDS_COUNT = 5,
    DOCTOR_EDGE = 3, /* its place among the kinds; the others stand as in enum acl_user */
};
extern const char *const DOCTOR_KINDS[DOCTOR_KINDS_COUNT]; /* "signer" */

/* What one process is told, as far as somebody else may know it: no private key. */
struct doctor_process {
    struct str file; /* DIRECTORY/signer.env; absent: there is none */
    struct str base_url;
    struct str servers_file;
    struct str redis_url;
    struct str redis_user;
    struct str redis_password;
    struct str redis_sentinel_user;
    struct str redis_sentinel_password;
    struct str github_client_id;
    struct str github_client_secret;
    struct str github_url;
    struct str jwt_private_key_file;
    struct str jwt_private_key_directory;
    struct str refresh_encryption_key_file;
};

struct doctor {
    const struct invocation *invocation;
    struct arena *arena;
    struct str directory; /* absent: only the environment is known */
    struct str ca_file;
    struct doctor_process processes[DOCTOR_KINDS_COUNT];
    struct connection_config config;
    struct str passwords[DOCTOR_PASSWORDS_COUNT]; /* REDIS_PASSWORD_SIGNER ..., by enum acl_user */
    struct finding findings[FINDINGS_MAX];
    size_t findings_len;
};

/* Reads what it is told; false after a complaint. */
bool doctor_read_configuration(struct doctor *doctor);

void doctor_find(struct doctor *doctor, enum finding_level level, const char *area, struct str what,
                 struct str mend);
/* The first that is present among the processes' values of a member. */
struct str doctor_first_base_url(const struct doctor *doctor);

/* The parts, in the order of their findings. */
void doctor_look_at_processes(struct doctor *doctor); /* their own --check */
void doctor_look_at_servers(struct doctor *doctor);   /* the servers file */
void doctor_look_at_keys(struct doctor *doctor);      /* their age */
void doctor_look_at_redis(struct doctor *doctor);     /* and the workers' heartbeats */
void doctor_look_at_rights(struct doctor *doctor);
void doctor_look_at_edge(struct doctor *doctor);
void doctor_look_at_github(struct doctor *doctor);

#endif
