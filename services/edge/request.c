#include "services/edge/request.h"
#include "common/base/fields.h"
#include "services/edge/accept.h"
#include "services/edge/browser_cookie.h"

#include <h2o.h>

struct str request_header(const struct request *request, struct str name)
{
    const h2o_headers_t *headers = &request->h2o->headers;
    struct str value = STR_ABSENT;
    for (size_t i = 0; i < headers->size; i++) {
        const h2o_header_t *header = &headers->entries[i];
        if (!str_equals(str_from_bytes(header->name->base, header->name->len), name))
            continue;
        if (str_is_present(value))
            return STR_ABSENT;
        value = str_from_bytes(header->value.base, header->value.len);
    }
    return value;
}

struct str request_browser(const struct request *request)
{
    const h2o_headers_t *headers = &request->h2o->headers;
    struct str browser = STR_ABSENT;
    for (size_t i = 0; i < headers->size && !str_is_present(browser); i++)
        if (headers->entries[i].name == &H2O_TOKEN_COOKIE->buf)
            browser = browser_cookie_read(
                request->edge->is_https,
                str_from_bytes(headers->entries[i].value.base, headers->entries[i].value.len));
    return browser;
}

struct str request_bearer(const struct request *request)
{
    struct str scheme, token;
    if (!str_cut(request_header(request, STR("authorization")), ' ', &scheme, &token) ||
        !str_equals_ignoring_case(scheme, STR("Bearer")))
        return STR_ABSENT;
    while (str_starts_with(token, STR(" ")))
        token = str_from(token, 1);
    return token.len > 0 ? token : STR_ABSENT;
}

bool request_prefers_html(const struct request *request)
{
    return accept_prefers_html(request_header(request, STR("accept")));
}

static bool peer_address(const struct request *request, struct address *ret_address)
{
    struct sockaddr_storage storage;
    struct sockaddr *peer = (struct sockaddr *)&storage;
    h2o_conn_t *connection = request->h2o->conn;
    return connection->callbacks->get_peername(connection, peer) != 0 &&
           address_from_socket(peer, ret_address);
}

/* RFC 9110 5.3: several lines of one list are one list. Absent without any; false without room. */
static bool header_join(const struct request *request, struct arena *arena, struct str name,
                        struct str *ret_joined)
{
    const h2o_headers_t *headers = &request->h2o->headers;
    struct str joined = STR_ABSENT;
    for (size_t i = 0; i < headers->size; i++) {
        const h2o_header_t *header = &headers->entries[i];
        struct str value = str_from_bytes(header->value.base, header->value.len);
        if (!str_equals(str_from_bytes(header->name->base, header->name->len), name))
            continue;
        joined = str_is_present(joined)
                     ? arena_printf(arena, "%.*s,%.*s", STR_ARGS(joined), STR_ARGS(value))
                     : value;
        if (!str_is_present(joined))
            return false;
    }
    *ret_joined = joined;
    return true;
}

bool request_read_address(const struct request *request, struct arena *arena,
                          struct str *ret_address)
{
    struct address peer;
    struct str x_forwarded_for;
    *ret_address = STR_ABSENT;
    if (!peer_address(request, &peer))
        return true;
    if (!header_join(request, arena, STR("x-forwarded-for"), &x_forwarded_for))
        return false;
    *ret_address = proxies_client_address(&request->edge->proxies, arena, &peer, x_forwarded_for);
    return str_is_present(*ret_address);
}

struct str request_traceparent(const struct request *request)
{
    struct address peer;
    struct str traceparent = request_header(request, STR("traceparent"));
    if (!str_is_present(traceparent) || !peer_address(request, &peer) ||
        !proxies_trust(&request->edge->proxies, &peer))
        return STR_ABSENT;
    return traceparent;
}

/* The media type without its parameters. */
static struct str content_type(const struct request *request)
{
    struct str type = request_header(request, STR("content-type")), parameters;
    str_cut(type, ';', &type, &parameters);
    while (type.len > 0 && type.at[type.len - 1] == ' ')
        type.len--;
    return type;
}

enum failure request_read_form(const struct request *request, struct arena *arena,
                               struct form *ret_form)
{
    if (!str_equals_ignoring_case(content_type(request), STR("application/x-www-form-urlencoded")))
        return FAIL_CONTENT_TYPE_NOT_FORM;
    return form_parse(arena, request->body, ret_form);
}

enum failure request_check_json(const struct request *request, struct arena *arena)
{
    /* An object without members is read for nothing but its being one. */
    static const struct fields nothing = {.at = NULL, .len = 0, .size_bytes = 0};
    char unused;
    if (!str_equals_ignoring_case(content_type(request), STR("application/json")))
        return FAIL_CONTENT_TYPE_NOT_JSON;
    return fields_from_json(&nothing, request->body, arena, &unused) == OK ? OK
                                                                           : FAIL_JSON_MALFORMED;
}
