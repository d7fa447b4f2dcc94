/* No Max-Age: the cookie is worth nothing once its sessions have expired, and ends with the
 * browser. */
#include "services/edge/browser_cookie.h"

struct str browser_cookie_name(bool is_https)
{
    return is_https ? STR("__Host-mcp_browser") : STR("mcp_browser");
}

bool browser_cookie_is_valid(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return value.len == BROWSER_COOKIE_CHARACTERS;
}

struct str browser_cookie_read(bool is_https, struct str cookie_header)
{
    struct str wanted = browser_cookie_name(is_https);
    while (cookie_header.len > 0) {
        struct str pair = cookie_header, name, value;
        cookie_header =
            str_cut(cookie_header, ';', &pair, &cookie_header) ? cookie_header : STR("");
        while (str_starts_with(pair, STR(" ")))
            pair = str_from(pair, 1);
        if (str_cut(pair, '=', &name, &value) && str_equals(name, wanted) &&
            browser_cookie_is_valid(value))
            return value;
    }
    return STR_ABSENT;
}

struct str browser_cookie_line(bool is_https, struct arena *arena, struct str value)
{
    return arena_printf(arena, "%.*s=%.*s; Path=/; HttpOnly; SameSite=Lax%s",
                        STR_ARGS(browser_cookie_name(is_https)), STR_ARGS(value),
                        is_https ? "; Secure" : "");
}
