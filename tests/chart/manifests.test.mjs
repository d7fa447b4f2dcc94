// What the rendered manifests promise: restricted pods, who may talk to whom, variables and files that the programs know,
// Secrets as deploy/setup-secrets writes them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bin, kinds } from "../support/system.mjs";
import { chart, documents, pods_of, render, rendered, root, shape_file, shapes } from "./helm.mjs";

const objects_of = Object.fromEntries(shapes.map((shape) => [shape, documents(rendered(shape))]));
const component = ({ metadata }) => metadata.labels["app.kubernetes.io/component"];
const find = (shape, kind, part) => objects_of[shape].find((object) => object.kind === kind && component(object) === part);
const options_of = (kind) => {
  const { status, stdout } = spawnSync(join(bin, `mcp-oauth-${kind}`), ["--help"], { encoding: "utf8" });
  assert.equal(status, 0);
  const names = [...stdout.matchAll(/^ {2}([A-Z][A-Z0-9_]+) /gm)].map(([, name]) => name);
  assert.ok(names.length > 5);
  return new Set(names);
};

// Pod Security Standards, restricted: https://kubernetes.io/docs/concepts/security/pod-security-standards
const volume_kinds = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
const restricted = {
  "no host namespaces": ({ spec }) => !spec.hostNetwork && !spec.hostPID && !spec.hostIPC,
  "volume types": ({ spec }) => (spec.volumes ?? []).every((volume) => Object.keys(volume).every((key) => key === "name" || volume_kinds.includes(key))),
  "no host ports": ({ containers }) => containers.every(({ ports = [] }) => ports.every(({ hostPort }) => !hostPort)),
  "no privilege escalation": ({ containers }) => containers.every(({ securityContext }) => securityContext.allowPrivilegeEscalation === false && !securityContext.privileged),
  "not root": ({ spec, containers }) => spec.securityContext.runAsNonRoot === true && spec.securityContext.runAsUser !== 0
    && containers.every(({ securityContext: { runAsUser, runAsNonRoot } }) => runAsUser !== 0 && runAsNonRoot !== false),
  "seccomp": ({ spec }) => spec.securityContext.seccompProfile.type === "RuntimeDefault",
  "no capabilities": ({ containers }) => containers.every(({ securityContext: { capabilities } }) => capabilities.drop.includes("ALL") && !capabilities.add),
  "no sysctls, SELinux or AppArmor of its own": ({ spec }) => !spec.securityContext.sysctls && !spec.securityContext.seLinuxOptions && !spec.securityContext.appArmorProfile,
  // beyond the standard
  "read-only root": ({ containers }) => containers.every(({ securityContext }) => securityContext.readOnlyRootFilesystem === true),
  "no token of the API server, but for the one Job that makes Secrets": ({ spec, object }) => spec.automountServiceAccountToken === false || (object.kind === "Job" && component(object) === "setup"),
  "memory is limited, CPU is not throttled": ({ containers, object }) => object.kind === "Pod" || containers.every(({ resources }) => resources.limits.memory && !resources.limits.cpu && resources.requests.cpu),
};
for (const [control, holds] of Object.entries(restricted))
  test(`restricted pods: ${control}`, () => {
    let count = 0;
    for (const shape of shapes)
      for (const { object, spec } of pods_of(objects_of[shape])) {
        count++;
        assert.ok(holds({ object, spec, containers: [...spec.containers, ...(spec.initContainers ?? [])] }), `${shape}: ${object.kind} ${object.metadata.name}`);
      }
    assert.ok(count > shapes.length * 4);
  });

test("OpenShift chooses user and group itself", () => {
  for (const { spec } of pods_of(objects_of.openshift))
    for (const name of ["runAsUser", "runAsGroup", "fsGroup"]) assert.ok(!(name in spec.securityContext));
});

for (const kind of kinds)
  test(`the ${kind} knows every variable that it is given, and needs no shell`, () => {
    const known = options_of(kind);
    for (const shape of shapes) {
      const [container] = find(shape, "Deployment", kind).spec.template.spec.containers;
      assert.ok(!container.command && !container.lifecycle, "the image's own entry point");
      for (const { name } of container.env) assert.ok(known.has(name) || known.has(name.replace(/_FILE$/, "")), `${shape}: ${name}`);
      for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) assert.equal(container[probe].httpGet.port, "admin");
      assert.equal(container.livenessProbe.httpGet.path, "/health", "liveness never depends on Redis (DESIGN 8)");
    }
  });

test("the rendered configuration starts: --check accepts it", () => {
  const value_of = { BASE_URL: "https://auth.example.com" };
  for (const kind of kinds) {
    const [container] = find("default", "Deployment", kind).spec.template.spec.containers;
    const environment = Object.fromEntries(container.env.filter(({ name, value }) => value && !name.endsWith("_FILE")).map(({ name, value }) => [name, value]));
    const { stderr } = spawnSync(join(bin, `mcp-oauth-${kind}`), ["--check"], { encoding: "utf8", env: { ...environment, ...value_of, INSTANCE: "pod" } });
    assert.doesNotMatch(stderr, /BASE_URL|EDGES|REDIS_URL|LISTEN|DRAIN/, `${kind}: ${stderr}`);
  }
});

// What deploy/setup-secrets writes is what the pods read.
const secrets = (() => {
  const { status, stdout, stderr } = spawnSync(join(root, "deploy/setup-secrets"), ["prod", "--output", "kubernetes", "-", "--namespace", "auth"], {
    encoding: "utf8", env: { ...process.env, MCP_OAUTH_BIN: bin, BASE_URL: "https://auth.example.com", GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "secret" } });
  assert.equal(status, 0, stderr);
  return Object.fromEntries(documents(stdout).map(({ metadata, stringData }) => [metadata.name, stringData]));
})();

test("every file of a secret is in the Secret of that kind", () => {
  let count = 0;
  for (const shape of shapes)
    for (const { object, spec } of pods_of(objects_of[shape])) {
      const mounted = Object.fromEntries((spec.volumes ?? []).filter(({ secret }) => secret).map(({ name, secret }) => [name, secret.secretName]));
      for (const { env = [], volumeMounts = [] } of spec.containers)
        for (const { name, value } of env.filter((each) => /^\/etc\/mcp-oauth\/(secret|users)\//.test(each.value ?? ""))) {
          const { name: volume } = volumeMounts.find(({ mountPath }) => value.startsWith(`${mountPath}/`));
          const key = value.split("/").at(-1);
          assert.ok(key in secrets[mounted[volume]], `${shape}, ${object.metadata.name}: ${name} is not in ${mounted[volume]}`);
          count++;
        }
    }
  assert.ok(count > 100);
  assert.ok("users.acl" in secrets["mcp-oauth-redis"]);
});

test("no template holds a secret or makes one", () => {
  for (const shape of shapes) {
    assert.ok(!objects_of[shape].some(({ kind }) => kind === "Secret"), shape);
    assert.doesNotMatch(rendered(shape), /PRIVATE KEY-----/);
  }
});

// DESIGN 1 by the programs' own options: who has EDGES connects to edges, who has REDIS_URL to Redis, who speaks to GitHub
// or fetches documents to the web; who has none of them (the edge) to nobody.
const dns_ports = [53, 5353]; // OpenShift's pods listen at 5353
const peer = (rule) => rule.to?.[0]?.podSelector?.matchLabels["app.kubernetes.io/component"]
  ?? (rule.ports.every(({ port }) => dns_ports.includes(port)) ? "dns" : rule.to?.[0]?.ipBlock?.cidr === "0.0.0.0/0" ? "web" : "outside");
const wanted_egress = (kind) => {
  const options = options_of(kind);
  return [...options.has("EDGES") ? ["dns", "edge"] : [], ...options.has("REDIS_URL") ? ["redis"] : [],
    ...options.has("GITHUB_URL") || options.has("DOCUMENT_PRIVATE_HOSTS") ? ["web"] : []];
};
for (const kind of kinds)
  test(`NetworkPolicy: the ${kind} reaches what its options name, and nothing else`, () => {
    const { spec } = find("default", "NetworkPolicy", kind);
    assert.deepEqual(spec.policyTypes, ["Ingress", "Egress"]);
    assert.deepEqual(spec.egress.map(peer), wanted_egress(kind));
    const open = options_of(kind).has("LISTEN") ? ["admin", "http", "registry", "broker", "signer"] : ["admin"];
    assert.deepEqual(spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port)), open);
    for (const { ports: [{ port }], from } of spec.ingress)
      if (kinds.includes(port)) assert.deepEqual(from.map((each) => each.podSelector.matchLabels["app.kubernetes.io/component"]), [port], "each worker port is for its kind only");
    for (const rule of spec.egress.filter((each) => peer(each) === "web"))
      assert.ok(rule.to[0].ipBlock.except.includes("169.254.0.0/16"), "never the cloud's metadata service");
  });

test("NetworkPolicy: only who has REDIS_URL, and the operator, reaches Redis, which reaches nobody", () => {
  const { spec } = find("default", "NetworkPolicy", "redis");
  const who = spec.ingress.flatMap(({ from }) => from.map(({ podSelector }) => podSelector.matchLabels["app.kubernetes.io/component"]));
  assert.deepEqual(who, [...kinds.filter((kind) => options_of(kind).has("REDIS_URL")), "operator"]);
  assert.deepEqual(spec.egress, []);
});

test("NetworkPolicy: names are resolved over UDP and TCP, also on OpenShift", () => {
  const { spec } = find("openshift", "NetworkPolicy", "signer");
  assert.deepEqual(spec.egress.find((rule) => peer(rule) === "dns").ports.map(({ port, protocol }) => `${port}/${protocol}`), ["53/UDP", "53/TCP", "5353/UDP", "5353/TCP"]);
});

test("NetworkPolicy: helm test reaches the edge also when only the gateway may", () => {
  const { from } = find("gateway", "NetworkPolicy", "edge").spec.ingress.find(({ ports: [{ port }] }) => port === "http");
  assert.deepEqual(from[0].podSelector.matchLabels["app.kubernetes.io/component"], "operator");
  assert.deepEqual(from.slice(1), [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "gateways" } } }]);
});

test("rolling updates lose nothing: surge, no gap, time to drain", () => {
  for (const kind of kinds) {
    const { spec } = find("default", "Deployment", kind);
    assert.deepEqual(spec.strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
    assert.ok(spec.template.spec.terminationGracePeriodSeconds >= 30, "the drain takes 20 s at most");
    assert.equal(find("default", "PodDisruptionBudget", kind).spec.maxUnavailable, 1);
    assert.equal(spec.template.spec.topologySpreadConstraints.length, 2);
  }
  assert.ok(find("default", "Deployment", "edge").spec.template.spec.terminationGracePeriodSeconds >= 35, "its delay comes on top");
});

test("an autoscaler and replicas never stand side by side", () => {
  for (const shape of shapes) {
    const scaled = objects_of[shape].find(({ kind }) => kind === "HorizontalPodAutoscaler" || kind === "ScaledObject");
    assert.equal("replicas" in find(shape, "Deployment", "signer").spec, !scaled, shape);
    if (scaled) assert.equal(scaled.spec.scaleTargetRef.name, "auth-signer");
  }
});

test("KEDA: a fallback beside Prometheus, and none beside CPU alone, which KEDA's webhook refuses", () => {
  assert.equal(find("keda", "ScaledObject", "signer").spec.fallback.behavior, "currentReplicasIfHigher");
  const { status, stdout, stderr } = render(4, "--values", shape_file("default"), "--set", "signer.autoscaling.mode=keda");
  assert.equal(status, 0, stderr);
  const { spec } = documents(stdout).find(({ kind }) => kind === "ScaledObject");
  assert.deepEqual(spec.triggers.map(({ type }) => type), ["cpu"]);
  assert.ok(!spec.fallback);
});

test("the workers' name leads to all edges, also those that are not ready", () => {
  const service = objects_of.default.find(({ kind, metadata }) => kind === "Service" && metadata.name === "auth-edge-workers");
  assert.equal(service.spec.clusterIP, "None");
  assert.equal(service.spec.publishNotReadyAddresses, true);
  for (const kind of kinds.filter((each) => each !== "edge")) {
    const { value } = find("default", "Deployment", kind).spec.template.spec.containers[0].env.find(({ name }) => name === "EDGES");
    assert.equal(value, `tcp://auth-edge-workers:${service.spec.ports.find(({ name }) => name === kind).port}`);
  }
});

test("the servers file is a whole directory, so that changes arrive, and is what the programs read", () => {
  for (const kind of ["registry", "broker", "signer"])
    for (const mount of find("default", "Deployment", kind).spec.template.spec.containers[0].volumeMounts) assert.ok(!mount.subPath);
  const file = JSON.parse(find("default", "ConfigMap", "servers").data["servers.json"]);
  assert.deepEqual(Object.keys(file).sort(), ["redirect_hosts", "servers"]);
});

test("bundled Redis has the project's own configuration and its volume", () => {
  assert.equal(readFileSync(join(chart, "files/redis.conf"), "utf8"), readFileSync(join(root, "deploy/redis/redis.conf"), "utf8"), "k8s/mcp-oauth/files/redis.conf is a copy of deploy/redis/redis.conf");
  const { spec } = find("default", "StatefulSet", "redis");
  assert.equal(spec.volumeClaimTemplates.length, 1);
  assert.ok(!objects_of.sentinel.some(({ kind }) => kind === "StatefulSet"));
});

test("each kind of Redis becomes its URL", () => {
  const url = (shape) => find(shape, "Deployment", "signer").spec.template.spec.containers[0].env.find(({ name }) => name === "REDIS_URL").value;
  assert.equal(url("default"), "redis://auth-redis:6379");
  assert.equal(url("ha"), "redis://redis.data.svc:6379");
  assert.equal(url("sentinel"), "redis-sentinel://sentinel-0.data:26379,sentinel-1.data:26379,sentinel-2.data:26379/mcp-oauth");
  assert.equal(url("cluster"), "redis-cluster://redis-0.data:6379,redis-1.data:6379");
});

test("the host of baseUrl is what ingress and route answer to", () => {
  const ingress = find("ingress-tls", "Ingress", "edge");
  assert.equal(ingress.spec.rules[0].host, "auth.example.com");
  assert.deepEqual(ingress.spec.tls, [{ hosts: ["auth.example.com"], secretName: "auth-tls" }]);
  assert.deepEqual(find("gateway", "HTTPRoute", "edge").spec.hostnames, ["auth.example.com"]);
});
