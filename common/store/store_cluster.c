/* Nodes are found by address in a short array, and a slot holds the index of its node, so that
 * finding the node of a command is one look. A node that is not (or no longer) in the map is kept
 * for a while: it may be the target of an ASK, whose slot comes into the map only when it has moved
 * whole, or have replies to give. */
#include "common/store/store_cluster.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/store/store_question.h"

enum {
    REFRESH_MS_MIN = 100,    /* between two questions */
    REFRESH_MS_MAX = 1000,   /* while a master is lost, or nobody answers */
    UNMAPPED_MS_MAX = 10000, /* how long a node outside of the map is kept */
    REASON_BYTES_MAX = 100,
    ADDRESSES_MAX = REDIS_NODES_MAX + REDIS_SEEDS_MAX,
};

struct member {
    struct store_node *node; /* NULL: this place is free */
    bool is_mapped;
    int64_t kept_until_ms; /* when it is not */
};

struct store_cluster {
    struct loop *loop;
    struct store_cluster_options options;
    struct member members[REDIS_NODES_MAX];
    size_t members_len; /* places that have ever been taken */
    unsigned char member_of[STORE_SLOTS_COUNT];
    bool has_map, has_begun, is_closing, is_lost_logged;
    char reason[REASON_BYTES_MAX];

    struct store_question *question;
    struct loop_timer *timer; /* the next question */
    bool is_scheduled;
    int64_t asked_ms; /* when the last question ended */
    int64_t backoff_ms;
    size_t first;
    struct str words[2];
    struct store_address addresses[ADDRESSES_MAX]; /* of the question under way */
    struct store_slots slots;                      /* its answer */
};

/* --- the members --- */

static void on_reply(void *context, struct store_node *node, void *command,
                     const struct redisReply *reply)
{
    struct store_cluster *cluster = context;
    cluster->options.on_reply(cluster->options.context, node, command, reply);
}

/* It begins when every master has been tried. */
static void change(struct store_cluster *cluster)
{
    bool is_any_new = false;
    for (size_t i = 0; i < cluster->members_len; i++)
        is_any_new = is_any_new ||
                     (cluster->members[i].is_mapped && store_node_is_new(cluster->members[i].node));
    cluster->has_begun = cluster->has_begun || (cluster->has_map && !is_any_new);
    cluster->options.on_change(cluster->options.context);
}

static void reason_note(struct store_cluster *cluster, const char *reason)
{
    snprintf(cluster->reason, sizeof(cluster->reason), "%s", reason);
}

static void on_node_change(void *context, struct store_node *node)
{
    struct store_cluster *cluster = context;
    if (!store_node_is_ready(node)) {
        reason_note(cluster, store_node_reason(node));
        store_cluster_refresh(cluster); /* its replica may have taken over */
    }
    change(cluster);
}

static size_t member_find(const struct store_cluster *cluster, const struct store_address *address)
{
    for (size_t i = 0; i < cluster->members_len; i++)
        if (cluster->members[i].node != NULL &&
            store_address_equals(store_node_address(cluster->members[i].node), address))
            return i;
    return REDIS_NODES_MAX;
}

/* REDIS_NODES_MAX when there is no place or no memory. */
static size_t member_get(struct store_cluster *cluster, const struct store_address *address)
{
    size_t i = member_find(cluster, address);
    if (i < REDIS_NODES_MAX)
        return i;
    for (i = 0; i < cluster->members_len && cluster->members[i].node != NULL;)
        i++;
    if (i == REDIS_NODES_MAX)
        return i;
    if (i == cluster->members_len)
        cluster->members_len++;
    const struct store_node_options options = {
        .address = *address,
        .credentials = cluster->options.credentials,
        .on_reply = on_reply,
        .on_change = on_node_change,
        .context = cluster,
    };
    struct member *member = &cluster->members[i];
    *member = (struct member){.kept_until_ms = clock_monotonic_ms() + UNMAPPED_MS_MAX};
    member->node = store_node_open(cluster->loop, &options);
    return member->node != NULL ? i : REDIS_NODES_MAX;
}

static void members_prune(struct store_cluster *cluster)
{
    int64_t now_ms = clock_monotonic_ms();
    for (size_t i = 0; i < cluster->members_len; i++) {
        struct member *member = &cluster->members[i];
        if (member->node == NULL || member->is_mapped || member->kept_until_ms > now_ms ||
            store_node_pending(member->node) > 0)
            continue;
        store_node_close(member->node);
        *member = (struct member){0};
    }
}

/* --- the map --- */

static void map_take(struct store_cluster *cluster)
{
    const struct store_slots *slots = &cluster->slots;
    unsigned char index_of[REDIS_NODES_MAX]; /* of the reply's masters */
    int64_t kept_until_ms = clock_monotonic_ms() + UNMAPPED_MS_MAX;
    size_t masters_new = 0;
    for (size_t i = 0; i < cluster->members_len; i++) {
        if (cluster->members[i].is_mapped)
            cluster->members[i].kept_until_ms = kept_until_ms;
        cluster->members[i].is_mapped = false;
    }
    for (size_t i = 0; i < slots->masters_len; i++) {
        masters_new += member_find(cluster, &slots->masters[i]) == REDIS_NODES_MAX;
        size_t index = member_get(cluster, &slots->masters[i]);
        index_of[i] = index < REDIS_NODES_MAX ? (unsigned char)index : STORE_SLOT_NOBODY;
        if (index < REDIS_NODES_MAX)
            cluster->members[index].is_mapped = true;
    }
    for (size_t slot = 0; slot < STORE_SLOTS_COUNT; slot++) {
        unsigned char master = slots->master_of[slot];
        cluster->member_of[slot] = master != STORE_SLOT_NOBODY ? index_of[master] : master;
    }
    cluster->has_map = true;
    cluster->is_lost_logged = false;
    if (masters_new > 0)
        log_information("store.cluster", LOG_I64("masters", slots->masters_len),
                        LOG_I64("new", masters_new));
}

static bool on_slots(void *context, const struct store_reply *reply,
                     const struct store_address *from)
{
    struct store_cluster *cluster = context;
    return store_slots_read(reply, from, &cluster->slots);
}

/* A successor is named some time after its master is lost, and by nobody of its own accord. */
static bool is_any_lost(const struct store_cluster *cluster)
{
    for (size_t i = 0; i < cluster->members_len; i++) {
        const struct member *member = &cluster->members[i];
        if (member->is_mapped && !store_node_is_ready(member->node) &&
            !store_node_is_new(member->node))
            return true;
    }
    return false;
}

static void on_asked(void *context, const char *reason)
{
    struct store_cluster *cluster = context;
    cluster->question = NULL;
    cluster->asked_ms = clock_monotonic_ms();
    if (reason == NULL) {
        map_take(cluster);
    } else {
        reason_note(cluster, reason);
        if (!cluster->is_lost_logged)
            log_warning("store.lost", LOG_CSTR("node", "cluster"), LOG_CSTR("reason", reason));
        cluster->is_lost_logged = true;
    }
    if (reason == NULL && !is_any_lost(cluster)) {
        cluster->backoff_ms = REFRESH_MS_MIN;
    } else {
        cluster->backoff_ms =
            cluster->backoff_ms * 2 < REFRESH_MS_MAX ? cluster->backoff_ms * 2 : REFRESH_MS_MAX;
        store_cluster_refresh(cluster);
    }
    change(cluster);
}

/* Nodes that are there, then those that may be, then the ones of the URL. */
static size_t addresses_gather(struct store_cluster *cluster)
{
    size_t len = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < cluster->members_len; i++) {
            const struct store_node *node = cluster->members[i].node;
            if (node != NULL && store_node_is_ready(node) == (pass == 0))
                cluster->addresses[len++] = *store_node_address(node);
        }
        if (pass == 0 && len > 1) { /* another one each time: one may be wrong */
            size_t turn = cluster->first++ % len;
            struct store_address first = cluster->addresses[turn];
            cluster->addresses[turn] = cluster->addresses[0];
            cluster->addresses[0] = first;
        }
    }
    for (size_t i = 0; i < cluster->options.url->len; i++)
        cluster->addresses[len++] = cluster->options.url->at[i];
    return len;
}

static void on_timer(void *context)
{
    struct store_cluster *cluster = context;
    cluster->is_scheduled = false;
    const struct store_question_options options = {
        .at = cluster->addresses,
        .len = addresses_gather(cluster),
        .credentials = cluster->options.credentials,
        .words = {cluster->words, 2},
        .on_answer = on_slots,
        .on_end = on_asked,
        .context = cluster,
    };
    cluster->question = store_question_ask(cluster->loop, &options);
    if (cluster->question == NULL)
        on_asked(cluster, "out of memory");
}

void store_cluster_refresh(struct store_cluster *cluster)
{
    if (cluster->is_closing || cluster->is_scheduled || cluster->question != NULL)
        return;
    int64_t delay_ms = cluster->asked_ms + cluster->backoff_ms - clock_monotonic_ms();
    cluster->is_scheduled = true;
    loop_timer_start(cluster->timer, delay_ms > 0 ? delay_ms : 0, 0);
}

/* --- for the store --- */

struct store_cluster *store_cluster_open(struct loop *loop,
                                         const struct store_cluster_options *options)
{
    struct store_cluster *cluster = calloc(1, sizeof(*cluster));
    if (cluster == NULL)
        return NULL;
    cluster->loop = loop;
    cluster->options = *options;
    cluster->words[0] = STR("CLUSTER");
    cluster->words[1] = STR("SLOTS");
    cluster->backoff_ms = REFRESH_MS_MIN;
    cluster->asked_ms = clock_monotonic_ms() - REFRESH_MS_MIN;
    memset(cluster->member_of, STORE_SLOT_NOBODY, sizeof(cluster->member_of));
    cluster->timer = loop_timer_new(loop, on_timer, cluster);
    if (cluster->timer == NULL) {
        free(cluster);
        return NULL;
    }
    store_cluster_refresh(cluster);
    return cluster;
}

void store_cluster_close(struct store_cluster *cluster)
{
    if (cluster == NULL)
        return;
    cluster->is_closing = true;
    store_question_cancel(cluster->question);
    for (size_t i = 0; i < cluster->members_len; i++)
        store_node_close(cluster->members[i].node);
    loop_timer_free(cluster->timer);
    free(cluster);
}

bool store_cluster_is_ready(const struct store_cluster *cluster)
{
    if (!cluster->has_begun)
        return false;
    for (size_t i = 0; i < cluster->members_len; i++)
        if (cluster->members[i].is_mapped && store_node_is_ready(cluster->members[i].node))
            return true;
    return false;
}

const char *store_cluster_reason(const struct store_cluster *cluster)
{
    return cluster->reason;
}

size_t store_cluster_masters(const struct store_cluster *cluster)
{
    size_t count = 0;
    for (size_t i = 0; i < cluster->members_len; i++)
        count += cluster->members[i].is_mapped;
    return count;
}

struct store_node *store_cluster_master(const struct store_cluster *cluster, size_t index)
{
    for (size_t i = 0; i < cluster->members_len; i++)
        if (cluster->members[i].is_mapped && index-- == 0)
            return cluster->members[i].node;
    return NULL;
}

size_t store_cluster_pending(const struct store_cluster *cluster)
{
    size_t pending = 0;
    for (size_t i = 0; i < cluster->members_len; i++)
        if (cluster->members[i].node != NULL)
            pending += store_node_pending(cluster->members[i].node);
    return pending;
}

struct store_node *store_cluster_node(struct store_cluster *cluster, unsigned slot)
{
    unsigned char index = cluster->member_of[slot];
    struct store_node *node = index != STORE_SLOT_NOBODY ? cluster->members[index].node : NULL;
    if (node == NULL)
        store_cluster_refresh(cluster);
    return node;
}

struct store_node *store_cluster_redirect(struct store_cluster *cluster,
                                          const struct store_redirection *redirection)
{
    size_t index = member_get(cluster, &redirection->address);
    if (index == REDIS_NODES_MAX)
        return NULL;
    struct member *member = &cluster->members[index];
    if (!redirection->is_ask) {
        cluster->member_of[redirection->slot] = (unsigned char)index;
        store_cluster_refresh(cluster);
    }
    member->kept_until_ms = clock_monotonic_ms() + UNMAPPED_MS_MAX;
    return member->node;
}

void store_cluster_flush(struct store_cluster *cluster)
{
    members_prune(cluster);
    for (size_t i = 0; i < cluster->members_len; i++)
        if (cluster->members[i].node != NULL)
            store_node_flush(cluster->members[i].node);
}

void store_cluster_check_silence(struct store_cluster *cluster)
{
    for (size_t i = 0; i < cluster->members_len; i++)
        if (cluster->members[i].node != NULL)
            store_node_check_silence(cluster->members[i].node);
}
