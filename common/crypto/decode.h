/* base64url for callers that must tell a malformed text from a full arena: the first is the
 * client's mistake and costs it its token, the second is our limit and must not.
 *
 *     TRY(decode_base64url(arena, part, &bytes));     FAIL_CRYPTO or FAIL_LIMIT_REACHED
 */
#ifndef COMMON_CRYPTO_DECODE_H
#define COMMON_CRYPTO_DECODE_H

#include "common/base/arena.h"
#include "common/base/failure.h"

enum failure decode_base64url(struct arena *arena, struct str text,
                              struct str *ret_bytes) MUST_CHECK;

#endif
