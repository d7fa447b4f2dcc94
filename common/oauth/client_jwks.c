#include "common/oauth/client_jwks.h"
#include "common/base/limits.h"

/* RFC 7518 6.2.2, 6.3.2, 6.4: the members of private and of symmetric keys. */
static const char *const SECRET_MEMBERS[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

static bool key_is_public(json_t *key)
{
    if (!json_is_string(json_object_get(key, "kty")))
        return false;
    for (size_t i = 0; i < sizeof(SECRET_MEMBERS) / sizeof(SECRET_MEMBERS[0]); i++)
        if (json_object_get(key, SECRET_MEMBERS[i]) != NULL)
            return false;
    return true;
}

enum failure client_jwks_check(json_t *jwks)
{
    json_t *keys = json_object_get(jwks, "keys");
    if (json_array_size(keys) == 0)
        return FAIL_CLIENT_METADATA_INVALID;
    for (size_t i = 0; i < json_array_size(keys); i++)
        if (!key_is_public(json_array_get(keys, i)))
            return FAIL_CLIENT_METADATA_INVALID;
    return OK;
}

enum failure client_jwks_check_text(struct str text)
{
    if (text.len > JWKS_BYTES_MAX)
        return FAIL_CLIENT_METADATA_INVALID;
    json_t *jwks = json_loadb(text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES, NULL);
    enum failure failure = client_jwks_check(jwks);
    json_decref(jwks);
    return failure;
}
