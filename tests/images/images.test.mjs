// ctest: LABEL full  TIMEOUT 1800  SERIAL
// The images of deploy/Dockerfile: built, looked into, and run as the chart's pods run them, with a real Redis. Without a
// cluster, but with the kernel's own means: another user, no capability, a root that cannot be written, system calls filtered.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { documents, pods_of, rendered } from "../chart/helm.mjs";
import { Flows } from "../fault/flows.mjs";
import { count_of, undisturbed } from "../fault/load.mjs";
import { free_port } from "../support/process.mjs";
import { startRedis } from "../support/redis.mjs";
import { acl_of, redis_passwords, startSystem } from "../support/system.mjs";
import { build_base, build_image, files_of, images, inspect, options_of_context, run, run_command, services } from "./builder.mjs";

const contain = fileURLToPath(new URL("contain", import.meta.url));
const objects = documents(rendered("default"));
const pod_of = (kind) => pods_of(objects).find(({ object }) => object.kind === "Deployment" && object.metadata.labels["app.kubernetes.io/component"] === kind).spec;
const context_of = (kind) => {
  const pod = pod_of(kind);
  return options_of_context(pod.securityContext, pod.containers[0].securityContext);
};
const program_of = (image) => (image === "ctl" ? "/usr/bin/mcp-oauth" : `/usr/bin/mcp-oauth-${image}`);
const without_shell = images.filter((image) => image !== "setup");

before(() => {
  build_base();
  for (const image of images) build_image(image);
});

test("the chart names exactly these images", () => {
  const named = pods_of(documents(rendered("ha"))).flatMap(({ spec }) => spec.containers).map(({ image }) => image.match(/mcp-oauth-([a-z]+):/)?.[1]).filter(Boolean);
  assert.deepEqual([...new Set(named)].sort(), [...images].sort());
});

for (const image of images)
  test(`${image}: user, entry point and labels`, () => {
    const { Config, Labels } = inspect(image);
    assert.equal(Config.User, "10001:10001");
    assert.equal(Number(Config.User.split(":")[0]), pod_of("edge").securityContext.runAsUser);
    assert.deepEqual(Config.Entrypoint, [image === "setup" ? "/usr/share/mcp-oauth/deploy/setup-secrets" : program_of(image)]);
    assert.equal(Labels["org.opencontainers.image.title"], `mcp-oauth-${image}`);
    for (const label of ["description", "version", "revision", "licenses"]) assert.ok(Labels[`org.opencontainers.image.${label}`], label);
    assert.notEqual(Labels["org.opencontainers.image.revision"], "unknown");
  });

for (const image of without_shell)
  test(`${image}: its program, its libraries, their licences, and nothing else`, () => {
    const files = files_of(image), paths = files.map(({ path }) => path);
    const programs = files.filter(({ type, mode, path }) => type === "-" && mode.includes("x") && !/^usr\/lib(64)?\//.test(path));
    assert.deepEqual(programs.map(({ path }) => `/${path}`), [program_of(image)]);
    for (const { path, mode, type } of files) {
      assert.ok(!/[sS]/.test(mode.slice(0, 6)), `${path} is set-uid or set-gid`);
      assert.ok(type === "l" || mode[7] !== "w" || mode[8] === "t", `everybody may write ${path}`);
    }
    const odd = paths.filter((path) => !/\/$/.test(path)
      && !/^(usr\/bin\/mcp-oauth|usr\/lib(64)?\/|lib(64)?$|usr\/share\/doc\/[^/]+\/copyright$|var\/lib\/dpkg\/status\.d\/|etc\/(passwd|group|nsswitch\.conf|ssl\/certs\/ca-certificates\.crt|hosts|hostname|resolv\.conf|mtab)$|(dev|run)\/)/.test(path));
    assert.deepEqual(odd, []);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    assert.ok(bytes < 32e6, `${bytes} bytes`);
    const trusts = paths.includes("etc/ssl/certs/ca-certificates.crt");
    assert.equal(trusts, ["broker", "registry", "ctl"].includes(image), "who speaks https, and only who does, has the authorities");
    // A scanner finds every package by its status, and its licence.
    const packages = paths.map((path) => path.match(/^var\/lib\/dpkg\/status\.d\/(.+)$/)?.[1]).filter(Boolean);
    assert.ok(packages.includes("libc6") && packages.includes("mcp-oauth"), packages.join(" "));
    for (const name of packages) assert.ok(paths.includes(`usr/share/doc/${name}/copyright`), name);
    assert.equal(packages.includes("libhiredis0.14"), image !== "edge", "the edge does not know Redis");
  });

test("each program starts in its image, and says which release it is", () => {
  for (const image of without_shell) {
    const { status, stdout, stderr } = run([...run_command(image, context_of("edge")), "--version"]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`^${program_of(image).slice("/usr/bin/".length)} \\d+\\.\\d+\\.\\d+\\n$`));
  }
});

test("setup makes the Secrets that the pods mount, with keys for CURVE", () => {
  const environment = { BASE_URL: "https://auth.example.com", GITHUB_CLIENT_ID: "Iv1.abc", GITHUB_CLIENT_SECRET: "hush" };
  const names = Object.keys(environment).flatMap((name) => ["--env", name]);
  const { status, stdout, stderr } = run([...run_command("setup", [...context_of("edge"), "--tmpfs", "/tmp", ...names]),
    "prod", "--output", "kubernetes", "-", "--name", "auth"], { environment });
  assert.equal(status, 0, stderr);
  const secrets = new Map(documents(stdout).map((secret) => [secret.metadata.name, secret.stringData]));
  assert.deepEqual([...secrets.keys()].sort(), ["auth-broker", "auth-edge", "auth-operator", "auth-redis", "auth-registry", "auth-signer"]);
  for (const kind of services) assert.match(secrets.get(`auth-${kind}`).CURVE_SECRET_KEY, /^.{40}$/);
});

let redis, system;
test("the system runs in its images under the chart's security context", async (t) => {
  const passwords = redis_passwords();
  redis = await startRedis({ acl: `${acl_of(passwords)}\nuser tests on >${passwords.operator} ~* &* +@all`, tcp: true, appendonly: "everysec" });
  after(() => redis.stop());
  Object.assign(redis, { passwords, url: redis.tcp_url });
  const wrapper = Object.fromEntries(services.map((kind) => [kind,
    [contain, ...run_command(kind, [...context_of(kind), "--env-host", "--volume", "/tmp:/tmp:ro"]), "--"]]));
  const admin = `127.0.0.1:${await free_port()}`;
  system = await startSystem({ redis, wrapper, curve: true, transport: "tcp", signers: 1,
    env: { edge: { ADMIN_LISTEN: admin } } });
  after(() => system.stop());
  const flows = new Flows(system);
  await flows.sign_in_and_refresh();

  await t.test("a probe asks the process beside it", async () => {
    const probe = (listen) => run([...run_command("edge", [...context_of("edge"), "--env", `BASE_URL=${system.base}`]), "--probe", `--admin-listen=${listen}`]).status;
    assert.equal(probe(admin), 0);
    assert.equal(probe(`127.0.0.1:${await free_port()}`), 1);
  });

  await t.test("signers from 1 to 3 to 1, and everything restarted one by one, under load: no request is lost", async () => {
    const end = async (kind) => {
      const child = system.processes[kind].find(({ running, expected }) => running && !expected);
      child.signal("SIGTERM");
      assert.deepEqual(await child.exited, { code: 0, signal: null }, child.tail());
    };
    await undisturbed(async () => {
      for (let i = 0; i < 2; i += 1) { await count_of(4); await system.add("signer"); }
      for (let i = 0; i < 2; i += 1) { await count_of(4); await end("signer"); }
      for (const kind of ["registry", "broker", "signer"]) {
        await count_of(4);
        await system.add(kind); // as a Deployment does with maxUnavailable 0
        await end(kind);
      }
      await count_of(4);
    }, () => flows.sign_in_and_refresh(), { workers: 4 });
    assert.equal(flows.later, 0, "nobody was told to come again");
  });
});
