#include "common/oauth/id_token.h"
#include "common/base/base64url.h"
#include "common/base/fields.h"
#include "common/base/limits.h"

#include <openssl/evp.h>

static const struct field CLAIM_FIELDS[] = {
    FIELD(struct id_token, iss, STR, RESOURCE_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct id_token, sub, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct id_token, aud, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct id_token, exp, I64, 0, FIELD_REQUIRED),
    FIELD(struct id_token, iat, I64, 0, FIELD_REQUIRED),
    FIELD(struct id_token, nonce, STR, NONCE_BYTES_MAX, 0),
    FIELD(struct id_token, at_hash, STR, NAME_BYTES_MAX, 0),
    FIELD(struct id_token, preferred_username, STR, GITHUB_LOGIN_BYTES_MAX, 0),
    FIELD(struct id_token, email, STR, EMAIL_BYTES_MAX, 0),
    FIELD(struct id_token, email_verified, BOOL, 0, 0),
};
static const struct fields CLAIMS = FIELDS_OF(struct id_token, CLAIM_FIELDS);

enum failure id_token_to_json(struct arena *arena, const struct id_token *token,
                              struct str *ret_text)
{
    return fields_to_json(&CLAIMS, token, arena, ret_text);
}

struct str id_token_make_at_hash(struct arena *arena, enum public_key_alg alg,
                                 struct str access_token)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const EVP_MD *function = alg == PUBLIC_KEY_EDDSA ? EVP_sha512() : EVP_sha256();
    if (EVP_Digest(access_token.at, access_token.len, digest, &len, function, NULL) != 1)
        return STR_ABSENT;
    return base64url_encode(arena, str_from_bytes(digest, len / 2));
}
