/* A fetch owns its memory, because the tasks that wait for it come and go: each leaves a note in
 * its own arena, which lives until the task is answered. */
#include "services/registry/fetcher.h"
#include "services/registry/registry_metrics.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/traceparent.h"
#include "common/net/http_caching.h"
#include "common/net/http_client.h"
#include "common/net/public_address.h"
#include "common/oauth/client_jwks.h"
#include "common/oauth/client_metadata.h"
#include "common/oauth/document_url.h"
#include "common/store/rate.h"

#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

enum { FETCH_BYTES_MAX = 256 * 1024 };

/* By host, so that this server is no tool against others; in all, so that Redis does not fill. */
static const struct rate_limit HOST_LIMIT = {"document", FETCHES_OF_HOST_PER_MINUTE, 60};
static const struct rate_limit ALL_LIMIT = {"documents", FETCHES_PER_HOUR, 3600};

struct fetcher {
    struct fetcher_options options;
    struct http_client *public;  /* to public addresses only */
    struct http_client *private; /* to those of the policy's private hosts */
    struct fetch *fetches;
};

struct waiter {
    struct waiter *next;
    fetcher_cb *on_record;
    void *context;
};

struct fetch {
    struct fetcher *fetcher;
    struct fetch *next;
    struct store *store;
    struct arena *arena;
    enum document_kind kind;
    bool is_private;
    bool is_stored;
    struct str url;
    struct str host;       /* in lower case */
    struct str request_id; /* of the task that began it, for the log; so the next */
    struct str traceparent;
    struct waiter *waiters;
    int64_t deadline_ms;
    int64_t asked_us;
    struct document_record record;
    enum failure failure;
};

/* ---- the end */

static void fetch_unlink(struct fetch *fetch)
{
    struct fetch **at = &fetch->fetcher->fetches;
    while (*at != NULL && *at != fetch)
        at = &(*at)->next;
    if (*at != NULL)
        *at = fetch->next;
}

/* Unlinked first: a callback may begin another fetch of the same URL. Its task may be answered, and
 * its waiter gone, when it returns. */
static void fetch_end(struct fetch *fetch, enum failure failure)
{
    fetch_unlink(fetch);
    for (struct waiter *waiter = fetch->waiters, *next; waiter != NULL; waiter = next) {
        next = waiter->next;
        waiter->on_record(waiter->context, failure, failure == OK ? &fetch->record : NULL);
    }
    arena_free(fetch->arena);
    free(fetch);
}

static void on_stored(void *context, enum failure failure)
{
    struct fetch *fetch = context;
    fetch_end(fetch, fetch->failure != OK ? fetch->failure : failure);
}

static void fetch_store(struct fetch *fetch, int64_t ttl_s)
{
    document_record_put(fetch->store, &fetch->record, ttl_s, fetch->arena, fetch->deadline_ms,
                        on_stored, fetch);
}

/* The draft forbids to keep an error response; what is kept is that there was one, so that each of
 * many requests for a broken document does not become a request to its host. */
static void fetch_fail(struct fetch *fetch, enum failure failure)
{
    fetch->failure = failure;
    if (fetch->is_stored) {
        fetch_end(fetch, failure);
        return;
    }
    fetch->record = (struct document_record){
        .url = fetch->url,
        .failure = str_from_cstr(failure_row(failure)->name),
        .jwks_uri = fetch->kind == DOCUMENT_JWKS ? fetch->url : STR_ABSENT,
        .fetched_at = clock_wall_s(),
    };
    fetch_store(fetch, DOCUMENT_FAILURE_TTL_S);
}

/* ---- the answer */

static enum failure read_metadata(struct fetch *fetch, struct str body)
{
    struct client_metadata metadata;
    TRY(client_metadata_parse_document(fetch->arena, fetch->url, body, &metadata));
    fetch->record.text = arena_dup(fetch->arena, body);
    fetch->record.token_endpoint_auth_method = metadata.token_endpoint_auth_method;
    fetch->record.jwks = metadata.jwks;
    fetch->record.jwks_uri = metadata.jwks_uri;
    return str_is_present(fetch->record.text) ? OK : FAIL_LIMIT_REACHED;
}

static enum failure read_jwks(struct fetch *fetch, struct str body)
{
    TRY(client_jwks_check_text(body));
    fetch->record.jwks = arena_dup(fetch->arena, body);
    return str_is_present(fetch->record.jwks) ? OK : FAIL_LIMIT_REACHED;
}

/* draft-ietf-oauth-client-id-metadata-document 4: every status but 200 is an error. The finer
 * reason, a literal, is for the log. */
static enum failure reply_read(struct fetch *fetch, const struct http_reply *reply,
                               const char **ret_reason)
{
    *ret_reason = reply->reason;
    if (reply->failure != OK && strcmp(reply->reason, "memory") == 0)
        return FAIL_OVERLOADED;
    if (reply->failure != OK)
        return strcmp(reply->reason, "body_too_large") == 0 ? FAIL_DOCUMENT_INVALID
                                                            : FAIL_DOCUMENT_UNAVAILABLE;
    *ret_reason = "status";
    if (reply->status != 200)
        return FAIL_DOCUMENT_UNAVAILABLE;
    *ret_reason = "content_type";
    if (!http_content_type_is_json(reply->content_type))
        return FAIL_DOCUMENT_INVALID;
    fetch->record = (struct document_record){.url = fetch->url, .fetched_at = clock_wall_s()};
    enum failure failure = fetch->kind == DOCUMENT_METADATA ? read_metadata(fetch, reply->body)
                                                            : read_jwks(fetch, reply->body);
    *ret_reason = failure == OK ? "ok" : failure_row(failure)->name;
    return failure == OK || failure == FAIL_LIMIT_REACHED ? failure : FAIL_DOCUMENT_INVALID;
}

static void on_reply(void *context, const struct http_reply *reply)
{
    struct fetch *fetch = context;
    const char *reason;
    enum failure failure = reply_read(fetch, reply, &reason);
    registry_metrics_count_fetch(fetch->kind, failure, clock_monotonic_us() - fetch->asked_us);
    LOG_AT(failure == OK ? LOG_INFORMATION : LOG_WARNING, "document.fetched",
           LOG_STR("request_id", fetch->request_id), LOG_TRACE(fetch->traceparent),
           LOG_STR("url", fetch->url), LOG_CSTR("reason", reason), LOG_I64("status", reply->status),
           LOG_I64("size_bytes", reply->body.len));
    if (failure == FAIL_LIMIT_REACHED || failure == FAIL_OVERLOADED) {
        fetch_end(fetch, failure); /* our trouble, not the host's */
    } else if (failure != OK) {
        fetch_fail(fetch, failure);
    } else {
        const struct http_caching caching = {.cache_control = reply->cache_control,
                                             .expires = reply->expires,
                                             .date = reply->date,
                                             .age = reply->age};
        fetch_store(fetch, http_caching_lifetime_s(&caching, fetch->record.fetched_at));
    }
}

/* ---- the question */

/* Nobody was asked. */
static void fetch_refuse(struct fetch *fetch, enum failure failure)
{
    registry_metrics_count_fetch(fetch->kind, failure, -1);
    fetch_end(fetch, failure);
}

static void on_all_rate(void *context, enum failure failure, int64_t retry_after_s)
{
    struct fetch *fetch = context;
    struct fetcher *fetcher = fetch->fetcher;
    const struct http_header accept = {STR("Accept"), STR("application/json")};
    const struct http_request request = {
        .method = STR("GET"),
        .url = fetch->url,
        .headers = &accept,
        .headers_len = 1,
        .timeout_ms = FETCH_MS,
        .body_max_bytes = fetch->kind == DOCUMENT_METADATA ? DOCUMENT_BYTES_MAX : JWKS_BYTES_MAX,
    };
    (void)retry_after_s;
    fetch->asked_us = clock_monotonic_us();
    if (failure == OK && http_client_request(fetch->is_private ? fetcher->private : fetcher->public,
                                             &request, on_reply, fetch) == NULL)
        failure = FAIL_OVERLOADED;
    if (failure != OK)
        fetch_refuse(fetch, failure);
}

static void on_host_rate(void *context, enum failure failure, int64_t retry_after_s)
{
    struct fetch *fetch = context;
    (void)retry_after_s;
    if (failure == OK)
        rate_take(fetch->store, &ALL_LIMIT, STR("all"), fetch->arena, fetch->deadline_ms,
                  on_all_rate, fetch);
    else
        fetch_refuse(fetch, failure);
}

static enum failure fetch_check_limits(const struct fetcher *fetcher, struct str host)
{
    size_t all = 0, of_host = 0;
    for (const struct fetch *fetch = fetcher->fetches; fetch != NULL; fetch = fetch->next) {
        all++;
        of_host += uri_hosts_are_equal(fetch->host, host);
    }
    return all < FETCHES_MAX && of_host < FETCHES_OF_HOST_MAX ? OK : FAIL_OVERLOADED;
}

static enum failure fetch_new(struct fetcher *fetcher, const struct task *task, struct str url,
                              enum document_kind kind, struct fetch **ret_fetch)
{
    struct uri uri;
    bool is_private;
    TRY(document_url_check(url, &uri));
    TRY(document_policy_check_target(&fetcher->options.policy, &uri, &is_private));
    TRY(fetch_check_limits(fetcher, uri.host));
    struct fetch *fetch = calloc(1, sizeof(*fetch));
    struct arena *arena = arena_new(FETCH_BYTES_MAX);
    struct str host = arena != NULL ? uri_lower(arena, uri.host) : STR_ABSENT;
    struct str copy = arena != NULL ? arena_dup(arena, url) : STR_ABSENT;
    if (fetch == NULL || !str_is_present(host) || !str_is_present(copy)) {
        arena_free(arena);
        free(fetch);
        return FAIL_LIMIT_REACHED;
    }
    *fetch = (struct fetch){
        .fetcher = fetcher,
        .next = fetcher->fetches,
        .store = task->store,
        .arena = arena,
        .kind = kind,
        .is_private = is_private,
        .url = copy,
        .request_id = arena_dup(arena, task->request_id),
        .traceparent = arena_dup(arena, task->traceparent),
        .host = host,
        .deadline_ms = clock_monotonic_ms() + BUDGET_REGISTRY_MS,
    };
    fetcher->fetches = fetch;
    *ret_fetch = fetch;
    return OK;
}

static struct fetch *fetch_find(const struct fetcher *fetcher, struct str url,
                                enum document_kind kind)
{
    struct fetch *fetch = fetcher->fetches;
    while (fetch != NULL && (fetch->kind != kind || !str_equals(fetch->url, url)))
        fetch = fetch->next;
    return fetch;
}

void fetcher_get(struct fetcher *fetcher, const struct task *task, struct str url,
                 enum document_kind kind, bool is_stored, fetcher_cb *on_record, void *context)
{
    struct fetch *fetch = fetch_find(fetcher, url, kind);
    struct waiter *waiter = arena_take(task->arena, sizeof(*waiter));
    bool is_new = fetch == NULL;
    enum failure failure = waiter == NULL ? FAIL_LIMIT_REACHED : OK;
    if (failure == OK && is_new)
        failure = fetch_new(fetcher, task, url, kind, &fetch);
    if (failure != OK) {
        on_record(context, failure, NULL);
        return;
    }
    *waiter = (struct waiter){fetch->waiters, on_record, context};
    fetch->waiters = waiter;
    fetch->is_stored = fetch->is_stored || is_stored;
    if (is_new)
        rate_take(fetch->store, &HOST_LIMIT, fetch->host, fetch->arena, fetch->deadline_ms,
                  on_host_rate, fetch);
}

/* ---- the fetcher */

static bool ca_file_is_good(struct str ca_file)
{
    X509_STORE *store = X509_STORE_new();
    bool is_good = store != NULL && X509_STORE_load_file(store, ca_file.at) == 1;
    X509_STORE_free(store);
    return is_good;
}

static enum failure options_check(const struct fetcher_options *options, struct str *ret_problem)
{
    TRY(document_policy_check(&options->policy, ret_problem));
    if (!str_is_present(options->ca_file))
        return OK;
    if (options->policy.private_hosts.len == 0)
        *ret_problem = STR("DOCUMENT_CA_FILE is for DOCUMENT_PRIVATE_HOSTS: set both or neither");
    else if (!ca_file_is_good(options->ca_file))
        *ret_problem = STR("DOCUMENT_CA_FILE must be a file with certificates in PEM");
    else
        return OK;
    return FAIL_CONFIGURATION_INVALID;
}

enum failure fetcher_open(struct loop *loop, const struct fetcher_options *options,
                          struct fetcher **ret_fetcher, struct str *ret_problem)
{
    struct http_client_options rules = {
        .connect_timeout_ms = FETCH_CONNECT_MS,
        .is_https_only = true,
        .is_connection_fresh = true,
        .address_is_allowed = public_address_is_allowed,
    };
    TRY(options_check(options, ret_problem));
    struct fetcher *fetcher = calloc(1, sizeof(*fetcher));
    if (fetcher != NULL) {
        fetcher->options = *options;
        fetcher->public = http_client_new(loop, &rules);
        rules.address_is_allowed = NULL;
        rules.ca_file = options->ca_file;
        fetcher->private = http_client_new(loop, &rules);
    }
    if (fetcher == NULL || fetcher->public == NULL || fetcher->private == NULL) {
        fetcher_close(fetcher);
        *ret_problem = STR("there is not enough memory to start");
        return FAIL_CONFIGURATION_INVALID;
    }
    *ret_fetcher = fetcher;
    return OK;
}

void fetcher_close(struct fetcher *fetcher)
{
    if (fetcher == NULL)
        return;
    http_client_free(fetcher->public);
    http_client_free(fetcher->private);
    for (struct fetch *fetch = fetcher->fetches, *next; fetch != NULL; fetch = next) {
        next = fetch->next;
        arena_free(fetch->arena);
        free(fetch);
    }
    free(fetcher);
}

const struct document_policy *fetcher_policy(const struct fetcher *fetcher)
{
    return &fetcher->options.policy;
}
