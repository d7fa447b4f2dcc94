#include "common/crypto/jwk.h"

#include "tests/unit/common/crypto/rfc_keys.h"
#include "tests/unit/common/crypto/support.h"

#include <openssl/evp.h>

static void the_thumbprint_is_that_of_rfc_7638_section_3_1(void **state)
{
    /* kid and alg are in the key, and are not hashed */
    static const struct str KEY =
        STR_INIT("{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4"
                 "cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-"
                 "5JsGY4Hc5n9yBXArwl93"
                 "lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
                 "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91"
                 "CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-"
                 "csFCur-kEgU8"
                 "awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}");
    struct jwk jwk;
    struct str thumbprint;
    assert_ok(jwk_from_json(KEY, *state, &jwk));
    assert_ok(jwk_get_thumbprint(&jwk, *state, &thumbprint));
    assert_str_equal(thumbprint, STR("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
}

static void the_thumbprint_is_that_of_rfc_8037_appendix_a3(void **state)
{
    struct jwk jwk;
    struct str thumbprint;
    assert_ok(jwk_from_json(STR(RFC8037_A2_JWK), *state, &jwk));
    assert_ok(jwk_get_thumbprint(&jwk, *state, &thumbprint));
    assert_str_equal(thumbprint, STR("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
}

static void a_key_survives_the_way_there_and_back(void **state)
{
    const struct str texts[] = {STR(RFC7515_A2_JWK), STR(RFC7515_A3_JWK), STR(RFC8037_A2_JWK)};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct jwk jwk, back;
        struct str before, after;
        EVP_PKEY *pkey;
        assert_ok(jwk_from_json(texts[i], *state, &jwk));
        assert_ok(jwk_to_pkey(&jwk, *state, &pkey));
        assert_ok(jwk_from_pkey(pkey, *state, &back));
        EVP_PKEY_free(pkey);
        assert_ok(jwk_to_json(&jwk, *state, &before));
        assert_ok(jwk_to_json(&back, *state, &after));
        assert_str_equal(after, before);
    }
}

static void what_is_no_usable_key_is_refused(void **state)
{
    static const struct str TEXTS[] = {
        STR_INIT("{\"kty\":\"oct\",\"k\":\"AAAA\"}"), /* a shared secret is never a public key */
        STR_INIT("{\"kty\":\"RSA\",\"e\":\"AQAB\"}"),
        STR_INIT("{\"kty\":\"RSA\",\"e\":\"AQ\",\"n\":\"_w\"}"), /* exponent 1 */
        STR_INIT("{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"!!\"}"),
        STR_INIT("{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}"),
        STR_INIT("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}"),
        /* RFC 7518 6.2.1: x and y of RFC 7515 A.3 exchanged: not on the curve */
        STR_INIT("{\"kty\":\"EC\",\"crv\":\"P-256\","
                 "\"x\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
                 "\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}"),
        STR_INIT("{\"kty\":\"EC\",\"crv\":\"P-256\"}"),
        STR_INIT("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}"),
        STR_INIT("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAA\"}"),
    };
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        struct jwk jwk;
        EVP_PKEY *pkey = NULL;
        assert_ok(jwk_from_json(TEXTS[i], *state, &jwk));
        assert_int_equal(jwk_to_pkey(&jwk, *state, &pkey), FAIL_CRYPTO);
        assert_null(pkey);
    }
}

static void what_is_no_json_object_with_kty_is_refused(void **state)
{
    static const struct str TEXTS[] = {STR_INIT(""), STR_INIT("[]"), STR_INIT("{}"),
                                       STR_INIT("{\"kty\":7}"),
                                       /* RFC 7517 4: member names must be unique */
                                       STR_INIT("{\"kty\":\"RSA\",\"kty\":\"EC\"}")};
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        struct jwk jwk;
        assert_int_equal(jwk_from_json(TEXTS[i], *state, &jwk), FAIL_CRYPTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(the_thumbprint_is_that_of_rfc_7638_section_3_1),
        WITH_ARENA(the_thumbprint_is_that_of_rfc_8037_appendix_a3),
        WITH_ARENA(a_key_survives_the_way_there_and_back),
        WITH_ARENA(what_is_no_usable_key_is_refused),
        WITH_ARENA(what_is_no_json_object_with_kty_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
