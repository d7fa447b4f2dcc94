/* One pass, line by line, without memory: refusing is the whole work. RFC 9112 asks a server to
 * refuse some of this and allows it to refuse the rest. */
#include "services/edge/request_head.h"
#include "common/base/limits.h"

#include <string.h>

struct scan {
    struct request_head head;
    bool is_http_1_1;
    unsigned hosts, content_lengths, transfer_encodings;
};

/* What a byte may be part of. */
enum {
    TOKEN = 1,   /* RFC 9110 5.6.2 */
    VISIBLE = 2, /* printable ASCII without the space */
    FIELD = 4,   /* a header's value: RFC 9110 5.5 */
    HOST = 8,    /* letters, digits and what host:port and [v6]:port need */
};

static bool is_all(struct str text, unsigned what)
{
    static const unsigned char classes[256] = {
        ['\t'] = FIELD,
        [' '] = FIELD,
        ['"'] = VISIBLE | FIELD,
        ['('] = VISIBLE | FIELD,
        [')'] = VISIBLE | FIELD,
        [','] = VISIBLE | FIELD,
        ['/'] = VISIBLE | FIELD,
        [';'] = VISIBLE | FIELD,
        ['<'] = VISIBLE | FIELD,
        ['='] = VISIBLE | FIELD,
        ['>'] = VISIBLE | FIELD,
        ['?'] = VISIBLE | FIELD,
        ['@'] = VISIBLE | FIELD,
        ['\\'] = VISIBLE | FIELD,
        ['{'] = VISIBLE | FIELD,
        ['}'] = VISIBLE | FIELD,
        [':'] = VISIBLE | FIELD | HOST,
        ['['] = VISIBLE | FIELD | HOST,
        [']'] = VISIBLE | FIELD | HOST,
        ['!'] = VISIBLE | FIELD | TOKEN,
        ['#' ... '\''] = VISIBLE | FIELD | TOKEN,
        ['*' ... '+'] = VISIBLE | FIELD | TOKEN,
        ['-' ... '.'] = VISIBLE | FIELD | TOKEN | HOST,
        ['0' ... '9'] = VISIBLE | FIELD | TOKEN | HOST,
        ['A' ... 'Z'] = VISIBLE | FIELD | TOKEN | HOST,
        ['^'] = VISIBLE | FIELD | TOKEN,
        ['_'] = VISIBLE | FIELD | TOKEN | HOST,
        ['`'] = VISIBLE | FIELD | TOKEN,
        ['a' ... 'z'] = VISIBLE | FIELD | TOKEN | HOST,
        ['|'] = VISIBLE | FIELD | TOKEN,
        ['~'] = VISIBLE | FIELD | TOKEN,
        [0x80 ... 0xff] = FIELD,
    };
    for (size_t i = 0; i < text.len; i++)
        if (!(classes[(unsigned char)text.at[i]] & what))
            return false;
    return true;
}

/* RFC 9110 5.5: all but control characters, of which the tab is allowed. Every byte is looked at,
 * which sixteen at a time is cheaper than stopping at the first one; most of a head is values. */
static bool is_field_value(struct str text)
{
    enum { VECTOR_BYTES = 16 };
    typedef unsigned char bytes __attribute__((vector_size(VECTOR_BYTES)));
    bytes sixteen, refused = {0};
    unsigned char marks[VECTOR_BYTES];
    for (; text.len >= VECTOR_BYTES; text = str_from(text, VECTOR_BYTES)) {
        memcpy(&sixteen, text.at, sizeof(sixteen));
        refused |= (bytes)(((sixteen < ' ') & (sixteen != '\t')) | (sixteen == 0x7f));
    }
    memcpy(marks, &refused, sizeof(marks));
    return memchr(marks, 0xff, sizeof(marks)) == NULL && is_all(text, FIELD);
}

static struct str trim(struct str text)
{
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = str_from(text, 1);
    while (text.len > 0 && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* The line before the next CRLF. False when there is none, or when a CR or LF stands alone
 * (RFC 9112 2.2: a recipient may treat a bare LF as an end; this one never does). */
static bool line_next(struct str *rest, struct str *ret_line)
{
    size_t end = str_index_of(*rest, '\n');
    if (end == rest->len || end == 0 || rest->at[end - 1] != '\r')
        return false;
    struct str line = str_first(*rest, end - 1);
    if (str_index_of(line, '\r') != line.len)
        return false;
    *rest = str_from(*rest, end + 1);
    *ret_line = line;
    return true;
}

/* RFC 9112 3: method SP request-target SP HTTP-version */
static const char *request_line_problem(struct scan *scan, struct str line)
{
    struct str method, target, version;
    if (!str_cut(line, ' ', &method, &target) || !str_cut(target, ' ', &target, &version))
        return "the request line has not three parts";
    if (method.len == 0 || !is_all(method, TOKEN))
        return "the method is not a token";
    if (!str_starts_with(target, STR("/")))
        return "the target is not in origin-form";
    if (!is_all(target, VISIBLE) || str_index_of(target, '#') != target.len)
        return "the target has a foreign character";
    scan->is_http_1_1 = str_equals(version, STR("HTTP/1.1"));
    if (!scan->is_http_1_1 && !str_equals(version, STR("HTTP/1.0")))
        return "the version is not HTTP/1.0 or HTTP/1.1";
    return NULL;
}

static bool is_content_length(struct str value)
{
    enum { DIGITS_MAX = 15 };
    int64_t number;
    return value.len <= DIGITS_MAX && str_to_i64(value, &number);
}

static const char *framing_problem(struct scan *scan, struct str name, struct str value)
{
    if (str_equals_ignoring_case(name, STR("host"))) {
        scan->hosts++;
        return value.len > 0 && is_all(value, HOST) ? NULL : "Host is malformed";
    }
    if (str_equals_ignoring_case(name, STR("content-length"))) {
        scan->content_lengths++;
        return is_content_length(value) ? NULL : "Content-Length is malformed";
    }
    if (str_equals_ignoring_case(name, STR("transfer-encoding"))) {
        scan->transfer_encodings++;
        scan->head.is_chunked = true;
        return str_equals_ignoring_case(value, STR("chunked")) ? NULL
                                                               : "Transfer-Encoding is not chunked";
    }
    return NULL;
}

/* RFC 9112 5: no folding (5.2), no space in front of the colon (5.1), no control characters. */
static const char *header_problem(struct scan *scan, struct str line)
{
    struct str name, value;
    if (line.at[0] == ' ' || line.at[0] == '\t')
        return "a header is folded";
    if (!str_cut(line, ':', &name, &value) || name.len == 0 || !is_all(name, TOKEN))
        return "a header's name is malformed";
    if (!is_field_value(value))
        return "a header has a control character";
    return framing_problem(scan, name, trim(value));
}

/* RFC 9112 3.2 and 6.1 */
static const char *scan_problem(const struct scan *scan)
{
    if (scan->hosts != 1)
        return scan->hosts == 0 ? "Host is missing" : "Host is there twice";
    if (scan->content_lengths > 1)
        return "Content-Length is there twice";
    if (scan->transfer_encodings > 1)
        return "Transfer-Encoding is there twice";
    if (scan->content_lengths > 0 && scan->transfer_encodings > 0)
        return "Content-Length and Transfer-Encoding are both there";
    if (scan->transfer_encodings > 0 && !scan->is_http_1_1)
        return "Transfer-Encoding in HTTP/1.0";
    return NULL;
}

static const char *head_problem(struct scan *scan, struct str bytes)
{
    struct str rest = str_first(bytes, HTTP_HEAD_BYTES_MAX), line;
    if (str_starts_with(rest, STR("\r\n"))) /* RFC 9112 2.2: at least one empty line */
        rest = str_from(rest, 2);
    if (!line_next(&rest, &line))
        return "the request line does not end in CRLF";
    const char *problem = request_line_problem(scan, line);
    while (problem == NULL) {
        if (!line_next(&rest, &line))
            return "the head is too long, or a line does not end in CRLF";
        if (line.len == 0)
            break;
        problem = header_problem(scan, line);
    }
    scan->head.len = (size_t)(rest.at - bytes.at);
    return problem != NULL ? problem : scan_problem(scan);
}

enum failure request_head_check(struct str bytes, struct request_head *ret_head,
                                const char **ret_problem)
{
    struct scan scan = {0};
    const char *problem = head_problem(&scan, bytes);
    if (problem != NULL) {
        *ret_problem = problem;
        return FAIL_REQUEST_HEAD_MALFORMED;
    }
    *ret_head = scan.head;
    return OK;
}
