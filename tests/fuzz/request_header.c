/* Anyone controls this input: lines of X-Forwarded-For, Cookie and traceparent, as they come to the
 * edge. Attacks proxies_client_address, browser_cookie_read and traceparent_make_child. */
#include "services/edge/browser_cookie.h"
#include "services/edge/proxies.h"
#include "common/base/traceparent.h"
#include "tests/fuzz/fuzz.h"

/* Whatever a header says, the address is one that can be counted and logged. */
static void check_address(struct arena *arena, struct str x_forwarded_for)
{
    static struct str networks[] = {STR_INIT("10.0.0.0/8"), STR_INIT("2001:db8::/32")};
    struct proxies proxies;
    struct address trusted, stranger, read;
    FUZZ_CHECK(proxies_read((struct strs){networks, 2}, &proxies));
    FUZZ_CHECK(address_read(STR("10.1.2.3"), &trusted) &&
               address_read(STR("192.0.2.1"), &stranger));
    struct str said = proxies_client_address(&proxies, arena, &trusted, x_forwarded_for);
    FUZZ_CHECK(!str_is_present(said) || address_read(said, &read));
    said = proxies_client_address(&proxies, arena, &stranger, x_forwarded_for);
    FUZZ_CHECK(!str_is_present(said) || str_equals(said, STR("192.0.2.1")));
    if (address_read(x_forwarded_for, &read))
        FUZZ_CHECK(address_read(address_write(arena, &read), &stranger) &&
                   memcmp(&read, &stranger, sizeof(read)) == 0);
}

static void check_cookie(struct str header)
{
    for (int is_https = 0; is_https <= 1; is_https++) {
        struct str browser = browser_cookie_read(is_https, header);
        if (!str_is_present(browser))
            continue;
        FUZZ_CHECK(browser.len == BROWSER_COOKIE_CHARACTERS && browser_cookie_is_valid(browser));
        FUZZ_CHECK(str_index_of(browser, ';') == browser.len);
    }
}

static void check_traceparent(struct str incoming)
{
    static const unsigned char request_id[TRACE_ID_BYTES] = {1}, span_id[SPAN_ID_BYTES] = {2};
    char text[TRACEPARENT_CHARACTERS + 1];
    traceparent_make_child(incoming, request_id, span_id, text);
    struct str child = str_from_cstr(text);
    FUZZ_CHECK(child.len == TRACEPARENT_CHARACTERS && traceparent_is_valid(child));
    if (traceparent_is_valid(incoming))
        FUZZ_CHECK(memcmp(child.at + 3, incoming.at + 3, 2 * TRACE_ID_BYTES) == 0);
}

void fuzz_one(struct str input, struct arena *arena)
{
    check_address(arena, fuzz_line(&input));
    check_cookie(fuzz_line(&input));
    check_traceparent(fuzz_line(&input));
}
