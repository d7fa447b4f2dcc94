// ctest: TIMEOUT 300
// A stranger's path: the commands of k8s/README.md that need no cluster, as they stand there, from an empty home.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { blocks_of } from "../support/blocks.mjs";
import { bin } from "../support/system.mjs";
import { documents, helm_folders, root } from "./helm.mjs";

const home = mkdtempSync(join(tmpdir(), "mcp-oauth-stranger-"));
after(() => rmSync(home, { recursive: true }));
const blocks = blocks_of("k8s/README.md");
const script = blocks.filter(({ kind }) => kind === "sh").map(({ text }) => text).join("\n");
const run = (text) => spawnSync("bash", ["-euo", "pipefail", "-c", text], { encoding: "utf8", cwd: root, maxBuffer: 1 << 26,
  env: { HOME: home, PATH: `${helm_folders().join(":")}:${process.env.PATH}`, MCP_OAUTH_BIN: bin } });
const file = (name) => documents(readFileSync(join(home, "my-auth", name), "utf8"));

test("the commands that need no cluster run", () => {
  assert.ok(blocks.filter(({ kind }) => kind === "sh").length >= 7);
  const { status, stdout, stderr } = run(script);
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  assert.match(stdout, /0 chart\(s\) failed/);
  assert.match(stdout, /redis-sentinel:\/\/sentinel-0\.data:26379,/);
  assert.match(stdout, /kind: HorizontalPodAutoscaler/);
});

test("what is rendered is his: domain, servers, Secrets that are there", () => {
  const rendered = file("rendered.yaml"), secrets = new Set(file("secrets.yaml").map(({ metadata }) => metadata.name));
  assert.equal(rendered.find(({ kind }) => kind === "Ingress").spec.rules[0].host, "auth.my-company.example");
  const servers = JSON.parse(rendered.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "auth-servers").data["servers.json"]);
  assert.deepEqual(Object.keys(servers.servers), ["my-company.example"], "his own server, and no sample beside it");
  for (const { spec } of rendered.filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet"))
    for (const { secret } of spec.template.spec.volumes.filter((volume) => volume.secret)) assert.ok(secrets.has(secret.secretName), `${secret.secretName} was made`);
});

test("the rotated keys are in the file that he applies", () => {
  const { JWT_PRIVATE_KEY, REFRESH_ENCRYPTION_KEY } = file("secrets.yaml").find(({ metadata }) => metadata.name === "mcp-oauth-signer").stringData;
  assert.equal(JWT_PRIVATE_KEY.match(/BEGIN PRIVATE KEY/g).length, 2);
  assert.match(REFRESH_ENCRYPTION_KEY, /^2:\S+@\d+\s1:/);
});

test("kustomize makes the same system, without the sample", () => {
  assert.doesNotMatch(readFileSync(join(home, "my-auth/kustomized.yaml"), "utf8"), /example\.com/);
  const kinds = (name) => file(name).filter(({ metadata }) => !metadata.annotations?.["helm.sh/hook"]).map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
  assert.deepEqual(kinds("kustomized.yaml"), kinds("rendered.yaml").filter((name) => !name.startsWith("Ingress ")));
});
