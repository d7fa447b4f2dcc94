/* The workers may run scripts, reader and operator may not: those try EXISTS, and DEL of a key that
 * nobody has. */
#include "common/store/rights_check.h"

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/store/store_scripts.h"

enum {
    CHECK_MS = 5000,
    COMMANDS_MAX = REDIS_WORDS_MAX - 4,
};

struct checking {
    struct arena *arena;
    struct strs commands;
    struct strs refused;
    size_t answers_left;
    enum failure failure;
    rights_checked_cb *on_checked;
    void *context;
};

struct
try {
    struct checking *checking;
    struct str command;
};

static bool user_runs_scripts(enum acl_user user)
{
    return user <= ACL_SIGNER;
}

/* Where the key stands, as redis.acl_check_cmd wants it. */
static struct str command_print(struct arena *arena, struct str verb, struct str key)
{
    struct str container, sub;
    if (str_starts_with(verb, STR("eval")))
        return arena_printf(arena, "%.*s x 1 %.*s", STR_ARGS(verb), STR_ARGS(key));
    if (str_cut(verb, '|', &container, &sub))
        return arena_printf(arena, "%.*s %.*s %.*s", STR_ARGS(container), STR_ARGS(sub),
                            STR_ARGS(key));
    return arena_printf(arena, "%.*s %.*s", STR_ARGS(verb), STR_ARGS(key));
}

static bool verb_is_tried(enum acl_user user, struct str verb)
{
    return user_runs_scripts(user) || str_equals(verb, STR("exists")) ||
           str_equals(verb, STR("del"));
}

static enum failure command_add(struct checking *checking, struct str verb, struct str key)
{
    struct str command = command_print(checking->arena, verb, key);
    if (!str_is_present(command) || checking->commands.len == COMMANDS_MAX)
        return FAIL_LIMIT_REACHED;
    checking->commands.at[checking->commands.len++] = command;
    return OK;
}

static enum failure right_add(struct checking *checking, const struct acl_right *right)
{
    for (enum key_family family = 0; family < KEY_FAMILIES_COUNT; family++) {
        if (!(right->families & (1u << family)))
            continue;
        struct str key = acl_example_key(checking->arena, right->user, family);
        struct str rest = str_from_cstr(right->commands), verb;
        if (!str_is_present(key))
            return FAIL_LIMIT_REACHED;
        while (str_next_word(&rest, &verb))
            if (verb_is_tried(right->user, verb))
                TRY(command_add(checking, verb, key));
    }
    return OK;
}

static enum failure commands_make(struct checking *checking, enum acl_user user)
{
    checking->commands.at =
        arena_take_array(checking->arena, COMMANDS_MAX, sizeof(*checking->commands.at));
    checking->refused.at =
        arena_take_array(checking->arena, COMMANDS_MAX, sizeof(*checking->refused.at));
    if (checking->commands.at == NULL || checking->refused.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < acl_rights_count(); i++) {
        struct acl_right right = acl_right_get(i);
        if (right.user == user)
            TRY(right_add(checking, &right));
    }
    return OK;
}

static void on_script(void *context, enum failure failure, const struct store_reply *reply)
{
    struct checking *checking = context;
    for (size_t i = 0; failure == OK && i < reply->len && i < COMMANDS_MAX; i++)
        checking->refused.at[checking->refused.len++] = reply->at[i].text;
    checking->on_checked(checking->context, failure, checking->refused);
}

static void answered(struct checking *checking)
{
    if (--checking->answers_left == 0)
        checking->on_checked(checking->context, OK, checking->refused);
}

/* A refusal comes as FAIL_STORE_UNAVAILABLE, like a Redis that went away: the next question tells
 * the two apart. */
static void on_tried(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct try *try = context;
    struct checking *checking = try->checking;
    (void)reply;
    if (failure != OK)
        checking->refused.at[checking->refused.len++] = try->command;
    answered(checking);
}

static void commands_try(struct store *store, struct checking *checking)
{
    checking->answers_left = 1; /* ours, until all are asked: some users have none that is tried */
    for (size_t i = 0; i < checking->commands.len; i++) {
        struct try *try = arena_take(checking->arena, sizeof(*try));
        struct str words[2];
        if (try == NULL || !str_cut(checking->commands.at[i], ' ', &words[0], &words[1]))
            continue;
        *try = (struct try){checking, checking->commands.at[i]};
        checking->answers_left++;
        store_send(store, (struct strs){words, 2}, clock_monotonic_ms() + CHECK_MS, on_tried, try);
    }
    answered(checking);
}

void rights_check_start(struct store *store, enum acl_user user, struct arena *arena,
                        rights_checked_cb *on_checked, void *context)
{
    struct checking *checking = arena_take(arena, sizeof(*checking));
    struct str key = acl_example_key(arena, user, KEY_FAMILY_RATE);
    if (checking != NULL)
        *checking = (struct checking){.arena = arena, .on_checked = on_checked, .context = context};
    if (checking == NULL || !str_is_present(key) || commands_make(checking, user) != OK) {
        on_checked(context, FAIL_LIMIT_REACHED, (struct strs){0});
        return;
    }
    if (user_runs_scripts(user))
        store_run(store, &SCRIPT_RIGHTS, (struct strs){&key, 1}, checking->commands,
                  clock_monotonic_ms() + CHECK_MS, on_script, checking);
    else
        commands_try(store, checking);
}
