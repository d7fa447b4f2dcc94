/* The two metadata documents, made once: RFC 8414 for OAuth, OpenID Connect Discovery for clients
 * that ask there. Only what this release answers is advertised; an optional member is there or not,
 * never null. */
#include "services/edge/endpoints.h"

static struct str oauth_document, openid_document; /* in the process's arena */

/* RFC 8414 2: an endpoint where clients authenticate, and the algorithms of private_key_jwt. */
#define ALGORITHMS       "[\"RS256\",\"ES256\",\"EdDSA\"]"
#define KEYS_AND_SECRETS "\"client_secret_post\",\"client_secret_basic\",\"private_key_jwt\""
#define AUTHENTICATION(endpoint, methods)                                                          \
    "\"" endpoint "_auth_methods_supported\":[" methods "],"                                       \
    "\"" endpoint "_auth_signing_alg_values_supported\":" ALGORITHMS ","

/* What both say; %1$ is the issuer. revocation_endpoint is POST /revoke: POST /admin/revoke does
 * not speak RFC 7009. */
/* clang-format off */
#define COMMON                                                                                     \
    "\"issuer\":\"%1$.*2$s\","                                                                     \
    "\"authorization_endpoint\":\"%1$.*2$s/authorize\","                                           \
    "\"token_endpoint\":\"%1$.*2$s/token\","                                                       \
    AUTHENTICATION("token_endpoint", "\"none\"," KEYS_AND_SECRETS)                                 \
    "\"registration_endpoint\":\"%1$.*2$s/register\","                                             \
    "\"revocation_endpoint\":\"%1$.*2$s/revoke\","                                                 \
    AUTHENTICATION("revocation_endpoint", "\"none\"," KEYS_AND_SECRETS)                            \
    "\"introspection_endpoint\":\"%1$.*2$s/introspect\","                                          \
    AUTHENTICATION("introspection_endpoint", KEYS_AND_SECRETS)                                     \
    "\"jwks_uri\":\"%1$.*2$s/.well-known/jwks.json\","                                             \
    "\"scopes_supported\":[\"mcp:*\",\"openid\",\"profile\",\"email\",\"offline_access\"],"        \
    "\"response_types_supported\":[\"code\"],"                                                     \
    "\"response_modes_supported\":[\"query\"],"                                                    \
    "\"grant_types_supported\":[\"authorization_code\",\"refresh_token\"],"                        \
    "\"code_challenge_methods_supported\":[\"S256\"],"                                             \
    "\"client_id_metadata_document_supported\":true,"                                              \
    "\"authorization_response_iss_parameter_supported\":true"

/* OpenID Connect Discovery 3: the members that its schema requires. */
#define OPENID                                                                                     \
    "\"userinfo_endpoint\":\"%1$.*2$s/userinfo\","                                                 \
    "\"subject_types_supported\":[\"public\"],"                                                    \
    "\"id_token_signing_alg_values_supported\":" ALGORITHMS ","                                    \
    "\"prompt_values_supported\":[\"login\",\"select_account\",\"consent\"],"                      \
    "\"claims_supported\":[\"sub\",\"iss\",\"aud\",\"exp\",\"iat\",\"nonce\",\"at_hash\","         \
    "\"preferred_username\",\"email\",\"email_verified\"]"
/* clang-format on */

bool metadata_init(const struct edge *edge)
{
    const char *issuer = edge->issuer.at;
    int len = (int)edge->issuer.len;
    oauth_document = arena_printf(edge->arena, "{" COMMON "}", issuer, len);
    openid_document = arena_printf(edge->arena, "{" COMMON "," OPENID "}", issuer, len);
    return str_is_present(oauth_document) && str_is_present(openid_document);
}

static void send(const struct request *request, struct str document)
{
    const struct reply reply = {
        .status = 200,
        .content_type = REPLY_JSON,
        .cache_control = "public, max-age=300",
        .body = document,
        .is_body_static = true,
    };
    reply_send(request, &reply);
}

void metadata_handle(const struct request *request)
{
    send(request, oauth_document);
}

void metadata_handle_openid(const struct request *request)
{
    send(request, openid_document);
}
