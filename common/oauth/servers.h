/* The servers file: which MCP servers exist, who may reach them, where their clients may be sent,
 * and which clients are registered beforehand. The original's config.json is a valid one.
 *
 *     struct str problem;
 *     if (servers_new_from_json(text, arena, &servers, &problem) != OK)
 *         log_error("servers.broken", LOG_STR("problem", problem));    the old ones stay
 *     const struct server *server = servers_find_scope(servers, STR("mcp:example.com:tools"));
 *     servers_free(servers);
 *
 * Everything reached from a struct servers dies with it: copy what must outlive a reload. */
#ifndef COMMON_OAUTH_SERVERS_H
#define COMMON_OAUTH_SERVERS_H

#include "common/oauth/redirect_uri.h"

enum { SERVERS_REAUTHENTICATE_AFTER_S = 24 * 3600 };

struct server {
    struct str domain;         /* "example.com" */
    struct str key;            /* "github-tools" */
    struct str scope;          /* "mcp:example.com:github-tools" */
    struct str name;           /* for people; the key when the file has none */
    struct str description;    /* may be empty */
    struct strs allowed_users; /* logins */
    int64_t *allowed_ids;      /* GitHub user ids */
    size_t allowed_ids_len;
    struct strs allowed_orgs;
    struct strs allowed_teams;              /* "org/team" */
    struct str resource;                    /* RFC 8707; absent without one */
    struct redirect_policy redirects;       /* the file's redirect_hosts and its own */
    struct str introspection_secret_sha256; /* 64 hex digits; absent without one */
    bool asks_consent_before_github;
    int64_t reauthenticate_after_s; /* for users whom an organisation or team admitted */
};

/* A client that needs no registration. */
struct servers_client {
    struct str client_id;
    struct str client_name;
    struct strs redirect_uris;
    struct str scope;                      /* absent without one */
    struct str token_endpoint_auth_method; /* none, client_secret_basic or client_secret_post */
    struct str client_secret_sha256;       /* 64 hex digits; absent with "none" */
};

struct servers {
    struct server *at;
    size_t len; /* 1 or more */
    struct servers_client *clients;
    size_t clients_len;
    struct arena *arena; /* where all of it lives */
};

/* Who asks to be let in. */
struct servers_user {
    struct str login;
    int64_t id;
    struct strs orgs;  /* logins of organisations; empty when not asked */
    struct strs teams; /* "org/team" */
};

/* FAIL_CONFIGURATION_INVALID, and then (only then) one sentence in *ret_problem, in the arena, that
 * names the member to change. A file without any server is broken, not empty. Unknown members are
 * refused, because a misspelt rule would silently not apply; names that begin with '$' or '_' are
 * comments. */
enum failure servers_new_from_json(struct str text, struct arena *arena,
                                   struct servers **ret_servers,
                                   struct str *ret_problem) MUST_CHECK;
void servers_free(struct servers *servers); /* accepts NULL */

/* NULL when there is none. */
const struct server *servers_find(const struct servers *servers, struct str domain, struct str key);
const struct server *servers_find_scope(const struct servers *servers, struct str scope);
const struct server *servers_find_resource(const struct servers *servers, struct str resource);
const struct server *servers_find_only(const struct servers *servers); /* the single one there is */
const struct servers_client *servers_find_client(const struct servers *servers,
                                                 struct str client_id);
/* The domain that all servers share; the absent text when there are several. */
struct str servers_find_only_domain(const struct servers *servers);

/* RFC 8707 2: every value must be well formed (FAIL_RESOURCE_MALFORMED); none may name another
 * server of the file, and each must be this server's own when it has one configured
 * (FAIL_RESOURCE_FOREIGN). */
enum failure servers_check_resources(const struct servers *servers, const struct server *server,
                                     struct strs resources) MUST_CHECK;
/* server NULL: the union of all servers' policies. FAIL_REDIRECT_URI_MALFORMED, _NOT_ALLOWED. */
enum failure servers_check_redirect_uri(const struct servers *servers, const struct server *server,
                                        struct str redirect_uri) MUST_CHECK;

/* At sign-in: FAIL_USER_NOT_ALLOWED, or what admitted the person: "id:583231", "user:octocat",
 * "org:my-org", "team:my-org/platform", asked in this order. Names compare without case. The rule
 * is made in the arena. */
enum failure servers_check_user(const struct server *server, const struct servers_user *user,
                                struct arena *arena, struct str *ret_rule) MUST_CHECK;
/* After the sign-in: the login or id is listed now, or the organisation or team that admitted the
 * person still is. Membership can end without a change of the file: reauthenticate_after_s applies
 * to it. */
enum servers_admission { SERVERS_REFUSES, SERVERS_NAMES_USER, SERVERS_TRUSTS_MEMBERSHIP };
enum servers_admission servers_still_admits(const struct server *server, struct str rule,
                                            struct str login, int64_t user_id);
/* Whether sign-in must ask GitHub for organisations or teams (scope read:org). */
bool servers_has_membership_rules(const struct server *server);

#endif
