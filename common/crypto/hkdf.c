/* OpenSSL's own HKDF costs 4 us a call, most of it in setting parameters; four hashes cost 1.5, and
 * a token request derives several secrets. */
#include "common/crypto/hkdf.h"

#include "common/base/base64url.h"
#include "common/base/hex.h"
#include "common/crypto/digest.h"

#include <openssl/crypto.h>

/* RFC 5869 2.3: T(i) = HMAC(prk, T(i-1) | info | i). The HMAC here takes two parts, so T(i-1) and
 * the label stand together in one buffer. */
static void expand(const unsigned char prk[static DIGEST_BYTES], unsigned char *text,
                   size_t label_len, unsigned char *out, size_t len)
{
    unsigned char block[DIGEST_BYTES];
    for (unsigned char i = 1; len > 0; i++) {
        /* T(0) is empty: the first round leaves the room in front of the label out. */
        struct str part = i == 1 ? str_from_bytes(text + DIGEST_BYTES, label_len)
                                 : str_from_bytes(text, DIGEST_BYTES + label_len);
        digest_hmac(str_from_bytes(prk, DIGEST_BYTES), part, str_from_bytes(&i, 1), block);
        size_t take = len < sizeof(block) ? len : sizeof(block);
        memcpy(out, block, take);
        memcpy(text, block, sizeof(block));
        out += take;
        len -= take;
    }
    OPENSSL_cleanse(block, sizeof(block));
}

enum failure hkdf_derive(struct str secret, struct str salt, struct str label, void *ret_out,
                         size_t len)
{
    unsigned char text[DIGEST_BYTES + HKDF_LABEL_BYTES_MAX], prk[DIGEST_BYTES];
    if (secret.len == 0 || label.len > HKDF_LABEL_BYTES_MAX || len == 0 ||
        len > HKDF_OUTPUT_BYTES_MAX)
        return FAIL_CRYPTO;
    if (label.len > 0)
        memcpy(text + DIGEST_BYTES, label.at, label.len);
    /* A zero salt and an empty one are the same HMAC key, because keys are padded with zeros. */
    digest_hmac(salt, secret, STR(""), prk);
    expand(prk, text, label.len, ret_out, len);
    OPENSSL_cleanse(prk, sizeof(prk));
    OPENSSL_cleanse(text, sizeof(text));
    return OK;
}

static struct str derive(struct arena *arena, struct str secret, struct str label, size_t len)
{
    unsigned char *out = arena_take(arena, len);
    if (out == NULL || hkdf_derive(secret, STR_ABSENT, label, out, len) != OK)
        return STR_ABSENT;
    return str_from_bytes(out, len);
}

struct str hkdf_hex(struct arena *arena, struct str secret, struct str label, size_t len)
{
    struct str bytes = derive(arena, secret, label, len);
    return str_is_present(bytes) ? hex_encode(arena, bytes) : STR_ABSENT;
}

struct str hkdf_base64url(struct arena *arena, struct str secret, struct str label, size_t len)
{
    struct str bytes = derive(arena, secret, label, len);
    return str_is_present(bytes) ? base64url_encode(arena, bytes) : STR_ABSENT;
}
