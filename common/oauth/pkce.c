/* "plain" is not offered at all: it would hand the verifier to whoever can read the request that
 * PKCE is there to protect. */
#include "common/oauth/pkce.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"

#include <openssl/evp.h>

/* unreserved (RFC 7636 4.1) */
static bool has_only_unreserved(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '.' || c == '_' || c == '~'))
            return false;
    }
    return true;
}

enum failure code_challenge_check(struct str code_challenge, struct str code_challenge_method)
{
    if (str_is_empty(code_challenge))
        return FAIL_CODE_CHALLENGE_MISSING;
    if (!str_equals(code_challenge_method, STR("S256")))
        return FAIL_CODE_CHALLENGE_METHOD_UNSUPPORTED;
    if (code_challenge.len < CODE_VERIFIER_BYTES_MIN ||
        code_challenge.len > CODE_CHALLENGE_BYTES_MAX || !has_only_unreserved(code_challenge))
        return FAIL_CODE_CHALLENGE_MALFORMED;
    return OK;
}

enum failure code_verifier_check(struct str code_verifier, struct str code_challenge)
{
    unsigned char digest[DIGEST_BYTES];
    char encoded[2 * DIGEST_BYTES];
    if (str_is_empty(code_verifier))
        return FAIL_CODE_VERIFIER_MISSING;
    if (code_verifier.len < CODE_VERIFIER_BYTES_MIN ||
        code_verifier.len > CODE_VERIFIER_BYTES_MAX || !has_only_unreserved(code_verifier))
        return FAIL_CODE_VERIFIER_MALFORMED;
    digest_sha256(code_verifier, digest);
    /* base64url on the stack: 32 bytes are 44 characters, the last of them padding. */
    size_t written = (size_t)EVP_EncodeBlock((unsigned char *)encoded, digest, sizeof(digest)) - 1;
    for (size_t i = 0; i < written; i++)
        encoded[i] = encoded[i] == '+' ? '-' : encoded[i] == '/' ? '_' : encoded[i];
    return str_equals_in_constant_time(str_from_bytes(encoded, written), code_challenge)
               ? OK
               : FAIL_CODE_VERIFIER_MISMATCH;
}
