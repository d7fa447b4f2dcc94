// What the tests of clients prove, as tables in README.md: a row for each client, a column for each behaviour.
//
//   const record = new Record(import.meta.url), { test } = record;
//   test("...", async () => { ...; record.proved("MCP SDK v1", "refresh"); });     // counts when the test passes
//   record.check();                     // last in the file: a test that README.md has this file's rows, no more, no less
//
// A run leaves its rows in tests/output/clients/; node tests/clients/table.mjs --write carries them over into README.md.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { section_of } from "../support/sections.mjs";

export const readme = fileURLToPath(new URL("README.md", import.meta.url));
export const output = fileURLToPath(new URL("../output/clients/", import.meta.url));

// The columns, in this order.
export const behaviours = {
  discovery: "finds the authorization server and its endpoints, from the MCP server's URL or the issuer alone",
  registration: "registers itself (RFC 7591)",
  "metadata document": "needs no registration: its client_id is the URL of what it publishes about itself",
  "sign-in": "comes to its tokens by code and PKCE, with the consent of a person; issuer and state come back (RFC 9207)",
  refresh: "renews the access token by itself; the refresh token is rotated",
  "https redirect": "is sent back to an https address",
  "loopback redirect": "is sent back to a port of this machine (RFC 8252 7.3)",
  "private scheme": "is sent back by a scheme of its own (RFC 8252 7.1)",
  "doubled click": "two clicks on approve give one code",
  "two tabs": "two flows in two tabs of one browser both complete",
  "back button": "back from the application: the same code again, and a page that says so once it is used",
  "remembered consent": "a consent is remembered for a web application, and asked each time for a local program",
  revocation: "gives back its tokens (RFC 7009)",
  introspection: "asks what a token is (RFC 7662)",
  id_token: "checks signature, issuer, audience, nonce and at_hash of the ID token (OpenID Connect Core)",
  userinfo: "reads who the person is (OpenID Connect Core 5.3)",
  "at+jwt": "checks the access token as a resource server must (RFC 9068 4)",
  private_key_jwt: "registers its public key and signs to authenticate (RFC 7523)",
  client_secret_basic: "registers for a secret and authenticates with it in the header",
  client_secret_post: "the same in the form",
  "other server": "steps to another MCP server: same registration, a consent and a token of its own; the first token is refused there",
  "revoked token": "goes on by its refresh token when its access token was revoked",
  "revoked grant": "forgets its tokens and lets the person sign in again when the grant was revoked (invalid_grant)",
  "lost registration": "registers again by itself when its registration is gone (invalid_client)",
  "step-up": "asks for more when the MCP server says insufficient_scope",
  "refresh race": "two processes refresh with the same token at the same moment and both go on",
  "stolen token": "a used refresh token that somebody presents after the grace ends the grant for both; the client signs in again",
  denied: "gets no code for somebody who is not on the access list; that person reads why",
};

const row = (cells) => `| ${cells.join(" | ")} |\n`;

// rows: {client: [behaviour, ...]}; only columns that somebody has.
export function table_of(rows) {
  const columns = Object.keys(behaviours).filter((name) => Object.values(rows).some((proved) => proved.includes(name)));
  return row(["client", ...columns]) + row(["---", ...columns.map(() => ":-:")])
    + Object.entries(rows).map(([client, proved]) => row([client, ...columns.map((name) => (proved.includes(name) ? "✓" : ""))])).join("");
}

export const legend = () => Object.entries(behaviours).map(([name, meaning]) => `- **${name}**: ${meaning}\n`).join("");

export class Record {
  constructor(file) {
    this.name = basename(fileURLToPath(file), ".test.mjs");
    this.rows = {};
    this.seen = []; // by the running test
  }

  // node:test's own, one after the other.
  test = (name, run) => test(name, async (t) => {
    this.seen = [];
    await run(t);
    for (const [client, behaviour] of this.seen) {
      const row_of_client = (this.rows[client] ??= []);
      if (!row_of_client.includes(behaviour)) row_of_client.push(behaviour);
    }
  });

  proved(client, ...names) {
    for (const name of names) {
      assert.ok(name in behaviours, `${name} is no behaviour of record.mjs`);
      this.seen.push([client, name]);
    }
  }

  check() {
    test("README.md says what was proved here", () => {
      mkdirSync(output, { recursive: true });
      writeFileSync(`${output}${this.name}.json`, JSON.stringify(this.rows, null, 2));
      assert.equal(section_of(readFileSync(readme, "utf8"), this.name), table_of(this.rows),
        "README.md differs from this run; if that is right: node tests/clients/table.mjs --write");
    });
  }
}
