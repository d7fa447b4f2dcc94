/* What must hold for every page, whatever its words are. */
#include "services/edge/page.h"
#include "tests/unit/common/base/unit.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#define EVIL "<script>alert('\"&')</script>"

/* NUL-terminated, for strstr. */
static const char *rendered(void **state, enum page page, const struct template_value *values,
                            size_t len)
{
    struct str html = page_render(unit_arena(state), page, values, len);
    assert_true(str_is_present(html));
    return arena_dup_cstr(unit_arena(state), html);
}

static const struct template_value EVIL_VALUES[] = {
    {.name = "title", .text = STR_INIT(EVIL)},
    {.name = "client_name", .text = STR_INIT(EVIL)},
    {.name = "server_name", .text = STR_INIT(EVIL)},
    {.name = "server_description", .text = STR_INIT(EVIL)},
    {.name = "redirect_host", .text = STR_INIT(EVIL)},
    {.name = "session", .text = STR_INIT(EVIL)},
    {.name = "csrf_token", .text = STR_INIT(EVIL)},
    {.name = "login", .text = STR_INIT(EVIL)},
    {.name = "reason", .text = STR_INIT(EVIL)},
    {.name = "location", .text = STR_INIT(EVIL)},
    {.name = "action", .text = STR_INIT(EVIL)},
    {.name = "description", .text = STR_INIT(EVIL)},
    {.name = "advice", .text = STR_INIT(EVIL)},
    {.name = "retry", .text = STR_INIT(EVIL)},
    {.name = "error", .text = STR_INIT(EVIL)},
    {.name = "app_name", .text = STR_INIT(EVIL)},
    {.name = "issuer", .text = STR_INIT(EVIL)},
    {.name = "issuer_host", .text = STR_INIT(EVIL)},
    {.name = "base_path", .text = STR_INIT(EVIL)},
    {.name = "request_id", .text = STR_INIT(EVIL)},
};

static void no_page_has_a_script_nor_lets_one_in(void **state)
{
    page_init();
    for (int page = 0; page < PAGES_COUNT; page++) {
        const char *html = rendered(state, (enum page)page, EVIL_VALUES, LENGTH_OF(EVIL_VALUES));
        assert_null(strstr(html, "<script"));
        assert_null(strstr(html, " style="));
        assert_null(strstr(html, " onclick"));
        assert_null(strstr(html, "{{"));
        assert_non_null(strstr(html, "&lt;script&gt;"));
    }
}

static void every_page_renders_without_values(void **state)
{
    page_init();
    for (int page = 0; page < PAGES_COUNT; page++) {
        const char *html = rendered(state, (enum page)page, NULL, 0);
        assert_non_null(strstr(html, "<!doctype html>"));
        assert_non_null(strstr(html, "width=device-width")); /* a phone can read it */
        assert_non_null(strstr(html, "</html>"));
    }
}

static void the_policy_names_the_only_style(void **state)
{
    page_init();
    const char *html = rendered(state, PAGE_ERROR, NULL, 0);
    const char *style = strstr(html, "<style>") + strlen("<style>");
    const char *end = strstr(style, "</style>");
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char base64[64], wanted[128];
    SHA256((const unsigned char *)style, (size_t)(end - style), digest);
    EVP_EncodeBlock((unsigned char *)base64, digest, sizeof(digest));
    snprintf(wanted, sizeof(wanted), "style-src 'sha256-%s'", base64);
    const char *policy = arena_dup_cstr(unit_arena(state), page_content_security_policy());
    assert_non_null(strstr(policy, wanted));
    assert_null(strstr(end, "<style"));
}

/* form-action would block the redirect that follows consent (DESIGN section 6). */
static void the_policy_allows_nothing_else(void **state)
{
    page_init();
    const char *policy = arena_dup_cstr(unit_arena(state), page_content_security_policy());
    assert_non_null(strstr(policy, "default-src 'none'"));
    assert_non_null(strstr(policy, "base-uri 'none'"));
    assert_non_null(strstr(policy, "frame-ancestors 'none'"));
    assert_null(strstr(policy, "form-action"));
    assert_null(strstr(policy, "script-src"));
    assert_null(strstr(policy, "unsafe"));
}

static void consent_offers_three_decisions(void **state)
{
    page_init();
    const struct template_value values[] = {
        TEMPLATE_TEXT("client_name", STR("My App")),
        TEMPLATE_TEXT("redirect_host", STR("localhost")),
        TEMPLATE_TEXT("session", STR("the-session")),
        TEMPLATE_TEXT("csrf_token", STR("the-token")),
        TEMPLATE_TEXT("login", STR("octocat")),
        TEMPLATE_TEXT("action", STR("/authorize")),
        TEMPLATE_FLAG("is_loopback", true),
    };
    static const char *const wanted[] = {"method=\"post\" action=\"/authorize\"",
                                         "name=\"session\" value=\"the-session\"",
                                         "name=\"csrf_token\" value=\"the-token\"",
                                         "name=\"decision\" value=\"approve\"",
                                         "name=\"decision\" value=\"deny\"",
                                         "name=\"decision\" value=\"switch\"",
                                         "octocat",
                                         "localhost",
                                         "class=\"box warning\""};
    const char *html = rendered(state, PAGE_CONSENT, values, LENGTH_OF(values));
    for (size_t i = 0; i < LENGTH_OF(wanted); i++)
        if (strstr(html, wanted[i]) == NULL)
            fail_msg("the consent page has no %s", wanted[i]);
    html = rendered(state, PAGE_CONSENT, values, LENGTH_OF(values) - 1); /* not a loopback */
    assert_null(strstr(html, "class=\"box warning\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(no_page_has_a_script_nor_lets_one_in),
        UNIT_TEST(every_page_renders_without_values),
        UNIT_TEST(the_policy_names_the_only_style),
        UNIT_TEST(the_policy_allows_nothing_else),
        UNIT_TEST(consent_offers_three_decisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
