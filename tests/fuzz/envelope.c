/* Whoever reaches the link's sockets controls this input: other processes of ours, of any release,
 * and without CURVE everyone who may open the socket. Attacks envelope_header_read. */
#include "proto/envelope.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(struct str input, struct arena *arena)
{
    struct envelope envelope;
    unsigned char written[HEADER_BYTES];
    (void)arena;
    if (!envelope_header_read(input, &envelope))
        return;
    FUZZ_CHECK(input.len == HEADER_BYTES && input.at[0] == PROTOCOL_VERSION);
    FUZZ_CHECK(envelope.type >= MESSAGE_HELLO && envelope.type < MESSAGE_TYPES);
    envelope_header_write(&envelope, written);
    FUZZ_CHECK(memcmp(written, input.at, HEADER_BYTES) == 0);
}
