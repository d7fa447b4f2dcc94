#include "common/oauth/client_assertion.h"
#include "common/base/base64url.h"
#include "common/base/fields.h"
#include "common/base/limits.h"
#include "common/oauth/audience.h"

struct claims {
    struct str iss, sub, aud, jti;
    int64_t exp, nbf, iat;
};

static const struct field CLAIM_FIELDS[] = {
    FIELD(struct claims, iss, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, sub, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, aud, JSON, AUDIENCES_MAX *RESOURCE_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, jti, STR, CLIENT_ASSERTION_JTI_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, exp, I64, 0, FIELD_REQUIRED),
    FIELD(struct claims, nbf, I64, 0, 0),
    FIELD(struct claims, iat, I64, 0, 0),
};
static const struct fields CLAIMS = FIELDS_OF(struct claims, CLAIM_FIELDS);

struct subject {
    struct str sub;
};

static const struct field SUBJECT_FIELDS[] = {
    FIELD(struct subject, sub, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
};
static const struct fields SUBJECT = FIELDS_OF(struct subject, SUBJECT_FIELDS);

struct str client_assertion_peek(struct arena *arena, struct str text)
{
    struct str header, rest, payload, signature, claims;
    struct subject subject;
    if (text.len > TOKEN_BYTES_MAX || !str_cut(text, '.', &header, &rest) ||
        !str_cut(rest, '.', &payload, &signature) || !base64url_decode(arena, payload, &claims) ||
        fields_from_json(&SUBJECT, claims, arena, &subject) != OK)
        return STR_ABSENT;
    return subject.sub;
}

/* What is wrong with it is the client's affair; a full arena is ours. */
static enum failure as_assertion_failure(enum failure failure)
{
    return failure == OK || failure == FAIL_LIMIT_REACHED ? failure : FAIL_CLIENT_ASSERTION_INVALID;
}

enum failure client_assertion_from_json(struct arena *arena, struct str claims,
                                        struct client_assertion *ret_assertion)
{
    struct claims read;
    struct strs aud;
    TRY(as_assertion_failure(fields_from_json(&CLAIMS, claims, arena, &read)));
    TRY(as_assertion_failure(audience_from_json(arena, read.aud, &aud)));
    *ret_assertion = (struct client_assertion){
        .iss = read.iss,
        .sub = read.sub,
        .aud = aud,
        .jti = read.jti,
        .exp = read.exp,
        .nbf = read.nbf,
        .iat = read.iat,
    };
    return OK;
}

static bool is_for_us(struct strs aud, struct strs audiences)
{
    for (size_t i = 0; i < audiences.len; i++)
        if (strs_contain(aud, audiences.at[i]))
            return true;
    return false;
}

enum failure client_assertion_check(const struct client_assertion *assertion, struct str client_id,
                                    struct strs audiences, int64_t now_s)
{
    int64_t begins_at = assertion->nbf > assertion->iat ? assertion->nbf : assertion->iat;
    bool is_good = str_equals(assertion->iss, client_id) && str_equals(assertion->sub, client_id) &&
                   !str_is_empty(assertion->jti) && is_for_us(assertion->aud, audiences) &&
                   assertion->exp > now_s - CLOCK_SKEW_S &&
                   assertion->exp <= now_s + CLIENT_ASSERTION_LIFE_MAX_S + CLOCK_SKEW_S &&
                   begins_at <= now_s + CLOCK_SKEW_S;
    return is_good ? OK : FAIL_CLIENT_ASSERTION_INVALID;
}
