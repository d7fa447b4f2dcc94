// The whole system for a test: the real processes, a private Redis, the GitHub stand-in.
//
//   const system = await startSystem({ signers: 2, env: { signer: { REFRESH_GRACE_S: "0" } } });
//   await fetch(system.base + "/health");
//   await system.kill("signer", 0);                    // SIGKILL, waits for the end
//   await system.add("signer");
//   await system.seen("signer", (line) => line.event === "token.reuse");
//   await system.stop();                               // asserts clean ends and no sanitizer report
//
// Options: how many of each kind (edges, signers, brokers, registries), servers (the servers file's content),
// env per kind (an object, or a function of the index and the system), wrapper per kind (what it is started by, such as
// ["prlimit", "--nofile=264"]), github and redis (already started ones stay the caller's),
// held_address (edges have theirs from a socket unit), redis_options, curve (keys between the processes), transport ("ipc" or "tcp"), host (in BASE_URL), tls (a certificate of
// tls.mjs, for https).

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { get as get_securely } from "node:https";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startGithub } from "./github/github.mjs";
import { Child, eventually, free_port, temporary_folder } from "./process.mjs";
import { startRedis } from "./redis.mjs";
import { SocketUnit } from "./socket_unit.mjs";

export const kinds = ["edge", "registry", "broker", "signer"];
const workers = kinds.filter((kind) => kind !== "edge");
const checkout = fileURLToPath(new URL("../..", import.meta.url));
export const bin = resolve(process.env.MCP_OAUTH_BIN ?? join(checkout, "build/dev/bin"));

export const default_servers = {
  servers: { "example.com": { "github-tools": {
    name: "GitHub Tools", description: "Repositories and issues", allowed_users: ["octocat", 2] } } },
  redirect_hosts: ["localhost"],
};

export const program = (name) => {
  const path = join(bin, name);
  if (!existsSync(path)) throw new Error(`${path} does not exist: build first, or set MCP_OAUTH_BIN to the folder of the programs`);
  return path;
};

let jwt_private_key; // one for all systems of this test file: making it takes a while
const new_jwt_private_key = () => generateKeyPairSync("rsa", { modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" }, publicKeyEncoding: { type: "spki", format: "pem" } }).privateKey;

// The command-line tool; answers its output or throws with its complaint. Secrets go by environment, never by argv.
export function command(args, environment = {}) {
  const run = spawnSync(program("mcp-oauth"), args, { encoding: "utf8", env: { PATH: process.env.PATH, ...environment } });
  if (run.status !== 0) throw new Error(`mcp-oauth ${args.join(" ")} ended with ${run.status ?? run.signal}: ${run.stderr || run.error}`);
  return run.stdout;
}

const redis_users = ["registry", "broker", "signer", "reader", "operator", "exporter"];
export const redis_passwords = () => Object.fromEntries(redis_users.map((user) => [user, randomBytes(24).toString("base64url")]));
export const acl_of = (passwords) => command(["acl"], Object.fromEntries(
  Object.entries(passwords).map(([user, password]) => [`REDIS_PASSWORD_${user.toUpperCase()}`, password])));

function curve_pair() {
  const [public_key, secret_key] = command(["curve-keygen"]).trim().split(/\s+/);
  return { public_key, secret_key };
}

// Status and body of one GET on a connection of its own, so that no kept connection delays an edge's end.
const probe = (url, { certificate: ca } = {}) => new Promise((resolve, reject) => {
  (ca ? get_securely : get)(url, { agent: false, timeout: 5000, ca }, (response) => {
    let body = "";
    response.setEncoding("utf8").on("data", (chunk) => { body += chunk; }).on("end", () => resolve({ status: response.statusCode, body }));
  }).on("error", reject).on("timeout", function () { this.destroy(new Error("no answer within 5 s")); });
});

class System {
  constructor(options) {
    this.options = options;
    this.folder = temporary_folder("system");
    this.servers_file = join(this.folder, "servers.json");
    this.processes = Object.fromEntries(kinds.map((kind) => [kind, []]));
    this.started = { edge: 0, registry: 0, broker: 0, signer: 0 };
    this.edges = [];
    this.secrets = {};
    this.problems = [];
  }

  get base() { return this.edges[0].url; }

  async prepare() {
    const { edges = 1, curve = false, transport = "ipc", host = "127.0.0.1", tls, servers = default_servers } = this.options;
    this.servers(servers);
    this.github = this.options.github ?? await startGithub();
    this.passwords = this.options.redis?.passwords ?? redis_passwords();
    this.redis_server = this.options.redis ?? await startRedis({
      acl: `${acl_of(this.passwords)}\nuser tests on >${this.passwords.operator} ~* &* +@all`, ...this.options.redis_options });
    this.redis = this.redis_server.client({ username: "operator", password: this.passwords.operator });
    this.admin = this.redis_server.client({ username: "tests", password: this.passwords.operator }); // not a user of the product
    this.reader = this.redis_server.client({ username: "reader", password: this.passwords.reader });
    jwt_private_key ??= new_jwt_private_key();
    this.secrets = { JWT_PRIVATE_KEY: jwt_private_key, REFRESH_ENCRYPTION_KEY: randomBytes(32).toString("base64") };
    if (curve) this.#make_curve_keys();
    for (let i = 0; i < edges; i += 1) {
      const endpoints = {};
      for (const kind of workers) {
        mkdirSync(join(this.folder, `edge-${i}`), { recursive: true, mode: 0o750 });
        endpoints[kind] = transport === "ipc" ? `ipc://${this.folder}/edge-${i}/${kind}.ipc` : `tcp://127.0.0.1:${await free_port()}`;
      }
      const port = await free_port();
      const unit = this.options.held_address ? new SocketUnit("127.0.0.1", port) : undefined;
      this.edges.push({ port, listen: `127.0.0.1:${port}`, unit, url: `${tls ? "https" : "http"}://${host}:${port}`, endpoints });
    }
  }

  #make_curve_keys() {
    this.curve = Object.fromEntries(kinds.map((kind) => [kind, curve_pair()]));
    this.curve_allowed_file = join(this.folder, "curve-allowed");
    writeFileSync(this.curve_allowed_file, workers.map((kind) => `${kind} ${this.curve[kind].public_key}\n`).join(""));
  }

  // Writes the servers file anew in one step, as an editor or a ConfigMap does; the processes notice by themselves.
  servers(content) {
    const next = `${this.servers_file}.next`;
    writeFileSync(next, typeof content === "string" ? content : JSON.stringify(content, null, 2));
    renameSync(next, this.servers_file);
  }

  environment(kind, index) {
    const wish = this.options.env?.[kind];
    const shared = { BASE_URL: this.base, LOG_LEVEL: "information", INSTANCE: `${kind}-${index}`, SERVERS_FILE: this.servers_file,
      ...this.options.env?.all };
    const own = kind === "edge" ? this.#edge_environment(index) : this.#worker_environment(kind);
    return { ...shared, ...own, ...(typeof wish === "function" ? wish(index, this) : wish) };
  }

  #edge_environment(index) {
    const { listen, endpoints } = this.edges[index];
    return { LISTEN: listen, SIGNER_LISTEN: endpoints.signer, BROKER_LISTEN: endpoints.broker, REGISTRY_LISTEN: endpoints.registry,
      ...(this.options.tls ? { TLS_CERTIFICATE_FILE: this.options.tls.certificate_file, TLS_KEY_FILE: this.options.tls.key_file } : {}),
      ...(this.curve ? { CURVE_SECRET_KEY: this.curve.edge.secret_key, CURVE_ALLOWED_KEYS_FILE: this.curve_allowed_file } : {}) };
  }

  #worker_environment(kind) {
    return { EDGES: this.edges.map(({ endpoints }) => endpoints[kind]).join(","),
      REDIS_URL: this.redis_server.url, REDIS_USER: kind, REDIS_PASSWORD: this.passwords[kind],
      ...(this.curve ? { CURVE_SECRET_KEY: this.curve[kind].secret_key, CURVE_EDGE_KEY: this.curve.edge.public_key } : {}),
      ...(kind === "broker" ? { GITHUB_CLIENT_ID: this.github.client_id, GITHUB_CLIENT_SECRET: this.github.client_secret,
        GITHUB_URL: this.github.url, GITHUB_API_URL: this.github.url } : {}),
      // All of a test's requests come from one address; tests of the limits set them.
      ...(kind === "registry" ? { RATE_REGISTER_PER_HOUR: "0", RATE_REGISTER_PER_DAY_ALL: "0", RATE_AUTHORIZE_PER_MINUTE: "0" } : {}),
      ...(kind === "broker" ? { RATE_SIGN_IN_PER_MINUTE: "0" } : {}),
      ...(kind === "signer" ? { ...this.secrets, RATE_TOKEN_FAILURES_PER_MINUTE: "0", RATE_VALIDATE_PER_MINUTE: "0" } : {}) };
  }

  #spawn(kind, index) {
    const [file, ...args] = [...this.options.wrapper?.[kind] ?? [], program(`mcp-oauth-${kind}`)];
    const unit = kind === "edge" ? this.edges[index].unit : undefined;
    return new Child(`${kind}-${index}`, ...(unit?.command(file, args) ?? [file, args]), this.environment(kind, index), { cwd: this.folder, fds: unit?.fds });
  }

  // Starts one more worker of this kind and waits until it says that it is ready.
  async add(kind) {
    assert.notEqual(kind, "edge", "workers know their edges from the start: use startSystem({edges: N})");
    return this.#start(kind);
  }

  async #start(kind) {
    const child = this.#spawn(kind, this.started[kind]++);
    this.processes[kind].push(child);
    if (this.#tells_when_ready(kind)) await child.seen(({ event }) => event === "ready");
    return child;
  }

  // A bench asks for quiet processes; then only /ready tells.
  #tells_when_ready(kind) { return !["warning", "error"].includes(this.environment(kind, 0).LOG_LEVEL); }

  // The same place again, after kill(): same name, same addresses.
  async restart(kind, index = 0) {
    this.problems.push(await this.#end(this.processes[kind][index]));
    this.processes[kind][index] = this.#spawn(kind, index);
    await this.processes[kind][index].seen(({ event }) => event === "ready");
  }

  // Sends a signal; waits for the end when it is one that ends.
  async kill(kind, index = 0, signal = "SIGKILL") {
    const child = this.processes[kind][index];
    child.signal(signal);
    return child.expected ? child.exited : undefined;
  }

  pause(kind, index = 0) { this.processes[kind][index].signal("SIGSTOP"); }
  resume(kind, index = 0) { this.processes[kind][index].signal("SIGCONT"); }

  // The JSON log lines of all processes of this kind, or of one.
  logs(kind, index) {
    const chosen = index === undefined ? this.processes[kind] : [this.processes[kind][index]];
    return chosen.flatMap(({ log }) => log.filter(({ plain }) => !plain));
  }

  // The first log line of any process of this kind, past or future, for which wanted(line) is true.
  seen(kind, wanted, options) { return Promise.any(this.processes[kind].map((child) => child.seen(wanted, options))); }

  async ready({ timeout_ms = 15_000 } = {}) {
    await Promise.all(this.edges.map(({ url }) => eventually(async () => {
      const { status, body } = await probe(`${url}/ready`, this.options.tls);
      if (status !== 200) throw new Error(`/ready says ${status} ${body}`);
      return true;
    }, { what: `${url}/ready`, timeout_ms })));
  }

  async start() {
    await this.prepare();
    const { edges = 1, registries = 1, brokers = 1, signers = 1 } = this.options;
    const counts = { edge: edges, registry: registries, broker: brokers, signer: signers };
    const began = performance.now();
    await Promise.all(kinds.flatMap((kind) => Array.from({ length: counts[kind] }, () => this.#start(kind))));
    await this.ready();
    this.started_in_ms = performance.now() - began; // from nothing to a whole system
  }

  // Ends a process with SIGTERM, unless a test ended it already, and answers what is wrong with how it went.
  async #end(child) {
    const [was_running, was_expected] = [child.running, child.expected];
    const { code, signal, stuck } = await child.stop();
    if (child.sanitizer_report) return `${child.name} has a sanitizer report:\n${child.sanitizer_report}`;
    if (was_expected) return null;
    if (!was_running) return `${child.name} ended by itself (${signal ?? code}):\n${child.tail()}`;
    if (stuck) return `${child.name} did not end after SIGTERM:\n${child.tail()}`;
    return code === 0 ? null : `${child.name} answered SIGTERM with ${signal ?? code} instead of 0:\n${child.tail()}`;
  }

  // Edges first, so that they finish what they have in flight while their workers live.
  async stop({ check = true } = {}) {
    const problems = await Promise.all(this.processes.edge.map((child) => this.#end(child)));
    problems.push(...await Promise.all(workers.flatMap((kind) => this.processes[kind]).map((child) => this.#end(child))));
    for (const { unit } of this.edges) unit?.close();
    for (const client of [this.redis, this.reader, this.admin]) client?.disconnect();
    if (!this.options.redis) await this.redis_server?.stop();
    if (!this.options.github) await this.github?.close();
    rmSync(this.folder, { recursive: true, force: true });
    if (check) assert.deepEqual([...this.problems, ...problems].filter(Boolean), []);
  }
}

export async function startSystem(options = {}) {
  const system = new System(options);
  try {
    await system.start();
  } catch (error) {
    const told = Object.values(system.processes).flat().map((child) => `${child.name}:\n${child.tail(5)}`).join("\n");
    await system.stop({ check: false });
    throw new Error(`the system did not start: ${error.message}\n${told}`, { cause: error });
  }
  return system;
}
