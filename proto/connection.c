/* A closed connection stays listed while its requests are being answered, so that they may point to
 * it; and a duplicate as long as its name gives it, so that it is not opened again and again. */
#include "proto/connection.h"
#include "common/base/clock.h"

#include <stdlib.h>
#include <string.h>

static void connection_free(struct connection *connection)
{
    connection_close(connection);
    free(connection->endpoint);
    free(connection);
}

struct connection *connection_new(const struct connection_place *place, struct str endpoint,
                                  struct str edge_key, struct resolver *resolver)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL)
        return NULL;
    connection->place = place;
    connection->resolver = resolver;
    connection->edge_key = edge_key;
    connection->is_listed = true;
    connection->endpoint = strndup(endpoint.at, endpoint.len);
    if (connection->endpoint == NULL || !connection_open_again(connection)) {
        connection_free(connection);
        return NULL;
    }
    return connection;
}

bool connection_open_again(struct connection *connection)
{
    const struct connection_place *place = connection->place;
    const struct dealer_keys keys = {place->secret_key, connection->edge_key};
    connection->is_duplicate = false;
    connection->heard_ms = clock_monotonic_ms();
    return dealer_open(&connection->dealer, place->loop, place->zmq, connection->endpoint, &keys);
}

void connection_close(struct connection *connection)
{
    dealer_close(&connection->dealer);
    connection_forget_peer(connection);
}

bool connection_is_open(const struct connection *connection)
{
    return connection->dealer.socket != NULL;
}

void connection_forget_peer(struct connection *connection)
{
    connection->is_greeted = false;
    connection->is_welcomed = false;
}

void connection_list_add(struct connection_list *list, struct connection *connection)
{
    connection->next = list->first;
    list->first = connection;
    list->len++;
}

struct connection *connection_list_find(const struct connection_list *list, struct str endpoint,
                                        struct str edge_key)
{
    for (struct connection *at = list->first; at != NULL; at = at->next)
        if ((connection_is_open(at) || at->is_duplicate) &&
            str_equals_cstr(endpoint, at->endpoint) && str_equals(at->edge_key, edge_key))
            return at;
    return NULL;
}

const struct connection *connection_list_twin(const struct connection_list *list,
                                              const struct connection *connection)
{
    for (const struct connection *at = list->first; at != NULL; at = at->next)
        if (at != connection && at->is_welcomed && strcmp(at->edge, connection->edge) == 0)
            return at;
    return NULL;
}

size_t connection_list_open(const struct connection_list *list)
{
    size_t len = 0;
    for (const struct connection *at = list->first; at != NULL; at = at->next)
        len += connection_is_open(at);
    return len;
}

size_t connection_list_welcomed(const struct connection_list *list)
{
    size_t len = 0;
    for (const struct connection *at = list->first; at != NULL; at = at->next)
        len += at->is_welcomed;
    return len;
}

void connection_list_sweep(struct connection_list *list)
{
    for (struct connection **at = &list->first; *at != NULL;) {
        struct connection *connection = *at;
        bool is_wanted = connection_is_open(connection) || connection->in_flight > 0 ||
                         (connection->is_duplicate && connection->is_listed);
        if (is_wanted) {
            at = &connection->next;
            continue;
        }
        *at = connection->next;
        list->len--;
        connection_free(connection);
    }
}

void connection_list_finish(struct connection_list *list)
{
    while (list->first != NULL) {
        struct connection *connection = list->first;
        list->first = connection->next;
        connection_free(connection);
    }
    list->len = 0;
}
