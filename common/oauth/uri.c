/* One pass per part, each with its own alphabet. Strictness is the point: the policy is decided on
 * our reading of the host, and a browser follows its own, so every text on which two readers may
 * differ must be refused (https://good.example\@evil.example, https://0x7f.1, http:/evil). */
#include "common/oauth/uri.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    HOST_BYTES_MAX = 253,
    LABEL_BYTES_MAX = 63, /* RFC 1035 2.3.4 */
};

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* unreserved and sub-delims (RFC 3986 2.2, 2.3), percent escapes, and what the part adds. */
static bool has_only(struct str part, const char *additional)
{
    for (size_t i = 0; i < part.len; i++) {
        char c = part.at[i];
        if (c == '%') {
            if (i + 2 >= part.len || !is_hex(part.at[i + 1]) || !is_hex(part.at[i + 2]))
                return false;
            i += 2;
        } else if (!is_alpha(c) && !is_digit(c) && !is_one_of(c, "-._~!$&'()*+,;=") &&
                   !is_one_of(c, additional)) {
            return false;
        }
    }
    return true;
}

static bool scheme_is_valid(struct str scheme)
{
    if (scheme.len == 0 || !is_alpha(scheme.at[0]))
        return false;
    for (size_t i = 1; i < scheme.len; i++)
        if (!is_alpha(scheme.at[i]) && !is_digit(scheme.at[i]) && !is_one_of(scheme.at[i], "+-."))
            return false;
    return true;
}

static bool port_is_valid(struct str port)
{
    int64_t number;
    return port.len <= 5 && str_to_i64(port, &number) && port.at[0] != '0' && number <= 65535;
}

/* NUL-terminated for inet_pton; false when it does not fit or would end early. */
static bool cstr_of(struct str text, char *out, size_t size_bytes)
{
    if (text.len >= size_bytes || str_index_of(text, '\0') < text.len)
        return false;
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return true;
}

static bool read_ipv6(struct str host, struct in6_addr *ret_address)
{
    char text[INET6_ADDRSTRLEN];
    return host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']' &&
           cstr_of(str_first(str_from(host, 1), host.len - 2), text, sizeof(text)) &&
           inet_pton(AF_INET6, text, ret_address) == 1;
}

static bool read_ipv4(struct str host, struct in_addr *ret_address)
{
    char text[INET_ADDRSTRLEN];
    return cstr_of(host, text, sizeof(text)) && inet_pton(AF_INET, text, ret_address) == 1;
}

static bool label_is_valid(struct str label)
{
    if (label.len == 0 || label.len > LABEL_BYTES_MAX)
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_alpha(label.at[i]) && !is_digit(label.at[i]) && !is_one_of(label.at[i], "-_"))
            return false;
    return true;
}

/* Browsers read a name whose last label is a number, "0x7f" included, as an IPv4 address. */
static bool label_is_number(struct str label)
{
    bool is_decimal = true,
         is_hexadecimal = str_starts_with(label, STR("0x")) || str_starts_with(label, STR("0X"));
    for (size_t i = 0; i < label.len; i++) {
        is_decimal = is_decimal && is_digit(label.at[i]);
        is_hexadecimal = is_hexadecimal && (i < 2 || is_hex(label.at[i]));
    }
    return is_decimal || is_hexadecimal;
}

static bool name_is_valid(struct str host)
{
    struct str rest = host, label;
    if (host.len > HOST_BYTES_MAX)
        return false;
    while (str_cut(rest, '.', &label, &rest))
        if (!label_is_valid(label))
            return false;
    return label_is_valid(rest) && !label_is_number(rest);
}

bool uri_host_is_valid(struct str host)
{
    struct in6_addr v6;
    struct in_addr v4;
    if (str_is_empty(host))
        return false;
    return host.at[0] == '[' ? read_ipv6(host, &v6) : name_is_valid(host) || read_ipv4(host, &v4);
}

bool uri_host_is_loopback(struct str host)
{
    struct in6_addr v6;
    struct in_addr v4;
    if (str_is_empty(host))
        return false;
    if (read_ipv6(host, &v6))
        return IN6_IS_ADDR_LOOPBACK(&v6);
    if (read_ipv4(host, &v4))
        return ntohl(v4.s_addr) >> 24 == 127;
    return str_equals_ignoring_case(host, STR("localhost"));
}

bool uri_hosts_are_equal(struct str a, struct str b)
{
    return str_equals_ignoring_case(a, b);
}

bool uri_has_scheme(const struct uri *uri, struct str scheme)
{
    return str_equals_ignoring_case(uri->scheme, scheme);
}

/* [ userinfo "@" ] host [ ":" port ] (RFC 3986 3.2) */
static bool split_authority(struct str authority, struct uri *uri)
{
    struct str host = authority;
    if (str_cut(authority, '@', &uri->userinfo, &host) && !has_only(uri->userinfo, ":"))
        return false;
    size_t bracket = str_starts_with(host, STR("[")) ? str_index_of(host, ']') : 0;
    size_t colon = bracket + str_index_of(str_from(host, bracket), ':');
    if (colon < host.len) {
        uri->port = str_from(host, colon + 1);
        if (!port_is_valid(uri->port))
            return false;
    }
    uri->host = str_first(host, colon);
    /* An empty host is for schemes that have none (myapp:///callback), without a port or a user. */
    if (uri->host.len == 0)
        return authority.len == 0;
    return uri_host_is_valid(uri->host);
}

bool uri_split(struct str text, struct uri *ret_uri)
{
    struct uri uri = {.scheme = STR_ABSENT};
    struct str rest, before;
    if (!str_cut(text, ':', &uri.scheme, &rest) || !scheme_is_valid(uri.scheme))
        return false;
    if (str_cut(rest, '#', &before, &uri.fragment))
        rest = before;
    if (str_cut(rest, '?', &before, &uri.query))
        rest = before;
    uri.path = rest;
    if (str_starts_with(rest, STR("//"))) {
        struct str authority = str_from(rest, 2);
        size_t slash = str_index_of(authority, '/');
        uri.path = str_from(authority, slash);
        if (!split_authority(str_first(authority, slash), &uri))
            return false;
    }
    /* Browsers read http:/host and http:host as http://host. */
    bool needs_host = uri_has_scheme(&uri, STR("https")) || uri_has_scheme(&uri, STR("http"));
    if (needs_host && str_is_empty(uri.host))
        return false;
    if (!has_only(uri.path, ":@/") || !has_only(uri.query, ":@/?") ||
        !has_only(uri.fragment, ":@/?"))
        return false;
    *ret_uri = uri;
    return true;
}

struct str uri_lower(struct arena *arena, struct str text)
{
    char *out = arena_take(arena, text.len + 1);
    if (out == NULL)
        return STR_ABSENT;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return str_from_bytes(out, text.len);
}
