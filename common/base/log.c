/* Written with one write(2) per line, so that lines of several processes on one pipe stay whole. */
#include "common/base/log.h"
#include "common/base/clock.h"

#include <jansson.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_BYTES_MAX = 4096,
    CUT_TEXT_BYTES_MAX = 128, /* of each text of a line that would be longer */
};

static enum log_level least = LOG_INFORMATION;
static struct str process_name, instance_name;

uint64_t log_lines_counts[LOG_LEVELS];

static const char *const LEVELS[LOG_LEVELS] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFORMATION] = "information",
    [LOG_WARNING] = "warning",
    [LOG_ERROR] = "error",
};

void log_init(enum log_level level, struct str process, struct str instance)
{
    least = level;
    process_name = process;
    instance_name = instance;
}

bool log_level_from_name(struct str name, enum log_level *ret_level)
{
    for (unsigned i = 0; i < LOG_LEVELS; i++) {
        if (str_equals_cstr(name, LEVELS[i])) {
            *ret_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

const char *log_level_name(enum log_level level)
{
    return LEVELS[level];
}

bool log_is_on(enum log_level level)
{
    return level >= least;
}

static void timestamp_write(char *out, size_t size_bytes)
{
    int64_t now_ms = clock_wall_ms();
    time_t now_s = (time_t)(now_ms / 1000);
    struct tm utc;
    gmtime_r(&now_s, &utc);
    size_t len = strftime(out, size_bytes, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + len, size_bytes - len, ".%03dZ", (int)(now_ms % 1000));
}

/* Cut between characters, so that UTF-8 stays UTF-8. */
static struct str text_cut(struct str text, size_t max)
{
    if (text.len <= max)
        return text;
    while (max > 0 && ((unsigned char)text.at[max] & 0xc0) == 0x80)
        max--;
    return str_first(text, max);
}

static void text_set(json_t *line, const char *name, struct str text)
{
    if (!str_is_present(text))
        return;
    json_t *value = json_stringn(text.at, text.len);
    /* What is not UTF-8 came from outside; its presence matters more than its bytes. */
    json_object_set_new_nocheck(line, name, value ? value : json_string("(not UTF-8)"));
}

static json_t *line_new(enum log_level level, const char *event, const struct log_field *fields,
                        size_t len, size_t text_max)
{
    char timestamp[64];
    timestamp_write(timestamp, sizeof(timestamp));
    json_t *line = json_object();
    text_set(line, "time", str_from_cstr(timestamp));
    text_set(line, "level", str_from_cstr(LEVELS[level]));
    text_set(line, "process", process_name);
    text_set(line, "instance", instance_name);
    text_set(line, "event", str_from_cstr(event));
    for (size_t i = 0; i < len; i++) {
        if (fields[i].is_number)
            json_object_set_new_nocheck(line, fields[i].name, json_integer(fields[i].number));
        else
            text_set(line, fields[i].name, text_cut(fields[i].text, text_max));
    }
    return line;
}

static size_t line_write(json_t *line, char *out, size_t size_bytes)
{
    size_t len = json_dumpb(line, out, size_bytes, JSON_COMPACT);
    json_decref(line);
    return len;
}

void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t len)
{
    char out[LINE_BYTES_MAX];
    size_t room = sizeof(out) - 1;
    if (!log_is_on(level))
        return;
    log_lines_counts[level]++;
    size_t written = line_write(line_new(level, event, fields, len, SIZE_MAX), out, room);
    if (written > room) {
        json_t *line = line_new(level, event, fields, len, CUT_TEXT_BYTES_MAX);
        json_object_set_new_nocheck(line, "is_cut", json_true());
        written = line_write(line, out, room);
    }
    if (written > room) /* dozens of texts, all escaped */
        written = line_write(json_pack("{sssb}", "event", event, "is_cut", 1), out, room);
    out[written] = '\n';
    if (write(STDERR_FILENO, out, written + 1) < 0)
        return; /* nobody reads: there is nowhere to say so */
}
