// A machine for the guides of deploy/README.md: a folder that stands for its file system, a copy of deploy/, real processes,
// and stand-ins for what only root, systemd and the world outside can do. What differs from a real one is in `table`.
//
//   const machine = await start_machine();
//   const { out } = await machine.run("systemctl restart mcp-oauth-broker\n");      bash; fails the test when it fails
//   machine.base; machine.github; machine.base is enough for signIn(machine) of client.mjs
//   machine.unit("mcp-oauth-edge")                                                  its Child
//   await machine.stop();

import assert from "node:assert/strict";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { root as checkout } from "./blocks.mjs";
import { trust } from "./client.mjs";
import { startGithub } from "./github/github.mjs";
import { Child, eventually, free_port, temporary_folder } from "./process.mjs";
import { SocketUnit } from "./socket_unit.mjs";
import { bin } from "./system.mjs";
import { make_certificate } from "./tls.mjs";

// What a page, a unit or a configuration says, and what it means on this machine.
const table = ({ root, ports, environment, build }) => [
  ["cmake --preset release && cmake --build --preset release", ":"],       // built already, there:
  ["build/release/bin", build],
  [/^apt-get install .*$/gm, ":"],                                      // installed already
  [/(?<![\w.])\/(etc\/(?:mcp-oauth|redis|nginx|systemd|ssl\/mcp-oauth)|run\/(?:mcp-oauth|redis)|var\/(?:lib\/redis|backups)|usr\/(?:bin|share\/doc|lib\/(?:sysusers|tmpfiles)\.d))\b(?!\/env)/g, `${root}/$1`],
  ["listen 443 ssl", `listen 127.0.0.1:${ports.https} ssl`],
  ["deploy/setup-secrets prod", `deploy/setup-secrets ${environment}`],
  ["https://auth.example.com", `https://localhost:${ports.https}`],       // a name that is known here
  ["server_name auth.example.com", "server_name localhost"],
  ["127.0.0.1:8787", `127.0.0.1:${ports.edge}`],
  ["mcp-oauth doctor", `mcp-oauth doctor --ca-file ${root}/etc/ssl/mcp-oauth/auth.pem`], // a certificate that only the test trusts
];

// Programs that need root or an init: found first in PATH.
const stand_ins = {
  systemctl: 'printf "%s\\n" "$@" | curl --silent --show-error --fail-with-body --unix-socket "$STAND_IN_SYSTEMD" --data-binary @- http://systemd/',
  journalctl: 'while (($#)); do [[ $1 != -u ]] || unit=$2; shift; done\nprintf "journal\\n%s\\n" "$unit" | curl --silent --fail --unix-socket "$STAND_IN_SYSTEMD" --data-binary @- http://systemd/',
  "systemd-sysusers": ":",
  "systemd-tmpfiles": 'mkdir -p "$STAND_IN_ROOT/run/mcp-oauth" && chmod 750 "$STAND_IN_ROOT/run/mcp-oauth"',
  // There are no users of the product here; --reference is kept.
  chown: 'for each; do case $each in --reference*) exec /usr/bin/chown "$@";; esac; done',
  chgrp: ":",
};

class Machine {
  constructor({ environment = "prod" } = {}) {
    this.environment = environment;
    this.build = bin; // where the programs that are to be installed are
    this.root = temporary_folder("machine");
    this.units = new Map();
    this.sockets = new Map();
    this.ended = [];
  }

  path(...names) { return join(this.root, ...names); }
  get base() { return `https://localhost:${this.ports.https}`; }
  unit(name) { return this.units.get(name); }

  moved(text) {
    return table(this).reduce((moved, [from, to]) => (typeof from === "string" ? moved.replaceAll(from, to) : moved.replace(from, to)), text);
  }

  async start() {
    this.ports = { https: await free_port(), edge: await free_port() };
    this.github = await startGithub();
    for (const name of ["etc/redis", "etc/nginx/conf.d", "etc/systemd/system", "etc/ssl/mcp-oauth", "usr/bin", "run/redis", "var/lib/redis", "var/backups", "home", "stand-in", "credentials"])
      mkdirSync(this.path(name), { recursive: true });
    this.#copy(join(checkout, "deploy"), this.path("checkout/deploy"));
    copyFileSync(join(checkout, "README.md"), this.path("checkout/README.md"));
    for (const [name, text] of Object.entries(stand_ins)) {
      writeFileSync(this.path("stand-in", name), `#!/usr/bin/env bash\n${text}\n`);
      chmodSync(this.path("stand-in", name), 0o755);
    }
    const tls = make_certificate(["localhost"]);
    trust(tls.certificate);
    copyFileSync(tls.certificate_file, this.path("etc/ssl/mcp-oauth/auth.pem"));
    copyFileSync(tls.key_file, this.path("etc/ssl/mcp-oauth/auth.key"));
    writeFileSync(this.path("etc/nginx/nginx.conf"), `pid ${this.root}/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\n  access_log off;\n` +
      ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path ${this.root}/nginx-${name};\n`).join("") +
      `  include ${this.root}/etc/nginx/conf.d/*.conf;\n}\n`);
    await this.#start_systemd();
  }

  #copy(from, to) {
    if (statSync(from).isDirectory()) {
      mkdirSync(to, { recursive: true });
      for (const name of readdirSync(from)) this.#copy(join(from, name), join(to, name));
      return;
    }
    cpSync(from, to); // with its mode
    writeFileSync(to, this.moved(readFileSync(from, "utf8")));
  }

  #start_systemd() {
    this.systemd = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const [verb, ...names] = body.trim().split("\n").filter((word) => !word.startsWith("--"));
      try {
        response.end(await this.#do(verb, names.flatMap((name) => this.#wants(name))) ?? "");
      } catch (error) {
        response.writeHead(500).end(`${error.message}\n`);
      }
    });
    return new Promise((resolve) => this.systemd.listen(this.path("systemd.sock"), resolve));
  }

  #unit_file(name) {
    const path = this.path("etc/systemd/system", name.includes("@") ? `${name.split("@")[0]}@.service` : `${name}.service`);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }

  #wants(name) {
    const target = this.path("etc/systemd/system", name);
    if (!name.endsWith(".target") || !existsSync(target)) return [name.replace(/\.service$/, "")];
    return /^Wants=(.*)$/m.exec(readFileSync(target, "utf8"))[1].split(" ").map((each) => each.replace(/\.service$/, ""));
  }

  async #do(verb, names) {
    if (verb === "journal") return [...this.ended, ...this.units.values()].filter(({ name }) => name === names[0]).flatMap(({ text }) => [...text, ""]).join("\n");
    for (const name of names) {
      const running = this.units.get(name)?.running === true;
      if (verb === "reload") this.units.get(name).signal("SIGHUP");
      else if (["start", "enable"].includes(verb)) running || await this.#start(name);
      else if (verb === "stop") running && await this.#end(name);
      else if (verb === "restart") {
        if (running) await this.#end(name);
        await this.#start(name);
      } else throw new Error(`the stand-in for systemctl does not know ${verb}`);
    }
  }

  // What systemd does with a unit, as far as ours ask for it: credentials are copied at the start.
  #command(name) {
    if (name === "redis-server") return { program: "redis-server", args: [this.path("etc/redis/redis.conf")] };
    if (name === "nginx") return { program: "nginx", args: ["-c", this.path("etc/nginx/nginx.conf"), "-g", "daemon off;"] };
    const unit = this.#unit_file(name);
    if (!unit) throw new Error(`Unit ${name}.service not found.`);
    const instance = name.split("@")[1] ?? "";
    const expand = (text) => text.replaceAll("%i", instance).replaceAll("%d", this.path("credentials", name));
    const all = (option) => [...unit.matchAll(new RegExp(`^${option}=(.*)$`, "gm"))].map(([, value]) => expand(value));
    mkdirSync(this.path("credentials", name), { recursive: true });
    for (const credential of all("LoadCredential")) {
      const [id, from] = credential.split(":");
      copyFileSync(from, this.path("credentials", name, id));
    }
    const [program, ...args] = all("ExecStart")[0].split(" ");
    return { program, args, socket: all("Requires")[0], environment: Object.fromEntries(all("Environment").map((pair) => pair.split(/=(.*)/s).slice(0, 2))) };
  }

  // Made with the first start of what needs it, and held until the machine stops.
  #socket(name) {
    if (!this.sockets.has(name)) {
      const [, address, port] = /^ListenStream=(.*):(\d+)$/m.exec(readFileSync(this.path("etc/systemd/system", name), "utf8"));
      this.sockets.set(name, new SocketUnit(address, Number(port)));
    }
    return this.sockets.get(name);
  }

  async #start(name) {
    const { program, args, environment, socket } = this.#command(name);
    const held = socket && this.#socket(socket);
    const child = new Child(name, ...(held?.command(program, args) ?? [program, args]), { ...environment, ...this.#github_environment() }, { cwd: this.root, fds: held?.fds });
    this.units.set(name, child);
    if (name === "redis-server") await child.seen(({ text }) => /Ready to accept connections/i.test(text ?? ""));
    if (name === "nginx") await eventually(() => fetchable(this.ports.https), { what: "nginx" });
  }

  async #end(name) {
    const child = this.units.get(name);
    await child.stop();
    this.ended.push(child);
  }

  // What a person would type.
  #answers() { return { BASE_URL: this.base, GITHUB_CLIENT_ID: this.github.client_id, GITHUB_CLIENT_SECRET: this.github.client_secret }; }

  #github_environment() { return { GITHUB_URL: this.github.url, GITHUB_API_URL: this.github.url }; }

  // Runs what a page says. Answers {code, out}; out is both outputs. code: what is expected of the last command.
  async run(text, { environment = {}, code = 0 } = {}) {
    const child = new Child("bash", "bash", ["-euo", "pipefail", "-c", this.moved(text)], {
      HOME: this.path("home"), PATH: [this.path("stand-in"), this.path("usr/bin"), process.env.PATH].join(":"), MCP_OAUTH_BIN: bin,
      STAND_IN_ROOT: this.root, STAND_IN_SYSTEMD: this.path("systemd.sock"), CURL_CA_BUNDLE: this.path("etc/ssl/mcp-oauth/auth.pem"),
      ...(/setup-secrets prod/.test(text) ? this.#answers() : {}),
      ...this.#github_environment(), ...environment }, { cwd: this.path("checkout") });
    const end = await child.exited;
    const out = child.text.join("\n");
    assert.equal(end.code, code, `${text}\n${out}\n${[...this.units.values()].map((unit) => `${unit.name}: ${unit.tail(4)}`).join("\n")}`);
    return { code: end.code, out };
  }

  // Every process ends well, and none has a sanitizer's report.
  async stop() {
    const order = (child) => ["nginx", "mcp-oauth-edge"].includes(child.name) ? 0 : child.name === "redis-server" ? 2 : 1;
    for (const child of [...this.units.values()].sort((a, b) => order(a) - order(b))) await child.stop();
    const reports = [...this.ended, ...this.units.values()].map((child) => child.sanitizer_report).filter(Boolean);
    for (const socket of this.sockets.values()) socket.close();
    await this.github.close();
    await new Promise((resolve) => this.systemd.close(resolve));
    assert.deepEqual(reports, []);
  }
}

const fetchable = async (port) => {
  const { connect } = await import("node:net");
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => { socket.destroy(); resolve(true); }).once("error", () => resolve(false));
  });
};

export async function start_machine(options) {
  const machine = new Machine(options);
  await machine.start();
  return machine;
}
