#include "common/store/store_request.h"
#include "tests/unit/common/base/unit.h"

#include <hiredis/hiredis.h>
#include <string.h>

/* What hiredis writes of the same words. */
static void assert_written(struct store_request *request, const char **words, const size_t *lengths,
                           int count)
{
    char *expected = NULL;
    int len = redisFormatCommandArgv(&expected, count, words, lengths);
    assert_true(store_request_write(request, words, lengths, count));
    assert_int_equal(request->len, len);
    assert_memory_equal(request->bytes, expected, (size_t)len + 1); /* with its end, 0 */
    redisFreeCommand(expected);
}

static void a_command_is_written_as_hiredis_writes_it(void **state)
{
    struct store_request request = {0};
    const char *words[] = {"SET", "mcp:code:{g}", "", "a\r\nb\0c", "1234567890"};
    const size_t lengths[] = {3, 12, 0, 6, 10};
    (void)state;
    for (int count = 1; count <= 5; count++)
        assert_written(&request, words, lengths, count);
    store_request_finish(&request);
}

static void words_of_any_length_find_room(void **state)
{
    enum { BYTES_MAX = 100001 };
    static char text[BYTES_MAX];
    struct store_request request = {0};
    const char *words[] = {"GET", text, text};
    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t len = 0; len < BYTES_MAX; len = len * 10 + (len == 0 ? 9 : 1)) {
        const size_t lengths[] = {3, len, BYTES_MAX - 1 - len};
        assert_written(&request, words, lengths, 3);
        assert_written(&request, words, lengths, 1); /* the memory is kept */
    }
    store_request_finish(&request);
    assert_null(request.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_command_is_written_as_hiredis_writes_it),
        UNIT_TEST(words_of_any_length_find_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
