/* Keys of the link, as text. */
#include "proto/curve.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>
#include <zmq.h>

static void a_pair_is_two_valid_keys_and_new_each_time(void **state)
{
    (void)state;
    char public[2][CURVE_KEY_BYTES], secret[2][CURVE_KEY_BYTES], derived[CURVE_KEY_BYTES];
    for (int i = 0; i < 2; i++) {
        assert_ok(curve_keypair_make(public[i], secret[i]));
        assert_true(curve_key_is_valid(str_from_cstr(public[i])));
        assert_true(curve_key_is_valid(str_from_cstr(secret[i])));
        assert_int_equal(zmq_curve_public(derived, secret[i]), 0);
        assert_string_equal(derived, public[i]);
    }
    assert_string_not_equal(public[0], public[1]);
    assert_string_not_equal(secret[0], secret[1]);
}

/* RFC 32 of ZeroMQ: 40 characters of an alphabet of 85 stand for 32 bytes. */
static void a_broken_key_is_refused_wherever_it_is_used(void **state)
{
    static const char outside_the_alphabet[] = {'"', '\'', ' ',  ',',  ';',   '\\',
                                                '|', '~',  '\n', '\0', '\x80'};
    char public[CURVE_KEY_BYTES], secret[CURVE_KEY_BYTES];
    void *zmq = zmq_ctx_new(), *socket = zmq_socket(zmq, ZMQ_DEALER);
    assert_ok(curve_keypair_make(public, secret));
    struct str good_public = str_from_cstr(public), good_secret = str_from_cstr(secret);
    struct str broken[3 + sizeof(outside_the_alphabet)] = {
        STR_ABSENT,
        str_first(good_secret, CURVE_KEY_BYTES - 2),
        arena_printf(unit_arena(state), "%sx", secret),
    };
    for (size_t i = 0; i < sizeof(outside_the_alphabet); i++) {
        char text[CURVE_KEY_BYTES];
        memcpy(text, secret, sizeof(text));
        text[i] = outside_the_alphabet[i];
        broken[3 + i] = arena_dup(unit_arena(state), str_from_bytes(text, CURVE_KEY_BYTES - 1));
    }
    for (size_t i = 0; i < LENGTH_OF(broken); i++) {
        assert_false(curve_key_is_valid(broken[i]));
        assert_failure(curve_serve(socket, broken[i]), FAIL_CONFIGURATION_INVALID, "serve");
        assert_failure(curve_connect(socket, broken[i], good_public), FAIL_CONFIGURATION_INVALID,
                       "the worker's secret key");
        assert_failure(curve_connect(socket, good_secret, broken[i]), FAIL_CONFIGURATION_INVALID,
                       "the edge's public key");
    }
    assert_ok(curve_connect(socket, good_secret, good_public));
    zmq_close(socket);
    zmq_ctx_term(zmq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_is_two_valid_keys_and_new_each_time),
        UNIT_TEST(a_broken_key_is_refused_wherever_it_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
