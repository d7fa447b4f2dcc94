/* Every endpoint of the edge: one file each, named by its path. routes.c is the table. */
#ifndef SERVICES_EDGE_ENDPOINTS_H
#define SERVICES_EDGE_ENDPOINTS_H

#include "services/edge/errand.h"

route_handler authorize_handle;       /* GET /authorize (RFC 6749 4.1.1) */
route_handler authorize_handle_form;  /* POST /authorize: the consent form */
route_handler callback_handle;        /* GET /auth/github/callback */
route_handler token_handle;           /* POST /token (RFC 6749 3.2) */
route_handler validate_handle;        /* POST /validate (the original's) */
route_handler revoke_handle;          /* POST /revoke (RFC 7009) */
route_handler introspect_handle;      /* POST /introspect (RFC 7662) */
route_handler userinfo_handle;        /* GET, POST /userinfo (OpenID Connect Core 5.3) */
route_handler verify_handle;          /* GET /verify: forward authentication */
route_handler admin_revoke_handle;    /* POST /admin/revoke (the original's) */
route_handler register_handle;        /* POST /register (RFC 7591 3.1) */
route_handler client_handle;          /* GET /client/{client_id} (RFC 7592 2.1) */
route_handler client_update_handle;   /* PUT /client/{client_id} (RFC 7592 2.2) */
route_handler client_delete_handle;   /* DELETE /client/{client_id} (RFC 7592 2.3) */
route_handler metadata_handle;        /* GET /.well-known/oauth-authorization-server (RFC 8414) */
route_handler metadata_handle_openid; /* GET /.well-known/openid-configuration */
/* GET /.well-known/oauth-protected-resource... (RFC 9728 3) */
route_handler protected_resource_handle;
route_handler keys_handle;    /* GET /.well-known/jwks.json (RFC 7517) */
route_handler landing_handle; /* GET / */
route_handler health_handle;  /* GET /health */
route_handler ready_handle;   /* GET /ready */

/* What some prepare at start, once; false when the arena is full. */
bool metadata_init(const struct edge *edge);
bool landing_init(const struct edge *edge);
/* The link's on_keys: the union of the signers' keys, a JWK set. */
void keys_set(struct str keys);
bool keys_are_known(void);
size_t keys_count(void); /* that are published */
void keys_forget(void);  /* at the end */

#endif
