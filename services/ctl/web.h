/* One HTTP request, waited for.
 *
 *     struct web_answer answer;
 *     if (!web_ask(&(struct web_question){.url = url, .timeout_ms = 3000}, arena, &answer))
 *         subcommand_complain("%s", answer.reason);                  no answer came
 *
 * Texts of the answer live in the arena. */
#ifndef SERVICES_CTL_WEB_H
#define SERVICES_CTL_WEB_H

#include "common/base/arena.h"

struct web_question {
    struct str url;
    struct str body;         /* absent: GET; else this is sent by POST */
    struct str content_type; /* of it */
    struct str ca_file;      /* absent: the system's */
    int64_t timeout_ms;
};

struct web_answer {
    int status;
    struct str body;
    const char *reason; /* when none came: "timeout", "connect" ... */
};

bool web_ask(const struct web_question *question, struct arena *arena,
             struct web_answer *ret_answer);

#endif
