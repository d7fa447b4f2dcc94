/* PKCE, S256 only (RFC 7636; RFC 9700 2.1.1).
 *
 *     TRY(code_challenge_check(code_challenge, code_challenge_method));     at /authorize
 *     TRY(code_verifier_check(code_verifier, code_challenge));              at /token
 *
 * The functions carry the RFC's nouns instead of the file's. */
#ifndef COMMON_OAUTH_PKCE_H
#define COMMON_OAUTH_PKCE_H

#include "common/base/failure.h"

/* FAIL_CODE_CHALLENGE_MISSING, FAIL_CODE_CHALLENGE_MALFORMED (43 to 128 unreserved characters),
 * FAIL_CODE_CHALLENGE_METHOD_UNSUPPORTED for all but S256, absence included (RFC 7636 4.3 makes
 * that "plain"). */
enum failure code_challenge_check(struct str code_challenge,
                                  struct str code_challenge_method) MUST_CHECK;
/* FAIL_CODE_VERIFIER_MISSING, _MALFORMED (RFC 7636 4.1), _MISMATCH (4.6). In constant time. */
enum failure code_verifier_check(struct str code_verifier, struct str code_challenge) MUST_CHECK;

#endif
