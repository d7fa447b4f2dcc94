/* JSON as the subcommands print it with --json: members and elements with their commas.
 *
 *     static void row_write(struct value_writer *writer, const void *row)
 *     {
 *         struct json json = {.writer = writer};
 *         json_begin(&json, NULL, '{');
 *         json_text(&json, "kind", STR("signer"));
 *         json_end(&json, '}');
 *     }
 *     return json_print(arena, row_write, &row);
 *
 * name is NULL in an array and at the top. */
#ifndef SERVICES_CTL_JSON_H
#define SERVICES_CTL_JSON_H

#include "common/base/value_writer.h"

struct json {
    struct value_writer *writer;
    bool needs_comma;
};

void json_begin(struct json *json, const char *name, char bracket);
void json_end(struct json *json, char bracket);
void json_text(struct json *json, const char *name, struct str text); /* absent: left out */
void json_integer(struct json *json, const char *name, int64_t integer);
void json_boolean(struct json *json, const char *name, bool is_true);

/* One line on standard output; the exit status. */
int json_print(struct arena *arena, value_write_cb *write, const void *what);

#endif
