/* GET /.well-known/jwks.json: what the signers announced. Never an empty set, which validators
 * would believe: 503 until a signer has been seen. */
#include "services/edge/endpoints.h"
#include "services/edge/problem.h"

#include <jansson.h>
#include <stdlib.h>

static struct str
    known; /* a JWK set with at least one key, on the heap; absent until there is one */

static bool has_a_key(struct str keys)
{
    json_t *set = json_loadb(keys.at, keys.len, 0, NULL);
    bool has = json_array_size(json_object_get(set, "keys")) > 0;
    json_decref(set);
    return has;
}

void keys_set(struct str keys)
{
    char *copy = has_a_key(keys) ? malloc(keys.len) : NULL;
    if (copy == NULL)
        return; /* the last good set stays */
    memcpy(copy, keys.at, keys.len);
    keys_forget();
    known = str_from_bytes(copy, keys.len);
}

bool keys_are_known(void)
{
    return str_is_present(known);
}

void keys_forget(void)
{
    /* The copy is ours and was never constant. */
    free((void *)(uintptr_t)known.at);
    known = STR_ABSENT;
}

void keys_handle(const struct request *request)
{
    if (!keys_are_known()) {
        problem_send_json(request, FAIL_WORKER_UNAVAILABLE);
        return;
    }
    const struct reply reply = {.status = 200,
                                .content_type = REPLY_JSON,
                                .cache_control = "public, max-age=300",
                                .body = known};
    reply_send(request, &reply);
}
