/* The secrets of the signer: a broken one stops the start with one sentence that names the option.
 */
#include "tests/unit/services/signer/signer_rig.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new((size_t)1024 * 1024);
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct keys_config good_config(void)
{
    return (struct keys_config){
        .jwt_private_key = signer_rig_make_key(arena),
        .refresh_encryption_key = STR("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    };
}

static void assert_stops_the_start(const struct keys_config *config, struct str begins)
{
    struct keys *keys = NULL;
    struct str problem = STR_ABSENT;
    assert_int_equal(keys_open(config, arena, &keys, &problem), FAIL_CONFIGURATION_INVALID);
    assert_null(keys);
    if (!str_starts_with(problem, begins))
        fail_msg("'%.*s' does not begin with '%.*s'", STR_ARGS(problem), STR_ARGS(begins));
    assert_true(str_ends_with(problem, STR(".")));
}

static struct str public_half(struct str private_pem)
{
    BIO *in = BIO_new_mem_buf(private_pem.at, (int)private_pem.len);
    BIO *out = BIO_new(BIO_s_mem());
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    char *at = NULL;
    assert_int_equal(PEM_write_bio_PUBKEY(out, pkey), 1);
    long len = BIO_get_mem_data(out, &at);
    struct str pem = arena_dup(arena, str_from_bytes(at, (size_t)len));
    EVP_PKEY_free(pkey);
    BIO_free(in);
    BIO_free(out);
    return pem;
}

static void good_keys_open_and_are_announced(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    struct keys *keys = NULL;
    struct str problem;
    config.jwt_public_key = public_half(config.jwt_private_key);
    assert_int_equal(keys_open(&config, arena, &keys, &problem), OK);
    assert_non_null(keys_signer(keys));
    assert_int_equal(keys_public(keys).len, 1);
    keys_announce(keys, NULL); /* the rig looks at what it gets */
    keys_close(keys);
    keys_close(NULL);
}

static void a_foreign_public_key_stops_the_start(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    config.jwt_public_key = public_half(signer_rig_make_key(arena));
    assert_stops_the_start(&config, STR("JWT_PUBLIC_KEY: "));
    config.jwt_public_key = STR("nonsense");
    assert_stops_the_start(&config, STR("JWT_PUBLIC_KEY: "));
}

static void with_several_keys_a_public_one_says_nothing(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    struct keys *keys = NULL;
    struct str problem;
    config.jwt_public_key = public_half(signer_rig_make_key(arena));
    config.jwt_private_key = arena_printf(arena, "%.*s%.*s", STR_ARGS(config.jwt_private_key),
                                          STR_ARGS(signer_rig_make_key(arena)));
    assert_int_equal(keys_open(&config, arena, &keys, &problem), OK);
    assert_int_equal(keys_public(keys).len, 2);
    keys_close(keys);
}

static void a_broken_private_key_stops_the_start(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    config.jwt_private_key = STR("-----BEGIN PRIVATE KEY-----\nnonsense\n");
    assert_stops_the_start(&config, STR("JWT_PRIVATE_KEY: "));
}

static void a_weak_refresh_key_stops_the_start(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    config.refresh_encryption_key = STR("short");
    assert_stops_the_start(&config, STR("REFRESH_ENCRYPTION_KEY: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_keys_open_and_are_announced),
        cmocka_unit_test(a_foreign_public_key_stops_the_start),
        cmocka_unit_test(with_several_keys_a_public_one_says_nothing),
        cmocka_unit_test(a_broken_private_key_stops_the_start),
        cmocka_unit_test(a_weak_refresh_key_stops_the_start),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
