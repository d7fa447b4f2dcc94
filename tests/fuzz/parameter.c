/* Clients control this input: a client_id, a code_challenge with its method, a code_verifier and,
 * in a token's claims, an aud. Attacks client_id_check, client_id_classify, code_challenge_check,
 * code_verifier_check and audience_from_json. */
#include "common/base/limits.h"
#include "common/oauth/audience.h"
#include "common/oauth/client_id.h"
#include "common/oauth/document_url.h"
#include "common/oauth/pkce.h"
#include "tests/fuzz/fuzz.h"

static void check_client_id(struct str client_id)
{
    struct uri uri;
    enum client_id_kind kind = client_id_classify(client_id);
    if (client_id_check(client_id) != OK)
        return;
    FUZZ_CHECK(client_id.len > 0 && client_id.len <= CLIENT_ID_BYTES_MAX);
    for (size_t i = 0; i < client_id.len; i++)
        FUZZ_CHECK(client_id.at[i] >= ' ' && client_id.at[i] <= '~');
    /* Whoever registers gets no id that somebody else serves a document at. */
    FUZZ_CHECK(kind != CLIENT_ID_REGISTERED || document_url_check(client_id, &uri) != OK);
}

/* RFC 7636 4.1, 4.6: whoever does not know the verifier of a challenge does not pass. */
static void check_pkce(struct str code_challenge, struct str method, struct str code_verifier)
{
    if (code_challenge_check(code_challenge, method) == OK) {
        FUZZ_CHECK(str_equals(method, STR("S256")));
        FUZZ_CHECK(code_challenge.len >= 43 && code_challenge.len <= CODE_CHALLENGE_BYTES_MAX);
    }
    if (code_verifier_check(code_verifier, code_challenge) == OK) {
        FUZZ_CHECK(code_verifier.len >= CODE_VERIFIER_BYTES_MIN &&
                   code_verifier.len <= CODE_VERIFIER_BYTES_MAX);
        FUZZ_CHECK(!str_equals(code_verifier, code_challenge)); /* that would be plain */
    }
}

static void check_audience(struct arena *arena, struct str text)
{
    struct strs aud, again;
    struct str written;
    if (audience_from_json(arena, text, &aud) != OK)
        return;
    FUZZ_CHECK(aud.len >= 1 && aud.len <= AUDIENCES_MAX);
    FUZZ_CHECK(audience_to_json(arena, aud, &written) == OK);
    FUZZ_CHECK(audience_from_json(arena, written, &again) == OK && again.len == aud.len);
    for (size_t i = 0; i < aud.len; i++)
        FUZZ_CHECK(str_equals(aud.at[i], again.at[i]));
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct str client_id = fuzz_line(&input), code_challenge = fuzz_line(&input);
    struct str method = fuzz_line(&input), code_verifier = fuzz_line(&input);
    check_client_id(client_id);
    check_pkce(code_challenge, method, code_verifier);
    check_audience(arena, input);
}
