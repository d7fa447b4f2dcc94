/* Control characters are those of ASCII and, in UTF-8, U+0080 to U+009F; U+200E and U+200F,
 * U+202A to U+202E and U+2066 to U+2069 turn the direction of a line. */
#include "services/ctl/screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/utf8.h"

struct screen screen_of_stdout(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    struct screen screen = {.is_terminal = isatty(STDOUT_FILENO) == 1};
    bool is_wanted = no_color == NULL || no_color[0] == '\0';
    bool is_dumb = term != NULL && strcmp(term, "dumb") == 0;
    screen.has_colours = screen.is_terminal && is_wanted && !is_dumb;
    return screen;
}

const char *screen_colour(const struct screen *screen, enum colour colour)
{
    static const char *const SEQUENCES[] = {
        [COLOUR_NONE] = "\x1b[0m", [COLOUR_BOLD] = "\x1b[1m",   [COLOUR_DIM] = "\x1b[2m",
        [COLOUR_RED] = "\x1b[31m", [COLOUR_GREEN] = "\x1b[32m", [COLOUR_YELLOW] = "\x1b[33m"};
    return screen->has_colours ? SEQUENCES[colour] : "";
}

/* The first frame clears the terminal, the others paint over; lines are cut, not wrapped. */
void screen_begin_frame(struct screen *screen)
{
    if (!screen->is_terminal)
        return;
    fputs(screen->is_painted ? "\x1b[H\x1b[?7l" : "\x1b[2J\x1b[H\x1b[?7l", stdout);
    screen->is_painted = true;
}

void screen_end_line(const struct screen *screen)
{
    fputs(screen->is_painted ? "\x1b[K\n" : "\n", stdout);
}

void screen_end_frame(struct screen *screen)
{
    if (screen->is_painted)
        fputs("\x1b[J\x1b[?7h", stdout);
    fflush(stdout);
}

static const char *scaled_print(char *buffer, int64_t number, int64_t step, const char *units)
{
    double value = (double)number;
    size_t unit = 0;
    while (value >= (double)step * 0.9995 && units[unit + 1] != '\0') {
        value /= (double)step;
        unit++;
    }
    snprintf(buffer, SCREEN_NUMBER_BYTES_MAX, value < 99.95 ? "%.1f%c" : "%.0f%c", value,
             units[unit]);
    return buffer;
}

const char *screen_print_count(char buffer[static SCREEN_NUMBER_BYTES_MAX], int64_t count)
{
    if (count >= 10000)
        return scaled_print(buffer, count, 1000, " kMG");
    snprintf(buffer, SCREEN_NUMBER_BYTES_MAX, "%" PRId64, count);
    return buffer;
}

const char *screen_print_bytes(char buffer[static SCREEN_NUMBER_BYTES_MAX], int64_t bytes)
{
    if (bytes >= 1000)
        return scaled_print(buffer, bytes, 1000, " kMGT");
    snprintf(buffer, SCREEN_NUMBER_BYTES_MAX, "%" PRId64, bytes);
    return buffer;
}

const char *screen_print_seconds(char buffer[static SCREEN_NUMBER_BYTES_MAX], int64_t seconds)
{
    static const struct {
        int64_t size, next;
        char unit, next_unit;
    } STEPS[] = {{86400, 3600, 'd', 'h'}, {3600, 60, 'h', 'm'}, {60, 1, 'm', 's'}};
    for (size_t i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++)
        if (seconds >= STEPS[i].size) {
            snprintf(buffer, SCREEN_NUMBER_BYTES_MAX, "%" PRId64 "%c %" PRId64 "%c",
                     seconds / STEPS[i].size, STEPS[i].unit,
                     seconds % STEPS[i].size / STEPS[i].next, STEPS[i].next_unit);
            return buffer;
        }
    snprintf(buffer, SCREEN_NUMBER_BYTES_MAX, "%" PRId64 "s", seconds);
    return buffer;
}

const char *screen_print_time(char buffer[static SCREEN_TIME_BYTES_MAX], int64_t seconds)
{
    time_t at = (time_t)seconds;
    struct tm utc;
    if (gmtime_r(&at, &utc) == NULL ||
        strftime(buffer, SCREEN_TIME_BYTES_MAX, "%Y-%m-%d %H:%M:%S", &utc) == 0)
        snprintf(buffer, SCREEN_TIME_BYTES_MAX, "%" PRId64, seconds);
    return buffer;
}

static bool is_harmless(uint32_t character)
{
    bool is_control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    bool turns = (character >= 0x200e && character <= 0x200f) ||
                 (character >= 0x202a && character <= 0x202e) ||
                 (character >= 0x2066 && character <= 0x2069);
    return !is_control && !turns;
}

struct str screen_clean(struct arena *arena, struct str text)
{
    if (!str_is_present(text))
        return STR("-");
    char *clean = arena_take(arena, text.len + 1);
    size_t len = 0;
    while (clean != NULL && text.len > 0) {
        struct str rest = text;
        uint32_t character;
        bool is_valid = utf8_next(&rest, &character);
        size_t bytes = is_valid ? text.len - rest.len : 1;
        if (is_valid && is_harmless(character)) {
            memcpy(clean + len, text.at, bytes);
            len += bytes;
        } else {
            clean[len++] = '?';
        }
        text = str_from(text, bytes);
    }
    return clean != NULL ? str_from_bytes(clean, len) : STR("?");
}
