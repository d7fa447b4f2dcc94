/* Lenient with what we do not use, strict with what people will see and where they will be sent. */
#include "common/oauth/client_metadata.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/oauth/client_authentication.h"
#include "common/oauth/client_jwks.h"
#include "common/oauth/document_url.h"
#include "common/oauth/scope.h"

#include <jansson.h>

static void json_release(json_t **json)
{
    json_decref(*json);
}
#define OWNED_JSON __attribute__((cleanup(json_release))) json_t *

/* client_name */

/* Controls, line separators, and the marks that reorder the text around a name: with them a client
 * could rewrite the sentence of the consent page that names it. */
static bool character_is_dangerous(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x061c ||
           c == 0xfeff;
}

static bool character_is_blank(uint32_t c)
{
    return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200d) || c == 0x202f ||
           c == 0x205f || c == 0x2060 || c == 0x3000;
}

bool client_name_is_valid(struct str client_name)
{
    size_t characters = 0;
    bool is_blank = true;
    while (client_name.len > 0) {
        uint32_t character;
        if (!utf8_next(&client_name, &character) || character_is_dangerous(character) ||
            ++characters > CLIENT_NAME_CHARACTERS_MAX)
            return false;
        is_blank = is_blank && character_is_blank(character);
    }
    return !is_blank;
}

/* members */

/* The member, NULL when it is not there or null. */
static json_t *member_of(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return json_is_null(value) ? NULL : value;
}

static enum failure read_text(json_t *value, struct arena *arena, struct str *ret_text)
{
    struct str copy =
        arena_dup(arena, str_from_bytes(json_string_value(value), json_string_length(value)));
    if (!str_is_present(copy))
        return FAIL_LIMIT_REACHED;
    *ret_text = copy;
    return OK;
}

static enum failure read_client_name(json_t *object, struct arena *arena, struct str *ret_name)
{
    json_t *value = member_of(object, "client_name");
    if (value == NULL)
        return OK;
    if (!json_is_string(value) ||
        !client_name_is_valid(str_from_bytes(json_string_value(value), json_string_length(value))))
        return FAIL_CLIENT_NAME_INVALID;
    return read_text(value, arena, ret_name);
}

static enum failure read_redirect_uris(json_t *object, struct arena *arena, struct strs *ret_uris)
{
    json_t *value = member_of(object, "redirect_uris");
    struct strs uris = {.len = json_array_size(value)};
    if (uris.len < 1 || uris.len > REDIRECT_URIS_MAX)
        return FAIL_REDIRECT_URIS_INVALID;
    uris.at = arena_take_array(arena, uris.len, sizeof(*uris.at));
    if (uris.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < uris.len; i++) {
        json_t *uri = json_array_get(value, i);
        if (!json_is_string(uri))
            return FAIL_REDIRECT_URIS_INVALID;
        TRY(read_text(uri, arena, &uris.at[i]));
        TRY(redirect_uri_check(uris.at[i]));
    }
    *ret_uris = uris;
    return OK;
}

static enum failure read_scope(json_t *object, struct arena *arena, struct str *ret_scope)
{
    json_t *value = member_of(object, "scope");
    struct str scope = STR_ABSENT;
    if (value == NULL)
        return OK;
    if (!json_is_string(value))
        return FAIL_SCOPE_MALFORMED;
    TRY(read_text(value, arena, &scope));
    TRY(scope_check(scope));
    if (!str_is_empty(scope))
        *ret_scope = scope;
    return OK;
}

static enum failure read_method(json_t *object, struct arena *arena, struct str *ret_method)
{
    json_t *value = member_of(object, "token_endpoint_auth_method");
    struct str method = STR("none");
    if (value != NULL && !json_is_string(value))
        return FAIL_CLIENT_METADATA_INVALID;
    if (value != NULL)
        TRY(read_text(value, arena, &method));
    if (!client_authentication_method_is_known(method) &&
        !str_equals(method, STR("private_key_jwt")))
        return FAIL_CLIENT_METADATA_INVALID;
    *ret_method = method;
    return OK;
}

/* The set as compact JSON. */
static enum failure read_jwks(json_t *value, struct arena *arena, struct str *ret_jwks)
{
    char text[JWKS_BYTES_MAX];
    TRY(client_jwks_check(value));
    size_t len = json_dumpb(value, text, sizeof(text), JSON_COMPACT);
    if (len == 0 || len > sizeof(text))
        return FAIL_CLIENT_METADATA_INVALID;
    struct str copy = arena_dup(arena, str_from_bytes(text, len));
    if (!str_is_present(copy))
        return FAIL_LIMIT_REACHED;
    *ret_jwks = copy;
    return OK;
}

static enum failure read_jwks_uri(json_t *value, struct arena *arena, struct str *ret_jwks_uri)
{
    struct uri uri;
    if (!json_is_string(value))
        return FAIL_CLIENT_METADATA_INVALID;
    TRY(read_text(value, arena, ret_jwks_uri));
    return document_url_check(*ret_jwks_uri, &uri) == OK ? OK : FAIL_CLIENT_METADATA_INVALID;
}

/* RFC 7591 2: one of jwks and jwks_uri, never both. Clients that do not authenticate with a key
 * send them for uses that we do not have. */
static enum failure read_keys(json_t *object, struct arena *arena, struct client_metadata *metadata)
{
    json_t *jwks = member_of(object, "jwks"), *jwks_uri = member_of(object, "jwks_uri");
    if (jwks != NULL && jwks_uri != NULL)
        return FAIL_CLIENT_METADATA_INVALID;
    if (!str_equals(metadata->token_endpoint_auth_method, STR("private_key_jwt")))
        return OK;
    if (jwks != NULL)
        return read_jwks(jwks, arena, &metadata->jwks);
    return read_jwks_uri(jwks_uri, arena, &metadata->jwks_uri);
}

/* What we know of a list; the first of the known is indispensable. RFC 7591 2 lets a server drop
 * the rest, and clients do ask for grants that we do not have. */
static enum failure read_known(json_t *value, struct strs known, struct arena *arena,
                               struct strs *ret_list)
{
    struct strs list = {.at = arena_take_array(arena, known.len, sizeof(*list.at))};
    if (list.at == NULL)
        return FAIL_LIMIT_REACHED;
    if (value != NULL && !json_is_array(value))
        return FAIL_CLIENT_METADATA_INVALID;
    for (size_t i = 0; i < known.len; i++) {
        bool is_wanted = value == NULL;
        for (size_t j = 0; j < json_array_size(value) && !is_wanted; j++)
            is_wanted = json_is_string(json_array_get(value, j)) &&
                        str_equals_cstr(known.at[i], json_string_value(json_array_get(value, j)));
        if (is_wanted)
            list.at[list.len++] = known.at[i];
        else if (i == 0)
            return FAIL_CLIENT_METADATA_INVALID;
    }
    *ret_list = list;
    return OK;
}

static enum failure read_application_type(json_t *object, struct str *ret_type)
{
    json_t *value = member_of(object, "application_type");
    struct str type = str_from_cstr(json_string_value(value));
    if (value != NULL && !json_is_string(value))
        return FAIL_CLIENT_METADATA_INVALID;
    if (str_equals(type, STR("web")))
        *ret_type = STR("web");
    else if (str_equals(type, STR("native")))
        *ret_type = STR("native");
    return OK;
}

static enum failure object_load(struct str text, json_t **ret_object)
{
    if (text.len > CLIENT_METADATA_BYTES_MAX)
        return FAIL_JSON_MALFORMED;
    json_t *object = json_loadb(text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(object)) {
        json_decref(object);
        return FAIL_JSON_MALFORMED;
    }
    *ret_object = object;
    return OK;
}

static enum failure read_metadata(json_t *object, struct arena *arena,
                                  struct client_metadata *ret_metadata)
{
    static struct str grant_types[] = {STR_INIT("authorization_code"), STR_INIT("refresh_token")};
    static struct str response_types[] = {STR_INIT("code")};
    struct client_metadata metadata = {.client_name = STR_ABSENT};
    TRY(read_redirect_uris(object, arena, &metadata.redirect_uris));
    TRY(read_client_name(object, arena, &metadata.client_name));
    TRY(read_scope(object, arena, &metadata.scope));
    TRY(read_method(object, arena, &metadata.token_endpoint_auth_method));
    TRY(read_keys(object, arena, &metadata));
    TRY(read_known(member_of(object, "grant_types"), (struct strs){grant_types, 2}, arena,
                   &metadata.grant_types));
    TRY(read_known(member_of(object, "response_types"), (struct strs){response_types, 1}, arena,
                   &metadata.response_types));
    TRY(read_application_type(object, &metadata.application_type));
    *ret_metadata = metadata;
    return OK;
}

enum failure client_metadata_parse(struct arena *arena, struct str text,
                                   struct client_metadata *ret_metadata)
{
    OWNED_JSON object = NULL;
    TRY(object_load(text, &object));
    return read_metadata(object, arena, ret_metadata);
}

static enum failure read_client_id(json_t *object, struct str client_id)
{
    json_t *value = member_of(object, "client_id");
    struct str sent = str_from_bytes(json_string_value(value), json_string_length(value));
    return json_is_string(value) && str_equals(sent, client_id) ? OK : FAIL_CLIENT_ID_DIFFERS;
}

static enum failure read_client_secret(json_t *object, struct arena *arena, struct str *ret_secret)
{
    json_t *value = member_of(object, "client_secret");
    if (value == NULL)
        return OK;
    return json_is_string(value) ? read_text(value, arena, ret_secret) : FAIL_CLIENT_SECRET_DIFFERS;
}

enum failure client_metadata_parse_update(struct arena *arena, struct str text,
                                          struct str client_id,
                                          struct client_metadata *ret_metadata,
                                          struct str *ret_client_secret)
{
    static const char *const ours[] = {"registration_access_token", "registration_client_uri",
                                       "client_secret_expires_at", "client_id_issued_at"};
    struct client_metadata metadata;
    struct str client_secret = STR_ABSENT;
    OWNED_JSON object = NULL;
    TRY(object_load(text, &object));
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (member_of(object, ours[i]) != NULL)
            return FAIL_CLIENT_METADATA_OURS;
    TRY(read_client_id(object, client_id));
    TRY(read_client_secret(object, arena, &client_secret));
    TRY(read_metadata(object, arena, &metadata));
    *ret_metadata = metadata;
    *ret_client_secret = client_secret;
    return OK;
}

/* documents */

enum failure client_metadata_parse_document(struct arena *arena, struct str url, struct str text,
                                            struct client_metadata *ret_metadata)
{
    struct client_metadata metadata;
    OWNED_JSON object = NULL;
    if (text.len > DOCUMENT_BYTES_MAX)
        return FAIL_JSON_MALFORMED;
    TRY(object_load(text, &object));
    TRY(read_client_id(object, url));
    if (json_object_get(object, "client_secret") != NULL ||
        json_object_get(object, "client_secret_expires_at") != NULL)
        return FAIL_DOCUMENT_INVALID;
    TRY(read_metadata(object, arena, &metadata));
    if (!str_is_present(metadata.client_name))
        return FAIL_CLIENT_NAME_INVALID;
    /* What everybody can read is no secret: none, or a key of which the public half is here. */
    if (!str_equals(metadata.token_endpoint_auth_method, STR("none")) &&
        !str_equals(metadata.token_endpoint_auth_method, STR("private_key_jwt")))
        return FAIL_DOCUMENT_INVALID;
    *ret_metadata = metadata;
    return OK;
}

/* policy */

static enum failure find_server(const struct servers *servers, struct str scope,
                                const struct server **ret_server)
{
    if (scope_count_mcp(scope) > 1)
        return FAIL_SCOPE_AMBIGUOUS;
    if (scope_count_mcp(scope) == 0)
        return OK;
    const struct server *server = servers_find_scope(servers, scope_find_mcp(scope));
    if (server == NULL)
        return FAIL_SCOPE_SERVER_UNKNOWN;
    *ret_server = server;
    return OK;
}

enum failure client_metadata_apply_policy(struct arena *arena, const struct servers *servers,
                                          struct client_metadata *metadata)
{
    const struct server *server = NULL;
    TRY(find_server(servers, metadata->scope, &server));
    struct strs kept = {.at =
                            arena_take_array(arena, metadata->redirect_uris.len, sizeof(*kept.at))};
    if (kept.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < metadata->redirect_uris.len; i++) {
        struct str uri = metadata->redirect_uris.at[i];
        enum redirect_uri_kind kind;
        TRY(redirect_uri_classify(uri, &kind));
        enum failure failure = servers_check_redirect_uri(servers, server, uri);
        if (failure == OK)
            kept.at[kept.len++] = uri;
        else if (kind != REDIRECT_URI_PRIVATE_USE)
            return failure;
    }
    if (kept.len == 0)
        return FAIL_REDIRECT_URI_NOT_ALLOWED;
    struct str name = metadata->client_name;
    if (!str_is_present(name)) {
        name = str_first(redirect_uri_shown_host(arena, kept.at[0]), CLIENT_NAME_CHARACTERS_MAX);
        if (!str_is_present(name))
            return FAIL_LIMIT_REACHED;
    }
    metadata->redirect_uris = kept;
    metadata->client_name = name;
    return OK;
}

struct str client_metadata_domain(const struct servers *servers,
                                  const struct client_metadata *metadata)
{
    const struct server *server = servers_find_scope(servers, scope_find_mcp(metadata->scope));
    struct str domain = server != NULL ? server->domain : servers_find_only_domain(servers);
    return str_is_present(domain) ? domain : STR("any");
}
