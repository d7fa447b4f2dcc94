#include "common/oauth/document_policy.h"

static struct str port_of(const struct uri *uri)
{
    return str_is_present(uri->port) ? uri->port : STR("443");
}

/* host or host:port, read as in a URL. */
static bool read_entry(struct str entry, struct str *ret_host, struct str *ret_port)
{
    size_t bracket = str_starts_with(entry, STR("[")) ? str_index_of(entry, ']') : 0;
    size_t colon = bracket + str_index_of(str_from(entry, bracket), ':');
    int64_t number = 443;
    *ret_host = str_first(entry, colon);
    *ret_port = colon < entry.len ? str_from(entry, colon + 1) : STR("443");
    return uri_host_is_valid(*ret_host) && str_to_i64(*ret_port, &number) && number > 0 &&
           number <= 65535 && ret_port->at[0] != '0';
}

enum failure document_policy_check(const struct document_policy *policy, struct str *ret_problem)
{
    struct str host, port;
    for (size_t i = 0; i < policy->trusted_domains.len; i++)
        if (!uri_host_is_valid(policy->trusted_domains.at[i])) {
            *ret_problem = STR("DOCUMENT_TRUSTED_DOMAINS must list domains, such as example.com");
            return FAIL_CONFIGURATION_INVALID;
        }
    for (size_t i = 0; i < policy->private_hosts.len; i++)
        if (!read_entry(policy->private_hosts.at[i], &host, &port)) {
            *ret_problem = STR("DOCUMENT_PRIVATE_HOSTS must list hosts, each with or without a "
                               "port, such as app.internal:8443");
            return FAIL_CONFIGURATION_INVALID;
        }
    return OK;
}

static bool domain_covers(struct str domain, struct str host)
{
    if (host.len == domain.len)
        return uri_hosts_are_equal(domain, host);
    return host.len > domain.len && host.at[host.len - domain.len - 1] == '.' &&
           uri_hosts_are_equal(domain, str_from(host, host.len - domain.len));
}

enum failure document_policy_check_client(const struct document_policy *policy,
                                          const struct uri *uri)
{
    for (size_t i = 0; i < policy->trusted_domains.len; i++)
        if (domain_covers(policy->trusted_domains.at[i], uri->host))
            return OK;
    return policy->trusted_domains.len == 0 ? OK : FAIL_DOCUMENT_DOMAIN_UNTRUSTED;
}

enum failure document_policy_check_target(const struct document_policy *policy,
                                          const struct uri *uri, bool *ret_is_private)
{
    struct str host, port;
    for (size_t i = 0; i < policy->private_hosts.len; i++)
        if (read_entry(policy->private_hosts.at[i], &host, &port) &&
            uri_hosts_are_equal(host, uri->host) && str_equals(port, port_of(uri))) {
            *ret_is_private = true;
            return OK;
        }
    *ret_is_private = false;
    return str_equals(port_of(uri), STR("443")) ? OK : FAIL_DOCUMENT_URL_INVALID;
}
