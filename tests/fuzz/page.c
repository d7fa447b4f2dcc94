/* Clients and people control this input: names, hosts, reasons and errors that stand in pages.
 * Attacks template_render by way of every page: a value may change the text of a page, never its
 * markup. */
#include "services/edge/page.h"
#include "common/base/limits.h"
#include "tests/fuzz/fuzz.h"

#define MARK "qqmarkqq"

/* Every name that a page has; a name that only some have does no harm to the others. */
static const char *const NAMES[] = {
    "action",      "advice",  "app_name",      "base_path",  "client_name", "csrf_token",
    "description", "error",   "is_loopback",   "issuer",     "issuer_host", "location",
    "login",       "reason",  "redirect_host", "request_id", "retry",       "server_description",
    "server_name", "session", "title",
};
enum { NAMES_LEN = sizeof(NAMES) / sizeof(NAMES[0]) };

static struct str rendered(struct arena *arena, enum page page, struct str value)
{
    struct template_value values[NAMES_LEN + 1];
    for (size_t i = 0; i < NAMES_LEN; i++)
        values[i] = TEMPLATE_TEXT(NAMES[i], value);
    values[NAMES_LEN] = TEMPLATE_LIST("scopes", ((struct strs){&value, 1}));
    return page_render(arena, page, values, NAMES_LEN + 1);
}

/* What OWASP asks for between tags and in quoted attributes. */
static struct str escaped(struct arena *arena, struct str value)
{
    char *out = arena_take(arena, 6 * value.len + 1);
    size_t len = 0;
    FUZZ_CHECK(out != NULL);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        const char *entity = c == '<'    ? "&lt;"
                             : c == '>'  ? "&gt;"
                             : c == '&'  ? "&amp;"
                             : c == '"'  ? "&quot;"
                             : c == '\'' ? "&#39;"
                                         : NULL;
        size_t entity_len = entity != NULL ? strlen(entity) : 1;
        memcpy(out + len, entity != NULL ? entity : &c, entity_len);
        len += entity_len;
    }
    return str_from_bytes(out, len);
}

/* page is the marked page with the value in the place of every mark. */
static void check_page(struct str marked, struct str page, struct str value)
{
    while (marked.len > 0) {
        if (marked.at[0] == MARK[0] && str_starts_with(marked, STR(MARK))) {
            FUZZ_CHECK(str_starts_with(page, value));
            marked = str_from(marked, sizeof(MARK) - 1);
            page = str_from(page, value.len);
        } else {
            FUZZ_CHECK(page.len > 0 && page.at[0] == marked.at[0]);
            marked = str_from(marked, 1);
            page = str_from(page, 1);
        }
    }
    FUZZ_CHECK(page.len == 0);
}

/* The pages with marks are always the same. */
static const struct str *marked_pages(void)
{
    static struct str pages[PAGES_COUNT];
    static struct arena *arena;
    if (arena != NULL)
        return pages;
    arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    for (enum page page = 0; page < PAGES_COUNT; page++) {
        pages[page] = rendered(arena, page, STR(MARK));
        FUZZ_CHECK(str_is_present(pages[page]));
    }
    return pages;
}

void fuzz_one(struct str input, struct arena *arena)
{
    enum { VALUE_BYTES_MAX = 256 };
    const struct str *marked = marked_pages();
    struct str value = str_first(input.len > 0 ? input : STR("-"), VALUE_BYTES_MAX);
    for (enum page page = 0; page < PAGES_COUNT; page++) {
        struct str hostile = rendered(arena, page, value);
        FUZZ_CHECK(str_is_present(hostile));
        check_page(marked[page], hostile, escaped(arena, value));
    }
}
