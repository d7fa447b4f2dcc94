/* Anyone who can open a connection to the edge controls this input: the raw bytes of a request.
 * Attacks request_head_check. What it accepts must be a head that every parser reads alike. */
#include "common/base/limits.h"
#include "services/edge/request_head.h"
#include "tests/fuzz/fuzz.h"

/* Lines as the most tolerant of parsers would see them. */
static size_t count_of(struct str head, struct str name)
{
    size_t count = 0;
    while (head.len > 0) {
        size_t end = str_index_of(head, '\n');
        count += str_equals_ignoring_case(str_first(head, name.len), name);
        head = str_from(head, end + 1);
    }
    return count;
}

static void check_head(struct str head, bool is_chunked)
{
    FUZZ_CHECK(str_ends_with(head, STR("\r\n\r\n")));
    for (size_t i = 0; i < head.len; i++) {
        FUZZ_CHECK(head.at[i] != '\0');
        FUZZ_CHECK(head.at[i] != '\n' || (i > 0 && head.at[i - 1] == '\r'));
        FUZZ_CHECK(head.at[i] != '\r' || (i + 1 < head.len && head.at[i + 1] == '\n'));
    }
    FUZZ_CHECK(count_of(head, STR("host:")) == 1);
    size_t lengths = count_of(head, STR("content-length:"));
    size_t encodings = count_of(head, STR("transfer-encoding:"));
    FUZZ_CHECK(lengths + encodings <= 1);
    FUZZ_CHECK(is_chunked == (encodings == 1));
    FUZZ_CHECK(count_of(head, STR(" ")) + count_of(head, STR("\t")) == 0);
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct request_head head, again;
    const char *problem = NULL;
    (void)arena;
    enum failure failure = request_head_check(input, &head, &problem);
    if (failure != OK) {
        FUZZ_CHECK(failure == FAIL_REQUEST_HEAD_MALFORMED && problem != NULL);
        return;
    }
    FUZZ_CHECK(head.len <= input.len && head.len <= HTTP_HEAD_BYTES_MAX);
    struct str text = str_first(input, head.len);
    check_head(text, head.is_chunked);
    /* What stands behind the head decides nothing, and nothing less is a head. */
    FUZZ_CHECK(request_head_check(text, &again, &problem) == OK && again.len == head.len);
    FUZZ_CHECK(request_head_check(str_first(text, head.len - 1), &again, &problem) != OK);
}
