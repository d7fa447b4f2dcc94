// Bundled Redis starts with the chart's own arguments, configuration and users, and the Pod of `helm test` sees there what it
// is for: the rights of every user.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Child, free_port, temporary_folder } from "../support/process.mjs";
import { bin } from "../support/system.mjs";
import { documents, rendered, root } from "./helm.mjs";

const objects = documents(rendered("default"));
const find = (kind, name) => objects.find((object) => object.kind === kind && object.metadata.name === name);
const folder = temporary_folder("chart-redis");
const in_folder = (text) => text.replace(/^\/(?=etc|data)/, `${folder}/`);
let redis, url;

const put = (mount, files) => {
  mkdirSync(join(folder, mount), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, mount, name), text, { mode: 0o600 });
};

before(async () => {
  const made = spawnSync(join(root, "deploy/setup-secrets"), ["prod", "--output", "kubernetes", "-"], { encoding: "utf8",
    env: { ...process.env, MCP_OAUTH_BIN: bin, BASE_URL: "https://auth.example.com", GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "secret" } });
  assert.equal(made.status, 0, made.stderr);
  const secrets = Object.fromEntries(documents(made.stdout).map(({ metadata, stringData }) => [metadata.name, stringData]));
  const data = { secret: ({ secretName }) => secrets[secretName], configMap: ({ name }) => find("ConfigMap", name).data };
  for (const { spec } of [find("StatefulSet", "auth-redis").spec.template, find("Pod", "auth-test-redis")])
    for (const { name, ...volume } of spec.volumes) {
      const [[kind, source]] = Object.entries(volume);
      put(spec.containers[0].volumeMounts.find((mount) => mount.name === name).mountPath, data[kind](source));
    }
  put("/data", {});
  const [{ command: [program, ...first], args }] = find("StatefulSet", "auth-redis").spec.template.spec.containers;
  const port = await free_port();
  redis = new Child("redis", program, [...[...first, ...args].map(in_folder), "--bind", "127.0.0.1", "--port", String(port)], {});
  await redis.seen(({ text }) => /Ready to accept connections/.test(text ?? ""));
  url = `redis://127.0.0.1:${port}`;
});
after(() => redis?.stop());

test("helm test: each user of Redis has its rights, and Redis keeps what is written", () => {
  const [{ args, env }] = find("Pod", "auth-test-redis").spec.containers;
  const environment = Object.fromEntries(env.map(({ name, value }) => [name, in_folder(value)]));
  const { stdout } = spawnSync(join(bin, "mcp-oauth"), [...args, "--json"], { encoding: "utf8", env: { ...environment, REDIS_URL: url } });
  const { findings } = JSON.parse(stdout);
  const good = (area) => findings.filter((finding) => finding.area === area && finding.level === "good").map(({ what }) => what);
  assert.deepEqual(good("rights").map((what) => what.split(" ")[0]), ["registry", "broker", "signer", "reader", "operator"]);
  assert.ok(good("redis").some((what) => /append-only/.test(what)) && good("redis").some((what) => /noeviction/.test(what)));
  // no worker runs here, which is all that it may find
  assert.deepEqual([...new Set(findings.filter(({ level }) => level === "bad").map(({ area }) => area))], ["workers"]);
});
