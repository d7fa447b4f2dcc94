/* A person, by GitHub's id or by login, and what the person has granted.
 *
 *     struct person person;
 *     TRY(person_find(connection, STR("octocat"), arena, &person));
 *     for (size_t i = 0; i < person.grants_len; i++) person.grants[i].g ...
 *
 * An id is found by the index of its grants. A login is looked for in every grant, because nothing
 * in Redis leads from it to an id; one who has no grant any more is found by id only. */
#ifndef SERVICES_CTL_PERSON_H
#define SERVICES_CTL_PERSON_H

#include "common/store/grant.h"
#include "common/store/grants_index.h"
#include "services/ctl/connection.h"

struct person_grant {
    struct str g;
    int64_t end_at;
    const struct grant_record *record; /* NULL: it never came to be, or is gone */
};

struct person {
    struct str user_id; /* absent: nobody of this login has a grant */
    struct str login;   /* absent: not known */
    struct person_grant *grants;
    size_t grants_len;
};

enum failure person_find(struct connection *connection, struct str name, struct arena *arena,
                         struct person *ret_person) MUST_CHECK;

#endif
