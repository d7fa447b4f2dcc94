/* The host list comes before the path, so that a URL reads as it is used: whom to ask, then what
 * for. */
#include "common/store/store_url.h"
#include "common/store/store.h"

static const char *single_parse(struct str rest, struct store_url *url)
{
    url->len = 1;
    if (str_ends_with(rest, STR("/")))
        rest = str_first(rest, rest.len - 1);
    if (str_index_of(rest, '/') < rest.len)
        return "must have no path: only database 0 is used";
    if (str_index_of(rest, ',') < rest.len)
        return "must be redis-sentinel:// or redis-cluster:// to name several hosts";
    return store_address_parse(rest, STORE_PORT_DEFAULT, &url->at[0]);
}

static const char *hosts_parse(struct str list, int port_default, struct store_url *url)
{
    do {
        struct str host = list, rest = STR_ABSENT;
        str_cut(list, ',', &host, &rest);
        if (url->len == REDIS_SEEDS_MAX)
            return "must name at most 16 hosts";
        const char *problem = store_address_parse(host, port_default, &url->at[url->len]);
        if (problem != NULL)
            return problem;
        url->len++;
        list = rest;
    } while (str_is_present(list));
    return NULL;
}

static bool is_name(struct str text)
{
    if (text.len == 0 || text.len >= STORE_MASTER_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~' || text.at[i] == '/')
            return false;
    return true;
}

static const char *sentinel_parse(struct str rest, struct store_url *url)
{
    struct str hosts, master;
    if (!str_cut(rest, '/', &hosts, &master) || !is_name(master))
        return "must end with /NAME, the master's name in `sentinel monitor NAME ...`";
    memcpy(url->master, master.at, master.len);
    return hosts_parse(hosts, STORE_SENTINEL_PORT_DEFAULT, url);
}

static const char *cluster_parse(struct str rest, struct store_url *url)
{
    if (str_ends_with(rest, STR("/")))
        rest = str_first(rest, rest.len - 1);
    if (str_index_of(rest, '/') < rest.len)
        return "must have no path: a cluster has only database 0";
    return hosts_parse(rest, STORE_PORT_DEFAULT, url);
}

static const struct {
    struct str scheme;
    enum store_url_kind kind;
    const char *(*parse)(struct str rest, struct store_url *url);
} SCHEMES[] = {
    {STR_INIT("redis://"), STORE_URL_SINGLE, single_parse},
    {STR_INIT("redis-sentinel://"), STORE_URL_SENTINEL, sentinel_parse},
    {STR_INIT("redis-cluster://"), STORE_URL_CLUSTER, cluster_parse},
};

const char *store_url_parse(struct str text, struct store_url *ret_url)
{
    struct store_url url = {0};
    if (str_starts_with(text, STR("unix:"))) {
        url.len = 1;
        const char *problem = store_address_parse_unix(str_from(text, 5), &url.at[0]);
        if (problem == NULL)
            *ret_url = url;
        return problem;
    }
    for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++) {
        if (!str_starts_with(text, SCHEMES[i].scheme))
            continue;
        struct str rest = str_from(text, SCHEMES[i].scheme.len);
        if (str_index_of(rest, '@') < rest.len)
            return "must be without user and password, which are options of their own";
        url.kind = SCHEMES[i].kind;
        const char *problem = SCHEMES[i].parse(rest, &url);
        if (problem == NULL)
            *ret_url = url;
        return problem;
    }
    return "must be unix:/path/to/socket, redis://host:port, "
           "redis-sentinel://host:port,host:port/NAME or redis-cluster://host:port,host:port";
}

const char *store_url_problem(struct str url)
{
    struct store_url parsed;
    return store_url_parse(url, &parsed);
}
