// ctest: TIMEOUT 300
// The chart renders in every shape of k8s/mcp-oauth/ci, with helm 4 and helm 3, twice to the same bytes and as the golden
// files show; what is wrong is refused with a sentence. Run with --write to renew the golden files and the kustomize base:
//   node tests/chart/render.test.mjs --write

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { chart, documents, helm, kubectl, render, rendered, root, shape_file, shapes, versions } from "./helm.mjs";

const golden = join(root, "tests/chart/golden"), base = join(root, "k8s/kustomize/base/mcp-oauth.yaml");
const base_text = () => `# helm template auth k8s/mcp-oauth --values ci/default-values.yaml, without hooks: written by tests/chart/render.test.mjs --write.\n${
  helm(4, "template", "auth", chart, "--namespace", "auth", "--kube-version", "1.31.0", "--no-hooks", "--values", join(chart, "ci/default-values.yaml")).stdout}`;

if (process.argv.includes("--write")) {
  mkdirSync(golden, { recursive: true });
  for (const shape of shapes) writeFileSync(join(golden, `${shape}.yaml`), rendered(shape));
  writeFileSync(base, base_text());
} else {
  for (const version of versions)
    test(`helm ${version} finds nothing to complain about`, () => {
      const { status, stdout, stderr } = helm(version, "lint", "--strict", chart, "--set", "baseUrl=https://auth.example.com");
      assert.equal(status, 0, stdout + stderr);
    });

  for (const shape of shapes)
    test(`${shape}: helm 4 and helm 3 render the same, twice the same bytes`, () => {
      const once = rendered(shape);
      assert.equal(rendered(shape), once);
      const objects = documents(once);
      assert.ok(objects.length > 10);
      assert.deepEqual(documents(rendered(shape, 3)).map((object) => JSON.stringify(object)), objects.map((object) => JSON.stringify(object)));
      const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
      assert.deepEqual(names, [...new Set(names)], "no object is there twice");
      for (const { kind, metadata } of objects) assert.equal(metadata.namespace, "auth", `${kind} ${metadata.name} says its namespace`);
    });

  test("the chart has the shapes that people install", () => {
    assert.deepEqual(shapes, ["airgap", "cluster", "default", "gateway", "ha", "hpa", "ingress-tls", "keda", "minimal", "openshift", "sentinel"]);
  });

  test("the golden files show what is rendered (renew them with --write, and look at the difference)", () => {
    assert.deepEqual(readdirSync(golden).sort(), shapes.map((shape) => `${shape}.yaml`));
    for (const shape of shapes) assert.equal(readFileSync(join(golden, `${shape}.yaml`), "utf8"), rendered(shape), shape);
  });

  test("the kustomize base is what the chart renders by default, and builds", () => {
    assert.equal(readFileSync(base, "utf8"), base_text());
    const { status, stdout, stderr } = kubectl("kustomize", join(root, "k8s/kustomize/example"));
    assert.equal(status, 0, stderr);
    const edge = documents(stdout).find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "auth-edge");
    assert.equal(edge.spec.template.spec.containers[0].env.find(({ name }) => name === "BASE_URL").value, "https://login.my-company.example");
  });

  // What a person gets wrong: the arguments, and what the refusal must say.
  const refusals = [
    [[], /baseUrl is missing/],
    [["--set", "baseUrl=http://auth.example.com"], /baseUrl/],
    [["--set", "baseUrl=https://auth.example.com?x=1"], /baseUrl/],
    [["--set", "baseUrl=https://auth.example.com"], /servers.config.servers is empty/],
    [["--set", "edge.replcas=3"], /replcas/],
    [["--set", "edge.replicas=two"], /replicas/],
    [["--set", "signer.autoscaling.mode=vpa"], /mode/],
    [["--set", "signer.autoscaling.cpuPercent=700"], /cpuPercent/],
    [["--set", "redis.mode=valkey"], /mode/],
    [["--set", "redis.mode=sentinel"], /redis.addresses is empty/],
    [["--set", "redis.mode=external,redis.addresses[0]=redis://host:6379"], /addresses/],
    [["--set", "redis.bundled.appendfsync=no"], /appendfsync/],
    [["--set", "secrets.create.enabled=true"], /secrets.create.githubSecret is missing/],
    [["--set", "secrets.create.algorithm=HS256"], /algorithm/],
    [["--set", "signer.env.JWT_PRIVATE_KEY=x"], /JWT_PRIVATE_KEY/],
    [["--set", "broker.env.github_url=x"], /github_url/],
    [["--set", "httpRoute.enabled=true"], /httpRoute.parentRefs is empty/],
    [["--set", "signer.autoscaling.mode=keda,signer.autoscaling.outstanding.enabled=true"], /prometheusUrl is missing/],
    [["--set", "networkPolicy.privateNetworks[0]=10.0.0.1"], /privateNetworks/],
    [["--set", "logLevel=info"], /logLevel/],
    [["--set", "runAsUser=0"], /runAsUser/],
  ];
  for (const [values, says] of refusals)
    test(`refused: ${values.join(" ") || "no baseUrl"}`, () => {
      const usual = values.some((value) => value.startsWith("baseUrl")) || values.length === 0 ? [] : ["--values", shape_file("default")];
      const { status, stderr } = render(4, ...usual, ...values);
      assert.notEqual(status, 0, "it was rendered");
      assert.match(stderr, says);
    });

  test("the package holds no test values", () => {
    const folder = spawnSync("mktemp", ["-d"], { encoding: "utf8" }).stdout.trim();
    const { status, stderr } = helm(4, "package", chart, "--destination", folder);
    assert.equal(status, 0, stderr);
    const [archive] = readdirSync(folder);
    assert.match(archive, /^mcp-oauth-\d+\.\d+\.\d+\.tgz$/);
    const files = spawnSync("tar", ["-tzf", join(folder, archive)], { encoding: "utf8" }).stdout;
    assert.match(files, /mcp-oauth\/values\.schema\.json/);
    assert.doesNotMatch(files, /mcp-oauth\/ci\//);
  });
}
