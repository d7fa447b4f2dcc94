// ctest: TIMEOUT 300
// Every rendered object as a TypeScript literal of its type: a field that Kubernetes, KEDA, the Gateway API or the
// prometheus-operator does not know, or of another type, is an error of the compiler.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { documents, rendered, root, shapes } from "./helm.mjs";

const packages = { "keda.sh": "@kubernetes-models/keda", "gateway.networking.k8s.io": "@kubernetes-models/gateway-api", "monitoring.coreos.com": "@kubernetes-models/prometheus-operator" };
const source_of = ({ apiVersion, kind }) => `${packages[apiVersion.split("/")[0]] ?? "kubernetes-models"}/${apiVersion}/${kind}`;

function compile(objects) {
  const folder = mkdtempSync(join(tmpdir(), "mcp-oauth-types-"));
  try {
    mkdirSync(join(folder, "source"));
    symlinkSync(join(root, "tests/node_modules"), join(folder, "node_modules"));
    const sources = [...new Set(objects.map(source_of))];
    const type_of = (object) => `T${sources.indexOf(source_of(object))}`;
    writeFileSync(join(folder, "source/manifests.ts"), [
      ...sources.map((source, i) => `import type { I${source.split("/").at(-1)} as T${i} } from "${source}";`),
      ...objects.map((object, i) => `export const object_${i}: ${type_of(object)} = ${JSON.stringify(object, null, 1)};`), ""].join("\n"));
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ include: ["source"], compilerOptions: {
      noEmit: true, strict: true, skipLibCheck: true, types: [], target: "es2022", module: "nodenext", moduleResolution: "nodenext", preserveSymlinks: true } }));
    return spawnSync(process.execPath, [join(root, "tests/node_modules/typescript/bin/tsc"), "--project", folder], { encoding: "utf8", cwd: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("every object of every shape has its type", () => {
  const all = shapes.flatMap((shape) => documents(rendered(shape)));
  assert.ok(all.length > 200);
  // KEDA knows this since 2.17, its models do not yet.
  for (const { spec } of all.filter(({ kind }) => kind === "ScaledObject")) delete spec.fallback.behavior;
  const objects = [...new Map(all.map((object) => [JSON.stringify(object), object])).values()]; // shapes have most in common
  const { status, stdout } = compile(objects);
  assert.equal(status, 0, stdout.slice(0, 4000));
});

test("the compiler sees what is wrong", () => {
  const deployment = documents(rendered("default")).find(({ kind }) => kind === "Deployment");
  const misspelt = structuredClone(deployment), mistyped = structuredClone(deployment);
  misspelt.spec.template.spec.containers[0].redinessProbe = {};
  mistyped.spec.replicas = "two";
  assert.match(compile([misspelt]).stdout, /redinessProbe/);
  assert.match(compile([mistyped]).stdout, /replicas|string/);
});
