#include "common/crypto/signing_key.h"

#include "common/base/base64url.h"
#include "tests/unit/common/crypto/rfc_keys.h"
#include "tests/unit/common/crypto/support.h"

#include <openssl/crypto.h>

static struct signing_key *key_of(struct str pem)
{
    struct signing_key *key = NULL;
    const char *problem = "none";
    if (signing_key_new(pem, &key, &problem) != OK)
        fail_msg("%s", problem);
    assert_string_equal(problem, "none");
    return key;
}

static struct str signature_of(struct arena *arena, struct signing_key *key, struct str bytes)
{
    unsigned char signature[PUBLIC_KEY_SIGNATURE_BYTES_MAX];
    size_t len;
    assert_ok(signing_key_sign(key, bytes, signature, &len));
    return arena_dup(arena, str_from_bytes(signature, len));
}

static void deterministic_signatures_are_those_of_the_rfcs(void **state)
{
    static const struct {
        struct str pem, input, signature;
    } VECTORS[] = {
        {STR_INIT(RFC7515_A2_PEM), STR_INIT(RFC7515_A2_INPUT), STR_INIT(RFC7515_A2_SIGNATURE)},
        {STR_INIT(RFC8037_A1_PEM), STR_INIT(RFC8037_A4_INPUT), STR_INIT(RFC8037_A4_SIGNATURE)},
    };
    for (size_t i = 0; i < 2; i++) {
        struct signing_key *key = key_of(VECTORS[i].pem);
        for (int again = 0; again < 3; again++)
            assert_str_equal(base64url_encode(*state, signature_of(*state, key, VECTORS[i].input)),
                             VECTORS[i].signature);
        signing_key_free(key);
    }
}

static void es256_signatures_are_64_bytes_and_verify(void **state)
{
    struct signing_key *key = key_of(STR(RFC7515_A3_PEM));
    /* often enough that r or s is short and must be padded (RFC 7518 3.4) */
    for (int i = 0; i < 600; i++) {
        struct str signature = signature_of(*state, key, STR(RFC7515_A3_INPUT));
        assert_int_equal(signature.len, PUBLIC_KEY_ES256_SIGNATURE_BYTES);
        assert_ok(public_key_verify(signing_key_public(key), STR(RFC7515_A3_INPUT), signature));
    }
    signing_key_free(key);
}

static void every_pem_form_gives_the_same_key(void **state)
{
    struct arena *arena = *state;
    char escaped[4096];
    size_t len = 0;
    struct str pem = STR(RFC7515_A2_PEM);
    for (size_t i = 0; i < pem.len; i++) { /* the environment's form: \r\n spelled out */
        if (pem.at[i] == '\n')
            memcpy(escaped + len, "\\r\\n", 4), len += 4;
        else
            escaped[len++] = pem.at[i];
    }
    const struct str forms[] = {
        STR(RFC7515_A2_PKCS1_PEM),
        arena_printf(arena, "# a comment\n%s", RFC7515_A2_PEM),
        arena_dup(arena, str_from_bytes(escaped, len)),
    };
    struct signing_key *first = key_of(STR(RFC7515_A2_PEM));
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct signing_key *key = key_of(forms[i]);
        assert_str_equal(signing_key_kid(key), signing_key_kid(first));
        signing_key_free(key);
    }
    signing_key_free(first);
    struct signing_key *ec = key_of(STR(RFC7515_A3_PEM)), *sec1 = key_of(STR(RFC7515_A3_SEC1_PEM));
    assert_str_equal(signing_key_kid(ec), signing_key_kid(sec1));
    signing_key_free(ec);
    signing_key_free(sec1);
}

static void the_headers_name_algorithm_key_and_kind(void **state)
{
    struct signing_key *key = key_of(STR(RFC8037_A1_PEM));
    struct str header;
    assert_true(base64url_decode(*state, signing_key_jws_header(key, JWT_TYP_AT_JWT), &header));
    assert_str_equal(header, STR("{\"alg\":\"EdDSA\","
                                 "\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\","
                                 "\"typ\":\"at+jwt\"}")); /* RFC 9068 2.1 */
    assert_true(base64url_decode(*state, signing_key_jws_header(key, JWT_TYP_JWT), &header));
    assert_true(str_ends_with(header, STR("\"typ\":\"JWT\"}")));
    signing_key_free(key);
}

static void the_published_key_has_no_private_member(void **state)
{
    const struct str pems[] = {STR(RFC7515_A2_PEM), STR(RFC7515_A3_PEM), STR(RFC8037_A1_PEM)};
    (void)state;
    for (size_t i = 0; i < sizeof(pems) / sizeof(pems[0]); i++) {
        struct signing_key *key = key_of(pems[i]);
        struct str jwk = public_key_jwk(signing_key_public(key));
        assert_null(memmem(jwk.at, jwk.len, "\"d\"", 3));
        assert_non_null(memmem(jwk.at, jwk.len, "\"use\":\"sig\"", 11));
        signing_key_free(key);
    }
}

static void a_matching_public_key_is_told_from_another(void **state)
{
    struct signing_key *key = key_of(STR(RFC7515_A2_PEM));
    (void)state;
    assert_true(signing_key_matches(key, STR(RFC7515_A2_PUBLIC_PEM)));
    assert_false(signing_key_matches(key, STR(RFC7515_A3_PUBLIC_PEM)));
    assert_false(signing_key_matches(key, STR("no key")));
    assert_false(signing_key_matches(key, STR_ABSENT));
    signing_key_free(key);
}

static void what_cannot_sign_is_refused_with_a_sentence(void **state)
{
    const struct {
        struct str pem;
        const char *word;
    } CASES[] = {
        {STR(""), "no PEM private key"},
        {STR("no key"), "no PEM private key"},
        {STR(RFC7515_A2_PUBLIC_PEM), "no PEM private key"},
        {str_first(STR(RFC7515_A2_PEM), 800), "no PEM private key"},
        {STR(ENCRYPTED_PEM), "passphrase"},
        {STR(RSA_1024_PEM), "2048"}, /* RFC 7518 3.3 */
        {STR(P384_PEM), "P-256"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct signing_key *key = NULL;
        const char *problem = NULL;
        assert_int_equal(signing_key_new(CASES[i].pem, &key, &problem), FAIL_CONFIGURATION_INVALID);
        assert_null(key);
        assert_non_null(strstr(problem, CASES[i].word));
    }
}

static void a_damaged_key_never_signs_a_wrong_signature(void **state)
{
    struct arena *arena = *state;
    struct str pem = STR(RFC7515_A2_PEM);
    size_t refused = 0;
    for (size_t at = 60; at < pem.len - 60; at += 37) { /* one character of the base64 changed */
        char *copy = arena_take(arena, pem.len + 1);
        struct signing_key *key = NULL;
        const char *problem;
        memcpy(copy, pem.at, pem.len);
        copy[at] = copy[at] == 'B' ? 'C' : copy[at] == '\n' ? '\n' : 'B';
        if (signing_key_new(str_from_bytes(copy, pem.len), &key, &problem) != OK) {
            refused++;
            continue;
        }
        struct str signature = signature_of(arena, key, STR(RFC7515_A2_INPUT));
        assert_ok(public_key_verify(signing_key_public(key), STR(RFC7515_A2_INPUT), signature));
        signing_key_free(key);
    }
    assert_true(refused > 10);
}

static void private_keys_lie_in_the_secure_heap_when_there_is_one(void **state)
{
    const struct str pems[] = {STR(RFC7515_A2_PEM), STR(RFC7515_A3_PEM), STR(RFC8037_A1_PEM)};
    (void)state;
    assert_true(CRYPTO_secure_malloc_init((size_t)1024 * 1024, 16) != 0);
    for (size_t i = 0; i < sizeof(pems) / sizeof(pems[0]); i++) {
        size_t used_before = CRYPTO_secure_used();
        struct signing_key *key = key_of(pems[i]);
        assert_true(CRYPTO_secure_used() >= used_before + 32); /* at least a private scalar */
        signing_key_free(key);
        assert_int_equal(CRYPTO_secure_used(), used_before);
    }
    CRYPTO_secure_malloc_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(deterministic_signatures_are_those_of_the_rfcs),
        WITH_ARENA(es256_signatures_are_64_bytes_and_verify),
        WITH_ARENA(every_pem_form_gives_the_same_key),
        WITH_ARENA(the_headers_name_algorithm_key_and_kind),
        WITH_ARENA(the_published_key_has_no_private_member),
        WITH_ARENA(a_matching_public_key_is_told_from_another),
        WITH_ARENA(what_cannot_sign_is_refused_with_a_sentence),
        WITH_ARENA(a_damaged_key_never_signs_a_wrong_signature),
        WITH_ARENA(private_keys_lie_in_the_secure_heap_when_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
