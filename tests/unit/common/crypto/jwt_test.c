#include "common/crypto/jwt.h"

#include "common/base/base64url.h"
#include "common/crypto/signing_ring.h"
#include "common/crypto/token_memory.h"
#include "tests/unit/common/crypto/rfc_keys.h"
#include "tests/unit/common/crypto/support.h"

#define CLAIMS "{\"iss\":\"https://auth.example\",\"sub\":\"583231\",\"exp\":1}"

struct fixture {
    struct arena *arena;
    struct signing_ring *rs256, *es256, *eddsa, *all;
};

static struct signing_ring *ring_of(const char *pem)
{
    struct signing_ring *ring;
    const char *problem = "none";
    if (signing_ring_from_pem(str_from_cstr(pem), &ring, &problem) != OK)
        fail_msg("%s", problem);
    return ring;
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->arena = arena_new((size_t)8 * ARENA_REQUEST_BYTES_MAX);
    fixture->rs256 = ring_of(RFC7515_A2_PEM);
    fixture->es256 = ring_of(RFC7515_A3_PEM);
    fixture->eddsa = ring_of(RFC8037_A1_PEM);
    fixture->all = ring_of(RFC7515_A2_PEM RFC7515_A3_PEM RFC8037_A1_PEM);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    arena_fail_at(0);
    arena_free(fixture->arena);
    signing_ring_free(fixture->rs256);
    signing_ring_free(fixture->es256);
    signing_ring_free(fixture->eddsa);
    signing_ring_free(fixture->all);
    free(fixture);
    return 0;
}

static struct str token_of(struct fixture *fixture, struct signing_ring *ring, struct str claims)
{
    struct str token;
    assert_ok(jwt_sign(signing_ring_signer(ring), JWT_TYP_AT_JWT, claims, fixture->arena, &token));
    return token;
}

static enum failure verify(struct fixture *fixture, struct signing_ring *ring, struct str token)
{
    struct str claims = STR("untouched");
    enum failure failure =
        jwt_verify(signing_ring_public_keys(ring), token, JWT_TYP_AT_JWT, fixture->arena, &claims);
    assert_str_equal(claims, failure == OK ? STR(CLAIMS) : STR("untouched"));
    return failure;
}

/* A token with any header, rightly signed by the ring's key: what only its owner could make. */
static struct str signed_token(struct fixture *fixture, struct signing_ring *ring,
                               struct str header, struct str claims)
{
    unsigned char signature[PUBLIC_KEY_SIGNATURE_BYTES_MAX];
    size_t len;
    struct arena *arena = fixture->arena;
    struct str first = base64url_encode(arena, header), second = base64url_encode(arena, claims);
    struct str input = arena_printf(arena, "%.*s.%.*s", STR_ARGS(first), STR_ARGS(second));
    assert_ok(signing_key_sign(signing_ring_signer(ring), input, signature, &len));
    struct str third = base64url_encode(arena, str_from_bytes(signature, len));
    return arena_printf(arena, "%.*s.%.*s", STR_ARGS(input), STR_ARGS(third));
}

static struct str header_of(struct fixture *fixture, struct signing_ring *ring, const char *format)
{
    struct str header = STR("");
    for (const char *at = format; *at != 0; at++) { /* K stands for the kid */
        struct str kid = signing_key_kid(signing_ring_signer(ring));
        struct str piece = *at == 'K' ? kid : str_from_bytes(at, 1);
        header = arena_printf(fixture->arena, "%.*s%.*s", STR_ARGS(header), STR_ARGS(piece));
    }
    return header;
}

static void a_signed_token_verifies_with_each_algorithm(void **state)
{
    struct fixture *fixture = *state;
    struct signing_ring *rings[] = {fixture->rs256, fixture->es256, fixture->eddsa};
    for (size_t i = 0; i < 3; i++) {
        struct str token = token_of(fixture, rings[i], STR(CLAIMS));
        assert_ok(verify(fixture, rings[i], token));
        assert_ok(verify(fixture, fixture->all, token)); /* one of several published keys */
    }
}

static void a_token_of_an_unknown_key_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct str token = token_of(fixture, fixture->rs256, STR(CLAIMS));
    assert_int_equal(verify(fixture, fixture->es256, token), FAIL_TOKEN_INVALID);
    struct str claims;
    assert_int_equal(
        jwt_verify((struct public_keys){0}, token, JWT_TYP_AT_JWT, fixture->arena, &claims),
        FAIL_TOKEN_INVALID);
}

static void a_token_of_another_kind_is_refused_rfc_8725_3_11(void **state)
{
    struct fixture *fixture = *state;
    struct str token, claims;
    assert_ok(jwt_sign(signing_ring_signer(fixture->all), JWT_TYP_JWT, STR(CLAIMS), fixture->arena,
                       &token));
    assert_int_equal(verify(fixture, fixture->all, token), FAIL_TOKEN_INVALID);
    assert_int_equal(jwt_verify(signing_ring_public_keys(fixture->all),
                                token_of(fixture, fixture->all, STR(CLAIMS)), JWT_TYP_JWT,
                                fixture->arena, &claims),
                     FAIL_TOKEN_INVALID);
    assert_ok(jwt_verify(signing_ring_public_keys(fixture->all), token, JWT_TYP_JWT, fixture->arena,
                         &claims));
}

static void a_bit_turned_anywhere_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct signing_ring *rings[] = {fixture->rs256, fixture->es256, fixture->eddsa};
    for (size_t i = 0; i < 3; i++) {
        struct str token = token_of(fixture, rings[i], STR(CLAIMS));
        assert_ok(verify(fixture, rings[i], token)); /* the ring remembers it */
        for (size_t at = 0; at < token.len; at++)
            assert_int_equal(verify(fixture, rings[i], with_bit_turned(fixture->arena, token, at)),
                             FAIL_TOKEN_INVALID);
    }
}

static void a_token_is_verified_once_for_one_kind_and_one_ring(void **state)
{
    struct fixture *fixture = *state;
    struct public_keys keys = signing_ring_public_keys(fixture->all);
    struct str token = token_of(fixture, fixture->all, STR(CLAIMS)), claims;
    assert_false(token_memory_has(keys.memory, JWT_TYP_AT_JWT, token));
    assert_ok(verify(fixture, fixture->all, token));
    assert_true(token_memory_has(keys.memory, JWT_TYP_AT_JWT, token));
    assert_ok(verify(fixture, fixture->all, token));
    assert_int_equal(jwt_verify(keys, token, JWT_TYP_JWT, fixture->arena, &claims),
                     FAIL_TOKEN_INVALID); /* RFC 8725 3.11, remembered or not */
    assert_int_equal(verify(fixture, fixture->es256, token), FAIL_TOKEN_INVALID);
}

static void what_was_refused_is_not_remembered(void **state)
{
    struct fixture *fixture = *state;
    struct public_keys keys = signing_ring_public_keys(fixture->es256);
    struct str token = token_of(fixture, fixture->rs256, STR(CLAIMS));
    assert_int_equal(verify(fixture, fixture->es256, token), FAIL_TOKEN_INVALID);
    assert_false(token_memory_has(keys.memory, JWT_TYP_AT_JWT, token));
}

static void a_truncated_token_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct str token = token_of(fixture, fixture->es256, STR(CLAIMS));
    for (size_t len = 0; len < token.len; len++)
        assert_int_equal(verify(fixture, fixture->es256, str_first(token, len)),
                         FAIL_TOKEN_INVALID);
    assert_int_equal(verify(fixture, fixture->es256, STR_ABSENT), FAIL_TOKEN_INVALID);
}

static void anything_but_three_parts_is_refused_rfc_7515_3_1(void **state)
{
    struct fixture *fixture = *state;
    struct str token = token_of(fixture, fixture->es256, STR(CLAIMS));
    const char *wraps[][2] = {{"", "."},  {".", ""}, {"", ".AAAA"},
                              {"", "\n"}, {" ", ""}, {"", "="}};
    for (size_t i = 0; i < sizeof(wraps) / sizeof(wraps[0]); i++) {
        struct str wrapped =
            arena_printf(fixture->arena, "%s%.*s%s", wraps[i][0], STR_ARGS(token), wraps[i][1]);
        assert_int_equal(verify(fixture, fixture->es256, wrapped), FAIL_TOKEN_INVALID);
    }
    assert_int_equal(verify(fixture, fixture->es256, STR("..")), FAIL_TOKEN_INVALID);
    assert_int_equal(verify(fixture, fixture->es256, STR("....")), FAIL_TOKEN_INVALID);
}

/* Each of these is rightly signed: only the header is at fault. */
static void a_header_that_says_too_little_or_too_much_is_refused(void **state)
{
    static const char *const HEADERS[] = {
        "{\"kid\":\"K\",\"typ\":\"at+jwt\"}",                   /* RFC 7515 4.1.1: alg */
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",               /* kid */
        "{\"alg\":\"ES256\",\"kid\":\"K\"}",                    /* RFC 9068 4: typ */
        "{\"alg\":\"none\",\"kid\":\"K\",\"typ\":\"at+jwt\"}",  /* RFC 8725 3.2 */
        "{\"alg\":\"HS256\",\"kid\":\"K\",\"typ\":\"at+jwt\"}", /* RFC 8725 2.1 */
        "{\"alg\":\"RS256\",\"kid\":\"K\",\"typ\":\"at+jwt\"}", /* RFC 8725 3.1: not this key's */
        "{\"alg\":\"es256\",\"kid\":\"K\",\"typ\":\"at+jwt\"}", /* RFC 7515 4.1.1: case matters */
        "{\"alg\":256,\"kid\":\"K\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"other\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"K\",\"typ\":\"JWT\"}",
        /* RFC 7515 4.1.11: an extension that is not understood */
        "{\"alg\":\"ES256\",\"kid\":\"K\",\"typ\":\"at+jwt\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"ES256\",\"kid\":\"K\",\"typ\":\"at+jwt\",\"crit\":[]}",
        "{\"alg\":\"ES256\",\"kid\":\"K\",\"typ\":\"at+jwt\",\"crit\":null}",
        /* RFC 7515 4: duplicate members */
        "{\"alg\":\"ES256\",\"kid\":\"K\",\"typ\":\"at+jwt\",\"alg\":\"ES256\"}",
        "[]",
        "",
        "{\"alg\":\"ES256\",\"kid\":\"K\",\"typ\":\"at+jwt\"} x",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(HEADERS) / sizeof(HEADERS[0]); i++)
        assert_int_equal(
            verify(fixture, fixture->es256,
                   signed_token(fixture, fixture->es256,
                                header_of(fixture, fixture->es256, HEADERS[i]), STR(CLAIMS))),
            FAIL_TOKEN_INVALID);
}

static void a_header_with_unknown_members_is_accepted_rfc_7515_4(void **state)
{
    struct fixture *fixture = *state;
    struct str header =
        header_of(fixture, fixture->es256,
                  "{ \"x\":[1], \"typ\":\"at+jwt\", \"alg\":\"ES256\", \"kid\":\"K\" }");
    assert_ok(verify(fixture, fixture->es256,
                     signed_token(fixture, fixture->es256, header, STR(CLAIMS))));
}

static void an_unsecured_token_is_refused_rfc_8725_3_2(void **state)
{
    struct fixture *fixture = *state;
    struct str header = base64url_encode(
        fixture->arena,
        header_of(fixture, fixture->es256, "{\"alg\":\"none\",\"kid\":\"K\",\"typ\":\"at+jwt\"}"));
    struct str claims = base64url_encode(fixture->arena, STR(CLAIMS));
    assert_int_equal(
        verify(fixture, fixture->es256,
               arena_printf(fixture->arena, "%.*s.%.*s.", STR_ARGS(header), STR_ARGS(claims))),
        FAIL_TOKEN_INVALID);
}

static void claims_that_are_no_object_or_hold_duplicates_are_refused_rfc_7519_4(void **state)
{
    static const struct str CLAIMS_LIST[] = {STR_INIT("[]"),
                                             STR_INIT("7"),
                                             STR_INIT("text"),
                                             STR_INIT(""),
                                             STR_INIT("{\"sub\":\"1\",\"sub\":\"2\"}"),
                                             STR_INIT("{\"sub\":\"\xff\"}")};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(CLAIMS_LIST) / sizeof(CLAIMS_LIST[0]); i++)
        assert_int_equal(
            verify(fixture, fixture->es256, token_of(fixture, fixture->es256, CLAIMS_LIST[i])),
            FAIL_TOKEN_INVALID);
}

static void a_signature_of_another_token_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct str a = token_of(fixture, fixture->es256, STR(CLAIMS)), a_head, b_tail, unused;
    struct str b = token_of(fixture, fixture->es256, STR("{\"sub\":\"2\"}"));
    assert_true(str_cut(b, '.', &unused, &b_tail) && str_cut(b_tail, '.', &unused, &b_tail));
    a_head = str_first(a, a.len - 86);
    assert_int_equal(
        verify(fixture, fixture->es256,
               arena_printf(fixture->arena, "%.*s%.*s", STR_ARGS(a_head), STR_ARGS(b_tail))),
        FAIL_TOKEN_INVALID);
}

static void a_token_beyond_the_limit_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char *claims = arena_take(fixture->arena, TOKEN_BYTES_MAX + 1);
    struct str token;
    memset(claims, ' ', TOKEN_BYTES_MAX);
    memcpy(claims, "{}", 2);
    assert_int_equal(jwt_sign(signing_ring_signer(fixture->es256), JWT_TYP_AT_JWT,
                              str_from_bytes(claims, TOKEN_BYTES_MAX), fixture->arena, &token),
                     FAIL_LIMIT_REACHED);
    token = signed_token(
        fixture, fixture->es256,
        header_of(fixture, fixture->es256, "{\"alg\":\"ES256\",\"kid\":\"K\",\"typ\":\"at+jwt\"}"),
        str_from_bytes(claims, TOKEN_BYTES_MAX));
    assert_int_equal(verify(fixture, fixture->es256, token), FAIL_TOKEN_INVALID);
}

static void a_full_arena_is_a_limit_and_makes_no_token_invalid(void **state)
{
    struct fixture *fixture = *state;
    struct str token = token_of(fixture, fixture->eddsa, STR(CLAIMS));
    bool is_done = false;
    for (size_t n = 1; !is_done; n++) {
        arena_fail_at(n);
        enum failure failure = verify(fixture, fixture->eddsa, token);
        is_done = failure == OK;
        assert_true(is_done || failure == FAIL_LIMIT_REACHED);
    }
    is_done = false;
    for (size_t n = 1; !is_done; n++) {
        arena_fail_at(n);
        enum failure failure = jwt_sign(signing_ring_signer(fixture->eddsa), JWT_TYP_AT_JWT,
                                        STR(CLAIMS), fixture->arena, &token);
        is_done = failure == OK;
        assert_true(is_done || failure == FAIL_LIMIT_REACHED);
    }
}

static enum failure verify_assertion(struct fixture *fixture, struct signing_ring *keys,
                                     const char *header, bool *ret_key_is_unknown)
{
    struct str claims;
    struct str token = signed_token(fixture, fixture->es256,
                                    header_of(fixture, fixture->es256, header), STR(CLAIMS));
    return jwt_verify_assertion(signing_ring_public_keys(keys), token, fixture->arena, &claims,
                                ret_key_is_unknown);
}

static void an_assertion_may_leave_out_typ_and_an_obvious_kid(void **state)
{
    struct fixture *fixture = *state;
    bool is_unknown;
    static const char *const good[] = {
        "{\"alg\":\"ES256\"}",
        "{\"alg\":\"ES256\",\"kid\":\"K\"}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"kid\":\"K\",\"typ\":\"client-authentication+jwt\"}",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_ok(verify_assertion(fixture, fixture->es256, good[i], &is_unknown));
        assert_ok(verify_assertion(fixture, fixture->all, good[i], &is_unknown));
        assert_false(is_unknown);
    }
}

static void an_assertion_of_another_kind_or_alg_is_refused_rfc_8725_3_1(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", "{\"alg\":\"RS256\",\"kid\":\"K\"}",
        "{\"alg\":\"none\",\"kid\":\"K\"}",       "{\"alg\":\"HS256\",\"kid\":\"K\"}",
        "{\"alg\":\"ES256\",\"crit\":null}",      "{\"kid\":\"K\"}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bool is_unknown;
        assert_int_equal(verify_assertion(fixture, fixture->all, bad[i], &is_unknown),
                         FAIL_TOKEN_INVALID);
        assert_false(is_unknown);
    }
}

static void a_key_that_a_newer_set_may_have_is_told_apart(void **state)
{
    struct fixture *fixture = *state;
    bool is_unknown = false;
    assert_int_equal(
        verify_assertion(fixture, fixture->rs256, "{\"alg\":\"ES256\",\"kid\":\"K\"}", &is_unknown),
        FAIL_TOKEN_INVALID);
    assert_true(is_unknown);
    is_unknown = false;
    assert_int_equal(verify_assertion(fixture, fixture->rs256, "{\"alg\":\"ES256\"}", &is_unknown),
                     FAIL_TOKEN_INVALID);
    assert_true(is_unknown);
}

#define JWT_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JWT_TEST(a_signed_token_verifies_with_each_algorithm),
        JWT_TEST(a_token_of_an_unknown_key_is_refused),
        JWT_TEST(a_token_of_another_kind_is_refused_rfc_8725_3_11),
        JWT_TEST(a_bit_turned_anywhere_is_refused),
        JWT_TEST(a_token_is_verified_once_for_one_kind_and_one_ring),
        JWT_TEST(what_was_refused_is_not_remembered),
        JWT_TEST(a_truncated_token_is_refused),
        JWT_TEST(anything_but_three_parts_is_refused_rfc_7515_3_1),
        JWT_TEST(a_header_that_says_too_little_or_too_much_is_refused),
        JWT_TEST(a_header_with_unknown_members_is_accepted_rfc_7515_4),
        JWT_TEST(an_unsecured_token_is_refused_rfc_8725_3_2),
        JWT_TEST(claims_that_are_no_object_or_hold_duplicates_are_refused_rfc_7519_4),
        JWT_TEST(a_signature_of_another_token_is_refused),
        JWT_TEST(a_token_beyond_the_limit_is_refused),
        JWT_TEST(a_full_arena_is_a_limit_and_makes_no_token_invalid),
        JWT_TEST(an_assertion_may_leave_out_typ_and_an_obvious_kid),
        JWT_TEST(an_assertion_of_another_kind_or_alg_is_refused_rfc_8725_3_1),
        JWT_TEST(a_key_that_a_newer_set_may_have_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
