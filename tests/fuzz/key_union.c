/* Signers control this input: the JWK set of a HELLO, one in each line. Without CURVE everyone who
 * may open the link's socket is a signer. Attacks key_union_add: what the edge publishes must stay
 * a key set. */
#include "proto/key_union.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

static void check_text(struct str text)
{
    json_t *set = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *list = json_object_get(set, "keys");
    FUZZ_CHECK(json_is_array(list) && json_array_size(list) <= KEY_UNION_KEYS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *kid = json_object_get(json_array_get(list, i), "kid");
        FUZZ_CHECK(json_is_string(kid));
        for (size_t j = 0; j < i; j++)
            FUZZ_CHECK(!json_equal(kid, json_object_get(json_array_get(list, j), "kid")));
    }
    json_decref(set);
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct key_union *keys = key_union_new();
    FUZZ_CHECK(keys != NULL);
    for (int64_t now_ms = 0; str_is_present(input); now_ms += 1000 * 1000) {
        struct str line = fuzz_line(&input);
        key_union_drop_old(keys, now_ms);
        key_union_add(keys, line, now_ms);
        struct str text = arena_dup(arena, key_union_text(keys));
        check_text(text);
        /* A second time it is known, and twice the same id in one set has one winner. */
        key_union_add(keys, line, now_ms);
        FUZZ_CHECK(!str_is_present(text) || str_equals(text, key_union_text(keys)));
    }
    key_union_free(keys);
}
