/* The member table stands in alphabetical order, because that order, with nothing but the required
 * members and no white space, is what RFC 7638 3.3 hashes: the thumbprint is the same encoder over
 * a record that leaves the rest absent. */
#include "common/crypto/jwk.h"

#include "common/base/base64url.h"
#include "common/base/fields.h"
#include "common/base/limits.h"
#include "common/crypto/decode.h"
#include "common/crypto/digest.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

enum {
    P256_COORDINATE_BYTES = 32,
    ED25519_KEY_BYTES = 32,
    MEMBER_BYTES_MAX = 2048, /* n of RSA 8192 takes 1366 characters */
};

static const struct field FIELDS[] = {
    FIELD(struct jwk, alg, STR, NAME_BYTES_MAX, 0),
    FIELD(struct jwk, crv, STR, NAME_BYTES_MAX, 0),
    FIELD(struct jwk, e, STR, MEMBER_BYTES_MAX, 0),
    FIELD(struct jwk, kid, STR, NAME_BYTES_MAX, 0),
    FIELD(struct jwk, kty, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct jwk, n, STR, MEMBER_BYTES_MAX, 0),
    FIELD(struct jwk, use, STR, NAME_BYTES_MAX, 0),
    FIELD(struct jwk, x, STR, MEMBER_BYTES_MAX, 0),
    FIELD(struct jwk, y, STR, MEMBER_BYTES_MAX, 0),
};
static const struct fields JWK = FIELDS_OF(struct jwk, FIELDS);

static void bignum_release(BIGNUM **number)
{
    BN_free(*number);
}
#define OWNED_BIGNUM __attribute__((cleanup(bignum_release))) BIGNUM *

enum failure jwk_from_json(struct str json, struct arena *arena, struct jwk *ret_jwk)
{
    enum failure failure = fields_from_json(&JWK, json, arena, ret_jwk);
    return failure == FAIL_MESSAGE_MALFORMED ? FAIL_CRYPTO : failure;
}

enum failure jwk_to_json(const struct jwk *jwk, struct arena *arena, struct str *ret_json)
{
    return fields_to_json(&JWK, jwk, arena, ret_json);
}

/* out_len 0: as short as the number is (RFC 7518 6.3.1.1); else padded (6.2.1.2). */
static struct str number_to_text(EVP_PKEY *pkey, const char *name, size_t out_len,
                                 struct arena *arena)
{
    OWNED_BIGNUM number = NULL;
    if (EVP_PKEY_get_bn_param(pkey, name, &number) != 1)
        return STR_ABSENT;
    size_t len = out_len > 0 ? out_len : (size_t)BN_num_bytes(number);
    unsigned char *bytes = arena_take(arena, len);
    if (bytes == NULL || BN_bn2binpad(number, bytes, (int)len) < 0)
        return STR_ABSENT;
    return base64url_encode(arena, str_from_bytes(bytes, len));
}

static enum failure from_rsa(EVP_PKEY *pkey, struct arena *arena, struct jwk *jwk)
{
    *jwk = (struct jwk){.kty = STR("RSA"),
                        .e = number_to_text(pkey, OSSL_PKEY_PARAM_RSA_E, 0, arena),
                        .n = number_to_text(pkey, OSSL_PKEY_PARAM_RSA_N, 0, arena)};
    return str_is_present(jwk->e) && str_is_present(jwk->n) ? OK : FAIL_LIMIT_REACHED;
}

static enum failure from_ec(EVP_PKEY *pkey, struct arena *arena, struct jwk *jwk)
{
    char group[NAME_BYTES_MAX];
    /* A key with explicit curve parameters has no group name: refused (RFC 5480 2.1.1). */
    if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1 ||
        !str_equals_cstr(STR("prime256v1"), group))
        return FAIL_CRYPTO;
    *jwk = (struct jwk){
        .kty = STR("EC"),
        .crv = STR("P-256"),
        .x = number_to_text(pkey, OSSL_PKEY_PARAM_EC_PUB_X, P256_COORDINATE_BYTES, arena),
        .y = number_to_text(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, P256_COORDINATE_BYTES, arena),
    };
    return str_is_present(jwk->x) && str_is_present(jwk->y) ? OK : FAIL_LIMIT_REACHED;
}

static enum failure from_ed25519(EVP_PKEY *pkey, struct arena *arena, struct jwk *jwk)
{
    unsigned char bytes[ED25519_KEY_BYTES];
    size_t len = sizeof(bytes);
    if (EVP_PKEY_get_raw_public_key(pkey, bytes, &len) != 1)
        return FAIL_CRYPTO;
    *jwk = (struct jwk){.kty = STR("OKP"),
                        .crv = STR("Ed25519"),
                        .x = base64url_encode(arena, str_from_bytes(bytes, len))};
    return str_is_present(jwk->x) ? OK : FAIL_LIMIT_REACHED;
}

enum failure jwk_from_pkey(EVP_PKEY *pkey, struct arena *arena, struct jwk *ret_jwk)
{
    struct jwk jwk;
    if (EVP_PKEY_is_a(pkey, "RSA"))
        TRY(from_rsa(pkey, arena, &jwk));
    else if (EVP_PKEY_is_a(pkey, "EC"))
        TRY(from_ec(pkey, arena, &jwk));
    else if (EVP_PKEY_is_a(pkey, "ED25519"))
        TRY(from_ed25519(pkey, arena, &jwk));
    else
        return FAIL_CRYPTO;
    *ret_jwk = jwk;
    return OK;
}

static enum failure pkey_from_params(const char *type, OSSL_PARAM_BLD *builder, EVP_PKEY **ret_pkey)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    bool is_made = params != NULL && context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
                   EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    if (!is_made)
        return FAIL_CRYPTO;
    *ret_pkey = pkey;
    return OK;
}

static enum failure to_rsa(const struct jwk *jwk, struct arena *arena, EVP_PKEY **ret_pkey)
{
    struct str e, n;
    if (!str_is_present(jwk->e) || !str_is_present(jwk->n))
        return FAIL_CRYPTO;
    TRY(decode_base64url(arena, jwk->e, &e));
    TRY(decode_base64url(arena, jwk->n, &n));
    OWNED_BIGNUM e_number = BN_bin2bn((const unsigned char *)e.at, (int)e.len, NULL);
    OWNED_BIGNUM n_number = BN_bin2bn((const unsigned char *)n.at, (int)n.len, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    enum failure failure = FAIL_CRYPTO;
    /* An exponent of 1 makes every text its own signature. */
    if (e_number != NULL && n_number != NULL && builder != NULL && BN_is_odd(e_number) &&
        !BN_is_one(e_number) && BN_is_odd(n_number) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n_number) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e_number) == 1)
        failure = pkey_from_params("RSA", builder, ret_pkey);
    OSSL_PARAM_BLD_free(builder);
    return failure;
}

static enum failure to_ec(const struct jwk *jwk, struct arena *arena, EVP_PKEY **ret_pkey)
{
    struct str x, y;
    unsigned char point[1 + 2 * P256_COORDINATE_BYTES] = {4}; /* uncompressed, SEC 1 2.3.3 */
    if (!str_equals(jwk->crv, STR("P-256")))
        return FAIL_CRYPTO;
    TRY(decode_base64url(arena, jwk->x, &x));
    TRY(decode_base64url(arena, jwk->y, &y));
    if (x.len != P256_COORDINATE_BYTES || y.len != P256_COORDINATE_BYTES)
        return FAIL_CRYPTO;
    memcpy(point + 1, x.at, x.len);
    memcpy(point + 1 + P256_COORDINATE_BYTES, y.at, y.len);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    enum failure failure = FAIL_CRYPTO;
    if (builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) ==
            1)
        failure = pkey_from_params("EC", builder, ret_pkey); /* refuses a point off the curve */
    OSSL_PARAM_BLD_free(builder);
    return failure;
}

static enum failure to_ed25519(const struct jwk *jwk, struct arena *arena, EVP_PKEY **ret_pkey)
{
    struct str x;
    if (!str_equals(jwk->crv, STR("Ed25519")))
        return FAIL_CRYPTO;
    TRY(decode_base64url(arena, jwk->x, &x));
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.at, x.len);
    if (pkey == NULL)
        return FAIL_CRYPTO;
    *ret_pkey = pkey;
    return OK;
}

enum failure jwk_to_pkey(const struct jwk *jwk, struct arena *arena, EVP_PKEY **ret_pkey)
{
    if (str_equals(jwk->kty, STR("RSA")))
        return to_rsa(jwk, arena, ret_pkey);
    if (str_equals(jwk->kty, STR("EC")))
        return to_ec(jwk, arena, ret_pkey);
    return str_equals(jwk->kty, STR("OKP")) ? to_ed25519(jwk, arena, ret_pkey) : FAIL_CRYPTO;
}

enum failure jwk_get_thumbprint(const struct jwk *jwk, struct arena *arena,
                                struct str *ret_thumbprint)
{
    struct jwk required = *jwk;
    struct str json;
    required.alg = required.kid = required.use = STR_ABSENT;
    TRY(jwk_to_json(&required, arena, &json));
    struct str thumbprint = digest_base64url(arena, json);
    if (!str_is_present(thumbprint))
        return FAIL_LIMIT_REACHED;
    *ret_thumbprint = thumbprint;
    return OK;
}
