/* RSA and P-256 verify through one prepared context per key; Ed25519 has no such form in OpenSSL,
 * because it hashes the message itself. */
#include "common/crypto/public_key.h"

#include "common/base/arena.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwk.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

enum {
    KEY_ARENA_BYTES_MAX = 64 * 1024,
    ES256_DER_BYTES_MAX = 72, /* two integers of 33 bytes and the headers */
};

struct public_key {
    struct arena *arena; /* holds the texts */
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *context; /* NULL for EdDSA */
    enum public_key_alg alg;
    struct str kid;
    struct str thumbprint;
    struct str jwk;
};

static const struct str ALG_NAMES[] = {
    [PUBLIC_KEY_RS256] = STR_INIT("RS256"),
    [PUBLIC_KEY_ES256] = STR_INIT("ES256"),
    [PUBLIC_KEY_EDDSA] = STR_INIT("EdDSA"),
};

void public_key_free(struct public_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_CTX_free(key->context);
    EVP_PKEY_free(key->pkey);
    arena_free(key->arena);
    free(key);
}

/* The size is RSA's own matter: the other two have one size. */
static enum failure alg_from_pkey(EVP_PKEY *pkey, enum public_key_alg *ret_alg)
{
    int bits = EVP_PKEY_get_bits(pkey);
    if (EVP_PKEY_is_a(pkey, "RSA")) {
        if (bits < PUBLIC_KEY_RSA_BITS_MIN || bits > PUBLIC_KEY_RSA_BITS_MAX)
            return FAIL_CRYPTO;
        *ret_alg = PUBLIC_KEY_RS256;
    } else {
        *ret_alg = EVP_PKEY_is_a(pkey, "EC") ? PUBLIC_KEY_ES256 : PUBLIC_KEY_EDDSA;
    }
    return OK;
}

static enum failure prepare_verification(struct public_key *key)
{
    if (key->alg == PUBLIC_KEY_EDDSA)
        return OK;
    key->context = EVP_PKEY_CTX_new(key->pkey, NULL);
    if (key->context == NULL || EVP_PKEY_verify_init(key->context) != 1 ||
        EVP_PKEY_CTX_set_signature_md(key->context, EVP_sha256()) != 1)
        return FAIL_CRYPTO;
    if (key->alg == PUBLIC_KEY_RS256 &&
        EVP_PKEY_CTX_set_rsa_padding(key->context, RSA_PKCS1_PADDING) != 1)
        return FAIL_CRYPTO;
    return OK;
}

/* jwk's texts live in key->arena. */
static enum failure fill(struct public_key *key, struct jwk *jwk)
{
    TRY(jwk_to_pkey(jwk, key->arena, &key->pkey));
    TRY(alg_from_pkey(key->pkey, &key->alg));
    struct str alg = ALG_NAMES[key->alg];
    if (str_is_present(jwk->alg) && !str_equals(jwk->alg, alg)) /* RFC 7517 4.4 */
        return FAIL_CRYPTO;
    if (str_is_present(jwk->use) && !str_equals(jwk->use, STR("sig"))) /* RFC 7517 4.2 */
        return FAIL_CRYPTO;
    TRY(jwk_get_thumbprint(jwk, key->arena, &key->thumbprint));
    if (!str_is_present(jwk->kid))
        jwk->kid = key->thumbprint;
    jwk->alg = alg;
    jwk->use = STR("sig");
    key->kid = jwk->kid;
    TRY(jwk_to_json(jwk, key->arena, &key->jwk));
    return prepare_verification(key);
}

static enum failure key_from(EVP_PKEY *pkey, struct str json, struct public_key **ret_key)
{
    struct public_key *key = calloc(1, sizeof(*key));
    struct jwk jwk;
    if (key == NULL || (key->arena = arena_new(KEY_ARENA_BYTES_MAX)) == NULL) {
        free(key);
        return FAIL_LIMIT_REACHED;
    }
    enum failure failure = pkey != NULL ? jwk_from_pkey(pkey, key->arena, &jwk)
                                        : jwk_from_json(json, key->arena, &jwk);
    if (failure == OK)
        failure = fill(key, &jwk);
    if (failure == OK)
        *ret_key = key;
    else
        public_key_free(key);
    ERR_clear_error();
    return failure;
}

enum failure public_key_from_jwk(struct str json, struct public_key **ret_key)
{
    return key_from(NULL, json, ret_key);
}

enum failure public_key_from_pkey(EVP_PKEY *pkey, struct public_key **ret_key)
{
    return key_from(pkey, STR_ABSENT, ret_key);
}

enum public_key_alg public_key_alg(const struct public_key *key)
{
    return key->alg;
}

struct str public_key_alg_name(const struct public_key *key)
{
    return ALG_NAMES[key->alg];
}

struct str public_key_kid(const struct public_key *key)
{
    return key->kid;
}

struct str public_key_thumbprint(const struct public_key *key)
{
    return key->thumbprint;
}

struct str public_key_jwk(const struct public_key *key)
{
    return key->jwk;
}

EVP_PKEY *public_key_pkey(const struct public_key *key)
{
    return key->pkey;
}

/* RFC 7518 3.4: a JWS carries r and s side by side, OpenSSL wants them in DER. 0 on failure. */
static size_t es256_to_der(struct str raw, unsigned char der[static ES256_DER_BYTES_MAX])
{
    const unsigned char *at = (const unsigned char *)raw.at;
    enum { HALF = PUBLIC_KEY_ES256_SIGNATURE_BYTES / 2 };
    if (raw.len != PUBLIC_KEY_ES256_SIGNATURE_BYTES)
        return 0;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(at, HALF, NULL), *s = BN_bin2bn(at + HALF, HALF, NULL);
    int len = 0;
    if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1) {
        r = s = NULL; /* the signature owns them */
        len = i2d_ECDSA_SIG(signature, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return len > 0 ? (size_t)len : 0;
}

static bool is_signed_ed25519(const struct public_key *key, struct str bytes, struct str signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_signed = context != NULL &&
                     EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
                     EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.len,
                                      (const unsigned char *)bytes.at, bytes.len) == 1;
    EVP_MD_CTX_free(context);
    return is_signed;
}

static bool is_signed_digest(const struct public_key *key, struct str bytes, struct str signature)
{
    unsigned char digest[DIGEST_BYTES], der[ES256_DER_BYTES_MAX];
    digest_sha256(bytes, digest);
    if (key->alg == PUBLIC_KEY_ES256)
        signature = str_from_bytes(der, es256_to_der(signature, der));
    return EVP_PKEY_verify(key->context, (const unsigned char *)signature.at, signature.len, digest,
                           sizeof(digest)) == 1;
}

enum failure public_key_verify(const struct public_key *key, struct str bytes, struct str signature)
{
    bool is_signed = key->alg == PUBLIC_KEY_EDDSA ? is_signed_ed25519(key, bytes, signature)
                                                  : is_signed_digest(key, bytes, signature);
    if (!is_signed)
        ERR_clear_error(); /* a stranger's token must not fill OpenSSL's error queue */
    return is_signed ? OK : FAIL_CRYPTO;
}
