#include "common/oauth/client_authentication.h"
#include "tests/unit/common/base/unit.h"

static enum failure read_said(void **state, const char *header, const char *body,
                              struct client_authentication *said)
{
    struct form form;
    assert_ok(form_parse(unit_arena(state), str_from_cstr(body), &form));
    return client_authentication_read(unit_arena(state), str_from_cstr(header), &form, said);
}

static void the_three_methods_are_read_rfc6749_2_3_1(void **state)
{
    static const struct {
        const char *header, *body, *client_id, *method, *secret;
    } cases[] = {
        {NULL, "client_id=app", "app", "none", NULL},
        {NULL, "client_id=app&client_secret=", "app", "none", NULL},
        {NULL, "client_id=app&client_secret=s3", "app", "client_secret_post", "s3"},
        {"Basic YXBwOnMz", "", "app", "client_secret_basic", "s3"},
        {"basic YXBwOnMz", "", "app", "client_secret_basic", "s3"},
        {"BASIC   YXBwOnMz", "", "app", "client_secret_basic", "s3"},
        {"Basic YXBwOnMz", "client_id=app", "app", "client_secret_basic", "s3"},
        {"Basic YXBwOg==", "", "app", "none", NULL},            /* app: */
        {"Basic YXBwOg", "client_id=app", "app", "none", NULL}, /* without padding */
        {"Basic YXBwOmE6Yg==", "", "app", "client_secret_basic", "a:b"},
        /* https%3A%2F%2Fa:x%2By+z */
        {"Basic aHR0cHMlM0ElMkYlMkZhOnglMkJ5K3o=", "", "https://a", "client_secret_basic", "x+y z"},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct client_authentication said;
        assert_failure(read_said(state, cases[i].header, cases[i].body, &said), OK,
                       cases[i].header ? cases[i].header : cases[i].body);
        assert_str(said.client_id, cases[i].client_id);
        assert_str(said.method, cases[i].method);
        if (cases[i].secret == NULL)
            assert_absent(said.secret);
        else
            assert_str(said.secret, cases[i].secret);
    }
}

static void two_methods_are_refused_rfc6749_2_3(void **state)
{
    struct client_authentication said = {.client_id = STR("untouched")};
    assert_failure(read_said(state, "Basic YXBwOnMz", "client_secret=s3", &said),
                   FAIL_CLIENT_AUTHENTICATION_DOUBLE, "two secrets");
    assert_failure(read_said(state, "Basic YXBwOnMz", "client_id=app&client_secret=s3", &said),
                   FAIL_CLIENT_AUTHENTICATION_DOUBLE, "two secrets and the id");
    assert_failure(read_said(state, "Basic YXBwOnMz", "client_id=other", &said),
                   FAIL_CLIENT_AUTHENTICATION_DOUBLE, "two clients");
    assert_str(said.client_id, "untouched");
}

static void unreadable_credentials_are_refused_rfc6749_5_2(void **state)
{
    static const char *const bad[] = {
        "",
        "Basic",
        "Basic ",
        "BasicYXBwOnMz",
        "Bearer YXBwOnMz",
        "Digest username=app",
        "Basic YXBw", /* app: no colon */
        "Basic OnMz", /* :s3 has no user */
        "Basic YXBw*OnMz",
        "Basic YXBwOnMz YXBwOnMz",
        "Basic YXBwOiV6eg==", /* app:%zz */
        "Basic YXBwOiUwMA==", /* app:%00 */
        "Basic YSZiOng=",     /* a&b:x */
        "Basic /zp4",         /* not UTF-8 */
    };
    struct client_authentication said;
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(read_said(state, bad[i], "client_id=app", &said),
                       FAIL_CLIENT_AUTHENTICATION_FAILED, bad[i]);
}

static void the_client_must_be_named_rfc6749_3_2_1(void **state)
{
    struct client_authentication said;
    assert_failure(read_said(state, NULL, "", &said), FAIL_CLIENT_ID_MISSING, "nothing");
    assert_failure(read_said(state, NULL, "client_id=&client_secret=x", &said),
                   FAIL_CLIENT_ID_MISSING, "an empty one");
    assert_failure(read_said(state, NULL, "client_id=a&client_id=a", &said),
                   FAIL_PARAMETER_DUPLICATE, "two (RFC 6749 3.2)");
    assert_failure(read_said(state, NULL, "client_id=a&client_secret=x&client_secret=y", &said),
                   FAIL_PARAMETER_DUPLICATE, "two secrets (RFC 6749 3.2)");
}

/* sha256("s3") and sha256("") */
#define S3_SHA256    STR("41242b9fae56fad4e6e77dfe33cb18d1c3fc583f988cf25ef9f2d9be0d440bbb")
#define EMPTY_SHA256 STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")

static void a_secret_may_be_presented_in_either_way(void **state)
{
    (void)state;
    static const char *const methods[] = {"client_secret_post", "client_secret_basic"};
    for (size_t i = 0; i < LENGTH_OF(methods); i++)
        for (size_t j = 0; j < LENGTH_OF(methods); j++) {
            struct client_authentication said = {
                .client_id = STR("app"), .method = str_from_cstr(methods[i]), .secret = STR("s3")};
            assert_ok(client_authentication_check(&said, str_from_cstr(methods[j]), S3_SHA256));
        }
    struct client_authentication open = {.client_id = STR("app"), .method = STR("none")};
    assert_ok(client_authentication_check(&open, STR("none"), STR_ABSENT));
}

static void a_wrong_or_missing_secret_is_refused_rfc6749_5_2(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *method;
        bool has_stored;
    } bad[] = {
        {"s4", "client_secret_post", true},
        {"S3", "client_secret_basic", true},
        {"s3 ", "client_secret_post", true},
        {NULL, "client_secret_basic", true},
        {NULL, "client_secret_post", true},
        {"s3", "client_secret_post", false},
        {"s3", "none", true},
        {"s3", "none", false},
        {"s3", "private_key_jwt", true},
        {"s3", "", true},
        {NULL, "", false},
    };
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        struct client_authentication said = {.client_id = STR("app"),
                                             .secret = str_from_cstr(bad[i].secret)};
        assert_failure(client_authentication_check(&said, str_from_cstr(bad[i].method),
                                                   bad[i].has_stored ? S3_SHA256 : STR_ABSENT),
                       FAIL_CLIENT_AUTHENTICATION_FAILED, bad[i].method);
    }
}

static void a_stored_digest_must_be_whole(void **state)
{
    (void)state;
    assert_true(client_secret_matches(STR("s3"), S3_SHA256));
    assert_true(client_secret_matches(STR(""), EMPTY_SHA256));
    assert_false(client_secret_matches(STR_ABSENT, EMPTY_SHA256));
    assert_false(client_secret_matches(STR("s3"), str_first(S3_SHA256, 62)));
    assert_false(client_secret_matches(STR("s3"), STR("")));
    assert_false(client_secret_matches(STR("s3"), EMPTY_SHA256));
    assert_true(client_authentication_method_is_known(STR("none")));
    assert_false(client_authentication_method_is_known(STR_ABSENT));
}

#define ASSERTION_TYPE                                                                             \
    "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
#define ASSERTION "&client_assertion=e30.eyJzdWIiOiJhcHAifQ.c2ln" /* sub: app */

static void an_assertion_names_its_client_rfc7521_4_2(void **state)
{
    static const char *const bodies[] = {ASSERTION_TYPE ASSERTION,
                                         ASSERTION_TYPE ASSERTION "&client_id=app"};
    for (size_t i = 0; i < LENGTH_OF(bodies); i++) {
        struct client_authentication said;
        assert_ok(read_said(state, NULL, bodies[i], &said));
        assert_str(said.client_id, "app");
        assert_str(said.method, "private_key_jwt");
        assert_str(said.assertion, "e30.eyJzdWIiOiJhcHAifQ.c2ln");
        assert_absent(said.secret);
        /* A client without keys cannot use one. */
        assert_failure(client_authentication_check(&said, STR("none"), STR_ABSENT),
                       FAIL_CLIENT_AUTHENTICATION_FAILED, bodies[i]);
    }
}

static void an_assertion_that_cannot_be_used_is_refused_rfc7521_4_2(void **state)
{
    static const struct {
        const char *header, *body;
        enum failure failure;
    } cases[] = {
        {NULL, ASSERTION_TYPE ASSERTION "&client_id=other", FAIL_CLIENT_AUTHENTICATION_DOUBLE},
        {NULL, ASSERTION_TYPE ASSERTION "&client_secret=s", FAIL_CLIENT_AUTHENTICATION_DOUBLE},
        {"Basic YXBwOnMz", ASSERTION_TYPE ASSERTION, FAIL_CLIENT_AUTHENTICATION_DOUBLE},
        {NULL, "client_id=app" ASSERTION, FAIL_CLIENT_ASSERTION_TYPE_UNSUPPORTED},
        {NULL, "client_assertion_type=x" ASSERTION, FAIL_CLIENT_ASSERTION_TYPE_UNSUPPORTED},
        {NULL, ASSERTION_TYPE "&client_id=app", FAIL_CLIENT_ASSERTION_INVALID},
        {NULL, ASSERTION_TYPE "&client_assertion=x&client_id=app", FAIL_CLIENT_ASSERTION_INVALID},
        {NULL, ASSERTION_TYPE ASSERTION ASSERTION, FAIL_PARAMETER_DUPLICATE},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct client_authentication said;
        assert_failure(read_said(state, cases[i].header, cases[i].body, &said), cases[i].failure,
                       cases[i].body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_three_methods_are_read_rfc6749_2_3_1),
        UNIT_TEST(two_methods_are_refused_rfc6749_2_3),
        UNIT_TEST(unreadable_credentials_are_refused_rfc6749_5_2),
        UNIT_TEST(the_client_must_be_named_rfc6749_3_2_1),
        UNIT_TEST(a_secret_may_be_presented_in_either_way),
        UNIT_TEST(a_wrong_or_missing_secret_is_refused_rfc6749_5_2),
        UNIT_TEST(a_stored_digest_must_be_whole),
        UNIT_TEST(an_assertion_names_its_client_rfc7521_4_2),
        UNIT_TEST(an_assertion_that_cannot_be_used_is_refused_rfc7521_4_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
