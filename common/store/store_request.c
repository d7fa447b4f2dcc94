#include "common/store/store_request.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES_MAX = sizeof("*18446744073709551615\r\n") };

static const char LINE_END[] = {'\r', '\n'};

static char *bytes_write(char *at, const char *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

/* "*3\r\n" or "$11\r\n"; digits are made from the last to the first. */
static char *head_write(char *at, char kind, size_t number)
{
    char digits[HEAD_BYTES_MAX];
    size_t len = 0;
    do
        digits[sizeof(digits) - ++len] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    *at++ = kind;
    at = bytes_write(at, digits + sizeof(digits) - len, len);
    return bytes_write(at, LINE_END, sizeof(LINE_END));
}

static bool room_make(struct store_request *request, size_t bytes)
{
    if (bytes <= request->room_bytes)
        return true;
    char *grown = malloc(2 * bytes);
    if (grown == NULL)
        return false;
    store_request_finish(request);
    *request = (struct store_request){.bytes = grown, .room_bytes = 2 * bytes};
    return true;
}

bool store_request_write(struct store_request *request, const char **words, const size_t *lengths,
                         int count)
{
    size_t bytes_max = HEAD_BYTES_MAX + sizeof("");
    for (int i = 0; i < count; i++)
        bytes_max += HEAD_BYTES_MAX + lengths[i] + sizeof(LINE_END);
    if (!room_make(request, bytes_max))
        return false;
    char *at = head_write(request->bytes, '*', (size_t)count);
    for (int i = 0; i < count; i++) {
        at = head_write(at, '$', lengths[i]);
        at = bytes_write(at, words[i], lengths[i]);
        at = bytes_write(at, LINE_END, sizeof(LINE_END));
    }
    *at = '\0';
    request->len = (size_t)(at - request->bytes);
    return true;
}

void store_request_finish(struct store_request *request)
{
    if (request->bytes != NULL)
        explicit_bzero(request->bytes, request->room_bytes);
    free(request->bytes);
    *request = (struct store_request){0};
}
