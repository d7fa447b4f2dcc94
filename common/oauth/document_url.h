/* The URLs that this server fetches because a client names them: its client_id, when that is a
 * metadata document, and its jwks_uri (draft-ietf-oauth-client-id-metadata-document 3).
 *
 *     struct uri uri;
 *     TRY(document_url_check(client_id, &uri));
 *
 * https with a host and a path below "/"; no user, no fragment, no dot segments, neither plain nor
 * percent-encoded. A query is accepted, which the draft only discourages. Host names are read as
 * strictly as everywhere (uri.h), so that 0x7f.1 or 2130706433 is no host. The port is judged by
 * document_policy.h, and the address by whoever connects (net/public_address.h). */
#ifndef COMMON_OAUTH_DOCUMENT_URL_H
#define COMMON_OAUTH_DOCUMENT_URL_H

#include "common/base/failure.h"
#include "common/oauth/uri.h"

/* FAIL_DOCUMENT_URL_INVALID, also for more than CLIENT_ID_BYTES_MAX. The parts are borrowed. */
enum failure document_url_check(struct str url, struct uri *ret_uri) MUST_CHECK;

#endif
