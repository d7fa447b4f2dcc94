/* libuv could resolve names too, but the store knows only loop.h. The thread and the loop share one
 * job; whoever leaves it last frees it, so that a cancelled lookup never waits for its thread. */
#include "common/store/store_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char *store_address_parse_unix(struct str path, struct store_address *ret_address)
{
    /* hiredis would cut a longer path silently. */
    if (path.len == 0 || path.len >= sizeof((struct sockaddr_un){0}.sun_path))
        return "must have a path of at most 107 bytes after unix:";
    *ret_address = (struct store_address){.is_unix = true};
    memcpy(ret_address->host, path.at, path.len);
    return NULL;
}

bool store_address_set(struct store_address *address, struct str host, int64_t port)
{
    if (host.len == 0 || host.len >= STORE_HOST_BYTES_MAX || port < 1 || port > 65535 ||
        memchr(host.at, '\0', host.len) != NULL)
        return false;
    *address = (struct store_address){.port = (int)port};
    memcpy(address->host, host.at, host.len);
    unsigned char scratch[sizeof(struct in6_addr)];
    address->is_numeric = inet_pton(AF_INET, address->host, scratch) == 1 ||
                          inet_pton(AF_INET6, address->host, scratch) == 1;
    return true;
}

const char *store_address_parse(struct str text, int port_default,
                                struct store_address *ret_address)
{
    struct str host = text, port = STR_ABSENT;
    if (str_starts_with(text, STR("["))) {
        struct str behind;
        if (!str_cut(str_from(text, 1), ']', &host, &behind))
            return "must close the bracket of its IPv6 address";
        if (behind.len > 0 && behind.at[0] != ':')
            return "must have nothing but a port behind its IPv6 address";
        port = behind.len > 0 ? str_from(behind, 1) : STR_ABSENT;
    } else {
        str_cut(text, ':', &host, &port);
    }
    int64_t number = port_default;
    if (str_is_present(port) && (!str_to_i64(port, &number) || number < 1 || number > 65535))
        return "must have a port from 1 to 65535";
    return store_address_set(ret_address, host, number)
               ? NULL
               : "must name a host, of at most 255 characters";
}

bool store_address_equals(const struct store_address *a, const struct store_address *b)
{
    return a->is_unix == b->is_unix && a->port == b->port && strcmp(a->host, b->host) == 0;
}

struct str store_address_print(const struct store_address *address,
                               char buffer[static STORE_ADDRESS_TEXT_BYTES_MAX])
{
    if (address->is_unix)
        return str_from_cstr(address->host);
    if (address->host[0] == '\0')
        return STR_ABSENT; /* Sentinel has not named it yet */
    int len = snprintf(buffer, STORE_ADDRESS_TEXT_BYTES_MAX, "%s:%d", address->host, address->port);
    return str_from_bytes(buffer, (size_t)len);
}

struct job {
    atomic_int holders; /* the loop and the thread */
    int fd;             /* eventfd: the thread has an answer */
    unsigned turn;
    char host[STORE_HOST_BYTES_MAX];
    char numeric[STORE_NUMERIC_BYTES_MAX]; /* empty: unknown */
};

struct store_lookup {
    struct job *job;
    struct loop_watch *watch;
    store_found_cb *on_found;
    void *context;
};

static void job_free(struct job *job)
{
    close(job->fd);
    free(job);
}

static void job_leave(struct job *job)
{
    if (atomic_fetch_sub(&job->holders, 1) == 1)
        job_free(job);
}

static void job_pick(struct job *job, const struct addrinfo *list)
{
    unsigned count = 0;
    for (const struct addrinfo *at = list; at != NULL; at = at->ai_next)
        count++;
    for (unsigned skip = count > 0 ? job->turn % count : 0; skip > 0; skip--)
        list = list->ai_next;
    if (list != NULL && getnameinfo(list->ai_addr, list->ai_addrlen, job->numeric,
                                    sizeof(job->numeric), NULL, 0, NI_NUMERICHOST) != 0)
        job->numeric[0] = '\0';
}

static void *job_run(void *argument)
{
    struct job *job = argument;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    if (getaddrinfo(job->host, NULL, &hints, &list) == 0) {
        job_pick(job, list);
        freeaddrinfo(list);
    }
    eventfd_write(job->fd, 1);
    job_leave(job);
    return NULL;
}

static struct job *job_new(const char *host, unsigned turn)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return NULL;
    atomic_init(&job->holders, 2);
    job->turn = turn;
    memcpy(job->host, host, strnlen(host, sizeof(job->host) - 1));
    job->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->fd < 0) {
        free(job);
        return NULL;
    }
    return job;
}

/* Signals belong to the loop's thread: this one blocks them all. */
static bool job_start(struct job *job)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    bool is_started = pthread_create(&thread, &attributes, job_run, job) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return is_started;
}

static void on_answer(void *context, int fd, unsigned events)
{
    (void)events;
    struct store_lookup *lookup = context;
    eventfd_t count;
    if (eventfd_read(fd, &count) != 0)
        return;
    struct job *job = lookup->job;
    store_found_cb *on_found = lookup->on_found;
    void *found_context = lookup->context;
    loop_watch_free(lookup->watch);
    free(lookup);
    on_found(found_context, job->numeric[0] != '\0' ? job->numeric : NULL);
    job_leave(job);
}

struct store_lookup *store_lookup_start(struct loop *loop, const char *host, unsigned turn,
                                        store_found_cb *on_found, void *context)
{
    struct store_lookup *lookup = calloc(1, sizeof(*lookup));
    struct job *job = job_new(host, turn);
    if (lookup == NULL || job == NULL)
        goto no_job;
    *lookup = (struct store_lookup){.job = job, .on_found = on_found, .context = context};
    lookup->watch = loop_watch_new(loop, job->fd, on_answer, lookup);
    if (lookup->watch == NULL)
        goto no_job;
    loop_watch_set(lookup->watch, LOOP_READABLE);
    if (!job_start(job))
        goto no_thread;
    return lookup;
no_thread:
    loop_watch_free(lookup->watch);
no_job:
    if (job != NULL)
        job_free(job); /* no thread knows of it */
    free(lookup);
    return NULL;
}

void store_lookup_cancel(struct store_lookup *lookup)
{
    if (lookup == NULL)
        return;
    loop_watch_free(lookup->watch);
    job_leave(lookup->job);
    free(lookup);
}
