/* The aud claim (RFC 7519 4.1.3): a string, or a list of several.
 *
 *     TRY(audience_to_json(arena, aud, &text));
 *     TRY(audience_from_json(arena, text, &aud)); */
#ifndef COMMON_OAUTH_AUDIENCE_H
#define COMMON_OAUTH_AUDIENCE_H

#include "common/base/arena.h"
#include "common/base/failure.h"

enum { AUDIENCES_MAX = 8 };

/* FAIL_LIMIT_REACHED when the arena is full. */
enum failure audience_to_json(struct arena *arena, struct strs aud,
                              struct str *ret_text) MUST_CHECK;
/* FAIL_TOKEN_INVALID for anything but a text or 1 to AUDIENCES_MAX texts, FAIL_LIMIT_REACHED. */
enum failure audience_from_json(struct arena *arena, struct str text,
                                struct strs *ret_aud) MUST_CHECK;

#endif
