/* May an address that a stranger's name led to be connected to? Only public unicast ones, so that
 * nobody reaches through this server what lies behind it (SSRF; draft-ietf-oauth-client-id-
 * metadata-document 8.6, RFC 6890).
 *
 *     const struct http_client_options options = {.address_is_allowed = public_address_is_allowed};
 *
 * IPv4: everything but the special blocks of IANA's registry. IPv6: 2000::/3 without its special
 * blocks; an IPv4-mapped address is judged as the IPv4 address that it is, and no other embedding
 * of IPv4 (NAT64, 6to4, Teredo) is let through. */
#ifndef COMMON_NET_PUBLIC_ADDRESS_H
#define COMMON_NET_PUBLIC_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

bool public_address_is_public(const struct sockaddr *address);
/* The same as an http_client_address_cb; context is not used. */
bool public_address_is_allowed(void *context, const struct sockaddr *address);

#endif
