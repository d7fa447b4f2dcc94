/* Every record of one family, with the rest of its life: for eyes. One page at a time, as
 * keyspace_walk.h says.
 *
 *     static const struct keyspace_records_options options = {
 *         .family = KEY_FAMILY_WORKER, .fields = &HEARTBEAT_RECORD, .on_record = on_record };
 *     keyspace_records_start(store, &options, on_done, context);
 *
 * What ends meanwhile, is no hash, or cannot be read by the table is left out. */
#ifndef COMMON_STORE_KEYSPACE_RECORDS_H
#define COMMON_STORE_KEYSPACE_RECORDS_H

#include "common/base/fields.h"
#include "common/store/key.h"
#include "common/store/store.h"

struct keyspace_record {
    struct key_parts parts;
    const void *record;  /* the struct that the table describes */
    int64_t ttl_s;       /* -1: it has none */
    struct arena *arena; /* where all of it lives, until on_record returns */
};

struct keyspace_records_options {
    enum key_family family;
    const struct fields *fields;
    void (*on_record)(void *context, const struct keyspace_record *record);
    void *context;
};

/* options is copied. on_done is called once; at once when memory is gone. */
void keyspace_records_start(struct store *store, const struct keyspace_records_options *options,
                            void (*on_done)(void *context, enum failure failure), void *context);

#endif
