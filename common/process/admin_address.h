/* What ADMIN_LISTEN names: a numeric host, or nothing or * for every one, and a port.
 *
 *     struct addrinfo *address = admin_address_find(STR("127.0.0.1:9101"));
 *     freeaddrinfo(address); */
#ifndef COMMON_PROCESS_ADMIN_ADDRESS_H
#define COMMON_PROCESS_ADMIN_ADDRESS_H

#include "common/base/str.h"

#include <netdb.h>

/* NULL when it is none; else the caller's. */
struct addrinfo *admin_address_find(struct str address);

#endif
