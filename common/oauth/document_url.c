/* A dot segment is refused rather than removed: the client_id is compared as a text, but what is
 * fetched would be another address. */
#include "common/oauth/document_url.h"
#include "common/base/limits.h"

/* "." or "%2e" at the start; its length, 0 when there is none. */
static size_t dot_len(struct str text)
{
    if (str_starts_with(text, STR(".")))
        return 1;
    return str_equals_ignoring_case(str_first(text, 3), STR("%2e")) ? 3 : 0;
}

static bool is_dot_segment(struct str segment)
{
    size_t first = dot_len(segment);
    struct str rest = str_from(segment, first);
    return first > 0 && (rest.len == 0 || dot_len(rest) == rest.len);
}

static bool path_has_dot_segment(struct str path)
{
    struct str segment;
    while (str_cut(path, '/', &segment, &path))
        if (is_dot_segment(segment))
            return true;
    return is_dot_segment(path);
}

enum failure document_url_check(struct str url, struct uri *ret_uri)
{
    struct uri uri;
    if (url.len > CLIENT_ID_BYTES_MAX || !uri_split(url, &uri) ||
        !uri_has_scheme(&uri, STR("https")) || str_is_present(uri.userinfo) ||
        str_is_present(uri.fragment) || uri.path.len < 2 || path_has_dot_segment(uri.path))
        return FAIL_DOCUMENT_URL_INVALID;
    *ret_uri = uri;
    return OK;
}
