/* One context for all messages: making one costs a fifth of sealing a token. */
#include "common/crypto/aead.h"

#include "common/base/random.h"
#include "common/crypto/hkdf.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const unsigned char NONCE[12]; /* zero: see the header for why that is safe */

/* NULL when OpenSSL has no memory or no AES-GCM. */
static EVP_CIPHER_CTX *get_context(void)
{
    static EVP_CIPHER *cipher;
    static EVP_CIPHER_CTX *context;
    if (cipher == NULL)
        cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (context == NULL && cipher != NULL) {
        context = EVP_CIPHER_CTX_new();
        if (context != NULL && EVP_CipherInit_ex2(context, cipher, NULL, NULL, 1, NULL) != 1) {
            EVP_CIPHER_CTX_free(context);
            context = NULL;
        }
    }
    return context;
}

/* Sets the key of this one message and feeds the associated data. */
static EVP_CIPHER_CTX *begin(const unsigned char *key, struct str salt, struct str associated,
                             bool is_sealing)
{
    EVP_CIPHER_CTX *context = get_context();
    unsigned char message_key[AEAD_KEY_BYTES];
    int len;
    if (context == NULL || associated.len > AEAD_MESSAGE_BYTES_MAX ||
        hkdf_derive(str_from_bytes(key, AEAD_KEY_BYTES), salt, STR("mcp-oauth aead"), message_key,
                    sizeof(message_key)) != OK)
        return NULL;
    int result = EVP_CipherInit_ex2(context, NULL, message_key, NONCE, is_sealing, NULL);
    OPENSSL_cleanse(message_key, sizeof(message_key));
    if (result != 1)
        return NULL;
    if (associated.len > 0 &&
        EVP_CipherUpdate(context, NULL, &len, (const unsigned char *)associated.at,
                         (int)associated.len) != 1)
        return NULL;
    return context;
}

enum failure aead_seal(const unsigned char key[static AEAD_KEY_BYTES], struct str associated,
                       struct str plain, struct arena *arena, struct str *ret_sealed)
{
    if (plain.len > AEAD_MESSAGE_BYTES_MAX)
        return FAIL_CRYPTO;
    unsigned char *sealed = arena_take(arena, plain.len + AEAD_OVERHEAD_BYTES);
    if (sealed == NULL)
        return FAIL_LIMIT_REACHED;
    random_fill(sealed, AEAD_SALT_BYTES);
    EVP_CIPHER_CTX *context = begin(key, str_from_bytes(sealed, AEAD_SALT_BYTES), associated, true);
    unsigned char *at = sealed + AEAD_SALT_BYTES;
    int len = 0;
    if (context == NULL)
        return FAIL_CRYPTO;
    if (plain.len > 0 &&
        EVP_CipherUpdate(context, at, &len, (const unsigned char *)plain.at, (int)plain.len) != 1)
        return FAIL_CRYPTO;
    at += plain.len;
    if (EVP_CipherFinal_ex(context, at, &len) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_BYTES, at) != 1)
        return FAIL_CRYPTO;
    *ret_sealed = str_from_bytes(sealed, plain.len + AEAD_OVERHEAD_BYTES);
    return OK;
}

enum failure aead_open(const unsigned char key[static AEAD_KEY_BYTES], struct str associated,
                       struct str sealed, struct arena *arena, struct str *ret_plain)
{
    if (sealed.len < AEAD_OVERHEAD_BYTES ||
        sealed.len > AEAD_MESSAGE_BYTES_MAX + AEAD_OVERHEAD_BYTES)
        return FAIL_CRYPTO;
    size_t plain_len = sealed.len - AEAD_OVERHEAD_BYTES;
    const unsigned char *at = (const unsigned char *)sealed.at + AEAD_SALT_BYTES;
    unsigned char *plain = arena_take(arena, plain_len + 1), tag[AEAD_TAG_BYTES];
    if (plain == NULL)
        return FAIL_LIMIT_REACHED;
    memcpy(tag, at + plain_len, sizeof(tag));
    EVP_CIPHER_CTX *context = begin(key, str_first(sealed, AEAD_SALT_BYTES), associated, false);
    int len = 0;
    if (context == NULL ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_BYTES, tag) != 1)
        return FAIL_CRYPTO;
    bool is_whole =
        plain_len == 0 || EVP_CipherUpdate(context, plain, &len, at, (int)plain_len) == 1;
    if (!is_whole || EVP_CipherFinal_ex(context, plain + plain_len, &len) != 1) {
        OPENSSL_cleanse(plain, plain_len); /* unverified text is no text */
        return FAIL_CRYPTO;
    }
    *ret_plain = str_from_bytes(plain, plain_len);
    return OK;
}
