/* The failure table: FAILURE(symbol, name, OAuth error, HTTP status, clause, error_description).
 * Included several times by failure.h and failure.c, hence no guard. Descriptions keep to the
 * characters that RFC 6749 5.2 allows: no double quote, no backslash. */

/* the request as a whole */
FAILURE(REQUEST_MALFORMED, "request_malformed", "invalid_request", 400, "RFC 6749 5.2",
        "The request could not be read. Send the parameters as application/x-www-form-urlencoded.")
FAILURE(REQUEST_HEAD_MALFORMED, "request_head_malformed", "invalid_request", 400, "RFC 9112 3",
        "The HTTP request is malformed.")
FAILURE(PARAMETER_DUPLICATE, "parameter_duplicate", "invalid_request", 400, "RFC 6749 3.1",
        "A parameter is included more than once.")
FAILURE(PARAMETER_TOO_LONG, "parameter_too_long", "invalid_request", 400, "RFC 6749 5.2",
        "A parameter is longer than this server accepts.")
FAILURE(CONTENT_TYPE_NOT_FORM, "content_type_not_form", "invalid_request", 400, "RFC 6749 3.2",
        "The body must have the content type application/x-www-form-urlencoded.")
FAILURE(CONTENT_TYPE_NOT_JSON, "content_type_not_json", "invalid_request", 400, "RFC 7591 3.1",
        "The body must have the content type application/json.")
FAILURE(JSON_MALFORMED, "json_malformed", "invalid_request", 400, "RFC 8259",
        "The body is not a JSON object.")
FAILURE(BODY_TOO_LARGE, "body_too_large", "invalid_request", 413, "RFC 9110 15.5.14",
        "The body is larger than this server accepts.")
FAILURE(NOT_FOUND, "not_found", "not_found", 404, "RFC 9110 15.5.5",
        "There is nothing at this address. GET / lists the endpoints.")
FAILURE(METHOD_NOT_ALLOWED, "method_not_allowed", "invalid_request", 405, "RFC 9110 15.5.6",
        "This endpoint does not support the method; the Allow header lists those it does.")

/* the authorization endpoint */
FAILURE(RESPONSE_TYPE_MISSING, "response_type_missing", "invalid_request", 400, "RFC 6749 4.1.1",
        "response_type is missing; it must be code.")
FAILURE(RESPONSE_TYPE_UNSUPPORTED, "response_type_unsupported", "unsupported_response_type", 400,
        "RFC 6749 4.1.2.1", "The only response_type is code.")
FAILURE(CLIENT_ID_MISSING, "client_id_missing", "invalid_request", 400, "RFC 6749 4.1.1",
        "client_id is missing.")
FAILURE(CLIENT_UNKNOWN, "client_unknown", "invalid_client", 401, "RFC 6749 5.2",
        "This client is not registered, or its registration has expired. Register again.")
FAILURE(REDIRECT_URI_MISSING, "redirect_uri_missing", "invalid_request", 400, "RFC 6749 3.1.2.3",
        "redirect_uri is missing, and the client has registered more than one.")
FAILURE(REDIRECT_URI_NOT_REGISTERED, "redirect_uri_not_registered", "invalid_request", 400,
        "RFC 9700 2.1", "redirect_uri is not one that this client has registered.")
FAILURE(REDIRECT_URI_NOT_ALLOWED, "redirect_uri_not_allowed", "invalid_redirect_uri", 400,
        "RFC 7591 3.2.2",
        "The redirect URI's host is not allowed for this MCP server; see redirect_hosts in the "
        "servers file.")
FAILURE(REDIRECT_URI_MALFORMED, "redirect_uri_malformed", "invalid_redirect_uri", 400,
        "RFC 6749 3.1.2",
        "A redirect URI must be absolute, without a fragment, and https unless it is a loopback "
        "address or an allowed private-use scheme.")
FAILURE(CODE_CHALLENGE_MISSING, "code_challenge_missing", "invalid_request", 400, "RFC 7636 4.4.1",
        "code_challenge is missing; this server requires PKCE.")
FAILURE(CODE_CHALLENGE_MALFORMED, "code_challenge_malformed", "invalid_request", 400,
        "RFC 7636 4.2",
        "code_challenge must be the base64url SHA-256 of the verifier, 43 "
        "characters.")
FAILURE(CODE_CHALLENGE_METHOD_UNSUPPORTED, "code_challenge_method_unsupported", "invalid_request",
        400, "RFC 7636 4.3", "The only code_challenge_method is S256.")
FAILURE(STATE_TOO_LONG, "state_too_long", "invalid_request", 400, "RFC 6749 4.1.1",
        "state is longer than this server accepts.")
FAILURE(LOGIN_REQUIRED, "login_required", "login_required", 400, "OpenID Connect Core 3.1.2.6",
        "The person must sign in, which prompt=none or max_age does not allow here.")
FAILURE(PROMPT_CONTRADICTORY, "prompt_contradictory", "invalid_request", 400,
        "OpenID Connect Core 3.1.2.1", "prompt=none cannot stand with another value.")
FAILURE(ACCESS_DENIED, "access_denied", "access_denied", 403, "RFC 6749 4.1.2.1",
        "The person did not grant access.")
FAILURE(USER_NOT_ALLOWED, "user_not_allowed", "access_denied", 403, "RFC 6749 4.1.2.1",
        "This GitHub account is not on the access list of this MCP server.")
FAILURE(SESSION_UNKNOWN, "session_unknown", "invalid_request", 400, "RFC 6749 10.12",
        "This sign-in has expired or was never begun here. Start again from your app.")
FAILURE(BROWSER_FOREIGN, "browser_foreign", "invalid_request", 403, "RFC 9700 4.7",
        "This sign-in was begun in another browser. Start again from your app, in this browser.")
FAILURE(STATE_FORGED, "state_forged", "invalid_request", 403, "RFC 6749 10.12",
        "The state parameter does not belong to this sign-in.")
FAILURE(CSRF_TOKEN_FORGED, "csrf_token_forged", "invalid_request", 403, "RFC 6749 10.12",
        "The form does not belong to this sign-in. Start again from your app.")
FAILURE(DECISION_UNKNOWN, "decision_unknown", "invalid_request", 400, "RFC 6749 4.1.1",
        "decision must be approve, deny or switch.")
FAILURE(ALREADY_CONNECTED, "already_connected", "invalid_request", 409, "RFC 6749 4.1.2",
        "This sign-in is complete and its code has been used.")

/* scope and resource */
FAILURE(SCOPE_AMBIGUOUS, "scope_ambiguous", "invalid_scope", 400, "RFC 6749 3.3",
        "Name exactly one scope mcp:<domain>:<server>, or a resource that decides.")
FAILURE(SCOPE_SERVER_UNKNOWN, "scope_server_unknown", "invalid_scope", 400, "RFC 6749 3.3",
        "The MCP server of this scope is not configured here.")
FAILURE(SCOPE_MALFORMED, "scope_malformed", "invalid_scope", 400, "RFC 6749 3.3",
        "scope is malformed.")
FAILURE(SCOPE_EXCEEDS_GRANT, "scope_exceeds_grant", "invalid_scope", 400, "RFC 6749 6",
        "A refresh may narrow the granted scope, never widen it.")
FAILURE(RESOURCE_MALFORMED, "resource_malformed", "invalid_target", 400, "RFC 8707 2",
        "resource must be an absolute URI without a fragment.")
FAILURE(RESOURCE_FOREIGN, "resource_foreign", "invalid_target", 400, "RFC 8707 2",
        "resource names another MCP server than this grant is for.")

/* the token endpoint */
FAILURE(GRANT_TYPE_MISSING, "grant_type_missing", "invalid_request", 400, "RFC 6749 4.1.3",
        "grant_type is missing; it must be authorization_code or refresh_token.")
FAILURE(GRANT_TYPE_UNSUPPORTED, "grant_type_unsupported", "unsupported_grant_type", 400,
        "RFC 6749 5.2", "The grant types are authorization_code and refresh_token.")
FAILURE(CLIENT_AUTHENTICATION_FAILED, "client_authentication_failed", "invalid_client", 401,
        "RFC 6749 5.2", "Client authentication failed.")
FAILURE(CLIENT_AUTHENTICATION_DOUBLE, "client_authentication_double", "invalid_request", 400,
        "RFC 6749 2.3", "Use one method of client authentication, not two.")
FAILURE(CLIENT_ASSERTION_TYPE_UNSUPPORTED, "client_assertion_type_unsupported", "invalid_request",
        400, "RFC 7521 4.2",
        "The only client_assertion_type is urn:ietf:params:oauth:client-assertion-type:jwt-bearer.")
FAILURE(CLIENT_ASSERTION_INVALID, "client_assertion_invalid", "invalid_client", 401, "RFC 7523 3",
        "The client_assertion is not a valid JWT of this client for this server.")
FAILURE(CLIENT_ASSERTION_REPLAYED, "client_assertion_replayed", "invalid_client", 401, "RFC 7523 3",
        "The client_assertion has been used before; each needs a jti of its own.")
FAILURE(CLIENT_NEEDED, "client_needed", "temporarily_unavailable", 503, "proto/README.md",
        "What is known of this client is out of date. Try again shortly.")
FAILURE(
    DOCUMENT_URL_INVALID, "document_url_invalid", "invalid_client", 401,
    "draft-ietf-oauth-client-id-metadata-document 3",
    "A client_id that is a URL must be https with a path, and without user, port, fragment or dot "
    "segments.")
FAILURE(DOCUMENT_DOMAIN_UNTRUSTED, "document_domain_untrusted", "unauthorized_client", 403,
        "RFC 6749 4.1.2.1", "This server does not accept clients of that domain.")
FAILURE(DOCUMENT_UNAVAILABLE, "document_unavailable", "temporarily_unavailable", 503,
        "draft-ietf-oauth-client-id-metadata-document 4",
        "The client's metadata document could not be fetched. Try again shortly.")
FAILURE(DOCUMENT_INVALID, "document_invalid", "invalid_client_metadata", 400,
        "draft-ietf-oauth-client-id-metadata-document 4.1",
        "The client's metadata document is not acceptable: see the server's README on clients.")
FAILURE(CODE_MISSING, "code_missing", "invalid_request", 400, "RFC 6749 4.1.3", "code is missing.")
FAILURE(CODE_UNKNOWN, "code_unknown", "invalid_grant", 400, "RFC 6749 5.2",
        "The authorization code is not valid or has expired.")
FAILURE(CODE_REPLAYED, "code_replayed", "invalid_grant", 400, "RFC 6749 4.1.2",
        "The authorization code has already been used; the tokens issued from it are revoked.")
FAILURE(CODE_FOREIGN, "code_foreign", "invalid_grant", 400, "RFC 6749 4.1.3",
        "The authorization code was issued to another client.")
FAILURE(REDIRECT_URI_MISMATCH, "redirect_uri_mismatch", "invalid_grant", 400, "RFC 6749 4.1.3",
        "redirect_uri differs from the one in the authorization request.")
FAILURE(CODE_VERIFIER_MISSING, "code_verifier_missing", "invalid_request", 400, "RFC 7636 4.5",
        "code_verifier is missing.")
FAILURE(CODE_VERIFIER_MALFORMED, "code_verifier_malformed", "invalid_request", 400, "RFC 7636 4.1",
        "code_verifier must be 43 to 128 unreserved characters.")
FAILURE(CODE_VERIFIER_MISMATCH, "code_verifier_mismatch", "invalid_grant", 400, "RFC 7636 4.6",
        "code_verifier does not match the code_challenge of the authorization request.")
FAILURE(REFRESH_TOKEN_MISSING, "refresh_token_missing", "invalid_request", 400, "RFC 6749 6",
        "refresh_token is missing.")
FAILURE(REFRESH_TOKEN_INVALID, "refresh_token_invalid", "invalid_grant", 400, "RFC 6749 5.2",
        "The refresh token is not valid, has expired or was revoked.")
FAILURE(REFRESH_TOKEN_FOREIGN, "refresh_token_foreign", "invalid_grant", 400, "RFC 6749 6",
        "The refresh token was issued to another client.")
FAILURE(REFRESH_TOKEN_REPLAYED, "refresh_token_replayed", "invalid_grant", 400, "RFC 9700 4.14.2",
        "The refresh token has already been used; the grant is revoked. Sign in again.")
FAILURE(REFRESH_TOKEN_SUPERSEDED, "refresh_token_superseded", "invalid_grant", 400,
        "RFC 9700 4.14.2", "The refresh token has been replaced; use the newest one.")
FAILURE(USER_NO_LONGER_ALLOWED, "user_no_longer_allowed", "invalid_grant", 400, "RFC 6749 5.2",
        "The person is no longer on the access list of this MCP server.")
FAILURE(REAUTHENTICATION_REQUIRED, "reauthentication_required", "invalid_grant", 400,
        "RFC 6749 5.2",
        "The membership that admitted the person must be looked up again. Sign in again.")
FAILURE(SERVER_REMOVED, "server_removed", "invalid_grant", 400, "RFC 6749 5.2",
        "The MCP server of this grant is no longer configured here.")

/* tokens */
FAILURE(TOKEN_TWO_WAYS, "token_two_ways", "invalid_request", 400, "RFC 6750 2",
        "The token must be sent in one way: in the Authorization header or in the form.")
FAILURE(TOKEN_MISSING, "token_missing", "invalid_request", 400, "RFC 7009 2.1",
        "No token provided. Include token in Authorization header or request body.")
FAILURE(TOKEN_INVALID, "token_invalid", "invalid_token", 400, "RFC 6750 3.1",
        "The token is not one that this server issued.")
FAILURE(TOKEN_EXPIRED, "token_expired", "invalid_token", 400, "RFC 6750 3.1",
        "The token has expired.")
FAILURE(TOKEN_REVOKED, "token_revoked", "invalid_token", 400, "RFC 6750 3.1",
        "The token has been revoked.")
FAILURE(TOKEN_AUDIENCE_FOREIGN, "token_audience_foreign", "invalid_token", 401, "RFC 9068 4",
        "The token was issued for another MCP server.")
FAILURE(TOKEN_USER_NOT_ALLOWED, "token_user_not_allowed", "insufficient_scope", 403, "RFC 6750 3.1",
        "The person is no longer on the access list of this MCP server.")
FAILURE(SCOPE_INSUFFICIENT, "scope_insufficient", "insufficient_scope", 403, "RFC 6750 3.1",
        "The token was not granted the scope that this needs.")
FAILURE(VERIFY_SERVER_UNKNOWN, "verify_server_unknown", "server_error", 500, "README.md",
        "server must be <domain>/<server> of the servers file: correct the proxy that asks here.")

/* registration */
FAILURE(CLIENT_METADATA_INVALID, "client_metadata_invalid", "invalid_client_metadata", 400,
        "RFC 7591 3.2.2", "The client metadata is not acceptable.")
FAILURE(CLIENT_NAME_INVALID, "client_name_invalid", "invalid_client_metadata", 400, "RFC 7591 2",
        "client_name must be a text of 1 to 100 characters.")
FAILURE(REDIRECT_URIS_INVALID, "redirect_uris_invalid", "invalid_redirect_uri", 400, "RFC 7591 2",
        "redirect_uris must be a list of 1 to 10 URIs.")
FAILURE(CLIENT_NOT_FOUND, "client_not_found", "invalid_client", 404, "RFC 7592 2.1",
        "Client not found or expired")
FAILURE(CLIENT_ID_DIFFERS, "client_id_differs", "invalid_client_metadata", 400, "RFC 7592 2.2",
        "client_id must be sent, and be the client's own.")
FAILURE(CLIENT_SECRET_DIFFERS, "client_secret_differs", "invalid_client_metadata", 400,
        "RFC 7592 2.2",
        "client_secret may be left out; when sent it must be the one that was issued.")
FAILURE(CLIENT_METADATA_OURS, "client_metadata_ours", "invalid_client_metadata", 400,
        "RFC 7592 2.2",
        "registration_access_token, registration_client_uri, client_secret_expires_at and "
        "client_id_issued_at are set by the server and must not be sent.")
FAILURE(REGISTRATION_TOKEN_MISSING, "registration_token_missing", "invalid_token", 401,
        "RFC 7592 2", "Send the registration access token as Authorization: Bearer.")
FAILURE(REGISTRATION_TOKEN_INVALID, "registration_token_invalid", "invalid_token", 401,
        "RFC 7592 2.1", "The registration access token is not valid for this client.")

/* the world */
FAILURE(STORE_UNAVAILABLE, "store_unavailable", "temporarily_unavailable", 503, "RFC 6749 4.1.2.1",
        "The server cannot reach its store right now. Try again shortly.")
FAILURE(WORKER_UNAVAILABLE, "worker_unavailable", "temporarily_unavailable", 503,
        "RFC 6749 4.1.2.1",
        "The part of the server that does this is away right now. Try again "
        "shortly.")
FAILURE(OVERLOADED, "overloaded", "temporarily_unavailable", 503, "RFC 9110 15.6.4",
        "The server is at its limit. Try again shortly.")
FAILURE(BUDGET_SPENT, "budget_spent", "temporarily_unavailable", 503, "RFC 9110 15.6.4",
        "The server could not answer in time. Try again shortly.")
FAILURE(REQUEST_POISON, "request_poison", "temporarily_unavailable", 503, "RFC 9110 15.6.4",
        "The server could not answer this request. Try again shortly.")
FAILURE(CONFIGURATION_BEHIND, "configuration_behind", "temporarily_unavailable", 503,
        "RFC 9110 15.6.4", "A change of configuration is still spreading. Try again shortly.")
FAILURE(OUTBOUND_FAILED, "outbound_failed", "temporarily_unavailable", 503, "RFC 6749 4.1.2.1",
        "A server that this one asks did not answer as it should. Try again shortly.")
FAILURE(GITHUB_UNAVAILABLE, "github_unavailable", "temporarily_unavailable", 503,
        "RFC 6749 4.1.2.1", "GitHub did not answer as it should. Try again shortly.")
FAILURE(GITHUB_RATE_LIMITED, "github_rate_limited", "temporarily_unavailable", 503,
        "RFC 6749 4.1.2.1", "GitHub limits our requests right now. Try again in some minutes.")
FAILURE(GITHUB_CODE_REFUSED, "github_code_refused", "invalid_request", 400, "RFC 6749 4.1.2.1",
        "GitHub did not accept this sign-in. Start again from your app.")
FAILURE(RATE_LIMITED, "rate_limited", "temporarily_unavailable", 429, "RFC 6585 4",
        "Too many requests. Wait as long as Retry-After says.")
FAILURE(LIMIT_REACHED, "limit_reached", "invalid_request", 400, "RFC 6749 5.2",
        "The request needs more room than this server gives to one request.")
FAILURE(OPERATION_UNKNOWN, "operation_unknown", "server_error", 500, "proto/README.md",
        "A worker does not know this operation.")
FAILURE(MESSAGE_MALFORMED, "message_malformed", "server_error", 500, "proto/README.md",
        "A message between the processes could not be read.")
FAILURE(CONFIGURATION_INVALID, "configuration_invalid", "server_error", 500, "deploy/README.md",
        "The configuration cannot be used.")
FAILURE(RECORD_CONFLICT, "record_conflict", "server_error", 500, "proto/README.md",
        "A record of this name exists with other contents.")
FAILURE(RECORD_MISSING, "record_missing", "server_error", 500, "proto/README.md",
        "The record does not exist.")
FAILURE(CRYPTO, "crypto", "server_error", 500, "RFC 7515", "A cryptographic operation failed.")
FAILURE(SERVER_ERROR, "server_error", "server_error", 500, "RFC 6749 4.1.2.1",
        "The server met a condition that it did not expect.")
