/* What a worker has been asked and has not answered yet, and the replies that wait for the end of
 * the turn.
 *
 *     struct request *request = request_new(&list, connection, &envelope);
 *     request_answer(&list, request, OK, body);      takes it back
 *     request_list_flush(&list);                     before the loop sleeps
 *     request_list_finish(&list);                    frees what is left, unanswered */
#ifndef PROTO_REQUEST_LIST_H
#define PROTO_REQUEST_LIST_H

#include "proto/connection.h"
#include "proto/link_worker.h"

struct request {
    struct link_request link_request; /* first: the handler's view of it */
    struct connection *connection;
    struct request *previous, *next;
    unsigned char id[REQUEST_ID_BYTES];
    bool is_parked;
    struct request *next_answered;
    enum failure failure; /* of the reply that is held */
    struct str reply;
};

/* All zero: empty. */
struct request_list {
    struct request *first;
    size_t in_flight, parked;
    struct request *answered, *answered_last; /* replies of this turn, in their order */
    int64_t answered_us;                      /* since when the first of them waits */
};

/* NULL without memory. Everything is copied; the request lies in its own arena. */
struct request *request_new(struct request_list *list, struct connection *connection,
                            const struct envelope *envelope);
/* What is answered in one turn leaves together, so that the edge and the threads between wake once
 * for all of it; but nobody waits longer than 2 ms for the signatures of others. */
void request_answer(struct request_list *list, struct request *request, enum failure failure,
                    struct str body);
void request_list_flush(struct request_list *list);
void request_list_finish(struct request_list *list);

#endif
