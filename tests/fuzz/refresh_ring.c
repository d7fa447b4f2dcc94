/* Anyone controls this input: the refresh token at /token and /admin/revoke. Attacks
 * refresh_ring_open; and, with the input as what is sealed, refresh_ring_seal. The operator's text
 * of keys goes through refresh_ring_new. */
#include "common/crypto/refresh_ring.h"
#include "tests/fuzz/fuzz.h"

static const struct refresh_ring *ring_get(void)
{
    static struct refresh_ring *ring;
    const char *problem;
    if (ring == NULL)
        FUZZ_CHECK(refresh_ring_new(STR("2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,"
                                        "1:/+7dzLuqmYh3ZlVEMyIRAP/u3cy7qpmId2ZVRDMiEQA="),
                                    &ring, &problem) == OK);
    return ring;
}

/* Each bit counts: of the prefix, the version, the salt, the text and the tag. */
static void check_turned(const struct refresh_ring *ring, struct arena *arena, struct str token,
                         size_t index)
{
    char *copy = arena_take(arena, token.len);
    struct str payload;
    if (copy == NULL)
        return;
    memcpy(copy, token.at, token.len);
    copy[index % token.len] = (char)(copy[index % token.len] ^ 1);
    FUZZ_CHECK(refresh_ring_open(ring, str_from_bytes(copy, token.len), arena, &payload) != OK);
}

void fuzz_one(struct str input, struct arena *arena)
{
    const struct refresh_ring *ring = ring_get();
    struct str payload, token;
    enum failure failure = refresh_ring_open(ring, input, arena, &payload);
    FUZZ_CHECK(failure == FAIL_REFRESH_TOKEN_INVALID || failure == FAIL_CONFIGURATION_BEHIND);
    FUZZ_CHECK(failure != FAIL_CONFIGURATION_BEHIND || refresh_ring_version_is_newer(ring, input));
    if (refresh_ring_seal(ring, input, arena, &token) != OK)
        return;
    failure = refresh_ring_open(ring, token, arena, &payload);
    FUZZ_CHECK(failure == OK ? str_equals(payload, input) : failure == FAIL_LIMIT_REACHED);
    check_turned(ring, arena, token, input.len > 0 ? (unsigned char)input.at[0] : 0);
}
