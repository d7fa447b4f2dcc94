#include "common/crypto/jwk_set.h"

#include <jansson.h>
#include <stdlib.h>

/* OK also for a key that is left out. */
static enum failure add_key(struct jwk_set *set, json_t *key)
{
    char *text = json_dumps(key, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL)
        return FAIL_LIMIT_REACHED;
    enum failure failure = public_key_from_jwk(str_from_cstr(text), &set->at[set->len]);
    free(text);
    if (failure == OK)
        set->len++;
    return failure == FAIL_LIMIT_REACHED ? failure : OK;
}

enum failure jwk_set_open(struct str json, struct jwk_set *ret_set)
{
    struct jwk_set set = {.len = 0};
    enum failure failure = OK;
    json_t *object = json_loadb(json.at ? json.at : "", json.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *keys = json_object_get(object, "keys");
    if (!json_is_array(keys))
        failure = FAIL_CRYPTO;
    for (size_t i = 0; failure == OK && i < json_array_size(keys) && set.len < JWK_SET_KEYS_MAX;
         i++)
        failure = add_key(&set, json_array_get(keys, i));
    json_decref(object);
    if (failure == OK)
        *ret_set = set;
    else
        jwk_set_close(&set);
    return failure;
}

void jwk_set_close(struct jwk_set *set)
{
    for (size_t i = 0; i < set->len; i++)
        public_key_free(set->at[i]);
    set->len = 0;
}

struct public_keys jwk_set_keys(const struct jwk_set *set)
{
    return (struct public_keys){.at = set->at, .len = set->len};
}
