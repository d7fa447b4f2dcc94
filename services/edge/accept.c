/* The most specific range that names a type decides its weight. Weights count in thousandths. */
#include "services/edge/accept.h"

enum { WEIGHT_FULL = 1000 };

struct weight {
    int specificity; /* 0: no range named the type yet */
    int thousandths;
};

static struct str trim(struct str text)
{
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = str_from(text, 1);
    while (text.len > 0 && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* "0.85" is 850; whatever cannot be read is 0. */
static int thousandths_read(struct str text)
{
    if (text.len == 0 || (text.at[0] != '0' && text.at[0] != '1'))
        return 0;
    int value = (text.at[0] - '0') * WEIGHT_FULL;
    for (size_t i = 2, place = 100; i < text.len && place > 0; i++, place /= 10) {
        if (text.at[1] != '.' || text.at[i] < '0' || text.at[i] > '9')
            return 0;
        value += (text.at[i] - '0') * (int)place;
    }
    return value < WEIGHT_FULL ? value : WEIGHT_FULL;
}

static int range_weight(struct str parameters)
{
    while (parameters.len > 0) {
        struct str parameter = parameters, name, value;
        parameters = str_cut(parameters, ';', &parameter, &parameters) ? parameters : STR("");
        if (str_cut(trim(parameter), '=', &name, &value) &&
            str_equals_ignoring_case(trim(name), STR("q")))
            return thousandths_read(trim(value));
    }
    return WEIGHT_FULL;
}

static void weigh(struct weight *weight, struct str range, struct str type, struct str any,
                  int thousandths)
{
    int specificity = str_equals_ignoring_case(range, type)         ? 3
                      : str_equals_ignoring_case(range, any)        ? 2
                      : str_equals_ignoring_case(range, STR("*/*")) ? 1
                                                                    : 0;
    if (specificity > weight->specificity)
        *weight = (struct weight){specificity, thousandths};
}

bool accept_prefers_html(struct str accept)
{
    struct weight html = {0}, json = {0};
    while (accept.len > 0) {
        struct str element = accept, parameters = STR("");
        accept = str_cut(accept, ',', &element, &accept) ? accept : STR("");
        struct str range = element;
        str_cut(element, ';', &range, &parameters);
        range = trim(range);
        int thousandths = range_weight(parameters);
        weigh(&html, range, STR("text/html"), STR("text/*"), thousandths);
        weigh(&json, range, STR("application/json"), STR("application/*"), thousandths);
    }
    return html.thousandths > json.thousandths;
}
