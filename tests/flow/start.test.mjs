// ctest: LABEL flow  TIMEOUT 60
// A broken servers file, key or URL stops the start with one sentence that says what to change (DESIGN 8), and a good
// configuration passes --check.

import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Child, temporary_folder } from "../support/process.mjs";
import { bin, default_servers } from "../support/system.mjs";

let folder, good;

const file = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};

const pem = (type, options) => generateKeyPairSync(type, { ...options,
  privateKeyEncoding: { type: "pkcs8", format: "pem" }, publicKeyEncoding: { type: "spki", format: "pem" } });

before(() => {
  folder = temporary_folder("start");
  const { privateKey, publicKey } = pem("rsa", { modulusLength: 2048 });
  const worker = { BASE_URL: "http://localhost:8787", EDGES: `ipc://${folder}/edge.ipc`, REDIS_URL: `unix:${folder}/redis.sock`,
    SERVERS_FILE: file("servers.json", default_servers) };
  good = {
    edge: { BASE_URL: "http://localhost:8787", LISTEN: "127.0.0.1:0", SIGNER_LISTEN: `ipc://${folder}/s.ipc`,
      BROKER_LISTEN: `ipc://${folder}/b.ipc`, REGISTRY_LISTEN: `ipc://${folder}/r.ipc` },
    registry: worker,
    broker: { ...worker, GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "secret" },
    signer: { ...worker, JWT_PRIVATE_KEY: privateKey, JWT_PUBLIC_KEY: publicKey, REFRESH_ENCRYPTION_KEY: randomBytes(32).toString("base64") },
  };
});

async function start(kind, changes, args = []) {
  const environment = Object.fromEntries(Object.entries({ ...good[kind], ...changes }).filter(([, value]) => value !== undefined));
  const child = new Child(kind, join(bin, `mcp-oauth-${kind}`), args, environment, { cwd: folder });
  child.expected = true;
  const { code } = await child.exited;
  return { code, text: child.text, report: child.sanitizer_report };
}

for (const kind of ["edge", "registry", "broker", "signer"]) {
  test(`a good configuration of the ${kind} passes --check`, async () => {
    const { code, text, report } = await start(kind, {}, ["--check"]);
    assert.equal(report, null);
    assert.equal(code, 0, text.join("\n"));
  });
}

const other_key = () => pem("rsa", { modulusLength: 2048 }).publicKey;
const broken = [
  ["edge", "BASE_URL", "no URL", () => ({ BASE_URL: "localhost" })],
  ["edge", "BASE_URL", "http on a public host", () => ({ BASE_URL: "http://auth.example.com" })],
  ["edge", "BASE_URL", "missing", () => ({ BASE_URL: undefined })],
  ["edge", "LISTEN", "no address", () => ({ LISTEN: "nonsense" })],
  ["edge", "SIGNER_LISTEN", "no endpoint", () => ({ SIGNER_LISTEN: "nonsense" })],
  ["edge", "LOG_LEVEL", "unknown", () => ({ LOG_LEVEL: "loud" })],
  ["registry", "SERVERS_FILE", "missing", () => ({ SERVERS_FILE: undefined })],
  ["registry", "SERVERS_FILE", "not there", () => ({ SERVERS_FILE: "/nowhere/servers.json" })],
  ["registry", "SERVERS_FILE", "not JSON", () => ({ SERVERS_FILE: file("broken.json", "{") })],
  ["registry", "SERVERS_FILE", "without a server", () => ({ SERVERS_FILE: file("empty.json", { servers: {} }) })],
  ["broker", "SERVERS_FILE", "with a wrong member", () => ({ SERVERS_FILE: file("wrong.json",
    { servers: { "example.com": { x: { name: "X", description: "", allowed_users: "octocat" } } } }) })],
  ["registry", "DOCUMENT_TRUSTED_DOMAINS", "a URL", () => ({ DOCUMENT_TRUSTED_DOMAINS: "example.com https://example.org" })],
  ["registry", "DOCUMENT_TRUSTED_DOMAINS", "a pattern", () => ({ DOCUMENT_TRUSTED_DOMAINS: "*.example.com" })],
  ["registry", "DOCUMENT_PRIVATE_HOSTS", "a URL", () => ({ DOCUMENT_PRIVATE_HOSTS: "https://app.internal" })],
  ["registry", "DOCUMENT_PRIVATE_HOSTS", "on no port", () => ({ DOCUMENT_PRIVATE_HOSTS: "app.internal:port" })],
  ["registry", "DOCUMENT_CA_FILE", "not there", () => ({ DOCUMENT_PRIVATE_HOSTS: "app.internal", DOCUMENT_CA_FILE: "/nowhere/ca.pem" })],
  ["registry", "DOCUMENT_CA_FILE", "without a certificate", () => ({ DOCUMENT_PRIVATE_HOSTS: "app.internal", DOCUMENT_CA_FILE: file("ca.pem", "nonsense") })],
  ["registry", "DOCUMENT_CA_FILE", "without DOCUMENT_PRIVATE_HOSTS", () => ({ DOCUMENT_CA_FILE: file("ca.pem", "nonsense") })],
  ["registry", "REDIS_URL", "no URL", () => ({ REDIS_URL: "nonsense" })],
  ["signer", "REDIS_URL", "with a password", () => ({ REDIS_URL: "redis://u:p@localhost:6379" })],
  ["signer", "REDIS_URL", "without the master's name", () => ({ REDIS_URL: "redis-sentinel://a:26379,b:26379" })],
  ["broker", "REDIS_URL", "a cluster's with a database", () => ({ REDIS_URL: "redis-cluster://a:6379/3" })],
  ["registry", "EDGES", "no endpoint", () => ({ EDGES: "nonsense" })],
  ["broker", "GITHUB_CLIENT_SECRET", "missing", () => ({ GITHUB_CLIENT_SECRET: undefined })],
  ["broker", "GITHUB_URL", "no URL", () => ({ GITHUB_URL: "github" })],
  ["signer", "JWT_PRIVATE_KEY", "missing", () => ({ JWT_PRIVATE_KEY: undefined })],
  ["signer", "JWT_PRIVATE_KEY", "not a key", () => ({ JWT_PRIVATE_KEY: "nonsense" })],
  ["signer", "JWT_PRIVATE_KEY", "too short", () => ({ JWT_PRIVATE_KEY: pem("rsa", { modulusLength: 1024 }).privateKey })],
  ["signer", "JWT_PUBLIC_KEY", "of another key", () => ({ JWT_PUBLIC_KEY: other_key() })],
  ["signer", "REFRESH_ENCRYPTION_KEY", "missing", () => ({ REFRESH_ENCRYPTION_KEY: undefined })],
];

for (const [kind, option, what, changes] of broken) {
  test(`${option} that is ${what} stops the ${kind} with one sentence`, async () => {
    const { code, text, report } = await start(kind, changes());
    assert.equal(report, null);
    assert.equal(code, 1, text.join("\n"));
    const plain = text.filter((line) => !line.startsWith("{"));
    assert.equal(plain.length, 1, `one line: ${text.join("\n")}`);
    assert.match(plain[0], new RegExp(`^mcp-oauth-${kind}: `));
    assert.ok(plain[0].includes(option), plain[0]);
    assert.ok(plain[0].length < 400, "a sentence, not a dump of what was given");
  });
}
