/* The operator's say on documents that clients name (document_url.h): whose clients are trusted,
 * and which hosts inside of the own network may be asked.
 *
 *     bool is_private;
 *     TRY(document_policy_check_client(&policy, &uri));
 *     TRY(document_policy_check_target(&policy, &uri, &is_private));
 *     is_private: any address and the entry's port will do; else only public ones, port 443 */
#ifndef COMMON_OAUTH_DOCUMENT_POLICY_H
#define COMMON_OAUTH_DOCUMENT_POLICY_H

#include "common/base/failure.h"
#include "common/oauth/uri.h"

struct document_policy {
    struct strs trusted_domains; /* a domain covers itself and all below it; empty: every client */
    struct strs private_hosts;   /* host, for port 443, or host:port; exactly these */
};

/* Whether the lists' entries can be read. On failure *ret_problem is one sentence, a literal. */
enum failure document_policy_check(const struct document_policy *policy,
                                   struct str *ret_problem) MUST_CHECK;
/* FAIL_DOCUMENT_DOMAIN_UNTRUSTED for a client_id of another domain. */
enum failure document_policy_check_client(const struct document_policy *policy,
                                          const struct uri *uri) MUST_CHECK;
/* FAIL_DOCUMENT_URL_INVALID for another port than 443 on a host that is not private. */
enum failure document_policy_check_target(const struct document_policy *policy,
                                          const struct uri *uri, bool *ret_is_private) MUST_CHECK;

#endif
