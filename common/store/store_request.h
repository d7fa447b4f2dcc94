/* A command as Redis reads it: an array of bulk strings of its protocol (RESP 2). hiredis can write
 * one too, by four formatted prints a word, which was a tenth of a signer's work.
 *
 *     struct store_request request = {0};
 *     if (!store_request_write(&request, words, lengths, count)) ...    memory is gone
 *     redisAsyncFormattedCommand(redis, ..., request.bytes, request.len);
 *     store_request_finish(&request);
 *
 * A 0 stands behind it: hiredis looks for the next word by strchr. The memory is kept from one
 * command to the next. Private to the store. */
#ifndef COMMON_STORE_STORE_REQUEST_H
#define COMMON_STORE_STORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct store_request {
    char *bytes;
    size_t len, room_bytes;
};

/* False when memory is gone; what stood there before is then as it was. */
bool store_request_write(struct store_request *request, const char **words, const size_t *lengths,
                         int count);
/* Wiped: words may be passwords. */
void store_request_finish(struct store_request *request);

#endif
