/* GET /.well-known/jwks.json: what the signers announced. Never an empty set, which validators
 * would believe: 503 until a signer has been seen. */
#include "services/edge/endpoints.h"
#include "services/edge/problem.h"

#include <jansson.h>
#include <stdlib.h>

/* A JWK set with at least one key, on the heap; NULL until there is one. */
static struct {
    char *at;
    size_t len;
    size_t count;
} known;

static size_t count_of(struct str keys)
{
    json_t *set = json_loadb(keys.at, keys.len, 0, NULL);
    size_t count = json_array_size(json_object_get(set, "keys"));
    json_decref(set);
    return count;
}

void keys_set(struct str keys)
{
    size_t count = count_of(keys);
    char *copy = count > 0 ? malloc(keys.len) : NULL;
    if (copy == NULL)
        return; /* the last good set stays */
    memcpy(copy, keys.at, keys.len);
    keys_forget();
    known.at = copy;
    known.len = keys.len;
    known.count = count;
}

bool keys_are_known(void)
{
    return known.at != NULL;
}

size_t keys_count(void)
{
    return known.count;
}

void keys_forget(void)
{
    free(known.at);
    known.at = NULL;
    known.count = 0;
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
                                .body = str_from_bytes(known.at, known.len)};
    reply_send(request, &reply);
}
