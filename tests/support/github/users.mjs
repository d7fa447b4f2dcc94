// The people of the stand-in. Each is one row; the API's answers are made from it.
//   email   what the profile shows to everybody (null: kept private)
//   emails  what /user/emails lists      orgs, teams  where the person belongs ("org/team")
//   An org may be a name or {login, state: "pending", role: "admin", restricted: true, single_sign_on: true};
//   restricted means that the organisation does not let OAuth apps see its members, as many real ones do;
//   single_sign_on, that it enforces that and the person has no session there.

const verified = (email) => [{ email, primary: true, verified: true, visibility: "private" }];
const padded = (n) => String(n).padStart(3, "0");
const many = Array.from({ length: 120 }, (_, i) => `org-${padded(i + 1)}`);

export const default_users = [
  { login: "octocat", id: 583231, name: "The Octocat", email: null,
    emails: [...verified("octocat@example.com"),
      { email: "583231+octocat@users.noreply.github.com", primary: false, verified: true, visibility: null }],
    orgs: ["github", { login: "my-org", role: "admin" }], teams: ["my-org/platform"] },
  { login: "monalisa", id: 2, name: "Mona Lisa", email: "monalisa@example.com",
    emails: verified("monalisa@example.com"),
    orgs: ["my-org", { login: "closed-org", restricted: true }, { login: "invited-org", state: "pending" },
      { login: "sso-org", single_sign_on: true }],
    teams: ["my-org/design", "closed-org/staff", "invited-org/newcomers", "sso-org/staff"] },
  { login: "hubot", id: 480938, name: "Hubot", email: null, emails: verified("hubot@example.com"), orgs: [], teams: [] },
  { login: "outsider", id: 7000001, name: null, email: null,
    emails: [{ email: "outsider@example.com", primary: true, verified: false, visibility: "private" }],
    orgs: [], teams: [] },
  { login: "joiner", id: 7000002, name: "Member of 120 organisations", email: null,
    emails: verified("joiner@example.com"), orgs: many, teams: many.map((org) => `${org}/members`) },
];

// A number that stays the same for the same name, as GitHub's ids do.
export function id_of(name) {
  let id = 5381;
  for (const character of name) id = (id * 33 + character.codePointAt(0)) % 90_000_000;
  return 10_000_000 + id;
}

const node_id = (kind, id) => Buffer.from(`0:${kind}${id}`).toString("base64");

export function user_complete(row) {
  if (typeof row?.login !== "string" || !/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/.test(row.login))
    throw new Error("a user needs a login of letters, digits and hyphens");
  const orgs = (row.orgs ?? []).map((org) => ({
    state: "active", role: "member", restricted: false, single_sign_on: false, ...(typeof org === "string" ? { login: org } : org) }));
  return { name: null, email: null, emails: [], teams: [], ...row, id: row.id ?? id_of(row.login), orgs };
}

export const user_json = (user, web) => ({
  login: user.login, id: user.id, node_id: node_id("User", user.id), avatar_url: `${web}/avatars/${user.id}`,
  gravatar_id: "", url: `${web}/users/${user.login}`, html_url: `${web}/${user.login}`, type: "User",
  user_view_type: "public", site_admin: false, name: user.name, company: null, blog: "", location: null,
  email: user.email, hireable: null, bio: null, twitter_username: null, public_repos: 8, public_gists: 8,
  followers: 20, following: 0, created_at: "2011-01-25T18:44:36Z", updated_at: "2026-01-22T12:13:51Z",
});

export const org_json = (login, web) => ({
  login, id: id_of(login), node_id: node_id("Organization", id_of(login)), url: `${web}/orgs/${login}`,
  repos_url: `${web}/orgs/${login}/repos`, avatar_url: `${web}/avatars/${id_of(login)}`, description: "",
});

export function team_json(team, web) {
  const [org, slug] = team.split("/");
  return { name: slug, id: id_of(team), node_id: node_id("Team", id_of(team)), slug, description: null,
    privacy: "closed", notification_setting: "notifications_enabled", permission: "pull",
    url: `${web}/organizations/${id_of(org)}/team/${id_of(team)}`, parent: null,
    organization: { ...org_json(org, web), type: "Organization" } };
}

export const membership_json = (user, org, web) => ({
  url: `${web}/orgs/${org.login}/memberships/${user.login}`, state: org.state, role: org.role,
  organization_url: `${web}/orgs/${org.login}`, organization: org_json(org.login, web),
  user: user_json(user, web),
});
