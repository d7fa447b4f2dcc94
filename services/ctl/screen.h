/* Text for people: colours only on a terminal, texts of strangers without control characters,
 * numbers and times that fit a column.
 *
 *     struct screen screen = screen_of_stdout();
 *     screen_begin_frame(&screen);
 *     printf("%s%s%s\n", screen_colour(&screen, COLOUR_RED), "7", screen_colour(&screen,
 * COLOUR_NONE)); screen_end_frame(&screen);
 *
 * A frame repaints a terminal from its upper left corner, without flicker; elsewhere it does
 * nothing. NO_COLOR (no-color.org) switches colours off. */
#ifndef SERVICES_CTL_SCREEN_H
#define SERVICES_CTL_SCREEN_H

#include "common/base/arena.h"

enum colour { COLOUR_NONE, COLOUR_BOLD, COLOUR_DIM, COLOUR_RED, COLOUR_GREEN, COLOUR_YELLOW };

struct screen {
    bool is_terminal;
    bool has_colours;
    bool is_painted; /* a frame stands there */
};

struct screen screen_of_stdout(void);
/* An escape sequence, or the empty text. */
const char *screen_colour(const struct screen *screen, enum colour colour);
void screen_begin_frame(struct screen *screen);
/* The end of a line of the frame. */
void screen_end_line(const struct screen *screen);
void screen_end_frame(struct screen *screen);

enum { SCREEN_NUMBER_BYTES_MAX = 48, SCREEN_TIME_BYTES_MAX = 32 };
/* 0 to 9999 as they are, then 12.3k, 4.5M; answer: buffer. */
const char *screen_print_count(char buffer[static SCREEN_NUMBER_BYTES_MAX], int64_t count);
const char *screen_print_bytes(char buffer[static SCREEN_NUMBER_BYTES_MAX], int64_t bytes);
/* "12s", "5m", "3h 20m", "12d 4h". */
const char *screen_print_seconds(char buffer[static SCREEN_NUMBER_BYTES_MAX], int64_t seconds);
/* "2026-11-23 14:05:09", UTC. */
const char *screen_print_time(char buffer[static SCREEN_TIME_BYTES_MAX], int64_t seconds);

/* What a stranger wrote, without what could move the cursor or write backwards. The absent text is
 * a dash. */
struct str screen_clean(struct arena *arena, struct str text);

#endif
