/* Fixed windows are coarse (twice the limit can pass around a window's edge) and cost one small key
 * each; that is enough to protect a server. */
#include "common/store/rate.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "common/crypto/digest.h"
#include "common/store/key.h"
#include "common/store/store_metrics.h"
#include "common/store/store_scripts.h"

struct str rate_subject_of_address(struct arena *arena, struct str address)
{
    char text[INET6_ADDRSTRLEN] = "";
    struct in6_addr v6;
    if (!str_is_present(address))
        return STR("unknown");
    if (address.len >= sizeof(text))
        return address;
    memcpy(text, address.at, address.len);
    if (inet_pton(AF_INET6, text, &v6) != 1)
        return address;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        inet_ntop(AF_INET, v6.s6_addr + 12, text, sizeof(text));
        return arena_dup(arena, str_from_cstr(text));
    }
    memset(v6.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &v6, text, sizeof(text));
    return arena_printf(arena, "%s/64", text);
}

struct taken {
    const char *bucket;
    int64_t count_max;
    rate_cb *on_rate;
    void *context;
};

static void on_counted(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct taken *taken = context;
    int64_t retry_after_s = 0;
    if (failure == OK && (reply->kind != STORE_LIST || reply->len != 2))
        failure = FAIL_SERVER_ERROR;
    if (failure == OK && reply->at[0].integer > taken->count_max) {
        failure = FAIL_RATE_LIMITED;
        store_metrics_count_limited(taken->bucket);
        retry_after_s = reply->at[1].integer / 1000 + (reply->at[1].integer % 1000 > 0);
    }
    taken->on_rate(taken->context, failure, retry_after_s);
}

void rate_take(struct store *store, const struct rate_limit *limit, struct str subject,
               struct arena *arena, int64_t deadline_ms, rate_cb *on_rate, void *context)
{
    struct taken *taken = arena_take(arena, sizeof(*taken));
    struct str h = digest_hex(arena, subject);
    struct str key =
        str_is_present(h) ? key_rate(arena, str_from_cstr(limit->bucket), h) : STR_ABSENT;
    struct str window = arena_decimal(arena, limit->window_s);
    if (taken == NULL || !str_is_present(key) || !str_is_present(window)) {
        on_rate(context, FAIL_LIMIT_REACHED, 0);
        return;
    }
    *taken = (struct taken){limit->bucket, limit->count_max, on_rate, context};
    store_run(store, &SCRIPT_RATE, (struct strs){&key, 1}, (struct strs){&window, 1}, deadline_ms,
              on_counted, taken);
}
