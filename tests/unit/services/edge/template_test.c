#include "services/edge/template.h"
#include "tests/unit/common/base/unit.h"

static struct str partial(struct str name)
{
    assert_str(name, "part");
    return STR("[{{a}}]");
}

static struct str rendered(void **state, const char *source, const struct template_value *values,
                           size_t len)
{
    return template_render(unit_arena(state), str_from_cstr(source), partial, values, len);
}

static void every_value_is_escaped(void **state)
{
    const struct template_value values[] = {
        TEMPLATE_TEXT("a", STR("<script>\"'&</script>{{a}}")),
    };
    assert_str(rendered(state, "x{{a}}y", values, 1),
               "x&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;{{a}}y");
    assert_str(rendered(state, "<a href=\"{{a}}\">", values, 1),
               "<a href=\"&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;{{a}}\">");
}

static void list_elements_are_escaped(void **state)
{
    struct str at[] = {STR_INIT("<b>"), STR_INIT("c")};
    const struct template_value values[] = {TEMPLATE_LIST("l", ((struct strs){at, 2}))};
    assert_str(rendered(state, "{{#l}}({{.}}){{/l}}", values, 1), "(&lt;b&gt;)(c)");
}

static void sections_show_what_is_there(void **state)
{
    const struct template_value values[] = {
        TEMPLATE_TEXT("a", STR("1")),
        TEMPLATE_TEXT("empty", STR("")),
        TEMPLATE_FLAG("on", true),
        TEMPLATE_FLAG("off", false),
    };
    assert_str(rendered(state, "{{#a}}A{{/a}}{{^a}}no A{{/a}}", values, 4), "A");
    assert_str(rendered(state, "{{#empty}}E{{/empty}}{{^empty}}no E{{/empty}}", values, 4), "no E");
    assert_str(rendered(state, "{{#on}}on{{/on}}{{#off}}off{{/off}}", values, 4), "on");
    assert_str(rendered(state, "{{#none}}N{{/none}}{{^none}}no N{{/none}}", values, 4), "no N");
    assert_str(rendered(state, "{{#a}}{{#off}}x{{/off}}{{^off}}y{{/off}}{{/a}}", values, 4), "y");
    assert_str(rendered(state, "", values, 4), "");
}

static void an_empty_list_is_not_there(void **state)
{
    const struct template_value values[] = {TEMPLATE_LIST("l", ((struct strs){NULL, 0}))};
    assert_str(rendered(state, "{{#l}}x{{/l}}{{^l}}none{{/l}}", values, 1), "none");
}

static void a_partial_stands_in_its_place(void **state)
{
    const struct template_value values[] = {TEMPLATE_TEXT("a", STR("&"))};
    assert_str(rendered(state, "<{{>part}}>{{#a}}{{>part}}{{/a}}", values, 1), "<[&amp;]>[&amp;]");
}

static void a_full_arena_gives_the_absent_text(void **state)
{
    (void)state;
    struct arena *small = arena_new(16);
    const struct template_value values[] = {TEMPLATE_TEXT("a", STR("a text that is too long"))};
    assert_absent(template_render(small, STR("{{a}}"), partial, values, 1));
    arena_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_value_is_escaped),        UNIT_TEST(list_elements_are_escaped),
        UNIT_TEST(sections_show_what_is_there),   UNIT_TEST(an_empty_list_is_not_there),
        UNIT_TEST(a_partial_stands_in_its_place), UNIT_TEST(a_full_arena_gives_the_absent_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
