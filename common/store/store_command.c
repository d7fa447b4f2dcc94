/* Budgets are few and alike, so a command's place by deadline is nearly always at the end of the
 * list, and a search from there is shorter than any tree. */
#include "common/store/store_command.h"

#include "common/base/log.h"

static struct strs texts_copy(struct strs texts, struct str **at, char **bytes)
{
    struct strs copy = {*at, texts.len};
    for (size_t i = 0; i < texts.len; i++) {
        copy.at[i] = (struct str){*bytes, texts.at[i].len};
        if (texts.at[i].len > 0)
            memcpy(*bytes, texts.at[i].at, texts.at[i].len);
        *bytes += texts.at[i].len;
    }
    *at += texts.len;
    return copy;
}

struct store_command *store_command_new(struct strs keys, struct strs arguments)
{
    size_t bytes_len = 0, texts_len = (keys.len + arguments.len) * sizeof(struct str);
    for (size_t i = 0; i < keys.len; i++)
        bytes_len += keys.at[i].len;
    for (size_t i = 0; i < arguments.len; i++)
        bytes_len += arguments.at[i].len;
    struct store_command *command = calloc(1, sizeof(*command) + texts_len + bytes_len);
    if (command == NULL) {
        log_error("store.memory", LOG_I64("size_bytes", texts_len + bytes_len));
        abort();
    }
    struct str *at = (struct str *)(void *)(command + 1);
    char *bytes = (char *)(command + 1) + texts_len;
    command->keys = texts_copy(keys, &at, &bytes);
    command->arguments = texts_copy(arguments, &at, &bytes);
    return command;
}

void store_command_set_name(struct store_command *command, struct str name)
{
    memcpy(command->name, name.at, str_first(name, sizeof(command->name) - 1).len);
}

void store_deadlines_add(struct store_deadlines *deadlines, struct store_command *command)
{
    struct store_command *before = deadlines->last;
    while (before != NULL && before->deadline_ms > command->deadline_ms)
        before = before->previous;
    command->previous = before;
    command->next = before != NULL ? before->next : deadlines->first;
    *(before != NULL ? &before->next : &deadlines->first) = command;
    *(command->next != NULL ? &command->next->previous : &deadlines->last) = command;
    command->is_listed = true;
}

void store_deadlines_remove(struct store_deadlines *deadlines, struct store_command *command)
{
    if (!command->is_listed)
        return;
    *(command->previous != NULL ? &command->previous->next : &deadlines->first) = command->next;
    *(command->next != NULL ? &command->next->previous : &deadlines->last) = command->previous;
    command->previous = command->next = NULL;
    command->is_listed = false;
}

void store_settled_add(struct store_settled *settled, struct store_command *command)
{
    command->next = NULL;
    *(settled->last != NULL ? &settled->last->next : &settled->first) = command;
    settled->last = command;
}

struct store_command *store_settled_take(struct store_settled *settled)
{
    struct store_command *first = settled->first;
    *settled = (struct store_settled){0};
    return first;
}
