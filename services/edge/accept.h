/* Who asks, a browser or a program? Read from Accept (RFC 9110 12.5.1).
 *
 *     accept_prefers_html(STR("text/html,application/xml;q=0.9"))    true
 *     accept_prefers_html(STR("*" "/" "*"))                          false: programs send it
 *
 * A pure function. */
#ifndef SERVICES_EDGE_ACCEPT_H
#define SERVICES_EDGE_ACCEPT_H

#include "common/base/str.h"

/* text/html is wanted more than application/json. */
bool accept_prefers_html(struct str accept);

#endif
