/* Clients whose client_id is the URL of their metadata document (draft-ietf-oauth-client-id-
 * metadata-document), and the JWK sets that clients serve: from the store, fetched when they are
 * not there or too old.
 *
 *     document_find_client(task, client_id, DOCUMENT_ANY_AGE, on_client, context);
 *
 * A fetch that failed within the last minute is answered with its failure, without another one. */
#ifndef SERVICES_REGISTRY_DOCUMENT_H
#define SERVICES_REGISTRY_DOCUMENT_H

#include "common/store/client.h"
#include "proto/worker.h"
#include "services/registry/fetcher.h"

enum {
    DOCUMENT_ANY_AGE = -1, /* as long as its HTTP cache headers say */
};

/* FAIL_DOCUMENT_DOMAIN_UNTRUSTED, and the failures of fetcher.h. record lives in the task's arena
 * and is never NULL with OK. */
void document_find_client(struct task *task, struct str client_id, int64_t age_max_s,
                          client_record_cb *on_client, void *context);

/* FAIL_CLIENT_METADATA_INVALID for a jwks_uri that would not be fetched; absent is well. */
enum failure document_check_jwks_uri(struct str jwks_uri) MUST_CHECK;
/* The JWK set at a client's jwks_uri is in the store, and at most age_max_s old. */
void document_find_jwks(struct task *task, struct str jwks_uri, int64_t age_max_s,
                        record_done_cb *on_done, void *context);

#endif
