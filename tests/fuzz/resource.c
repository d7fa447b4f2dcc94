/* Clients control this input (the parameter resource, RFC 8707); the servers file names the values
 * that it is compared with. Attacks resource_check and resource_equals, on three values. */
#include "common/base/limits.h"
#include "common/oauth/resource.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(struct str input, struct arena *arena)
{
    struct str rest = input;
    struct str a = fuzz_line(&rest), b = fuzz_line(&rest), c = fuzz_line(&rest);
    bool is_good = resource_check(a) == OK;
    (void)arena;
    FUZZ_CHECK(!is_good || a.len <= RESOURCE_BYTES_MAX);
    FUZZ_CHECK(!is_good || str_index_of(a, '#') == a.len);
    FUZZ_CHECK(resource_equals(a, a) == is_good);
    FUZZ_CHECK(resource_equals(a, b) == resource_equals(b, a));
    if (!resource_equals(a, b))
        return;
    FUZZ_CHECK(is_good && resource_check(b) == OK);
    FUZZ_CHECK(resource_equals(a, c) == resource_equals(b, c));
}
