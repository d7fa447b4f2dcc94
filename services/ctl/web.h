/* One HTTP request, waited for.
 *
 *     struct web_answer answer;
 *     if (!web_ask(&(struct web_question){.url = url, .timeout_ms = 3000}, arena, &answer))
 *         subcommand_complain("%s", answer.reason);                  no answer came
 *
 * Texts of the answer live in the arena. */
#ifndef SERVICES_CTL_WEB_H
#define SERVICES_CTL_WEB_H

#include "common/base/value.h"

struct web_question {
    struct str method; /* absent: POST with a body, else GET */
    struct str url;
    struct str body;          /* absent: none */
    struct str content_type;  /* of it */
    struct str authorization; /* absent: none */
    struct str ca_file;       /* absent: the system's */
    int64_t timeout_ms;
};

struct web_answer {
    int status;
    struct str location; /* of a redirect, which is not followed */
    struct str body;
    const char *reason; /* when none came: "timeout", "connect" ... */
};

bool web_ask(const struct web_question *question, struct arena *arena,
             struct web_answer *ret_answer);
/* A member of a JSON object, as it stands; VALUE_NONE when there is none. */
struct value web_member(struct str json, const char *name);

#endif
