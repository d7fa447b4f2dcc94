/* The bytes of a JSON text that stand for themselves (RFC 8259 7): printable ASCII but the
 * quotation mark and the backslash. Nearly all of a token or a URL are such, so they are skipped by
 * sixteens.
 *
 *     const char *special = value_text_skip(at, end);   end, or what has to be looked at */
#ifndef COMMON_BASE_VALUE_TEXT_H
#define COMMON_BASE_VALUE_TEXT_H

/* The first byte that is no such one. */
const char *value_text_skip(const char *at, const char *end);

#endif
