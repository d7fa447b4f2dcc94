/* The domain in the id is for the eyes of operators; nothing is decided by it. */
#include "common/oauth/client_id.h"
#include "common/base/hex.h"
#include "common/base/limits.h"

#include <string.h>

enum { UUID_CHARACTERS = 36 };

struct str client_id_make(struct arena *arena, struct str domain, const unsigned char *seed)
{
    unsigned char uuid[CLIENT_ID_SEED_BYTES];
    char hex[2 * CLIENT_ID_SEED_BYTES + 1];
    memcpy(uuid, seed, sizeof(uuid));
    uuid[6] = (unsigned char)((uuid[6] & 0x0f) | 0x40); /* version 4 */
    uuid[8] = (unsigned char)((uuid[8] & 0x3f) | 0x80); /* the variant of RFC 9562 4.1 */
    hex_write(hex, uuid, sizeof(uuid));
    return arena_printf(arena, "mcp_%.*s_%.8s-%.4s-%.4s-%.4s-%.12s", STR_ARGS(domain), hex, hex + 8,
                        hex + 12, hex + 16, hex + 20);
}

static bool is_uuid(struct str text)
{
    if (text.len != UUID_CHARACTERS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool wants_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (wants_dash ? text.at[i] != '-'
                       : !hex_is_valid((struct str){.at = text.at + i, .len = 1}))
            return false;
    }
    return true;
}

enum client_id_kind client_id_classify(struct str client_id)
{
    struct str prefix = STR("mcp_");
    if (str_starts_with(client_id, STR("https://")))
        return CLIENT_ID_DOCUMENT;
    if (str_starts_with(client_id, prefix) && client_id.len > prefix.len + 1 + UUID_CHARACTERS) {
        size_t dash = client_id.len - UUID_CHARACTERS - 1;
        if (client_id.at[dash] == '_' && is_uuid(str_from(client_id, dash + 1)))
            return CLIENT_ID_REGISTERED;
    }
    return CLIENT_ID_OTHER;
}

enum failure client_id_check(struct str client_id)
{
    if (str_is_empty(client_id))
        return FAIL_CLIENT_ID_MISSING;
    if (client_id.len > CLIENT_ID_BYTES_MAX)
        return FAIL_CLIENT_UNKNOWN;
    for (size_t i = 0; i < client_id.len; i++)
        if (client_id.at[i] < ' ' || client_id.at[i] > '~')
            return FAIL_CLIENT_UNKNOWN;
    return OK;
}
