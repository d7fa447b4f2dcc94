/* One good request for each endpoint and each way in which it ends, with the workers' answers. What
 * is made once at the start (metadata, key set, landing page, health) takes no memory later.
 *
 *     for (size_t i = 0; i < EXCHANGES_LEN; i++)
 *         exchange_send(rig_connect(rig), &EXCHANGES[i]); */
#ifndef TESTS_UNIT_SERVICES_EDGE_EXCHANGES_H
#define TESTS_UNIT_SERVICES_EDGE_EXCHANGES_H

#include "common/base/failure.h"

enum { EXCHANGE_ANSWERS_MAX = 3 };

struct exchange {
    const char *name;
    const char *request; /* the head; with a body, without Content-Length and what follows */
    const char *body;    /* NULL: none */
    int status;
    struct {
        enum failure failure;
        const char *body;
    } answers[EXCHANGE_ANSWERS_MAX]; /* of the workers, in turn */
};

extern const struct exchange EXCHANGES[];
extern const size_t EXCHANGES_LEN;

void exchange_send(int client, const struct exchange *exchange);

#endif
