/* Redirect URIs: what they may look like, which ones an MCP server trusts, and when two are the
 * same (RFC 6749 3.1.2, RFC 8252, RFC 9700 4.1).
 *
 *     TRY(redirect_uri_check(text));
 *     TRY(redirect_uri_check_policy(text, &server->redirects));
 *     if (!redirect_uris_contain(client.redirect_uris, text))
 *         return FAIL_REDIRECT_URI_NOT_REGISTERED;
 *
 * Three kinds: web (https), loopback (http or https on this machine) and private-use (`cursor:`).
 */
#ifndef COMMON_OAUTH_REDIRECT_URI_H
#define COMMON_OAUTH_REDIRECT_URI_H

#include "common/base/arena.h"
#include "common/base/failure.h"

enum redirect_uri_kind {
    REDIRECT_URI_WEB,
    REDIRECT_URI_LOOPBACK,    /* any local program can listen there */
    REDIRECT_URI_PRIVATE_USE, /* any local program can claim the scheme */
};

/* What one MCP server trusts. */
struct redirect_policy {
    struct str domain; /* of its scope: this host is always trusted */
    struct strs hosts; /* further hosts; "localhost" any loopback host and port; "name:" a scheme */
};

/* Syntax only. FAIL_REDIRECT_URI_MALFORMED: not absolute, a fragment, userinfo, longer than
 * REDIRECT_URI_BYTES_MAX, http beyond loopback, or a scheme that never is a target (javascript,
 * data, file, blob, about). */
enum failure redirect_uri_check(struct str text) MUST_CHECK;
/* The same, and tells the kind. */
enum failure redirect_uri_classify(struct str text, enum redirect_uri_kind *ret_kind) MUST_CHECK;

/* FAIL_REDIRECT_URI_NOT_ALLOWED when the policy trusts neither host nor scheme. */
enum failure redirect_uri_check_policy(struct str text,
                                       const struct redirect_policy *policy) MUST_CHECK;
/* One entry of redirect_hosts: a lower-case host, or a permissible private-use scheme and ':'. */
bool redirect_policy_host_is_valid(struct str host);

/* Byte for byte (RFC 9700 4.1.3), except the port of a loopback URI (RFC 8252 7.3). */
bool redirect_uri_matches(struct str registered, struct str requested);
bool redirect_uris_contain(struct strs registered, struct str requested);

/* Whether an approval for it may be remembered: only for https on a host that is not loopback. */
bool redirect_uri_remembers_consent(struct str text);
/* Where the person will be sent, for the consent page: "claude.ai", "localhost:33418", "cursor:".
 * The absent text when the URI is malformed or the arena is full. */
struct str redirect_uri_shown_host(struct arena *arena, struct str text);

#endif
