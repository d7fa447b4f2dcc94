// ctest: LABEL client  TIMEOUT 180
// deploy/examples, each against deploy/dev: an unmodified MCP client that is given the example's URL signs in and calls
// its tool; without a token, or with a token for another server, it gets no further.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Browser, callback_of, request } from "../support/client.mjs";
import { dev_place, dev_start } from "../support/dev.mjs";
import { Child, eventually, free_port, temporary_folder } from "../support/process.mjs";

const examples = fileURLToPath(new URL("../../deploy/examples/", import.meta.url));
const example = (path) => readFileSync(join(examples, path), "utf8");

// deploy/dev with the servers of the examples, moved to free ports. The TypeScript one is at ports["3000"], and so on.
async function startDev(t) {
  const ports = {};
  for (const port of ["3000", "3001", "8080"]) ports[port] = await free_port();
  const servers = join(temporary_folder("examples"), "servers.json");
  writeFileSync(servers, example("servers.json").replace(/localhost:(\d+)/g, (_, port) => `localhost:${ports[port]}`));
  const at = await dev_place();
  const dev = await dev_start(t, at, ["--servers", servers]);
  const github = /a stand-in at (\S+),/.exec(dev.text.join("\n"))[1];
  return { at, ports, issuer: `http://localhost:${at.port}`, github };
}

class Provider {
  redirectUrl = "http://localhost:33418/callback";
  clientMetadata = { client_name: "Example client", redirect_uris: [this.redirectUrl], token_endpoint_auth_method: "none" };
  clientInformation() { return this.information; }
  saveClientInformation(information) { this.information = information; }
  tokens() { return this.saved; }
  saveTokens(tokens) { this.saved = tokens; }
  codeVerifier() { return this.verifier; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  redirectToAuthorization(url) { this.authorization_url = url; }
}

// Connects to the example as any MCP client does; the person at the browser is octocat, who agrees.
async function connected({ issuer, github }, url) {
  const provider = new Provider();
  const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  const first = transport();
  await assert.rejects(new Client({ name: "test", version: "1" }).connect(first), UnauthorizedError);
  const within = [issuer, github];
  const browser = new Browser();
  const people = await browser.navigate(provider.authorization_url, { within });
  const consent = await browser.submit(people, { within, button: { name: "user", value: "octocat" } });
  const answer = await browser.submit(consent, { button: { name: "decision", value: "approve" } });
  await first.finishAuth(callback_of(answer.location).code);
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport());
  return { client, token: provider.saved.access_token };
}

const whoami = async (client) => (await client.callTool({ name: "whoami", arguments: {} })).content[0].text;
const post = (url, headers = {}) => request(url, { method: "POST", own_connection: true,
  headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream", ...headers },
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }) });

// RFC 6750 3: no error without a token; invalid_token with one that is not for this server.
async function refuses_others(url, foreign_token) {
  const bare = await post(url);
  assert.equal(bare.status, 401);
  assert.match(bare.headers["www-authenticate"], /^Bearer .*resource_metadata="http/);
  for (const token of [foreign_token, "nonsense"]) {
    const refused = await post(url, { Authorization: `Bearer ${token}` });
    assert.equal(refused.status, 401, refused.text);
    assert.match(refused.headers["www-authenticate"], /error="invalid_token"/);
  }
}

// The configuration of the example, type-checked, and its JavaScript beside the packages that it imports.
function compile_typescript() {
  const folder = fileURLToPath(new URL("../output/examples/typescript", import.meta.url));
  mkdirSync(folder, { recursive: true });
  for (const name of ["server.ts", "tsconfig.json", "package.json"]) writeFileSync(join(folder, name), example(`typescript/${name}`));
  const { config } = ts.readConfigFile(join(folder, "tsconfig.json"), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const program = ts.createProgram(fileNames, options);
  const complaints = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  assert.equal(ts.formatDiagnostics(complaints, { getCanonicalFileName: (name) => name, getCurrentDirectory: () => folder, getNewLine: () => "\n" }), "");
  return join(folder, "server.js");
}

async function startExample(t, name, program, args, environment) {
  const child = new Child(name, program, args, environment);
  t.after(() => child.stop());
  await child.seen(({ text }) => text?.startsWith("listening at"));
  return child;
}

// An MCP server without any protection: what nginx stands in front of. It says who nginx says is there.
async function startOpenServer(t) {
  const seen = [];
  const server = createServer(async (incoming, response) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const call = JSON.parse(Buffer.concat(chunks).toString() || "{}");
    seen.push(incoming.headers);
    const results = {
      initialize: () => ({ protocolVersion: call.params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "open", version: "1" } }),
      "tools/call": () => ({ content: [{ type: "text", text: incoming.headers["x-auth-login"] ?? "nobody" }] }),
    };
    if (incoming.method !== "POST") return response.writeHead(405).end();
    if (call.id === undefined) return response.writeHead(202).end();
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id: call.id, result: results[call.method]?.() ?? {} }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => { server.closeAllConnections(); server.close(); });
  return { port: server.address().port, seen };
}

async function startNginx(t, { at, ports }, upstream) {
  const folder = temporary_folder("nginx");
  const file = join(folder, "nginx.conf");
  writeFileSync(file, `pid ${folder}/pid;\nerror_log stderr;\n` + example("nginx/nginx.conf")
    .replace("http {", `http {\n    access_log off;\n${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `    ${name}_temp_path ${folder}/${name};\n`).join("")}`)
    .replaceAll("127.0.0.1:8787", `127.0.0.1:${at.port}`).replaceAll("127.0.0.1:8080", `127.0.0.1:${ports["8080"]}`)
    .replaceAll("127.0.0.1:3002", `127.0.0.1:${upstream.port}`));
  const nginx = new Child("nginx", "/usr/sbin/nginx", ["-e", "stderr", "-p", folder, "-c", file, "-g", "daemon off;"], {});
  t.after(() => nginx.stop());
  await eventually(() => request(`http://127.0.0.1:${ports["8080"]}/`, { own_connection: true }).catch(() => null), { what: "nginx listens" });
  return nginx;
}

test("the TypeScript and the Python server admit who is on their list, with a token for themselves only", async (t) => {
  const system = await startDev(t);
  const ts_url = `http://localhost:${system.ports["3000"]}/mcp`;
  const py_url = `http://localhost:${system.ports["3001"]}/mcp`;
  await startExample(t, "typescript", process.execPath, [compile_typescript()], { ISSUER: system.issuer, RESOURCE: ts_url });
  await startExample(t, "python", "/usr/bin/python3", [join(examples, "python/server.py")], { ISSUER: system.issuer, RESOURCE: py_url });
  const typescript = await connected(system, ts_url);
  const python = await connected(system, py_url);
  assert.equal(await whoami(typescript.client), "octocat");
  assert.equal(await whoami(python.client), "octocat");
  await refuses_others(ts_url, python.token);
  await refuses_others(py_url, typescript.token);
  await typescript.client.close();
  await python.client.close();
});

test("nginx in front of a server that knows nothing of OAuth: the person's name arrives, and nobody can forge it", async (t) => {
  const system = await startDev(t);
  const open = await startOpenServer(t);
  await startNginx(t, system, open);
  const url = `http://localhost:${system.ports["8080"]}/mcp`;
  const { client, token } = await connected(system, url);
  assert.equal(await whoami(client), "octocat");
  await client.close();
  const forged = await post(url, { Authorization: `Bearer ${token}`, "X-Auth-Login": "root", "X-Auth-User": "0", "X-Auth-Email": "root@example.com" });
  assert.equal(forged.status, 200, forged.text);
  const { "x-auth-login": login, "x-auth-user": user, "x-auth-email": email, authorization } = open.seen.at(-1);
  assert.deepEqual({ login, user, email, authorization }, { login: "octocat", user: "583231", email: undefined, authorization: undefined });
  const before = open.seen.length;
  const bare = await post(url, { "X-Auth-Login": "octocat" });
  assert.equal(bare.status, 401);
  assert.match(bare.headers["www-authenticate"],
    new RegExp(`resource_metadata="${system.issuer}/.well-known/oauth-protected-resource/example.com/behind-nginx"`));
  assert.equal((await post(url, { Authorization: "Bearer nonsense" })).status, 401);
  assert.equal((await request(`http://localhost:${system.ports["8080"]}/_verify`)).status, 404, "asked by nginx only");
  assert.equal(open.seen.length, before, "none of these reached the server");
});

test("what the examples for other proxies name is what nginx's names", () => {
  const headers = [...example("nginx/nginx.conf").matchAll(/proxy_set_header (X-Auth-\w+)/g)].map(([, name]) => name).sort();
  for (const path of ["traefik/dynamic.yaml", "ingress-nginx/ingress.yaml"]) {
    const text = example(path);
    for (const name of headers) assert.ok(text.includes(name), `${path}: ${name}`);
    assert.match(text, /\/verify\?server=example\.com\/[a-z-]+"/);
    const parsed = spawnSync("/usr/bin/python3", ["-c", "import sys, yaml; list(yaml.safe_load_all(sys.stdin))"], { input: text, encoding: "utf8" });
    assert.equal(parsed.status, 0, parsed.stderr);
  }
});
