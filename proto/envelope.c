/* Fixed frames instead of one JSON envelope: the edge reads type and request id of every message,
 * and should not parse anything for it. */
#include "proto/envelope.h"

#include <errno.h>
#include <string.h>

void envelope_header_write(const struct envelope *envelope, unsigned char out[HEADER_BYTES])
{
    out[0] = PROTOCOL_VERSION;
    out[1] = (unsigned char)envelope->type;
    out[2] = (unsigned char)envelope->operation_version;
    out[3] = 0;
    for (int i = 0; i < 4; i++)
        out[4 + i] = (unsigned char)(envelope->time_ms >> (24 - 8 * i));
    memcpy(out + 8, envelope->request_id, REQUEST_ID_BYTES);
}

bool envelope_header_read(struct str bytes, struct envelope *ret_envelope)
{
    const unsigned char *at = (const unsigned char *)bytes.at;
    if (bytes.len != HEADER_BYTES || at[0] != PROTOCOL_VERSION || at[1] < MESSAGE_HELLO ||
        at[1] >= MESSAGE_TYPES || at[3] != 0)
        return false;
    *ret_envelope = (struct envelope){.type = (enum message_type)at[1], .operation_version = at[2]};
    for (int i = 0; i < 4; i++)
        ret_envelope->time_ms = ret_envelope->time_ms << 8 | at[4 + i];
    memcpy(ret_envelope->request_id, at + 8, REQUEST_ID_BYTES);
    return true;
}

static int frame_send(void *socket, struct str bytes, bool is_last)
{
    int flags = ZMQ_DONTWAIT | (is_last ? 0 : ZMQ_SNDMORE);
    int sent;
    do
        sent = zmq_send(socket, bytes.at ? bytes.at : "", bytes.len, flags);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

int envelope_send(void *socket, struct str routing_id, const struct envelope *envelope)
{
    unsigned char header[HEADER_BYTES];
    envelope_header_write(envelope, header);
    const struct str frames[FRAMES] = {
        str_from_bytes(header, sizeof(header)),
        envelope->subject,
        envelope->traceparent,
        envelope->body,
    };
    /* When the first frame is refused nothing has been sent. When a later one is, because the peer
     * has vanished meanwhile, the socket swallows frames until the last one of the message: it must
     * get it, or the next message would be taken for the rest of this one. */
    int error = str_is_present(routing_id) ? frame_send(socket, routing_id, false) : 0;
    bool has_begun = error == 0 && str_is_present(routing_id);
    if (error != 0)
        return error;
    for (int i = 0; i < FRAMES; i++) {
        int refused = frame_send(socket, frames[i], i == FRAMES - 1);
        if (refused != 0 && !has_begun)
            return refused;
        has_begun = true;
        error = error != 0 ? error : refused;
    }
    return error;
}

static struct str frame_text(zmq_msg_t *frame)
{
    return str_from_bytes(zmq_msg_data(frame), zmq_msg_size(frame));
}

void envelope_buffer_finish(struct envelope_buffer *buffer)
{
    for (int i = 0; i < buffer->frames_len; i++)
        zmq_msg_close(&buffer->frames[i]);
    buffer->frames_len = 0;
}

/* What stands behind the frames that a message may have. */
static void rest_skip(void *socket)
{
    zmq_msg_t frame;
    bool more_follows;
    do {
        zmq_msg_init(&frame);
        more_follows = zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    } while (more_follows);
}

static bool frames_receive(void *socket, int frames_max, struct envelope_buffer *buffer,
                           bool *ret_more_follows)
{
    zmq_msg_t *frame;
    buffer->frames_len = 0;
    do {
        frame = &buffer->frames[buffer->frames_len];
        zmq_msg_init(frame);
        buffer->frames_len++;
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0)
            return false;
    } while (zmq_msg_more(frame) && buffer->frames_len < frames_max);
    *ret_more_follows = zmq_msg_more(frame);
    return true;
}

enum envelope_receipt envelope_receive(void *socket, bool is_router,
                                       struct envelope_buffer *ret_buffer)
{
    struct envelope_buffer *buffer = ret_buffer;
    int frames_max = FRAMES + (is_router ? 1 : 0);
    bool more_follows;
    if (!frames_receive(socket, frames_max, buffer, &more_follows)) {
        envelope_buffer_finish(buffer);
        return ENVELOPE_NONE;
    }
    bool is_whole = buffer->frames_len == frames_max && !more_follows;
    zmq_msg_t *frame = buffer->frames;
    buffer->routing_id = is_router ? frame_text(frame++) : STR_ABSENT;
    if (!is_whole || !envelope_header_read(frame_text(frame), &buffer->envelope)) {
        if (more_follows)
            rest_skip(socket);
        envelope_buffer_finish(buffer);
        return ENVELOPE_MALFORMED;
    }
    buffer->envelope.subject = frame_text(frame + 1);
    buffer->envelope.traceparent = frame_text(frame + 2);
    buffer->envelope.body = frame_text(frame + 3);
    return ENVELOPE_RECEIVED;
}

bool envelope_waits(void *socket)
{
    int events = 0;
    size_t size = sizeof(events);
    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}
