/* What happens to a program that has memory_guard_libraries, and why it has it. */
#include "common/base/memory.h"
#include "tests/unit/common/base/allocation.h"
#include "tests/unit/common/base/unit.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT                                                                                       \
    "{\"scope\":\"mcp:example.com:tools email profile\",\"client_id\":\"mcp_example.com_1\"}"

static size_t left;

static void *take_but_one(size_t size_bytes)
{
    return left > 0 && --left == 0 ? NULL : malloc(size_bytes);
}

/* Of jansson itself; should this fail one day, jansson has learnt to tell. */
static void jansson_reads_another_text_without_memory(void **state)
{
    size_t different = 0;
    (void)state;
    json_t *right = json_loads(TEXT, 0, NULL);
    json_set_alloc_funcs(take_but_one, free);
    for (size_t n = 1; n < 40; n++) {
        left = n;
        json_t *read = json_loads(TEXT, 0, NULL);
        left = 0;
        different += read != NULL && !json_equal(read, right);
        json_decref(read);
    }
    json_set_alloc_funcs(malloc, free);
    json_decref(right);
    assert_true(different > 0);
}

/* The signal that ends a child that asks for more than there is. */
static int end_of(void (*ask)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        close(STDERR_FILENO);
        allocation_fail_at(1);
        ask();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void ask_jansson(void)
{
    json_decref(json_object());
}

static void ask_openssl(void)
{
    OPENSSL_free(OPENSSL_malloc(8));
}

static void ask_openssl_for_more(void)
{
    allocation_fail_at(2);
    OPENSSL_free(OPENSSL_realloc(OPENSSL_malloc(8), 1024));
}

static void a_library_without_memory_ends_the_process(void **state)
{
    (void)state;
    assert_int_equal(end_of(ask_jansson), SIGABRT);
    assert_int_equal(end_of(ask_openssl), SIGABRT);
    assert_int_equal(end_of(ask_openssl_for_more), SIGABRT);
}

static void nothing_else_changes(void **state)
{
    (void)state;
    json_t *read = json_loads(TEXT, 0, NULL);
    assert_non_null(read);
    json_decref(read);
    void *at = OPENSSL_realloc(OPENSSL_zalloc(8), 16);
    assert_non_null(at);
    assert_null(OPENSSL_realloc(at, 0));
    assert_null(OPENSSL_malloc(0));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestInit_ex(context, EVP_sha256(), NULL), 1);
    EVP_MD_CTX_free(context);
}

int main(void)
{
    memory_guard_libraries();
    const struct CMUnitTest tests[] = {
        UNIT_TEST(nothing_else_changes),
        UNIT_TEST(a_library_without_memory_ends_the_process),
        UNIT_TEST(jansson_reads_another_text_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
