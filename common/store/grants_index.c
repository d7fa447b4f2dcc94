/* The index lies in another slot than the grants it names, so its steps are separate ones. */
#include "common/store/grants_index.h"
#include "common/store/key.h"
#include "common/store/store_scripts.h"

void grants_index_add(struct store *store, struct str user_id, struct str g, int64_t ttl_s,
                      struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                      void *context)
{
    struct str key = key_grants(arena, user_id);
    struct str arguments[] = {g, record_integer(arena, ttl_s)};
    record_run(store, &SCRIPT_INDEX_GRANT, (struct strs){&key, 1}, (struct strs){arguments, 2},
               arena, deadline_ms, on_done, context);
}

void grants_index_remove(struct store *store, struct str user_id, struct str g, struct arena *arena,
                         int64_t deadline_ms)
{
    struct str words[] = {STR("ZREM"), key_grants(arena, user_id), g};
    record_send(store, (struct strs){words, 3}, arena, deadline_ms, NULL, NULL);
}
