// ctest: LABEL flow  TIMEOUT 240  SERIAL
// Signing keys and refresh keys are rotated while clients refresh: no token is refused (DESIGN 5, "Signing keys").
//
// The 15 minutes between a new key's file and its use are 10 seconds here, and the clock of the validators, which
// keep the key set as long as its Cache-Control allows, runs as many times faster.

import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, verify } from "node:crypto";
import { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { count_of, during } from "../fault/load.mjs";
import { post_json, refresh, request, signIn } from "../support/client.mjs";
import { eventually, temporary_folder } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const lead_s = 10;
const faster = 900 / lead_s;
const now_s = () => Math.floor(Date.now() / 1000);

// ---- the keys, and how they reach the signers: the first has them in one file, the second in a directory

const generators = { RS256: ["rsa", { modulusLength: 2048 }], ES256: ["ec", { namedCurve: "P-256" }], EdDSA: ["ed25519"] };
function signing_key(algorithm, use_from = 0) {
  const { privateKey, publicKey } = generateKeyPairSync(...generators[algorithm]);
  const jwk = publicKey.export({ format: "jwk" });
  const members = { RSA: ["e", "kty", "n"], EC: ["crv", "kty", "x", "y"], OKP: ["crv", "kty", "x"] }[jwk.kty]; // RFC 7638 3.2
  const kid = createHash("sha256").update(JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])))).digest("base64url");
  return { algorithm, kid, use_from, id: use_from ? `${kid}@${use_from}` : kid, privateKey,
    pem: `${use_from ? `# use_from: ${use_from}\n` : ""}${privateKey.export({ type: "pkcs8", format: "pem" })}` };
}
const refresh_key = (version, use_from = 0) => {
  const key = randomBytes(32).toString("base64");
  return { version, key, text: `${version}:${key}${use_from ? `@${use_from}` : ""}`, id: `v${version}${use_from ? `@${use_from}` : ""}` };
};
const ids = (ring) => ring.map(({ id }) => id).join(" "); // newest first, as in the audit stream

const folder = temporary_folder("keys");
function write(path, text) { // in one step
  writeFileSync(`${path}.next`, text, { mode: 0o600 });
  renameSync(`${path}.next`, path);
}
const directory = join(folder, "1", "keys");
const file = join(folder, "0", "jwt-private-key.pem");
const refresh_files = [0, 1].map((index) => join(folder, String(index), "refresh-encryption-key"));
const name_in_directory = new Map(); // file names in the order of the ring: the newest first
function write_signing(index, ring) {
  if (index === 0) return write(file, ring.map(({ pem }) => pem).join(""));
  for (const [kid, name] of name_in_directory) {
    if (ring.some((key) => key.kid === kid)) continue;
    unlinkSync(join(directory, name));
    name_in_directory.delete(kid);
  }
  for (const key of [...ring].reverse()) {
    if (name_in_directory.has(key.kid)) continue;
    name_in_directory.set(key.kid, `${String(99 - name_in_directory.size).padStart(2, "0")}.pem`);
    write(join(directory, name_in_directory.get(key.kid)), key.pem);
  }
}
const write_refresh = (index, ring) => write(refresh_files[index], `${ring.map(({ text }) => text).join("\n")}\n`);

// ---- a resource server that only uses the key set

class Validator {
  constructor(base) { Object.assign(this, { base, expires: 0, fetches: 0, accepted: 0, refused: [] }); }

  async #keys() {
    const now = (Date.now() / 1000) * faster;
    if (now >= this.expires) {
      const { status, headers, body, text } = await request(`${this.base}/.well-known/jwks.json`);
      assert.equal(status, 200, text);
      this.expires = now + Number(/max-age=(\d+)/.exec(headers["cache-control"])[1]);
      this.keys = new Map(body.keys.map((jwk) => [jwk.kid, jwk]));
      this.fetches += 1;
    }
    return this.keys;
  }

  async check(token) {
    const [head, claims, signature] = token.split(".");
    const { alg, kid } = JSON.parse(Buffer.from(head, "base64url"));
    const jwk = (await this.#keys()).get(kid);
    const hash = alg === "EdDSA" ? null : "sha256";
    const is_good = jwk && verify(hash, Buffer.from(`${head}.${claims}`),
      { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
    if (is_good) this.accepted += 1;
    else this.refused.push(`${alg} ${kid} ${jwk ? "bad signature" : "unknown"}`);
    return alg;
  }
}

// ---- the load: clients that refresh, and whoever sees their tokens

let system, validators;
const grants = []; // idle ones: {client, refresh_token}
const seen = new Map(); // algorithm or refresh version -> how many
const tokens = new Map(); // algorithm -> some, to be checked again at the end
let sent = 0;

const saw = (what) => seen.set(what, (seen.get(what) ?? 0) + 1);
async function must_validate(token, base) {
  sent += 1;
  const { status, text } = await post_json(`${base}/validate`, { token });
  assert.equal(status, 200, `/validate: ${status} ${text}`);
}
async function refresh_once() {
  const grant = grants.shift();
  const edge = sent % system.edges.length;
  sent += 1;
  const { status, body, text } = await refresh(system.edges[edge].url, grant.client, grant.refresh_token);
  assert.equal(status, 200, `/token: ${status} ${text}`);
  grants.push({ ...grant, refresh_token: body.refresh_token });
  saw(/^mcp_refresh__(v\d+)\./.exec(body.refresh_token)[1]);
  const [algorithm] = await Promise.all([...validators.map((validator) => validator.check(body.access_token)),
    must_validate(body.access_token, system.edges[(edge + 1) % system.edges.length].url)]);
  saw(algorithm);
  if (!tokens.has(algorithm)) tokens.set(algorithm, []);
  if (tokens.get(algorithm).length < 40) tokens.get(algorithm).push(body.access_token);
}
const until_seen = async (what) => { do await count_of(4); while (!seen.has(what)); };

const audited = async () => (await system.reader.xrange("mcp:audit", "-", "+"))
  .map(([, members]) => Object.fromEntries(Array.from({ length: members.length / 2 }, (_, i) => members.slice(2 * i, 2 * i + 2))))
  .filter(({ event }) => event === "keys");
const taken = (index, ring, after_ids) => system.processes.signer[index]
  .seen((line) => line.event === "keys.changed" && line.ring === ring && line.after === after_ids);

let signing_ring = [signing_key("RS256")];
let refresh_ring = [refresh_key(1)];

before(async () => {
  for (const path of [join(folder, "0"), directory]) mkdirSync(path, { recursive: true, mode: 0o700 });
  for (const index of [0, 1]) {
    write_signing(index, signing_ring);
    write_refresh(index, refresh_ring);
  }
  system = await startSystem({ signers: 2, edges: 2, env: { signer: (index) => ({
    JWT_PRIVATE_KEY: undefined, REFRESH_ENCRYPTION_KEY: undefined, REFRESH_ENCRYPTION_KEY_FILE: refresh_files[index],
    ...(index === 0 ? { JWT_PRIVATE_KEY_FILE: file } : { JWT_PRIVATE_KEY_DIRECTORY: directory }) }) } });
  validators = system.edges.map(({ url }) => new Validator(url));
  for (let i = 0; i < 8; i += 1) {
    const { client, tokens: { refresh_token } } = await signIn(system);
    grants.push({ client, refresh_token });
  }
});
after(() => system?.stop());

// The new keys reach the signers one after the other, and are used when their time comes, without a reload.
async function rotate(algorithm) {
  const use_from = now_s() + lead_s;
  signing_ring = [signing_key(algorithm, use_from), ...signing_ring];
  refresh_ring = [refresh_key(refresh_ring.length + 1, use_from), ...refresh_ring];
  for (const index of [0, 1]) {
    write_signing(index, signing_ring);
    await taken(index, "signing", ids(signing_ring));
    await count_of(8);
    write_refresh(index, refresh_ring);
    await taken(index, "refresh", ids(refresh_ring));
    await count_of(8);
  }
  assert.ok(use_from - now_s() >= 300 / faster, "the machine is too busy: the keys were not everywhere one max-age before their use");
  assert.ok(!seen.has(algorithm) && !seen.has(`v${refresh_ring.length}`), "no key is used before its time");
  await until_seen(algorithm);
  await until_seen(`v${refresh_ring.length}`);
  await count_of(40);
}

test("signing keys RS256, ES256, EdDSA and three refresh keys follow each other under load, and no token is refused", async () => {
  const { done, errors } = await during(async () => {
    await count_of(40);
    await rotate("ES256");
    await rotate("EdDSA");
  }, refresh_once, { workers: 6 });
  assert.deepEqual(errors, []);
  for (const what of ["RS256", "ES256", "EdDSA", "v1", "v2", "v3"]) assert.ok(seen.get(what) > 0, `${what} was in use`);
  for (const validator of validators) {
    assert.deepEqual(validator.refused, []);
    assert.ok(validator.fetches > 3, "the key set was fetched anew as its age told");
  }
  for (const token of [...tokens.values()].flat()) {
    for (const { url } of system.edges) await must_validate(token, url);
    for (const validator of validators) await validator.check(token);
  }
  assert.deepEqual(validators.flatMap(({ refused }) => refused), [], "what was signed at any time is good to the end");
  console.log(`# ${done} refreshes, ${sent} requests, ${validators.reduce((sum, { accepted }) => sum + accepted, 0)} checks by the key set; 0 refused`);
});

test("each change is in the audit stream once for each signer, with ids and no secret", async () => {
  const entries = await eventually(async () => {
    const found = await audited();
    return found.length >= 8 && found;
  }, { what: "two changes of two rings by two signers" });
  assert.equal(entries.length, 8);
  for (const index of [0, 1]) {
    const own = entries.filter(({ instance }) => instance === `signer-${index}`);
    for (const [reason, ring] of [["signing", signing_ring], ["refresh", refresh_ring]])
      assert.deepEqual(own.filter((entry) => entry.reason === reason).map((entry) => [entry.before, entry.after]),
        [[ids(ring.slice(2)), ids(ring.slice(1))], [ids(ring.slice(1)), ids(ring)]]);
  }
  const told = JSON.stringify([entries, system.logs("signer")]);
  for (const { key } of refresh_ring) assert.ok(!told.includes(key));
  for (const { privateKey } of signing_ring) assert.ok(!told.includes(privateKey.export({ format: "jwk" }).d));
});

test("broken files are reported, and the keys from before stay", async () => {
  const audited_before = (await audited()).length;
  write(file, "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n");
  write(join(directory, "00.pem"), "nonsense");
  for (const path of refresh_files) write(path, "short");
  for (const child of system.processes.signer)
    for (const option of [/^JWT_PRIVATE_KEY(?:_DIRECTORY)?: .+\.$/, /^REFRESH_ENCRYPTION_KEY: .+\.$/])
      await child.seen(({ event, problem }) => event === "keys.broken" && option.test(problem));
  const { done, errors } = await during(() => count_of(20), refresh_once);
  assert.deepEqual([errors, validators.flatMap(({ refused }) => refused)], [[], []]);
  assert.ok(done > 0);
  assert.equal((await audited()).length, audited_before);
  unlinkSync(join(directory, "00.pem"));
  for (const index of [0, 1]) {
    write_signing(index, signing_ring);
    write_refresh(index, refresh_ring);
  }
});

test("a signing key that is removed stays published, and its tokens good for who uses the key set", async () => {
  const [token] = tokens.get("RS256");
  const removed = signing_ring.at(-1).kid;
  signing_ring = signing_ring.slice(0, -1);
  for (const index of [0, 1]) {
    write_signing(index, signing_ring);
    await taken(index, "signing", ids(signing_ring));
  }
  for (const { url } of system.edges) {
    const { body } = await request(`${url}/.well-known/jwks.json`);
    assert.ok(body.keys.some(({ kid }) => kid === removed));
    const validator = new Validator(url);
    await validator.check(token);
    assert.deepEqual(validator.refused, []);
    const { status, body: refusal } = await post_json(`${url}/validate`, { token });
    assert.deepEqual([status, refusal.valid], [400, false], "the signers themselves do not take it any more");
  }
});

test("SIGHUP reads keys again that nobody saw change", async () => {
  // The watch is on the directory that the name led to at the start.
  const moved = join(folder, "1", "elsewhere");
  renameSync(directory, moved);
  signing_ring = [signing_key("ES256", now_s() - 1), ...signing_ring];
  const next = join(folder, "1", "next");
  mkdirSync(next, { mode: 0o700 });
  signing_ring.forEach(({ pem }, i) => writeFileSync(join(next, `${i}.pem`), pem));
  symlinkSync(next, directory);
  system.processes.signer[1].signal("SIGHUP");
  await taken(1, "signing", ids(signing_ring));
  for (const { url } of system.edges)
    await eventually(async () => (await request(`${url}/.well-known/jwks.json`)).body.keys.some(({ kid }) => kid === signing_ring[0].kid),
      { what: "the edge publishes the new key" });
});
