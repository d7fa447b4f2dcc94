/* doctor: looks at everything that an operator can get wrong, and says how each is mended. */
#include <assert.h>
#include <stdio.h>

#include "services/ctl/doctor.h"
#include "services/ctl/json.h"
#include "services/ctl/screen.h"

static const struct {
    const char *name;
    const char *sign;
    enum colour colour;
} LEVELS[] = {
    [FINDING_GOOD] = {"good", "ok", COLOUR_GREEN},
    [FINDING_NOT_SEEN] = {"not_seen", "?", COLOUR_DIM},
    [FINDING_ADVICE] = {"advice", "advice", COLOUR_YELLOW},
    [FINDING_BAD] = {"bad", "BAD", COLOUR_RED},
};

void doctor_find(struct doctor *doctor, enum finding_level level, const char *area, struct str what,
                 struct str mend)
{
    assert(doctor->findings_len < FINDINGS_MAX);
    doctor->findings[doctor->findings_len++] = (struct finding){level, area, what, mend};
}

static size_t findings_count(const struct doctor *doctor, enum finding_level level)
{
    size_t count = 0;
    for (size_t i = 0; i < doctor->findings_len; i++)
        count += doctor->findings[i].level == level;
    return count;
}

static void findings_write(struct value_writer *writer, const void *what)
{
    const struct doctor *doctor = what;
    struct json json = {.writer = writer};
    json_begin(&json, NULL, '{');
    json_boolean(&json, "is_well", findings_count(doctor, FINDING_BAD) == 0);
    json_begin(&json, "findings", '[');
    for (size_t i = 0; i < doctor->findings_len; i++) {
        const struct finding *finding = &doctor->findings[i];
        json_begin(&json, NULL, '{');
        json_text(&json, "level", str_from_cstr(LEVELS[finding->level].name));
        json_text(&json, "area", str_from_cstr(finding->area));
        json_text(&json, "what", finding->what);
        json_text(&json, "mend", finding->mend);
        json_end(&json, '}');
    }
    json_end(&json, ']');
    json_end(&json, '}');
}

static void findings_print(const struct doctor *doctor)
{
    struct screen screen = screen_of_stdout();
    for (size_t i = 0; i < doctor->findings_len; i++) {
        const struct finding *finding = &doctor->findings[i];
        printf("%s%-6s%s  %-14s %.*s\n", screen_colour(&screen, LEVELS[finding->level].colour),
               LEVELS[finding->level].sign, screen_colour(&screen, COLOUR_NONE), finding->area,
               STR_ARGS(screen_clean(doctor->arena, finding->what)));
        if (str_is_present(finding->mend))
            printf("        %-14s -> %.*s\n", "",
                   STR_ARGS(screen_clean(doctor->arena, finding->mend)));
    }
    printf("\n%zu good, %zu bad, %zu to improve, %zu not seen\n",
           findings_count(doctor, FINDING_GOOD), findings_count(doctor, FINDING_BAD),
           findings_count(doctor, FINDING_ADVICE), findings_count(doctor, FINDING_NOT_SEEN));
}

int subcommand_doctor_run(const struct invocation *invocation)
{
    struct doctor *doctor = arena_take(invocation->arena, sizeof(*doctor));
    if (doctor == NULL)
        return subcommand_complain("out of memory");
    *doctor = (struct doctor){.invocation = invocation,
                              .arena = invocation->arena,
                              .directory = invocation_get(invocation, "--directory"),
                              .ca_file = invocation_get(invocation, "--ca-file")};
    if (!doctor_read_configuration(doctor))
        return SUBCOMMAND_FAILED;
    doctor_look_at_processes(doctor);
    doctor_look_at_servers(doctor);
    doctor_look_at_keys(doctor);
    doctor_look_at_redis(doctor);
    doctor_look_at_rights(doctor);
    doctor_look_at_edge(doctor);
    doctor_look_at_github(doctor);
    if (invocation_has(invocation, "--json"))
        json_print(invocation->arena, findings_write, doctor);
    else
        findings_print(doctor);
    return findings_count(doctor, FINDING_BAD) == 0 ? SUBCOMMAND_DONE : SUBCOMMAND_FAILED;
}
