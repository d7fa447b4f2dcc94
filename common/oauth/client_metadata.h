/* Client metadata (RFC 7591 2), as a registration request or a metadata document carries it.
 *
 *     struct client_metadata metadata;
 *     TRY(client_metadata_parse(arena, body, &metadata));
 *     TRY(client_metadata_apply_policy(arena, servers, &metadata));
 *     client_id_make(arena, client_metadata_domain(servers, &metadata), seed);
 *
 * Parsing checks what can be seen in the document alone; the policy is that of the servers file.
 * Unknown members are ignored, and so are those that we have no use for (client_uri, logo_uri,
 * contacts ...): real clients send them all. Texts live in the arena. */
#ifndef COMMON_OAUTH_CLIENT_METADATA_H
#define COMMON_OAUTH_CLIENT_METADATA_H

#include "common/oauth/servers.h"

struct client_metadata {
    /* When the client sends none, the shown host of its first redirect URI (after the policy).
     * Absent between parse and apply_policy then. */
    struct str client_name;
    struct strs redirect_uris;
    struct str scope;                      /* as sent; absent without one */
    struct str token_endpoint_auth_method; /* "none" when not sent */
    /* Of private_key_jwt exactly one of the two, absent of others (RFC 7591 2): the client's public
     * keys as a JWK set in JSON, or the URL that serves it (document_url.h). */
    struct str jwks;
    struct str jwks_uri;
    struct strs grant_types;     /* what we know of those sent; both of ours when not sent */
    struct strs response_types;  /* "code" */
    struct str application_type; /* "web" or "native"; absent without */
};

/* FAIL_JSON_MALFORMED          not a JSON object, or more than CLIENT_METADATA_BYTES_MAX
 * FAIL_CLIENT_NAME_INVALID     not 1 to 100 characters, a control or direction-changing one, blank
 * FAIL_REDIRECT_URIS_INVALID   not a list of 1 to 10 texts
 * FAIL_REDIRECT_URI_MALFORMED  RFC 6749 3.1.2
 * FAIL_SCOPE_MALFORMED         RFC 6749 3.3
 * FAIL_CLIENT_METADATA_INVALID an unknown token_endpoint_auth_method, grant_types without
 *                              authorization_code, response_types without code, a wrong type,
 *                              private_key_jwt without usable jwks or jwks_uri, or both of them
 * A member that is null counts as not sent. */
enum failure client_metadata_parse(struct arena *arena, struct str text,
                                   struct client_metadata *ret_metadata) MUST_CHECK;

/* A client update request (RFC 7592 2.2): the same, for the client of this client_id. The secret
 * that it names, absent without one, is the caller's to compare. FAIL_CLIENT_ID_DIFFERS client_id
 * is missing or another FAIL_CLIENT_SECRET_DIFFERS client_secret is no text
 * FAIL_CLIENT_METADATA_OURS  a member that only the server sets */
enum failure client_metadata_parse_update(struct arena *arena, struct str text,
                                          struct str client_id,
                                          struct client_metadata *ret_metadata,
                                          struct str *ret_client_secret) MUST_CHECK;

/* A client ID metadata document that was fetched from url (draft-ietf-oauth-client-id-metadata-
 * document 4, MCP 2025-11-25). What the document says beyond that is judged as above.
 * FAIL_JSON_MALFORMED       also for more than DOCUMENT_BYTES_MAX
 * FAIL_CLIENT_ID_DIFFERS    client_id is not url, character by character
 * FAIL_DOCUMENT_INVALID     a client_secret or client_secret_expires_at; a method that needs a
 *                           shared secret
 * FAIL_CLIENT_NAME_INVALID  also when it is missing */
enum failure client_metadata_parse_document(struct arena *arena, struct str url, struct str text,
                                            struct client_metadata *ret_metadata) MUST_CHECK;

/* Drops private-use redirect URIs that no policy allows and refuses web and loopback ones; the
 * policy is that of the registered scope's server, without one the union of all. Gives the default
 * name.
 * FAIL_SCOPE_SERVER_UNKNOWN, FAIL_SCOPE_AMBIGUOUS (two servers), FAIL_REDIRECT_URI_NOT_ALLOWED
 * (also when nothing is left). Changes *metadata only on success. */
enum failure client_metadata_apply_policy(struct arena *arena, const struct servers *servers,
                                          struct client_metadata *metadata) MUST_CHECK;

/* For mcp_<domain>_<uuid>: the domain of the scope's server; else the only configured one; else
 * "any". */
struct str client_metadata_domain(const struct servers *servers,
                                  const struct client_metadata *metadata);

/* 1 to CLIENT_NAME_CHARACTERS_MAX characters (not bytes) of UTF-8, not all blank, without controls
 * and without marks that turn the direction of the text around it. */
bool client_name_is_valid(struct str client_name);

#endif
