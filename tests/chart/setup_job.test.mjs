// The Job that makes the Secrets in the cluster: its own arguments, run against an API server that grants what the chart's
// Role grants and nothing else. It never overwrites, and never leaves keys of two makings side by side.

import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { Child, temporary_folder } from "../support/process.mjs";
import { bin } from "../support/system.mjs";
import { make_certificate } from "../support/tls.mjs";
import { documents, pods_of, rendered, root } from "./helm.mjs";

const objects = documents(rendered("ha"));
const find = (kind) => objects.find((object) => object.kind === kind && object.metadata.name === "auth-setup");
const { rules } = find("Role"), [container] = find("Job").spec.template.spec.containers;
const is_granted = (verb, name) => rules.some(({ apiGroups: [group], resources: [resource], verbs, resourceNames }) =>
  group === "" && resource === "secrets" && verbs.includes(verb) && (!resourceNames || resourceNames.includes(name)));

const kinds = ["edge", "signer", "broker", "registry", "redis", "operator"], names = kinds.map((kind) => `mcp-oauth-${kind}`);
const account = temporary_folder("account"), tls = make_certificate(["localhost"]), base = "/api/v1/namespaces/auth/secrets";
const there = new Map();
let tried, answer; // answer: what a test lets the server say instead

const body_of = async (request) => {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += part;
  return text;
};

async function serve(request, response) {
  const body = await body_of(request), { pathname, searchParams } = new URL(request.url, "https://localhost");
  const reply = (status) => response.writeHead(status).end("{}");
  tried.push(`${request.method} ${request.url.slice(base.length)}`);
  if (request.headers.authorization !== "Bearer the-token") return reply(401);
  if (request.method === "GET") {
    const name = pathname.slice(base.length + 1);
    return reply(answer?.(request) ?? (!is_granted("get", name) ? 403 : there.has(name) ? 200 : 404));
  }
  if (request.method !== "POST" || pathname !== base || !is_granted("create")) return reply(403);
  assert.equal(request.headers["content-type"], "application/yaml");
  const [secret] = documents(body), { name, namespace } = secret.metadata;
  assert.equal(namespace, "auth");
  const status = answer?.(request, name) ?? (there.has(name) ? 409 : 201);
  if (status === 201 && searchParams.get("dryRun") !== "All") there.set(name, secret);
  return reply(status);
}

const server = createServer({ cert: tls.certificate, key: tls.key }, serve);
before(async () => {
  for (const [name, text] of [["token", "the-token"], ["ca.crt", tls.certificate], ["namespace", "auth"]]) writeFileSync(join(account, name), text);
  await once(server.listen(0, "localhost"), "listening");
});
after(() => server.close());
beforeEach(() => {
  tried = [], answer = undefined;
  there.clear();
});

async function run(environment = {}) {
  const job = new Child("setup", join(root, "deploy/setup-secrets"), container.args, {
    ...Object.fromEntries(container.env.map(({ name, value }) => [name, value])), GITHUB_CLIENT_ID: "Iv1.abc", GITHUB_CLIENT_SECRET: "hush",
    MCP_OAUTH_BIN: bin, MCP_OAUTH_SERVICE_ACCOUNT: account, KUBERNETES_SERVICE_HOST: "localhost", KUBERNETES_SERVICE_PORT: server.address().port, ...environment });
  const { code } = await job.exited;
  return { code, text: job.tail() };
}

test("it makes what the pods mount, and shows none of it", async () => {
  const { code, text } = await run();
  assert.equal(code, 0, text);
  assert.deepEqual([...there.keys()], names);
  for (const { spec } of pods_of(objects))
    for (const { secret } of (spec.volumes ?? []).filter((volume) => volume.secret)) assert.ok(there.has(secret.secretName), secret.secretName);
  for (const { stringData } of there.values())
    for (const value of Object.values(stringData).filter((each) => each.length > 20 && !each.startsWith("http"))) assert.ok(!text.includes(value));
});

test("everything is tried before anything is made", async () => {
  answer = (request, name) => request.url.includes("dryRun") && name === "mcp-oauth-operator" ? 403 : undefined;
  const { code, text } = await run();
  assert.equal(code, 1);
  assert.match(text, /answers 403 to making the Secret mcp-oauth-operator, tried without making it/);
  assert.equal(there.size, 0);
});

test("a second run changes nothing", async () => {
  await run();
  const made = new Map(there);
  tried = [];
  const { code, text } = await run();
  assert.equal(code, 0, text);
  assert.match(text, /are there: nothing is changed/);
  assert.deepEqual(tried, names.map((name) => `GET /${name}`));
  assert.deepEqual([...there], [...made]);
});

test("when only some are there it says which, and makes none", async () => {
  there.set("mcp-oauth-edge", {});
  const { code, text } = await run();
  assert.equal(code, 1);
  assert.match(text, /only some .*kubectl -n auth delete secret mcp-oauth-edge$/m);
  assert.ok(tried.every((each) => each.startsWith("GET ")), "nothing was made");
});

test("an answer that is neither there nor missing is not taken for missing", async () => {
  answer = () => 403;
  const { code, text } = await run();
  assert.equal(code, 1);
  assert.match(text, /answers 403 to a look at the Secret mcp-oauth-edge/);
  assert.deepEqual(tried, ["GET /mcp-oauth-edge"]);
});

test("an API server with another certificate is not told the token", async () => {
  writeFileSync(join(account, "ca.crt"), make_certificate(["localhost"]).certificate);
  const { code, text } = await run();
  writeFileSync(join(account, "ca.crt"), tls.certificate);
  assert.equal(code, 1);
  assert.match(text, /the API server at localhost does not answer/);
  assert.deepEqual(tried, []);
});

test("outside of a pod it says so", async () => {
  const { code, text } = await run({ KUBERNETES_SERVICE_HOST: undefined });
  assert.equal(code, 1);
  assert.match(text, /--output cluster is for a pod/);
});

test("its rights end at its namespace, and change and delete nothing", () => {
  assert.ok(!objects.some(({ kind }) => kind.startsWith("Cluster")));
  assert.deepEqual(rules.map(({ verbs }) => verbs), [["create"], ["get"]]);
  assert.deepEqual(rules[1].resourceNames, names);
  assert.ok(!container.command, "the image's own entry point, deploy/setup-secrets");
});
