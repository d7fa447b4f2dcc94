/* Resource indicators (RFC 8707): the URL of the MCP server that a token is for.
 *
 *     TRY(resource_check(value));
 *     if (resource_equals(value, server->resource)) ...
 *
 * Which server a value names is servers.h's question. */
#ifndef COMMON_OAUTH_RESOURCE_H
#define COMMON_OAUTH_RESOURCE_H

#include "common/base/failure.h"

/* RFC 8707 2: an absolute URI without a fragment (and without userinfo), at most
 * RESOURCE_BYTES_MAX, else FAIL_RESOURCE_MALFORMED. */
enum failure resource_check(struct str resource) MUST_CHECK;
/* Scheme and host are compared without case, one trailing slash of the path does not count, all
 * else is exact. False when either is malformed. */
bool resource_equals(struct str a, struct str b);

#endif
