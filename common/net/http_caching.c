/* A response that contradicts itself is taken as stale (RFC 9111 4.2.1): that costs one more fetch
 * and never shows an old document for long. */
#include "common/net/http_caching.h"

#include <curl/curl.h>
#include <string.h>

enum { DATE_BYTES_MAX = 64 }; /* an HTTP-date has 29 (RFC 9110 5.6.7) */

static struct str trim(struct str text)
{
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = str_from(text, 1);
    while (text.len > 0 && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* The end of the list's first member: a comma that stands in no quoted string (RFC 9110 5.6.4). */
static size_t member_len(struct str list)
{
    bool is_quoted = false;
    for (size_t i = 0; i < list.len; i++) {
        if (list.at[i] == '"')
            is_quoted = !is_quoted;
        else if (list.at[i] == '\\' && is_quoted)
            i++;
        else if (list.at[i] == ',' && !is_quoted)
            return i;
    }
    return list.len;
}

static bool next_directive(struct str *rest, struct str *ret_name, struct str *ret_value)
{
    while (rest->len > 0) {
        size_t len = member_len(*rest);
        struct str directive = trim(str_first(*rest, len));
        *rest = str_from(*rest, len + 1);
        if (directive.len == 0)
            continue;
        size_t equals = str_index_of(directive, '=');
        *ret_name = trim(str_first(directive, equals));
        struct str value = trim(str_from(directive, equals + 1));
        if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
            value = str_first(str_from(value, 1), value.len - 2);
        *ret_value = value;
        return true;
    }
    return false;
}

/* Seconds of max-age; 0 for what must not be kept, -1 when Cache-Control says neither. */
static int64_t max_age_s(struct str cache_control)
{
    struct str rest = cache_control, name, value;
    int64_t found_s = -1;
    while (next_directive(&rest, &name, &value)) {
        int64_t seconds = 0;
        if (str_equals_ignoring_case(name, STR("no-store")) ||
            str_equals_ignoring_case(name, STR("no-cache")))
            return 0;
        if (!str_equals_ignoring_case(name, STR("max-age")))
            continue;
        if (!str_to_i64(value, &seconds) || (found_s >= 0 && found_s != seconds))
            return 0;
        found_s = seconds;
    }
    return found_s;
}

static bool read_date(struct str text, int64_t *ret_s)
{
    char date[DATE_BYTES_MAX];
    if (str_is_empty(text) || text.len >= sizeof(date))
        return false;
    memcpy(date, text.at, text.len);
    date[text.len] = '\0';
    *ret_s = (int64_t)curl_getdate(date, NULL);
    return *ret_s >= 0;
}

/* RFC 9111 5.3: from the sender's own clock, so that ours need not agree with it. */
static int64_t expires_in_s(const struct http_caching *caching, int64_t now_s)
{
    int64_t expires_s, date_s = now_s;
    if (!read_date(caching->expires, &expires_s) ||
        (str_is_present(caching->date) && !read_date(caching->date, &date_s)))
        return 0;
    return expires_s - date_s;
}

static int64_t age_s(struct str age)
{
    int64_t seconds = 0;
    if (!str_is_present(age))
        return 0;
    return str_to_i64(trim(age), &seconds) ? seconds : HTTP_CACHING_S_MAX;
}

int64_t http_caching_lifetime_s(const struct http_caching *caching, int64_t now_s)
{
    int64_t lifetime_s = max_age_s(caching->cache_control), age = age_s(caching->age);
    if (lifetime_s < 0)
        lifetime_s = expires_in_s(caching, now_s);
    if (lifetime_s <= age || lifetime_s - age < HTTP_CACHING_S_MIN)
        return HTTP_CACHING_S_MIN;
    return lifetime_s - age < HTTP_CACHING_S_MAX ? lifetime_s - age : HTTP_CACHING_S_MAX;
}

bool http_content_type_is_json(struct str content_type)
{
    struct str type = trim(str_first(content_type, str_index_of(content_type, ';')));
    struct str prefix = STR("application/"), suffix = STR("+json");
    if (str_equals_ignoring_case(type, STR("application/json")))
        return true;
    return type.len > prefix.len + suffix.len &&
           str_equals_ignoring_case(str_first(type, prefix.len), prefix) &&
           str_equals_ignoring_case(str_from(type, type.len - suffix.len), suffix) &&
           str_index_of(type, ',') == type.len;
}
