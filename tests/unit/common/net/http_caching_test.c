#include "common/net/http_caching.h"
#include "tests/unit/common/base/unit.h"

enum { MIN = HTTP_CACHING_S_MIN, MAX = HTTP_CACHING_S_MAX };
static const int64_t NOW_S = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110 5.6.7) */

static int64_t lifetime(const char *cache_control, const char *expires, const char *date,
                        const char *age)
{
    const struct http_caching caching = {
        .cache_control = str_from_cstr(cache_control),
        .expires = str_from_cstr(expires),
        .date = str_from_cstr(date),
        .age = str_from_cstr(age),
    };
    return http_caching_lifetime_s(&caching, NOW_S);
}

static void max_age_counts_within_the_limits_rfc9111_5_2_2_1(void **state)
{
    (void)state;
    static const struct {
        const char *cache_control;
        int64_t expected_s;
    } cases[] = {
        {"max-age=3600", 3600},
        {"MAX-AGE=3600", 3600},
        {"public, max-age=3600", 3600},
        {"max-age=3600 , must-revalidate", 3600},
        {",,max-age=\"3600\",", 3600},
        {"max-age = 3600", 3600},
        {"x=\"max-age=7\", max-age=3600", 3600},
        {"x=\"a\\\", max-age=7\", max-age=3600", 3600},
        {"max-age=3600, max-age=3600", 3600},
        {"s-maxage=7200, max-age=3600", 3600},
        {"s-maxage=7200", MIN},
        {"max-age=300", MIN},
        {"max-age=301", 301},
        {"max-age=299", MIN},
        {"max-age=0", MIN},
        {"max-age=86399", 86399},
        {"max-age=86400", MAX},
        {"max-age=31536000", MAX},
        {"max-age=9223372036854775807", MAX},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++)
        if (lifetime(cases[i].cache_control, NULL, NULL, NULL) != cases[i].expected_s)
            fail_msg("%s", cases[i].cache_control);
}

/* RFC 9111 4.2.1: what is invalid or contradicts itself is stale. */
static void what_must_not_be_kept_is_kept_for_the_least(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "no-store, max-age=3600",
        "max-age=3600, no-cache",
        "max-age=3600, No-Cache=\"Set-Cookie\"",
        "max-age=3600, max-age=7200",
        "max-age=-1",
        "max-age",
        "max-age=",
        "max-age=1e9",
        "max-age=99999999999999999999",
        "max-age=\"3600",
        "private",
        "",
        "\"",
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++)
        if (lifetime(cases[i], NULL, NULL, NULL) != MIN)
            fail_msg("%s", cases[i]);
    assert_int_equal(lifetime(NULL, NULL, NULL, NULL), MIN);
}

static void expires_counts_without_max_age_rfc9111_5_3(void **state)
{
    (void)state;
    static const char *const date = "Sun, 06 Nov 1994 08:49:37 GMT";
    static const char *const hour_later = "Sun, 06 Nov 1994 09:49:37 GMT";
    assert_int_equal(lifetime(NULL, hour_later, date, NULL), 3600);
    assert_int_equal(lifetime("public", hour_later, NULL, NULL), 3600);
    /* by the sender's clock */
    assert_int_equal(
        lifetime(NULL, "Sun, 06 Nov 1994 08:20:00 GMT", "Sun, 06 Nov 1994 08:00:00 GMT", NULL),
        1200);
    assert_int_equal(lifetime("max-age=600", hour_later, date, NULL), 600);
    assert_int_equal(lifetime("no-store", hour_later, date, NULL), MIN);
    assert_int_equal(lifetime(NULL, "Mon, 07 Nov 2094 08:49:37 GMT", date, NULL), MAX);
    assert_int_equal(lifetime(NULL, date, hour_later, NULL), MIN);
    assert_int_equal(lifetime(NULL, "0", date, NULL), MIN);
    assert_int_equal(lifetime(NULL, "", date, NULL), MIN);
    assert_int_equal(lifetime(NULL, hour_later, "yesterday-ish", NULL), MIN);
    assert_int_equal(lifetime(NULL,
                              "Sun, 06 Nov 1994 09:49:37 GMT, Sun, 06 Nov 1994 09:49:37 GMT, "
                              "Sun, 06 Nov 1994 09:49:37 GMT",
                              date, NULL),
                     MIN);
}

static void age_has_passed_already_rfc9111_4_2_3(void **state)
{
    (void)state;
    assert_int_equal(lifetime("max-age=3600", NULL, NULL, "600"), 3000);
    assert_int_equal(lifetime("max-age=3600", NULL, NULL, "0"), 3600);
    assert_int_equal(lifetime("max-age=3600", NULL, NULL, "3500"), MIN);
    assert_int_equal(lifetime("max-age=3600", NULL, NULL, "7200"), MIN);
    assert_int_equal(lifetime("max-age=3600", NULL, NULL, "9223372036854775807"), MIN);
    assert_int_equal(lifetime("max-age=3600", NULL, NULL, "old"), MIN);
    assert_int_equal(lifetime("max-age=3600", NULL, NULL, ""), MIN);
}

static void json_is_told_by_its_media_type_rfc6839_3_1(void **state)
{
    (void)state;
    static const char *const good[] = {
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json ;charset=utf-8",
        "application/cimd+json",
        "application/jwk-set+json;x=y",
        "application/X+JSON",
    };
    static const char *const bad[] = {
        "",
        "text/html",
        "text/json",
        "text/plain; application/json",
        "application/jsonp",
        "application/+json",
        "application/json-seq",
        "application/x-json",
        "json",
        "image/svg+json",
        "text/html, application/json",
        "application/html, application/x+json",
        ";application/json",
    };
    for (size_t i = 0; i < LENGTH_OF(good); i++)
        if (!http_content_type_is_json(str_from_cstr(good[i])))
            fail_msg("%s is refused", good[i]);
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        if (http_content_type_is_json(str_from_cstr(bad[i])))
            fail_msg("%s is accepted", bad[i]);
    assert_false(http_content_type_is_json(STR_ABSENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(max_age_counts_within_the_limits_rfc9111_5_2_2_1),
        UNIT_TEST(what_must_not_be_kept_is_kept_for_the_least),
        UNIT_TEST(expires_counts_without_max_age_rfc9111_5_3),
        UNIT_TEST(age_has_passed_already_rfc9111_4_2_3),
        UNIT_TEST(json_is_told_by_its_media_type_rfc6839_3_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
