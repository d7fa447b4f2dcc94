// ctest: LABEL check
// deploy/compose.yaml and what setup-secrets adds to it: images that the Dockerfile builds, options that exist, endpoints that
// meet, and each process accepts what it is given.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { temporary_folder } from "../support/process.mjs";
import { assert_options } from "../support/options.mjs";
import { bin, kinds, program } from "../support/system.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");
const load = (text) => parse(text.replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1"), { merge: true, strict: true });
const { services, networks } = load(read("deploy/compose.yaml"));
const dockerfile = read("deploy/Dockerfile");
const workers = kinds.filter((kind) => kind !== "edge");

// What lies beside it on a host: made in a folder, which the containers see as /etc/mcp-oauth.
const folder = temporary_folder("compose");
const made = spawnSync(join(root, "deploy/setup-secrets"), ["prod", "--output", "compose", folder], { encoding: "utf8",
  env: { ...process.env, MCP_OAUTH_BIN: bin, BASE_URL: "https://auth.example.com", GITHUB_CLIENT_ID: "Iv1.abc", GITHUB_CLIENT_SECRET: "hush" } });
assert.equal(made.status, 0, made.stderr);
const secrets = load(readFileSync(join(folder, "compose.secrets.yaml"), "utf8")).services;

test("these services, and setup-secrets speaks of no others", () => {
  assert.deepEqual(Object.keys(services).sort(), ["redis", ...kinds].sort());
  assert.deepEqual(Object.keys(secrets).filter((name) => !(name in services)), []);
  assert.equal(services.signer.deploy.replicas, 2);
});

for (const [name, service] of Object.entries(services))
  test(`${name}: no user, root, capability or privilege that it needs not`, () => {
    assert.equal(service.user, dockerfile.match(/^USER (\S+)$/m)[1]);
    assert.equal(service.read_only, true);
    assert.deepEqual(service.cap_drop, ["ALL"]);
    assert.deepEqual(service.security_opt, ["no-new-privileges:true"]);
    for (const network of service.networks) assert.ok(network in networks, network);
  });

for (const kind of kinds)
  test(`${kind}: its image, its options, its health`, () => {
    const { image, build, environment, healthcheck } = services[kind];
    assert.equal(image, `mcp-oauth-${kind}`);
    assert.equal(join("deploy", build.context), ".");
    assert.match(dockerfile, new RegExp(`^FROM \\S+ AS ${build.target}$`, "m"));
    assert.equal(build.target, kind);
    assert_options(kind, Object.keys(environment));
    assert.deepEqual(healthcheck.test, ["CMD", `/usr/bin/mcp-oauth-${kind}`, "--probe"]);
    assert.deepEqual(secrets[kind].env_file, [join(folder, `${kind}.env`)]);
  });

test("workers find the edge and Redis, over networks that they share; only the edge is reached from outside", () => {
  const { environment: edge, networks: near_edge } = services.edge;
  for (const kind of workers) {
    const port = edge[`${kind.toUpperCase()}_LISTEN`].split(":").at(-1);
    assert.equal(services[kind].environment.EDGES, `tcp://edge:${port}`);
    assert.equal(services[kind].environment.REDIS_URL, "redis://redis:6379");
    assert.ok(services[kind].networks.includes("workers") && near_edge.includes("workers"));
    assert.ok(services[kind].networks.includes("redis"));
  }
  assert.deepEqual(services.redis.networks, ["redis"]);
  assert.ok(!near_edge.includes("redis"), "the edge has no way to Redis");
  assert.deepEqual(Object.keys(services).filter((name) => services[name].ports), ["edge"]);
  // GitHub and clients' documents are outside; a signer has nobody to speak to there.
  for (const name of ["workers", "redis"]) assert.equal(networks[name].internal, true);
  assert.ok(!services.signer.networks.includes("public"));
});

// As a container would find it, with the folder in the place of /etc/mcp-oauth.
for (const kind of kinds)
  test(`the ${kind} accepts its configuration`, () => {
    const mounts = (secrets[kind].volumes ?? []).map((volume) => volume.split(":"));
    for (const [source] of mounts) assert.ok(source.startsWith(`${folder}/`), source);
    const own = (text) => mounts.reduce((each, [source, target]) => each.replaceAll(target, source), String(text));
    const lines = readFileSync(join(folder, `${kind}.env`), "utf8").split("\n").map((line) => line.match(/^(\w+)='(.*)'$/)).filter(Boolean);
    const environment = Object.fromEntries([...lines.map(([, name, value]) => [name, value]), ...Object.entries(services[kind].environment)]
      .map(([name, value]) => [name, own(value)]));
    const { status, stdout, stderr } = spawnSync(program(`mcp-oauth-${kind}`), ["--check"], { encoding: "utf8", env: { PATH: process.env.PATH, ...environment } });
    assert.equal(status, 0, stdout + stderr);
  });

test("Redis reads the project's configuration and the rights that were made", () => {
  const volumes = [...services.redis.volumes, ...secrets.redis.volumes].map((volume) => volume.split(":")[1]);
  assert.match(read("deploy/redis/redis.conf"), /^appendonly yes$/m);
  assert.match(read("deploy/redis/redis.conf"), new RegExp(`^aclfile ${volumes.find((path) => path.endsWith("users.acl"))}$`, "m"));
  assert.ok(services.redis.command.includes(volumes.find((path) => path.endsWith("redis.conf"))));
});
