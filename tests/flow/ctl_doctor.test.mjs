// ctest: LABEL flow  TIMEOUT 120
// `mcp-oauth doctor` finds nothing bad in a good system, and each thing that is made bad, with how to mend it; `health`.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { signIn } from "../support/client.mjs";
import { ctl, ctl_directory } from "../support/ctl.mjs";
import { startRedis } from "../support/redis.mjs";
import { default_servers, startSystem } from "../support/system.mjs";

let system, directory;
const servers = structuredClone(default_servers);
servers.servers["example.com"]["github-tools"].resource = "https://mcp.example.com/mcp";

before(async () => {
  system = await startSystem({ servers, redis_options: { appendonly: "everysec", config: { "notify-keyspace-events": "Eghx$", maxmemory: "200mb" } } });
  directory = ctl_directory(system);
});
after(() => system?.stop());

const doctor = (args = [], more = {}) => ctl(system, ["doctor", "--directory", directory, "--json", ...args], more);
const findings = (run, level) => run.json().findings.filter((finding) => finding.level === level);
const told = (run, level, area, words) => {
  const found = findings(run, level).find((finding) => finding.area === area && words.test(`${finding.what} -> ${finding.mend}`));
  assert.ok(found, `${level} ${area} ${words}: ${run.out}`);
  assert.ok(found.mend, "it says how to mend it");
};

test("a good system is well in every respect, and goes on working", async () => {
  const run = await doctor();
  assert.deepEqual(findings(run, "bad"), []);
  assert.deepEqual(findings(run, "advice"), []);
  assert.deepEqual(findings(run, "not_seen"), []);
  assert.equal(run.code, 0);
  assert.deepEqual([...new Set(findings(run, "good").map(({ area }) => area))],
    ["configuration", "servers file", "keys", "redis", "workers", "rights", "edge", "github"]);
  assert.equal(findings(run, "good").filter(({ area }) => area === "rights").length, 5, "every user");
  assert.ok(!run.out.includes(system.passwords.signer) && !run.out.includes(system.github.client_secret));
  await signIn(system); // no check took anything from the running processes
  const { code, out } = await ctl(system, ["doctor", "--directory", directory]);
  assert.equal(code, 0);
  assert.match(out, /^ok {5} configuration {2}signer: every option is good$/m);
  assert.match(out, /good, 0 bad, 0 to improve, 0 not seen$/);
});

test("a reader's password is enough for what the reader may see", async () => {
  const run = await doctor([], { REDIS_PASSWORD_OPERATOR: undefined });
  assert.equal(run.code, 0);
  told(run, "not_seen", "rights", /operator/);
});

test("what it is not told it says", async () => {
  const run = await ctl(system, ["doctor", "--json"]);
  assert.equal(run.code, 0);
  assert.deepEqual([...new Set(findings(run, "not_seen").map(({ area }) => area))], ["configuration", "servers file", "keys", "rights", "edge", "github"]);
});

const with_file = async (name, change, look) => {
  const path = join(directory, name);
  const before = readFileSync(path, "utf8");
  writeFileSync(path, change(before));
  try { await look(); } finally { writeFileSync(path, before); }
};

test("a broken option is told in its process's own words", async () => {
  await with_file("signer.env", (text) => `${text}ACCESS_TOKEN_TTL_S=1\n`, async () => {
    const run = await doctor();
    assert.equal(run.code, 1);
    told(run, "bad", "configuration", /signer would not start -> ACCESS_TOKEN_TTL_S must be a number between 10/);
  });
  await with_file("edge.env", (text) => `${text}SIGNER_LISTEN=nonsense\n`, async () =>
    told(await doctor(), "bad", "configuration", /edge would not start -> SIGNER_LISTEN/));
});

test("a servers file that is broken, and a server without a resource", async () => {
  const other = join(directory, "servers.json");
  for (const [text, level, words] of [["{", "bad", /broken/], [JSON.stringify(default_servers), "advice", /github-tools has no resource -> set its resource/]]) {
    writeFileSync(other, text);
    await with_file("broker.env", (file) => `${file}SERVERS_FILE='${other}'\n`, async () => told(await doctor(), level, "servers file", words));
  }
});

test("GitHub credentials that GitHub refuses, and a GitHub that is away", async () => {
  await with_file("broker.env", (text) => `${text}GITHUB_CLIENT_SECRET=another\n`, async () => told(await doctor(), "bad", "github", /refuses .* new client secret/));
  await with_file("broker.env", (text) => `${text}GITHUB_URL=http://127.0.0.1:1\n`, async () => told(await doctor(), "bad", "github", /does not answer/));
});

test("an edge that is away, or speaks for another issuer", async () => {
  await with_file("edge.env", (text) => `${text}BASE_URL=http://127.0.0.1:1\n`, async () => told(await doctor(), "bad", "edge", /does not answer/));
  const named = system.base.replace("127.0.0.1", "localhost");
  await with_file("edge.env", (text) => `${text}BASE_URL=${named}\n`, async () => told(await doctor(), "bad", "edge", /another issuer than BASE_URL/));
});

test("a Redis that evicts, forgets and knows no rights of this release", async () => {
  const bad = await startRedis({ acl: `user default on nopass ~* &* +@all
user signer on >${system.passwords.signer} ~mcp:* -@all +ping +role +time +eval +evalsha +get
user registry on >${system.passwords.registry} ~mcp:* +@all
user operator on >${system.passwords.operator} ~mcp:* &* +@all
user reader on >${system.passwords.reader} %R~mcp:* &* +@all`, config: { "maxmemory-policy": "allkeys-lru" } });
  try {
    const run = await doctor([], { REDIS_URL: bad.url });
    assert.equal(run.code, 1);
    told(run, "bad", "redis", /maxmemory-policy is allkeys-lru -> set maxmemory-policy noeviction/);
    told(run, "bad", "redis", /no append-only file/);
    told(run, "advice", "redis", /no maxmemory/);
    told(run, "advice", "redis", /notify-keyspace-events is ""/);
    told(run, "bad", "workers", /0 signer lives -> start mcp-oauth-signer/);
    told(run, "bad", "rights", /signer is refused \d+ of its commands: .*mcp:.* -> print the ACL file anew/);
    told(run, "bad", "rights", /broker cannot connect -> .*refuses the user or the password/);
    assert.ok(findings(run, "good").some(({ what }) => what.startsWith("registry may do")));
  } finally {
    await bad.stop();
  }
});

test("health answers by its exit status and needs nothing else", async () => {
  const nothing = { REDIS_URL: undefined, REDIS_PASSWORD_READER: undefined, REDIS_PASSWORD_OPERATOR: undefined };
  const good = await ctl(system, ["health", `${system.base}/health`], nothing);
  assert.deepEqual([good.code, good.out, good.err], [0, "", ""]);
  assert.equal((await ctl(system, ["health", "--timeout-ms=2000", `${system.base}/ready`], nothing)).code, 0);
  for (const [url, complaint] of [[`${system.base}/nothing`, /answers 404/], ["http://127.0.0.1:1/", /does not answer: connect/], ["nonsense", /does not answer/]]) {
    const { code, err } = await ctl(system, ["health", url], nothing);
    assert.equal(code, 1, url);
    assert.match(err, complaint);
  }
  assert.equal((await ctl(system, ["health", "--timeout-ms", "x", system.base], nothing)).code, 2);
});
