/* The cookie that binds a sign-in to the browser that began it (DESIGN section 7): its value is 256
 * random bits in 43 base64url characters, kept for as long as the browser keeps it, so that several
 * tabs work.
 *
 *     struct str browser = browser_cookie_read(is_https, header);        absent: none
 *     struct str line = browser_cookie_line(is_https, arena, browser);   for Set-Cookie
 *
 * Pure functions. */
#ifndef SERVICES_EDGE_BROWSER_COOKIE_H
#define SERVICES_EDGE_BROWSER_COOKIE_H

#include "common/base/arena.h"

enum { BROWSER_COOKIE_CHARACTERS = 43 };

/* On https "__Host-mcp_browser", which no other host and no http page can set (RFC
 * 6265bis 4.1.3.2); on http, which only loopback may use, "mcp_browser". */
struct str browser_cookie_name(bool is_https);
/* The first well-formed value of that name in one Cookie header; anything else counts as absent. */
struct str browser_cookie_read(bool is_https, struct str cookie_header);
bool browser_cookie_is_valid(struct str value);
/* The absent text when the arena is full. */
struct str browser_cookie_line(bool is_https, struct arena *arena, struct str value);

#endif
