// ctest: TIMEOUT 180
// deploy/setup-secrets rotate github, redis and curve, and --leaked: what changes in a folder, in a file of Kubernetes Secrets and in the
// cluster, and that holders and checkers still fit together. That a running system goes on is shown by tests/guides/rotation.test.mjs.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { root } from "../support/blocks.mjs";
import { temporary_folder } from "../support/process.mjs";
import { bin } from "../support/system.mjs";

const given = { BASE_URL: "https://auth.example.com", GITHUB_CLIENT_ID: "Iv1.abc", GITHUB_CLIENT_SECRET: "github-says-hush" };
const kinds = ["edge", "signer", "broker", "registry", "redis", "operator"], workers = ["signer", "broker", "registry"];
const users = [...workers, "reader", "operator"];

function run(args, environment = {}) {
  const { status, stdout, stderr } = spawnSync(join(root, "deploy/setup-secrets"), args, { encoding: "utf8", input: "",
    env: { PATH: `${stand_ins}:${process.env.PATH}`, HOME: "/nonexistent", MCP_OAUTH_BIN: bin, CLUSTER: cluster, ...environment } });
  return { status, stdout, stderr };
}
function must(args, environment) {
  const { status, stdout, stderr } = run(args, environment);
  assert.equal(status, 0, stderr);
  assert.equal(stdout, "");
  return stderr;
}

// A cluster that has Secrets, for a stand-in of kubectl that knows what setup-secrets asks of it.
const stand_ins = temporary_folder("stand-ins"), cluster = join(stand_ins, "cluster.json");
writeFileSync(join(stand_ins, "kubectl"), `#!/usr/bin/env node
const { readFileSync, writeFileSync } = require("fs"), { parse } = require(${JSON.stringify(join(root, "tests/node_modules/yaml"))});
const words = process.argv.slice(2), [, name] = words.slice(words.indexOf("secret")), secrets = JSON.parse(readFileSync(process.env.CLUSTER));
if (!(name in secrets)) process.exit(1);
if (words.includes("get")) {
  const value = secrets[name][/index .data "([^"]+)"/.exec(words.at(-1))[1]];
  process.stdout.write(value === undefined ? "<no value>" : Buffer.from(value).toString("base64"));
} else {
  const { stringData, data } = parse(readFileSync(0, "utf8"));
  for (const [key, value] of Object.entries({ ...stringData, ...data })) if (value === null) delete secrets[name][key]; else secrets[name][key] = value;
  writeFileSync(process.env.CLUSTER, JSON.stringify(secrets));
}
`, { mode: 0o755 });

const secrets_of = (text) => Object.fromEntries(parseAllDocuments(text).map((document) => document.toJS()).filter(Boolean)
  .map(({ metadata, stringData }) => [metadata.name, stringData]));
const by_kind = (secrets) => Object.fromEntries(Object.entries(secrets).map(([name, values]) => [name.replace("mcp-oauth-", ""), values]));

// The three forms, read alike: read() answers {kind: {NAME: value}}.
function cluster_form() {
  const { status, stdout, stderr } = run(["--output", "kubernetes"], given);
  assert.equal(status, 0, stderr);
  writeFileSync(cluster, JSON.stringify(secrets_of(stdout)));
  return { output: ["--output", "kubernetes", "--namespace", "auth"], read: () => by_kind(JSON.parse(readFileSync(cluster, "utf8"))) };
}
function folder_form() {
  const folder = join(temporary_folder("credentials"), "out");
  must(["--output", "env", folder], given);
  return { output: ["--output", "env", folder], read: () => Object.fromEntries(kinds.map((kind) => {
    const values = Object.fromEntries([...readFileSync(join(folder, `${kind}.env`), "utf8").matchAll(/^([A-Z_]+)='(.*)'$/gm)].map(([, ...pair]) => pair));
    assert.equal(statSync(join(folder, `${kind}.env`)).mode & 0o777, 0o600);
    const beside = { edge: "curve-allowed-keys", redis: "users.acl" }[kind];
    if (beside) values[beside] = readFileSync(join(folder, beside), "utf8");
    if (kind === "signer") for (const [name, file] of [["JWT_PRIVATE_KEY", "jwt-private-key.pem"], ["REFRESH_ENCRYPTION_KEY", "refresh-encryption-key"]])
      values[name] = readFileSync(join(folder, "keys", file), "utf8");
    return [kind, values];
  })) };
}
function manifest_form() {
  const file = join(temporary_folder("credentials"), "secrets.yaml");
  must(["--output", "kubernetes", file], given);
  return { output: ["--output", "kubernetes", file], read: () => by_kind(secrets_of(readFileSync(file, "utf8"))) };
}

const digests = (all, user) => new RegExp(`^user ${user} on ((?:#[0-9a-f]{64} ?)+)`, "m").exec(all.redis["users.acl"])[1].trim().split(" ");
const digest = (password) => `#${createHash("sha256").update(password).digest("hex")}`;
const keys_of = (all, kind) => all.edge["curve-allowed-keys"].trim().split("\n").filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(" ")[1]);
const changed = (before, after) => kinds.flatMap((kind) => [...new Set([...Object.keys(before[kind]), ...Object.keys(after[kind])])]
  .filter((name) => before[kind][name]?.trim() !== after[kind][name]?.trim()).map((name) => `${kind} ${name}`)).sort();

for (const [form, make] of [["a folder", folder_form], ["a file of Secrets", manifest_form], ["the cluster", cluster_form]]) {
  test(`${form}: the GitHub secret, and nothing else`, () => {
    const { output, read } = make();
    const before = read();
    must(["rotate", "github", ...output], { GITHUB_CLIENT_SECRET: "the-next-one" });
    assert.deepEqual(changed(before, read()), ["broker GITHUB_CLIENT_SECRET"]);
    assert.equal(read().broker.GITHUB_CLIENT_SECRET, "the-next-one");
    assert.match(run(["rotate", "github", ...output]).stderr, /GITHUB_CLIENT_SECRET is not set/);
  });

  test(`${form}: the passwords of Redis, in two steps or at once`, () => {
    const { output, read } = make();
    const before = read();
    must(["rotate", "redis", ...output]);
    const both = read();
    assert.deepEqual(changed(before, both), [...[...workers, "operator"].map((kind) => `${kind} REDIS_PASSWORD`),
      ...users.map((user) => `redis REDIS_PASSWORD_${user.toUpperCase()}`), "redis users.acl"].sort());
    for (const user of users) {
      const [old, next] = [before, both].map((all) => digest(all.redis[`REDIS_PASSWORD_${user.toUpperCase()}`]));
      assert.deepEqual(digests(both, user), [next, old]);
      if (user !== "reader") assert.equal(digest(both[user].REDIS_PASSWORD), next);
    }
    must(["rotate", "redis", ...output, "--finish"]);
    assert.deepEqual(changed(both, read()), ["redis users.acl"]);
    for (const user of users) assert.deepEqual(digests(read(), user), [digests(both, user)[0]]);
    must(["rotate", "redis", ...output, "--leaked"]);
    for (const user of users) assert.deepEqual(digests(read(), user), [digest(read().redis[`REDIS_PASSWORD_${user.toUpperCase()}`])]);
  });

  test(`${form}: the keys of the links, in two steps or at once`, () => {
    const { output, read } = make();
    const before = read();
    must(["rotate", "curve", ...output]);
    const both = read();
    assert.deepEqual(changed(before, both), ["edge CURVE_SECRET_KEY", "edge curve-allowed-keys",
      ...workers.flatMap((kind) => [`${kind} CURVE_EDGE_KEY`, `${kind} CURVE_SECRET_KEY`])].sort());
    for (const kind of workers) {
      assert.equal(keys_of(both, kind)[1], keys_of(before, kind)[0]);
      assert.equal(both[kind].CURVE_EDGE_KEY.split(",")[1], before[kind].CURVE_EDGE_KEY);
    }
    assert.match(run(["rotate", "curve", ...output]).stderr, /was not ended/);
    must(["rotate", "curve", ...output, "--finish"]);
    for (const kind of workers) {
      assert.deepEqual(keys_of(read(), kind), [keys_of(both, kind)[0]]);
      assert.equal(read()[kind].CURVE_EDGE_KEY, both[kind].CURVE_EDGE_KEY.split(",")[0]);
    }
    must(["rotate", "curve", ...output, "--leaked"]);
    for (const kind of workers) {
      assert.equal(keys_of(read(), kind).length, 1);
      assert.notEqual(keys_of(read(), kind)[0], keys_of(both, kind)[0]);
      assert.doesNotMatch(read()[kind].CURVE_EDGE_KEY, /,/);
    }
  });

  test(`${form}: of leaked keys nothing is left`, () => {
    const { output, read } = make();
    for (const ring of ["signing", "refresh"]) must(["rotate", ring, ...output]);
    const { JWT_PRIVATE_KEY: signing, REFRESH_ENCRYPTION_KEY: refresh } = read().signer;
    must(["rotate", "signing", ...output, "--leaked"]);
    must(["rotate", "refresh", ...output, "--leaked"]);
    const { signer } = read();
    assert.equal(signer.JWT_PRIVATE_KEY.match(/BEGIN PRIVATE KEY/g).length, 1);
    assert.ok(!signing.includes(signer.JWT_PRIVATE_KEY.match(/\n.{64}\n/)[0]));
    assert.match(signer.REFRESH_ENCRYPTION_KEY.trim(), /^3:[A-Za-z0-9+/]{43}=$/);
    assert.ok(!refresh.includes(signer.REFRESH_ENCRYPTION_KEY.trim().slice(2)));
  });
}

test("what is no secret that two may hold for a while is refused in one sentence", () => {
  const { output } = folder_form();
  for (const [args, sentence] of [[["rotate", "github", ...output, "--leaked"], /delete it at GitHub/], [["rotate", "signing", ...output, "--finish"], /ends rotate redis or/],
    [["rotate", "redis", "--output", "env", "/nonexistent"], /cannot read/]]) {
    const { status, stderr } = run(args);
    assert.ok(status > 0);
    assert.match(stderr, sentence);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
});
