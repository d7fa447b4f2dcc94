/* A command on its way: what the store remembers of it, and the two lists it may stand in, by
 * deadline while it waits for its reply, and settled while its callback waits for the turn's end.
 *
 *     struct store_command *command = store_command_new(keys, arguments);
 *     store_deadlines_add(&deadlines, command);
 *     for (command = store_settled_take(&settled); ...)            then free(command)
 *
 * A command is one piece of memory, the copies of a script's words included. Private to the store.
 */
#ifndef COMMON_STORE_STORE_COMMAND_H
#define COMMON_STORE_STORE_COMMAND_H

#include "common/store/store.h"

struct store_command {
    struct store_command *previous, *next; /* by deadline; the settled list uses next alone */
    bool is_listed;                        /* in the deadline list */
    bool is_answered;                      /* its time ran out: the reply is for nobody */
    bool is_lost;                          /* its connection was: it waits for the next one */
    bool is_bound;                         /* to a master that its caller chose: not sent again */
    struct store_command *later;           /* the next of those that are sent again later */
    int64_t deadline_ms;
    int64_t sent_us;
    store_reply_cb *on_reply;
    void *context;
    enum failure failure; /* when settled */
    char name[24];        /* the command's word or the script's name, for the log */
    const struct store_script *script;
    /* Copies, to send it again: to a Redis that has forgotten the script, over another connection,
     * or elsewhere in a cluster. All words of a plain command are arguments. */
    struct strs keys, arguments;
    unsigned slot, redirections; /* in a cluster */
    unsigned vacancies;          /* how often nobody had its slot */
    bool is_asking;              /* as the node that it goes to next was told by ASK */
};

struct store_deadlines {
    struct store_command *first, *last;
};

struct store_settled {
    struct store_command *first, *last;
};

/* Ends the process when memory is gone: nothing could be promised about a command that there is no
 * memory for, not even its callback. */
struct store_command *store_command_new(struct strs keys, struct strs arguments);
void store_command_set_name(struct store_command *command, struct str name); /* cut to fit */

/* Behind those of the same deadline. */
void store_deadlines_add(struct store_deadlines *deadlines, struct store_command *command);
/* One that is not listed is let be. */
void store_deadlines_remove(struct store_deadlines *deadlines, struct store_command *command);

void store_settled_add(struct store_settled *settled, struct store_command *command);
/* The first of all, chained by next; the list is empty then. NULL when it was. */
struct store_command *store_settled_take(struct store_settled *settled);

#endif
