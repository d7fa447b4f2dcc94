#include "services/edge/bearer.h"
#include "services/edge/endpoints.h"
#include "services/edge/problem.h"

#define METADATA "/.well-known/oauth-authorization-server"
#define OPENID   "/.well-known/openid-configuration"
#define OPENID_  "/.well-known/openid_configuration" /* the original's spelling */
#define RESOURCE "/.well-known/oauth-protected-resource"
#define JWKS     "/.well-known/jwks.json"
#define BASIC    "Basic realm=\"mcp-oauth\""
#define BEARER   "Bearer error=\"invalid_token\""

/* clang-format off */
const struct route ROUTES[] = {
    {"/token",                ROUTE_EXACT,      ROUTE_CORS,    {.post = token_handle},                                   problem_send_json,     BASIC},
    {"/validate",             ROUTE_EXACT,      ROUTE_CORS,    {.post = validate_handle},                                problem_send_validate, NULL},
    {JWKS,                    ROUTE_EXACT,      ROUTE_CORS,    {.get = keys_handle},                                     problem_send_json,     NULL},
    {METADATA,                ROUTE_WELL_KNOWN, ROUTE_CORS,    {.get = metadata_handle},                                 problem_send_json,     NULL},
    {OPENID,                  ROUTE_WELL_KNOWN, ROUTE_CORS,    {.get = metadata_handle_openid},                          problem_send_json,     NULL},
    {OPENID_,                 ROUTE_WELL_KNOWN, ROUTE_CORS,    {.get = metadata_handle_openid},                          problem_send_json,     NULL},
    {RESOURCE,                ROUTE_BELOW,      ROUTE_CORS,    {.get = protected_resource_handle},                       problem_send_json,     NULL},
    {"/authorize",            ROUTE_EXACT,      ROUTE_NO_HEAD, {.get = authorize_handle, .post = authorize_handle_form}, problem_send_page,     NULL},
    {"/auth/github/callback", ROUTE_EXACT,      ROUTE_NO_HEAD, {.get = callback_handle},                                 problem_send_page,     NULL},
    {"/register",             ROUTE_EXACT,      ROUTE_CORS,    {.post = register_handle},                                problem_send_json,     NULL},
    {"/client/",              ROUTE_SEGMENT,    0,             {.get = client_handle, .put = client_update_handle, .delete = client_delete_handle},
                                                               problem_send_json,     BEARER},
    {"/revoke",               ROUTE_EXACT,      ROUTE_CORS,    {.post = revoke_handle},                                  problem_send_json,     BASIC},
    {"/introspect",           ROUTE_EXACT,      0,             {.post = introspect_handle},                              problem_send_json,     BASIC},
    {"/userinfo",             ROUTE_EXACT,      ROUTE_CORS,    {.get = userinfo_handle, .post = userinfo_handle},        problem_send_bearer,   NULL},
    {"/verify",               ROUTE_EXACT,      0,             {.get = verify_handle},                                   problem_send_json,     NULL},
    {"/admin/revoke",         ROUTE_EXACT,      ROUTE_CORS,    {.post = admin_revoke_handle},                            problem_send_json,     NULL},
    {"/",                     ROUTE_EXACT,      0,             {.get = landing_handle},                                  problem_send_page,     NULL},
    {"/health",               ROUTE_EXACT,      0,             {.get = health_handle},                                   problem_send_json,     NULL},
    {"/ready",                ROUTE_EXACT,      0,             {.get = ready_handle},                                    problem_send_json,     NULL},
};
/* clang-format on */
const size_t ROUTES_COUNT = sizeof(ROUTES) / sizeof(ROUTES[0]);
_Static_assert(sizeof(ROUTES) / sizeof(ROUTES[0]) < ROUTES_MAX, "each route is counted");

const struct route ROUTE_NONE = {.path = "none", .problem = problem_send_page};
