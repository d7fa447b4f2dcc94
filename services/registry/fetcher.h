/* Fetches what a client named by URL: its metadata document or its JWK set, and keeps it in
 * mcp:document. The URL is a stranger's, so everything about it is bounded: where it may lead
 * (common/oauth/document_policy.h, common/net/public_address.h), how long and how much, how many at
 * once, and how often.
 *
 *     TRY(fetcher_open(loop, &options, &fetcher, &problem));
 *     fetcher_get(fetcher, task, url, DOCUMENT_METADATA, on_record, context);
 *     fetcher_close(fetcher);
 *
 * Requests of one process for the same URL at the same time share one fetch. */
#ifndef SERVICES_REGISTRY_FETCHER_H
#define SERVICES_REGISTRY_FETCHER_H

#include "common/oauth/document_policy.h"
#include "common/process/loop.h"
#include "common/store/document.h"
#include "proto/worker.h"

enum document_kind { DOCUMENT_METADATA, DOCUMENT_JWKS };

struct fetcher_options { /* texts live as long as the process */
    struct document_policy policy;
    struct str ca_file; /* of the policy's private hosts; absent: the system's */
};

struct fetcher;

/* On failure *ret_problem is one sentence. */
enum failure fetcher_open(struct loop *loop, const struct fetcher_options *options,
                          struct fetcher **ret_fetcher, struct str *ret_problem) MUST_CHECK;
/* Nobody who waits is called any more. Accepts NULL. */
void fetcher_close(struct fetcher *fetcher);

const struct document_policy *fetcher_policy(const struct fetcher *fetcher);

/* is_stored: something good is kept under this URL, which a failure must not replace; else the
 * failure is kept for DOCUMENT_FAILURE_TTL_S. record is borrowed until the callback returns; its
 * failure is absent. Calls back at once when nothing is fetched.
 *   FAIL_DOCUMENT_URL_INVALID  also a port that the policy does not allow
 *   FAIL_DOCUMENT_UNAVAILABLE  no answer with status 200, and whatever goes wrong before: one name
 *                              for all, so that nobody learns what lies behind this server
 *   FAIL_DOCUMENT_INVALID      an answer that is no such document or JWK set
 *   FAIL_RATE_LIMITED, FAIL_OVERLOADED, FAIL_STORE_UNAVAILABLE, FAIL_LIMIT_REACHED */
typedef void fetcher_cb(void *context, enum failure failure, const struct document_record *record);
void fetcher_get(struct fetcher *fetcher, const struct task *task, struct str url,
                 enum document_kind kind, bool is_stored, fetcher_cb *on_record, void *context);

#endif
