#include "services/edge/endpoints.h"
#include "services/edge/problem.h"

#define METADATA "/.well-known/oauth-authorization-server"
#define OPENID   "/.well-known/openid-configuration"
#define OPENID_  "/.well-known/openid_configuration" /* the original's spelling */
#define JWKS     "/.well-known/jwks.json"
#define BASIC    "Basic realm=\"mcp-oauth\""
#define BEARER   "Bearer error=\"invalid_token\""

/* clang-format off */
const struct route ROUTES[] = {
    {"/token",                ROUTE_EXACT,      ROUTE_CORS,    NULL,                   token_handle,          problem_send_json,     BASIC},
    {"/validate",             ROUTE_EXACT,      ROUTE_CORS,    NULL,                   validate_handle,       problem_send_validate, NULL},
    {JWKS,                    ROUTE_EXACT,      ROUTE_CORS,    keys_handle,            NULL,                  problem_send_json,     NULL},
    {METADATA,                ROUTE_WELL_KNOWN, ROUTE_CORS,    metadata_handle,        NULL,                  problem_send_json,     NULL},
    {OPENID,                  ROUTE_WELL_KNOWN, ROUTE_CORS,    metadata_handle_openid, NULL,                  problem_send_json,     NULL},
    {OPENID_,                 ROUTE_WELL_KNOWN, ROUTE_CORS,    metadata_handle_openid, NULL,                  problem_send_json,     NULL},
    {"/authorize",            ROUTE_EXACT,      ROUTE_NO_HEAD, authorize_handle,       authorize_handle_form, problem_send_page,     NULL},
    {"/auth/github/callback", ROUTE_EXACT,      ROUTE_NO_HEAD, callback_handle,        NULL,                  problem_send_page,     NULL},
    {"/register",             ROUTE_EXACT,      ROUTE_CORS,    NULL,                   register_handle,       problem_send_json,     NULL},
    {"/client/",              ROUTE_SEGMENT,    0,             client_handle,          NULL,                  problem_send_json,     BEARER},
    {"/revoke",               ROUTE_EXACT,      ROUTE_CORS,    NULL,                   revoke_handle,         problem_send_json,     BASIC},
    {"/admin/revoke",         ROUTE_EXACT,      ROUTE_CORS,    NULL,                   admin_revoke_handle,   problem_send_json,     NULL},
    {"/",                     ROUTE_EXACT,      0,             landing_handle,         NULL,                  problem_send_page,     NULL},
    {"/health",               ROUTE_EXACT,      0,             health_handle,          NULL,                  problem_send_json,     NULL},
    {"/ready",                ROUTE_EXACT,      0,             ready_handle,           NULL,                  problem_send_json,     NULL},
};
/* clang-format on */
const size_t ROUTES_COUNT = sizeof(ROUTES) / sizeof(ROUTES[0]);

const struct route ROUTE_NONE = {.path = "none", .problem = problem_send_page};
