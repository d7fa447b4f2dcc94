#include "proto/key_union.h"
#include "common/base/limits.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The edge does not know how long the signers' tokens live: the longest they may be told to. */
enum { KEEP_MS = (ACCESS_TOKEN_TTL_MAX_S + KEY_SET_CACHE_S + CLOCK_SKEW_S) * 1000 };

struct key {
    json_t *jwk;
    int64_t named_ms;
};

struct key_union {
    struct key keys[KEY_UNION_KEYS_MAX];
    size_t len;
    char *text;
};

static void text_make(struct key_union *keys)
{
    json_t *set = json_object(), *list = json_array();
    for (size_t i = 0; i < keys->len; i++)
        json_array_append(list, keys->keys[i].jwk);
    json_object_set_new(set, "keys", list);
    free(keys->text);
    keys->text = json_dumps(set, JSON_COMPACT);
    json_decref(set);
}

struct key_union *key_union_new(void)
{
    struct key_union *keys = calloc(1, sizeof(*keys));
    if (keys != NULL)
        text_make(keys);
    return keys;
}

void key_union_free(struct key_union *keys)
{
    if (keys == NULL)
        return;
    for (size_t i = 0; i < keys->len; i++)
        json_decref(keys->keys[i].jwk);
    free(keys->text);
    free(keys);
}

bool key_union_drop_unnamed(struct key_union *keys, int64_t since_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < keys->len; i++) {
        if (keys->keys[i].named_ms < since_ms)
            json_decref(keys->keys[i].jwk);
        else
            keys->keys[kept++] = keys->keys[i];
    }
    for (size_t i = kept; i < keys->len; i++)
        keys->keys[i] = (struct key){.jwk = NULL};
    bool has_changed = kept != keys->len;
    keys->len = kept;
    if (has_changed)
        text_make(keys);
    return has_changed;
}

bool key_union_drop_old(struct key_union *keys, int64_t now_ms)
{
    return key_union_drop_unnamed(keys, now_ms - KEEP_MS);
}

/* Where a key of this id is, or may be put. */
static struct key *place_of(struct key_union *keys, const char *kid)
{
    struct key *oldest = &keys->keys[0];
    for (size_t i = 0; i < keys->len; i++) {
        struct key *key = &keys->keys[i];
        if (strcmp(json_string_value(json_object_get(key->jwk, "kid")), kid) == 0)
            return key;
        if (key->named_ms < oldest->named_ms)
            oldest = key;
    }
    return keys->len < KEY_UNION_KEYS_MAX ? &keys->keys[keys->len++] : oldest;
}

static bool key_add(struct key_union *keys, json_t *jwk, int64_t now_ms)
{
    const char *kid = json_string_value(json_object_get(jwk, "kid"));
    if (kid == NULL)
        return false;
    struct key *key = place_of(keys, kid);
    key->named_ms = now_ms;
    if (key->jwk != NULL && json_equal(key->jwk, jwk))
        return false;
    json_decref(key->jwk);
    key->jwk = json_incref(jwk);
    return true;
}

bool key_union_add(struct key_union *keys, struct str set, int64_t now_ms)
{
    json_t *object = json_loadb(set.at ? set.at : "", set.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *list = json_object_get(object, "keys"), *jwk;
    bool has_changed = false;
    size_t i;
    json_array_foreach(list, i, jwk) has_changed |= key_add(keys, jwk, now_ms);
    json_decref(object);
    if (has_changed)
        text_make(keys);
    return has_changed;
}

struct str key_union_text(const struct key_union *keys)
{
    return str_from_cstr(keys->text);
}
