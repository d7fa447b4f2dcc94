// ctest: LABEL flow  TIMEOUT 120
// An edge alone: TLS, several addresses, and more connections than it may have files. It needs no worker for any of it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect as tls_connect } from "node:tls";
import { readFileSync } from "node:fs";
import { Child, eventually, free_port, temporary_folder } from "../support/process.mjs";
import { bin } from "../support/system.mjs";

let folder, certificate, key, other_key;
const running = [];

const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });

before(() => {
  folder = temporary_folder("edge");
  [certificate, key, other_key] = ["certificate.pem", "key.pem", "other.pem"].map((name) => join(folder, name));
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost");
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", other_key);
});
after(async () => {
  for (const child of running) {
    const { code, stuck } = await child.stop();
    assert.equal(child.sanitizer_report, null);
    assert.ok(code === 0 && !stuck, child.tail());
  }
});

const environment = (more) => ({ BASE_URL: "https://localhost:8787", ...Object.fromEntries(["SIGNER", "BROKER", "REGISTRY"].map((kind) =>
  [`${kind}_LISTEN`, `ipc://${folder}/${kind}-${running.length}.ipc`])), ...more });

async function start(more, wrapper = []) {
  const [program, ...args] = [...wrapper, join(bin, "mcp-oauth-edge")];
  const child = new Child("edge", program, args, environment(more), { cwd: folder });
  running.push(child);
  await child.seen(({ event }) => event === "started");
  return child;
}

const HEALTH = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

// Everything that the server says until it closes.
const talk = (socket, text) => new Promise((resolve, reject) => {
  let said = "";
  socket.on("data", (chunk) => { said += chunk; }).on("error", reject).on("close", () => resolve(said));
  socket.write(text);
});

const secure = (port, options = {}) => new Promise((resolve, reject) => {
  const socket = tls_connect({ host: "127.0.0.1", port, servername: "localhost", ca: readFileSync(certificate), ...options }, () => resolve(socket));
  socket.on("error", reject);
});

test("with a certificate it speaks TLS 1.2 and 1.3 and HTTP/1.1 only (RFC 8996, RFC 7301 3.2)", async () => {
  const port = await free_port();
  await start({ LISTEN: `127.0.0.1:${port}`, TLS_CERTIFICATE_FILE: certificate, TLS_KEY_FILE: key });
  for (const version of ["TLSv1.2", "TLSv1.3"]) {
    const socket = await secure(port, { minVersion: version, maxVersion: version, ALPNProtocols: ["h2", "http/1.1"] });
    assert.equal(socket.getProtocol(), version);
    assert.equal(socket.alpnProtocol, "http/1.1");
    assert.match(await talk(socket, HEALTH), /^HTTP\/1\.1 200/);
  }
  await assert.rejects(secure(port, { ALPNProtocols: ["h2"] }));
  await assert.rejects(secure(port, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }));
  const plain = await talk(connect(port, "127.0.0.1"), HEALTH).catch(() => "");
  assert.doesNotMatch(plain, /HTTP\/1\.1 200/, "no plain HTTP on this port");
});

test("a key that is not the certificate's stops the start with one sentence", async () => {
  for (const [more, option] of [[{ TLS_KEY_FILE: other_key }, "TLS_KEY_FILE"], [{ TLS_KEY_FILE: "/nowhere" }, "TLS_KEY_FILE"],
    [{ TLS_CERTIFICATE_FILE: key }, "TLS_CERTIFICATE_FILE"], [{ TLS_KEY_FILE: undefined }, "TLS_KEY_FILE"]]) {
    const child = new Child("edge", join(bin, "mcp-oauth-edge"), [], environment({ LISTEN: `127.0.0.1:${await free_port()}`,
      TLS_CERTIFICATE_FILE: certificate, TLS_KEY_FILE: key, ...more }), { cwd: folder });
    child.expected = true;
    assert.equal((await child.exited).code, 1);
    assert.equal(child.sanitizer_report, null);
    const plain = child.text.filter((line) => !line.startsWith("{"));
    assert.equal(plain.length, 1, child.tail());
    assert.ok(plain[0].includes(option), plain[0]);
  }
});

test("LISTEN may list several addresses", async () => {
  const ports = [await free_port(), await free_port()];
  await start({ LISTEN: ports.map((port) => `127.0.0.1:${port}`).join(",") });
  for (const port of ports) assert.match(await talk(connect(port, "127.0.0.1"), HEALTH), /^HTTP\/1\.1 200/);
});

test("connections beyond the limit wait, without harm, until others end", async () => {
  const port = await free_port();
  const edge = await start({ LISTEN: `127.0.0.1:${port}` }, ["prlimit", "--nofile=200:200"]);
  const sockets = Array.from({ length: 250 }, () => {
    const socket = connect(port, "127.0.0.1", () => socket.write("GET /health HTTP/1.1\r\nHost: a\r\n\r\n"));
    const state = { socket, answered: false };
    socket.on("data", () => { state.answered = true; }).on("error", () => {});
    return state;
  });
  const answered = () => sockets.filter((state) => state.answered).length;
  const fit = 200 - 64; // the rest is for the link, the logs and the loop
  await eventually(() => answered() >= fit, { what: "the answers that fit" });
  for (const turn of [1, 2, 3]) { // the edge has turned several times since, and has taken no more
    const [first] = sockets.filter((state) => state.answered);
    const heard = new Promise((resolve) => first.socket.once("data", resolve));
    first.socket.write("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    await heard;
    assert.equal(answered(), fit, `in turn ${turn}`);
  }
  for (const state of sockets.filter(({ answered: is }) => is)) state.socket.destroy();
  await eventually(() => answered() === sockets.length, { what: "the answers of those that waited" });
  for (const { socket } of sockets) socket.destroy();
  assert.match(await talk(connect(port, "127.0.0.1"), HEALTH), /^HTTP\/1\.1 200/);
  assert.ok(edge.running);
});
