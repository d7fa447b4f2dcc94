/* getaddrinfo blocks, so libuv runs it on its thread pool; libzmq would ask once and take one
 * address. */
#include "proto/resolver.h"
#include "common/base/limits.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { EVERY_MS = 5000, UNTIL_FIRST_MS = 1000, TEXT_BYTES_MAX = 320 };

struct resolver {
    struct loop *loop;
    struct loop_timer *timer;
    struct question *question; /* running, or NULL */
    bool has_answered;
    char host[TEXT_BYTES_MAX];
    char port[16];
    resolver_cb *on_addresses;
    void *context;
};

/* Outlives its resolver when that is freed while the question runs. */
struct question {
    uv_getaddrinfo_t uv;
    struct resolver *resolver;
};

static size_t endpoints_write(const struct resolver *resolver, const struct addrinfo *found,
                              char texts[][TEXT_BYTES_MAX], struct str *endpoints)
{
    size_t len = 0;
    for (; found != NULL && len < EDGES_MAX; found = found->ai_next) {
        char address[INET6_ADDRSTRLEN];
        if (uv_ip_name(found->ai_addr, address, sizeof(address)) != 0)
            continue;
        bool is_six = found->ai_family == AF_INET6;
        int written = snprintf(texts[len], TEXT_BYTES_MAX, "tcp://%s%s%s:%s", is_six ? "[" : "",
                               address, is_six ? "]" : "", resolver->port);
        endpoints[len] = str_from_bytes(texts[len], (size_t)written);
        len++;
    }
    return len;
}

static void on_answer(uv_getaddrinfo_t *uv, int status, struct addrinfo *found)
{
    struct question *question = uv->data;
    struct resolver *resolver = question->resolver;
    free(question);
    if (resolver != NULL) {
        resolver->question = NULL;
        if (status == 0 && found != NULL) {
            char texts[EDGES_MAX][TEXT_BYTES_MAX];
            struct str endpoints[EDGES_MAX];
            size_t len = endpoints_write(resolver, found, texts, endpoints);
            resolver->has_answered = true;
            resolver->on_addresses(resolver->context, (struct strs){endpoints, len});
        }
        loop_timer_start(resolver->timer, resolver->has_answered ? EVERY_MS : UNTIL_FIRST_MS, 0);
    }
    uv_freeaddrinfo(found);
}

static void on_time(void *context)
{
    struct resolver *resolver = context;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct question *question = resolver->question == NULL ? calloc(1, sizeof(*question)) : NULL;
    if (question == NULL)
        return;
    question->resolver = resolver;
    question->uv.data = question;
    if (uv_getaddrinfo(loop_backend(resolver->loop), &question->uv, on_answer, resolver->host,
                       resolver->port, &hints) != 0) {
        free(question);
        loop_timer_start(resolver->timer, UNTIL_FIRST_MS, 0);
        return;
    }
    resolver->question = question;
}

struct resolver *resolver_new(struct loop *loop, struct str host, struct str port,
                              resolver_cb *on_addresses, void *context)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));
    if (resolver == NULL)
        return NULL;
    resolver->loop = loop;
    resolver->on_addresses = on_addresses;
    resolver->context = context;
    snprintf(resolver->host, sizeof(resolver->host), "%.*s", STR_ARGS(host));
    snprintf(resolver->port, sizeof(resolver->port), "%.*s", STR_ARGS(port));
    resolver->timer = loop_timer_new(loop, on_time, resolver);
    if (resolver->timer == NULL) {
        free(resolver);
        return NULL;
    }
    loop_timer_start(resolver->timer, 0, 0);
    return resolver;
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    if (resolver->question != NULL) {
        resolver->question->resolver = NULL;
        uv_cancel((uv_req_t *)&resolver->question->uv);
    }
    loop_timer_free(resolver->timer);
    free(resolver);
}

static bool is_numeric(struct str host)
{
    char text[TEXT_BYTES_MAX];
    unsigned char address[16];
    if (str_starts_with(host, STR("[")))
        return true;
    snprintf(text, sizeof(text), "%.*s", STR_ARGS(host));
    return inet_pton(AF_INET, text, address) == 1;
}

bool resolver_wants(struct str endpoint, struct str *ret_host, struct str *ret_port)
{
    struct str address = str_from(endpoint, strlen("tcp://")), host, port;
    if (!str_starts_with(endpoint, STR("tcp://")) || address.len >= TEXT_BYTES_MAX ||
        !str_cut(address, ':', &host, &port) || host.len == 0 || port.len == 0 ||
        is_numeric(address) || is_numeric(host) || str_equals(host, STR("*")))
        return false;
    *ret_host = host;
    *ret_port = port;
    return true;
}
