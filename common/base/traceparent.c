/* 00-<32 hex: trace>-<16 hex: parent span>-<2 hex: flags> */
#include "common/base/traceparent.h"
#include "common/base/hex.h"

enum {
    TRACE_AT = 3,
    PARENT_AT = 36,
    FLAGS_AT = 53,
    TRACE_ID_CHARACTERS = 2 * TRACE_ID_BYTES,
    SPAN_ID_CHARACTERS = 2 * SPAN_ID_BYTES,
};

static bool is_id(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] != '0')
            return hex_is_valid(text);
    return false; /* all zeros is no id */
}

bool traceparent_is_valid(struct str text)
{
    if (text.len < TRACEPARENT_CHARACTERS || text.at[2] != '-' || text.at[PARENT_AT - 1] != '-' ||
        text.at[FLAGS_AT - 1] != '-')
        return false;
    struct str version = str_first(text, 2);
    if (!hex_is_valid(version) || str_equals(version, STR("ff")))
        return false;
    if (text.len > TRACEPARENT_CHARACTERS &&
        (str_equals(version, STR("00")) || text.at[TRACEPARENT_CHARACTERS] != '-'))
        return false;
    return is_id(str_first(str_from(text, TRACE_AT), TRACE_ID_CHARACTERS)) &&
           is_id(str_first(str_from(text, PARENT_AT), SPAN_ID_CHARACTERS)) &&
           hex_is_valid(str_first(str_from(text, FLAGS_AT), 2));
}

void traceparent_make_child(struct str incoming, const unsigned char request_id[TRACE_ID_BYTES],
                            const unsigned char span_id[SPAN_ID_BYTES],
                            char ret_text[TRACEPARENT_CHARACTERS + 1])
{
    bool is_child = traceparent_is_valid(incoming);
    memcpy(ret_text, "00-", TRACE_AT);
    if (is_child)
        memcpy(ret_text + TRACE_AT, incoming.at + TRACE_AT, TRACE_ID_CHARACTERS);
    else
        hex_write(ret_text + TRACE_AT, request_id, TRACE_ID_BYTES);
    ret_text[PARENT_AT - 1] = '-';
    hex_write(ret_text + PARENT_AT, span_id, SPAN_ID_BYTES);
    ret_text[FLAGS_AT - 1] = '-';
    memcpy(ret_text + FLAGS_AT, is_child ? incoming.at + FLAGS_AT : "01", 2);
    ret_text[TRACEPARENT_CHARACTERS] = '\0';
}

bool traceparent_continue(struct str earlier, struct str own,
                          char ret_text[TRACEPARENT_CHARACTERS + 1])
{
    if (!traceparent_is_valid(earlier) || !traceparent_is_valid(own))
        return false;
    memcpy(ret_text, own.at, TRACEPARENT_CHARACTERS);
    memcpy(ret_text + TRACE_AT, earlier.at + TRACE_AT, TRACE_ID_CHARACTERS);
    memcpy(ret_text + FLAGS_AT, earlier.at + FLAGS_AT, 2);
    ret_text[TRACEPARENT_CHARACTERS] = '\0';
    return true;
}

struct str traceparent_trace_id(struct str text)
{
    return traceparent_is_valid(text) ? str_first(str_from(text, TRACE_AT), TRACE_ID_CHARACTERS)
                                      : STR_ABSENT;
}

struct str traceparent_span_id(struct str text)
{
    return traceparent_is_valid(text) ? str_first(str_from(text, PARENT_AT), SPAN_ID_CHARACTERS)
                                      : STR_ABSENT;
}
