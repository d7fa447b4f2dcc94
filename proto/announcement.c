#include "proto/announcement.h"
#include "common/base/hex.h"
#include "proto/control.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

struct announcement {
    struct arena *arena; /* kind, instance, operations */
    struct arena *text;  /* HELLO as sent, with its keys; made anew when they change */
    struct hello_message message;
    char keys_version[KEYS_VERSION_BYTES + 1];
    struct str hello;
};

/* True when HELLO could be written. */
static bool hello_write(struct announcement *self, struct str keys)
{
    struct arena *text = arena_new(4 * HELLO_BYTES_MAX);
    struct hello_message message = self->message;
    struct str hello;
    message.keys = keys;
    message.keys_version = str_from_cstr(self->keys_version);
    if (text == NULL || fields_to_json(&HELLO_MESSAGE, &message, text, &hello) != OK) {
        arena_free(text);
        return false;
    }
    arena_free(self->text);
    self->text = text;
    self->hello = hello;
    return true;
}

struct announcement *announcement_new(struct str kind, struct str instance, struct strs operations)
{
    struct announcement *self = calloc(1, sizeof(*self));
    if (self == NULL)
        return NULL;
    self->arena = arena_new(HELLO_BYTES_MAX);
    if (self->arena != NULL) {
        self->message = (struct hello_message){
            .kind = arena_dup(self->arena, kind),
            .instance = arena_dup(self->arena, instance),
            .release = STR(MCP_OAUTH_RELEASE),
            .operations = arena_dup_strs(self->arena, operations),
        };
    }
    if (self->message.operations.at == NULL || !str_is_present(self->message.kind) ||
        !str_is_present(self->message.instance) || !hello_write(self, STR_ABSENT)) {
        announcement_free(self);
        return NULL;
    }
    return self;
}

void announcement_free(struct announcement *self)
{
    if (self == NULL)
        return;
    arena_free(self->arena);
    arena_free(self->text);
    free(self);
}

void announcement_set_keys(struct announcement *self, struct str keys, struct str version)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char before[KEYS_VERSION_BYTES + 1];
    snprintf(before, sizeof(before), "%s", self->keys_version);
    SHA256((const unsigned char *)(version.at ? version.at : ""), version.len, digest);
    hex_write(self->keys_version, digest, KEYS_VERSION_BYTES / 2);
    if (!hello_write(self, keys))
        snprintf(self->keys_version, sizeof(self->keys_version), "%s", before);
}

struct str announcement_hello(const struct announcement *self)
{
    return self->hello;
}

/* By hand, because a JSON library would cost more than the rest of the message. */
struct str announcement_ready(const struct announcement *self, int64_t credit, int64_t every_ms,
                              char ret_body[READY_BYTES_MAX + 1])
{
    enum { CREDIT_MAX = 999, EVERY_MS_MAX = 9999 };
    int len = snprintf(ret_body, READY_BYTES_MAX + 1,
                       "{\"credit\":%d,\"every_ms\":%d,\"keys_version\":\"%s\"}",
                       credit < CREDIT_MAX ? (int)credit : CREDIT_MAX,
                       every_ms < EVERY_MS_MAX ? (int)every_ms : EVERY_MS_MAX, self->keys_version);
    return str_from_bytes(ret_body, (size_t)len);
}
