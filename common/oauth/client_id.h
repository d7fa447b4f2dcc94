/* The spellings of a client_id: mcp_<domain>_<uuid> for those that registered, an https URL for a
 * client ID metadata document, anything else for the pre-registered ones of the servers file.
 *
 *     struct str client_id = client_id_make(arena, STR("example.com"), random_16_bytes);
 *     enum client_id_kind kind = client_id_classify(client_id); */
#ifndef COMMON_OAUTH_CLIENT_ID_H
#define COMMON_OAUTH_CLIENT_ID_H

#include "common/base/arena.h"
#include "common/base/failure.h"

enum client_id_kind { CLIENT_ID_REGISTERED, CLIENT_ID_DOCUMENT, CLIENT_ID_OTHER };

enum { CLIENT_ID_SEED_BYTES = 16 };

/* A version 4 UUID (RFC 9562 5.4) is made of CLIENT_ID_SEED_BYTES random bytes. The absent text
 * when the arena is full. domain is "any" when none is known. */
struct str client_id_make(struct arena *arena, struct str domain, const unsigned char *seed);
enum client_id_kind client_id_classify(struct str client_id);
/* RFC 6749 appendix A.1: 1 to CLIENT_ID_BYTES_MAX visible characters or spaces. FAIL_CLIENT_UNKNOWN
 * else, FAIL_CLIENT_ID_MISSING when absent or empty. */
enum failure client_id_check(struct str client_id) MUST_CHECK;

#endif
