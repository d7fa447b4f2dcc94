/* Every case here is a request that two parsers in a row may read differently. */
#include "services/edge/request_head.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

#define LINE "GET /x?y=1 HTTP/1.1\r\n"
#define HOST "Host: auth.example.com\r\n"

static void assert_accepted(const char *text)
{
    struct request_head head;
    const char *problem = "accepted";
    enum failure failure = request_head_check(str_from_cstr(text), &head, &problem);
    if (failure != OK)
        fail_msg("%s: %s", text, problem);
}

/* Each refusal names its reason, and leaves the result untouched. */
static void assert_refused_bytes(struct str bytes, const char *reason)
{
    struct request_head head = {.len = 4711};
    const char *problem = "accepted";
    assert_failure(request_head_check(bytes, &head, &problem), FAIL_REQUEST_HEAD_MALFORMED, reason);
    if (strstr(problem, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", problem, reason);
    assert_int_equal(head.len, 4711);
}

static void assert_refused(const char *text, const char *reason)
{
    assert_refused_bytes(str_from_cstr(text), reason);
}

static void an_ordinary_head_is_accepted(void **state)
{
    (void)state;
    assert_accepted(LINE HOST "\r\n");
    assert_accepted("POST /token HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\na=b&c");
    assert_accepted("POST /token HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    assert_accepted("GET / HTTP/1.0\r\n" HOST "\r\n");
    assert_accepted(LINE "Host: [::1]:8787\r\nX: a\tb \xc3\xa4\r\nEmpty:\r\n\r\n");
    assert_accepted("\r\n" LINE HOST "\r\n"); /* RFC 9112 2.2 */
}

static void the_end_of_the_head_is_told(void **state)
{
    (void)state;
    struct request_head head;
    const char *problem;
    const char text[] = "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc";
    assert_ok(request_head_check(str_from_cstr(text), &head, &problem));
    assert_int_equal(head.len, sizeof(text) - 1 - 3);
    assert_false(head.is_chunked);
    assert_ok(request_head_check(
        STR("POST / HTTP/1.1\r\n" HOST "transfer-encoding: Chunked\r\n\r\n"), &head, &problem));
    assert_true(head.is_chunked);
}

static void exactly_one_host_is_required_rfc9112_3_2(void **state)
{
    (void)state;
    assert_refused(LINE "\r\n", "Host is missing");
    assert_refused(LINE HOST HOST "\r\n", "Host is there twice");
    assert_refused(LINE HOST "hOsT: evil.example\r\n\r\n", "Host is there twice");
    assert_refused(LINE "Host:\r\n\r\n", "Host is malformed");
    assert_refused(LINE "Host: a b\r\n\r\n", "Host is malformed");
    assert_refused(LINE "Host: a,b\r\n\r\n", "Host is malformed");
    assert_refused(LINE "Host: user@a\r\n\r\n", "Host is malformed");
    assert_refused(LINE "Host: a/b\r\n\r\n", "Host is malformed");
}

static void the_length_of_the_body_has_one_meaning_rfc9112_6_3(void **state)
{
    (void)state;
    assert_refused(LINE HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
                   "Content-Length is there twice");
    assert_refused(LINE HOST "Content-Length: 1\r\ncontent-length: 2\r\n\r\n",
                   "Content-Length is there twice");
    static const char *const lengths[] = {"",    "+1",  "-1",    "1,1", "1, 1",
                                          "0x1", "1 1", "1;q=1", "1.0", "99999999999999999999"};
    for (size_t i = 0; i < LENGTH_OF(lengths); i++) {
        char text[256];
        snprintf(text, sizeof(text), LINE HOST "Content-Length: %s\r\n\r\n", lengths[i]);
        assert_refused(text, "Content-Length is malformed");
    }
}

static void length_and_encoding_exclude_each_other_rfc9112_6_1(void **state)
{
    (void)state;
    assert_refused(LINE HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                   "both there");
    assert_refused(LINE HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
                   "both there");
    assert_refused(LINE HOST "Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
                   "Transfer-Encoding is there twice");
    assert_refused("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
                   "Transfer-Encoding in HTTP/1.0");
}

static void only_chunked_is_an_encoding_rfc9112_7(void **state)
{
    (void)state;
    static const char *const encodings[] = {"",
                                            "identity",
                                            "gzip",
                                            "gzip, chunked",
                                            "xchunked",
                                            "chunked, gzip",
                                            "\"chunked\"",
                                            "chunked;a",
                                            "chunked,chunked"};
    for (size_t i = 0; i < LENGTH_OF(encodings); i++) {
        char text[256];
        snprintf(text, sizeof(text), LINE HOST "Transfer-Encoding: %s\r\n\r\n", encodings[i]);
        assert_refused(text, "Transfer-Encoding is not chunked");
    }
}

static void a_header_is_never_folded_rfc9112_5_2(void **state)
{
    (void)state;
    assert_refused(LINE HOST "X: a\r\n b\r\n\r\n", "folded");
    assert_refused(LINE HOST "X: a\r\n\tb\r\n\r\n", "folded");
    assert_refused(LINE " " HOST "\r\n", "folded");
}

static void a_line_ends_in_crlf_only_rfc9112_2_2(void **state)
{
    (void)state;
    assert_refused("GET / HTTP/1.1\n" HOST "\r\n", "CRLF");
    assert_refused(LINE "Host: a\n\r\n", "CRLF");
    assert_refused(LINE HOST "\n", "CRLF");
    assert_refused(LINE HOST "X: a\rContent-Length: 5\r\n\r\n", "CRLF");
    assert_refused(LINE HOST "X: a\r\r\n\r\n", "CRLF");
    assert_refused(LINE HOST, "CRLF"); /* no end at all */
    assert_refused("", "CRLF");
}

static void a_header_name_is_a_token_rfc9112_5_1(void **state)
{
    (void)state;
    assert_refused(LINE "Host : a\r\n\r\n", "name is malformed");
    assert_refused(LINE HOST "Content-Length : 5\r\n\r\n", "name is malformed");
    assert_refused(LINE HOST "Transfer\x0b-Encoding: chunked\r\n\r\n", "name is malformed");
    assert_refused(LINE HOST ": a\r\n\r\n", "name is malformed");
    assert_refused(LINE HOST "no colon\r\n\r\n", "name is malformed");
}

static void control_characters_are_refused_rfc9110_5_5(void **state)
{
    (void)state;
    static const char nul[] = LINE HOST "X: a\0b\r\n\r\n";
    assert_refused_bytes(str_from_bytes(nul, sizeof(nul) - 1), "control character");
    assert_refused(LINE HOST "X: a\x01\r\n\r\n", "control character");
    assert_refused(LINE HOST "X: a\x7f\r\n\r\n", "control character");
    assert_refused(LINE HOST "Transfer-Encoding: \x0b"
                             "chunked\r\n\r\n",
                   "control character");
}

static void every_byte_of_a_value_is_judged_wherever_it_stands_rfc9110_5_5(void **state)
{
    enum { VALUE_BYTES = 40 };
    (void)state;
    for (int byte = 0; byte < 256; byte++)
        for (size_t place = 0; place < VALUE_BYTES; place++) {
            char text[] = LINE HOST "X:0123456789012345678901234567890123456789\r\n\r\n";
            bool is_control = (byte < ' ' && byte != '\t') || byte == 0x7f;
            text[sizeof(LINE HOST "X:") - 1 + place] = (char)byte;
            struct request_head head;
            const char *problem = "accepted";
            enum failure failure =
                request_head_check(str_from_bytes(text, sizeof(text) - 1), &head, &problem);
            if ((failure != OK) != is_control)
                fail_msg("byte %d at %zu: %s", byte, place, problem);
        }
}

static void the_target_is_a_path_rfc9112_3_2_1(void **state)
{
    (void)state;
    assert_refused("GET http://a/ HTTP/1.1\r\n" HOST "\r\n", "origin-form");
    assert_refused("CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n", "origin-form");
    assert_refused("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "origin-form");
    assert_refused("GET x HTTP/1.1\r\n" HOST "\r\n", "origin-form");
    assert_refused("GET /a#b HTTP/1.1\r\n" HOST "\r\n", "foreign character");
    assert_refused("GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", "foreign character");
    assert_refused("GET /a\tb HTTP/1.1\r\n" HOST "\r\n", "foreign character");
}

static void the_request_line_has_three_parts_rfc9112_3(void **state)
{
    (void)state;
    assert_refused("GET /\r\n" HOST "\r\n", "three parts");
    assert_refused("GET\r\n" HOST "\r\n", "three parts");
    assert_refused("GET / a HTTP/1.1\r\n" HOST "\r\n", "version");
    assert_refused("GET  / HTTP/1.1\r\n" HOST "\r\n", "origin-form");
    assert_refused("GET /  HTTP/1.1\r\n" HOST "\r\n", "version");
    assert_refused("G(T / HTTP/1.1\r\n" HOST "\r\n", "method");
    assert_refused(" / HTTP/1.1\r\n" HOST "\r\n", "method");
}

static void the_version_is_1_0_or_1_1_rfc9112_2_3(void **state)
{
    (void)state;
    static const char *const versions[] = {"HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/1.10",
                                           "http/1.1", "HTTP/1",   "HTTP/01.1"};
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        char text[128];
        snprintf(text, sizeof(text), "GET / %s\r\n" HOST "\r\n", versions[i]);
        assert_refused(text, "version");
    }
}

static void a_head_has_a_ceiling_rfc6585_5(void **state)
{
    char *text = arena_take(unit_arena(state), 2 * HTTP_HEAD_BYTES_MAX);
    const char start[] = LINE HOST "X: ", end[] = "\r\n\r\n";
    size_t padding = HTTP_HEAD_BYTES_MAX - (sizeof(start) - 1) - (sizeof(end) - 1);
    for (size_t more = 0; more < 2; more++) {
        memset(text, 'a', 2 * HTTP_HEAD_BYTES_MAX);
        memcpy(text, start, sizeof(start) - 1);
        memcpy(text + sizeof(start) - 1 + padding + more, end, sizeof(end));
        if (more == 0)
            assert_accepted(text);
        else
            assert_refused(text, "too long");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(an_ordinary_head_is_accepted),
        UNIT_TEST(the_end_of_the_head_is_told),
        UNIT_TEST(exactly_one_host_is_required_rfc9112_3_2),
        UNIT_TEST(the_length_of_the_body_has_one_meaning_rfc9112_6_3),
        UNIT_TEST(length_and_encoding_exclude_each_other_rfc9112_6_1),
        UNIT_TEST(only_chunked_is_an_encoding_rfc9112_7),
        UNIT_TEST(a_header_is_never_folded_rfc9112_5_2),
        UNIT_TEST(a_line_ends_in_crlf_only_rfc9112_2_2),
        UNIT_TEST(a_header_name_is_a_token_rfc9112_5_1),
        UNIT_TEST(control_characters_are_refused_rfc9110_5_5),
        UNIT_TEST(every_byte_of_a_value_is_judged_wherever_it_stands_rfc9110_5_5),
        UNIT_TEST(the_target_is_a_path_rfc9112_3_2_1),
        UNIT_TEST(the_request_line_has_three_parts_rfc9112_3),
        UNIT_TEST(the_version_is_1_0_or_1_1_rfc9112_2_3),
        UNIT_TEST(a_head_has_a_ceiling_rfc6585_5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
