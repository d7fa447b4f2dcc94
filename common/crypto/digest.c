/* The algorithm is looked up once and one context is used again and again: in OpenSSL 3 the look-up
 * costs more than hashing 32 bytes (measured: SHA256() 0.77 us, this 0.18; HMAC() 2.6 us, this
 * 0.7). HMAC is therefore put together here, too. */
#include "common/crypto/digest.h"

#include "common/base/base64url.h"
#include "common/base/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 64 }; /* of SHA-256 */

static EVP_MD *algorithm;
static EVP_MD_CTX *context;

static void must(int result)
{
    if (result != 1)
        abort(); /* no memory or no SHA-256 at all: no id and no signature is possible */
}

static void hash_begin(void)
{
    if (context == NULL) {
        algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
        context = EVP_MD_CTX_new();
        must(algorithm != NULL && context != NULL);
    }
    must(EVP_DigestInit_ex2(context, algorithm, NULL));
}

static void hash_add(struct str bytes)
{
    must(EVP_DigestUpdate(context, bytes.at, bytes.len));
}

static void hash_end(unsigned char ret_digest[static DIGEST_BYTES])
{
    must(EVP_DigestFinal_ex(context, ret_digest, NULL));
}

void digest_sha256(struct str bytes, unsigned char ret_digest[static DIGEST_BYTES])
{
    hash_begin();
    hash_add(bytes);
    hash_end(ret_digest);
}

struct str digest_hex(struct arena *arena, struct str bytes)
{
    unsigned char digest[DIGEST_BYTES];
    if (!str_is_present(bytes))
        return STR_ABSENT;
    digest_sha256(bytes, digest);
    return hex_encode(arena, str_from_bytes(digest, sizeof(digest)));
}

struct str digest_base64url(struct arena *arena, struct str bytes)
{
    unsigned char digest[DIGEST_BYTES];
    if (!str_is_present(bytes))
        return STR_ABSENT;
    digest_sha256(bytes, digest);
    return base64url_encode(arena, str_from_bytes(digest, sizeof(digest)));
}

static void hash_begin_with_pad(const unsigned char block[static BLOCK_BYTES], unsigned char pad)
{
    unsigned char padded[BLOCK_BYTES];
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        padded[i] = block[i] ^ pad;
    hash_begin();
    hash_add(str_from_bytes(padded, sizeof(padded)));
    OPENSSL_cleanse(padded, sizeof(padded));
}

void digest_hmac(struct str key, struct str first, struct str second,
                 unsigned char ret_digest[static DIGEST_BYTES])
{
    unsigned char block[BLOCK_BYTES] = {0}, inner[DIGEST_BYTES];
    if (key.len > sizeof(block))
        digest_sha256(key, block);
    else if (key.len > 0)
        memcpy(block, key.at, key.len);
    hash_begin_with_pad(block, 0x36);
    hash_add(first);
    hash_add(second);
    hash_end(inner);
    hash_begin_with_pad(block, 0x5c);
    hash_add(str_from_bytes(inner, sizeof(inner)));
    hash_end(ret_digest);
    OPENSSL_cleanse(block, sizeof(block));
    OPENSSL_cleanse(inner, sizeof(inner));
}
