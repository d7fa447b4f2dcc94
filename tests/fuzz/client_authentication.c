/* Anyone who can reach /token controls this input: a line of the Authorization header, then the
 * form. Attacks client_authentication_read, client_authentication_read_basic and
 * client_authentication_check. */
#include "common/oauth/client_authentication.h"
#include "common/base/base64url.h"
#include "tests/fuzz/fuzz.h"

/* RFC 6749 2.3.1: what was encoded as it says is what is read. */
static void check_basic(struct arena *arena, struct str user, struct str password)
{
    struct str read_user, read_password;
    struct str pair = arena_printf(arena, "%.*s:%.*s", STR_ARGS(form_encode(arena, user)),
                                   STR_ARGS(form_encode(arena, password)));
    struct str header = arena_printf(arena, "Basic %.*s", STR_ARGS(base64url_encode(arena, pair)));
    enum failure failure =
        client_authentication_read_basic(arena, header, &read_user, &read_password);
    if (arena_has_failed(arena))
        return; /* a long secret has become three times as long */
    FUZZ_CHECK(failure == OK);
    FUZZ_CHECK(str_equals(read_user, user) && str_equals(read_password, password));
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct str rest = input, user, password;
    struct str authorization = fuzz_line(&rest);
    struct client_authentication said;
    struct form form;
    if (client_authentication_read_basic(arena, authorization, &user, &password) == OK)
        check_basic(arena, user, password);
    if (form_parse(arena, rest, &form) != OK ||
        client_authentication_read(arena, authorization.len > 0 ? authorization : STR_ABSENT, &form,
                                   &said) != OK)
        return;
    FUZZ_CHECK(!str_is_empty(said.client_id));
    bool is_none = str_equals(said.method, STR("none"));
    bool is_by_key = str_equals(said.method, STR("private_key_jwt"));
    FUZZ_CHECK(is_by_key == str_is_present(said.assertion));
    FUZZ_CHECK(is_by_key || client_authentication_method_is_known(said.method));
    FUZZ_CHECK((is_none || is_by_key) == !str_is_present(said.secret));
    FUZZ_CHECK((client_authentication_check(&said, STR("none"), STR_ABSENT) == OK) == is_none);
    /* The digest of a secret that nobody said. */
    FUZZ_CHECK(client_authentication_check(
                   &said, STR("client_secret_basic"),
                   STR("00000000000000000000000000000000000000000000000000000000000000ff")) != OK);
}
