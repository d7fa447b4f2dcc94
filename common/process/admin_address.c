/* Names are not resolved: who may reach the admin port shall not depend on DNS. */
#include "common/process/admin_address.h"

#include <stdio.h>
#include <string.h>

struct addrinfo *admin_address_find(struct str address)
{
    char text[256];
    snprintf(text, sizeof(text), "%.*s", STR_ARGS(address));
    char *colon = strrchr(text, ':');
    if (colon == NULL || address.len >= sizeof(text))
        return NULL;
    *colon = '\0';
    char *host = text;
    if (host[0] == '[' && colon > text + 1 && colon[-1] == ']') {
        colon[-1] = '\0';
        host++;
    }
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    bool is_any = host[0] == '\0' || strcmp(host, "*") == 0;
    return getaddrinfo(is_any ? NULL : host, colon + 1, &hints, &found) == 0 ? found : NULL;
}
