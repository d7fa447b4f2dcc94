#include "services/signer/token_answer.h"
#include "common/oauth/access_token.h"
#include "common/oauth/id_token.h"
#include "common/oauth/refresh_token.h"
#include "common/oauth/scope.h"
#include "services/signer/signer.h"

/* RFC 9068 2.2 */
static enum failure access_token_make(struct arena *arena, const struct token_answer *answer,
                                      struct str *ret_text)
{
    const struct signer *signer = signer_get();
    struct str audience[] = {scope_find_mcp(answer->scope), answer->resource};
    const struct access_token token = {
        .iss = signer->issuer,
        .sub = answer->user_id,
        .aud = {audience, str_is_empty(answer->resource) ? 1 : 2},
        .exp = answer->issued_at + signer->config->access_token_ttl_s,
        .iat = answer->issued_at,
        .jti = access_token_make_jti(arena, answer->g, answer->m),
        .client_id = answer->client_id,
        .scope = answer->scope,
        .email = scope_contains(answer->scope, STR("email")) ? answer->email : STR_ABSENT,
        .preferred_username = answer->login,
    };
    struct str claims;
    if (!str_is_present(token.jti))
        return FAIL_LIMIT_REACHED;
    TRY(access_token_to_json(arena, &token, &claims));
    return jwt_sign(keys_signer(signer->keys), JWT_TYP_AT_JWT, claims, arena, ret_text);
}

static enum failure refresh_token_make(struct arena *arena, const struct token_answer *answer,
                                       struct str *ret_text)
{
    const struct signer *signer = signer_get();
    int64_t exp = answer->rotated_at + signer->config->refresh_token_ttl_s;
    const struct refresh_token token = {
        .g = answer->g,
        .n = answer->n,
        .client_id = answer->client_id,
        .sub = answer->user_id,
        .exp = exp < answer->grant_end_at ? exp : answer->grant_end_at,
    };
    struct str payload;
    TRY(refresh_token_to_text(arena, &token, &payload));
    return refresh_ring_seal(keys_refresh_ring(signer->keys), payload, arena, ret_text);
}

/* OpenID Connect Core 2, 3.1.3.3 */
static enum failure id_token_make(struct arena *arena, const struct token_answer *answer,
                                  struct str access_token, struct str *ret_text)
{
    const struct signer *signer = signer_get();
    struct signing_key *key = keys_signer(signer->keys);
    struct id_token token = {
        .iss = signer->issuer,
        .sub = answer->user_id,
        .aud = answer->client_id,
        .exp = answer->issued_at + signer->config->access_token_ttl_s,
        .iat = answer->issued_at,
        .nonce = answer->nonce,
        .at_hash =
            id_token_make_at_hash(arena, public_key_alg(signing_key_public(key)), access_token),
    };
    struct str claims;
    if (scope_contains(answer->scope, STR("profile")))
        token.preferred_username = answer->login;
    if (scope_contains(answer->scope, STR("email")))
        token.email = answer->email;
    token.email_verified = str_is_present(token.email);
    TRY(id_token_to_json(arena, &token, &claims));
    return jwt_sign(key, JWT_TYP_JWT, claims, arena, ret_text);
}

enum failure token_answer_make(struct arena *arena, const struct token_answer *answer,
                               struct token_reply *ret_reply)
{
    struct token_reply reply = {
        .token_type = STR("Bearer"),
        .expires_in = signer_get()->config->access_token_ttl_s,
        .scope = answer->scope,
    };
    TRY(access_token_make(arena, answer, &reply.access_token));
    TRY(refresh_token_make(arena, answer, &reply.refresh_token));
    if (answer->has_id_token && scope_contains(answer->scope, STR("openid")))
        TRY(id_token_make(arena, answer, reply.access_token, &reply.id_token));
    *ret_reply = reply;
    return OK;
}
