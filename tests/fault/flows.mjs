// Whole ways through the system, as steps of a load. Every answer that is not what it should be is an error of the load.
//
//   const flows = new Flows(system);
//   await during(() => disturb(), () => flows.sign_in_and_refresh(), { workers: 8 });
//
// patient: a 503 with Retry-After, or its redirect, is believed and the request repeated, as clients do; else it is an error.
// codes_may_be_lost: a code whose answer was lost costs another sign-in, which is counted; else it is an error.
// With several edges people reach them as behind an ingress: one that refuses connections is left for the next, and a
// request that an edge has taken is never repeated.

import assert from "node:assert/strict";
import { Browser, authorizeUntilConsent, default_scope, exchange, post_json, refresh, submitConsent, traffic_of } from "../support/client.mjs";

const again_ms = 50;
const again_max = 1200; // a minute
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Flows {
  constructor(system, { patient = false, codes_may_be_lost = false, scope = default_scope } = {}) {
    this.system = system;
    this.patient = patient;
    this.codes_may_be_lost = codes_may_be_lost;
    this.lost = 0; // codes that were redeemed without an answer
    this.scope = scope;
    this.edge = 0; // that they are at
    this.later = 0; // answers that asked them to come again
    this.github = new URL(system.github.url).origin;
  }

  // send(base) at an edge that takes connections.
  async reach(send) {
    const { edges } = this.system;
    for (let refused = 0; ; refused += 1) {
      const chosen = this.edge;
      try {
        return await send(edges[chosen].url);
      } catch (error) {
        if (error.code !== "ECONNREFUSED" || refused > again_max) throw error;
        if (this.edge === chosen) this.edge = (chosen + 1) % edges.length;
        if (refused >= edges.length) await pause(again_ms);
      }
    }
  }

  // Whether the answer asks to come again and is believed.
  async #comes_again(answer, times) {
    if (answer.status !== 503 || !this.patient) return false;
    assert.match(answer.headers["retry-after"], /^\d+$/, `a 503 says when to come again: ${answer.text.slice(0, 300)}`);
    assert.ok(times < again_max, `it is over one day: ${answer.text.slice(0, 300)}`);
    this.later += 1;
    await pause(again_ms);
    return true;
  }

  async ask(send, wanted = 200) {
    for (let times = 0; ; times += 1) {
      const answer = await this.reach(send);
      if (await this.#comes_again(answer, times)) continue;
      assert.equal(answer.status, wanted, `${answer.url}: ${answer.status} ${answer.text.slice(0, 300)}`);
      return answer.body;
    }
  }

  register(more = {}) {
    return this.ask((base) => post_json(`${base}/register`, { client_name: "Fault test",
      redirect_uris: ["http://localhost:1/callback"], scope: this.scope, ...more }), 201);
  }
  exchange(client, given) { return this.ask((base) => exchange(base, client, given)); }
  refresh(client, refresh_token) { return this.ask((base) => refresh(base, client, refresh_token)); }
  validate(token) { return this.ask((base) => post_json(`${base}/validate`, { token })); }

  // A browser that reaches BASE_URL at whatever edge takes it, and reloads a page that asks to come again.
  browser() {
    const flows = this;
    return new class extends Browser {
      async fetch(address, options) {
        if (new URL(address).origin !== flows.system.base) return super.fetch(address, options);
        for (let times = 0; ; times += 1) {
          const answer = await flows.reach((base) => super.fetch(address.toString().replace(flows.system.base, base), options));
          if (!await flows.#comes_again(answer, times)) return { ...answer, url: new URL(address).href };
        }
      }
    }();
  }

  // The client is told by redirect to come again (RFC 6749 4.1.2.1), and begins anew.
  async #until_answered(client) {
    for (let times = 0; ; times += 1) {
      const asked = await authorizeUntilConsent(this.system, client, { browser: this.browser(), scope: this.scope });
      const { location } = asked.page;
      if (!this.patient || times > again_max || !location || new URL(location).searchParams.get("error") !== "temporarily_unavailable") return asked;
      traffic_of(this.system.base).later += 1;
      this.later += 1;
      await pause(again_ms);
    }
  }

  // A broker that dies after GitHub's code was used up sends the person through GitHub once more (DESIGN 2).
  async until_consent(client) {
    const { system, github } = this;
    const asked = await this.#until_answered(client);
    for (let rounds = 0; rounds < 3 && new URL(asked.page.url).origin === github; rounds += 1)
      asked.page = await asked.browser.submit(asked.page, { within: [system.base, github], button: { name: "user", value: "octocat" } });
    assert.equal(asked.page.status, 200, `a consent page: ${asked.page.status} ${asked.page.location ?? ""} ${asked.page.text.slice(0, 300)}`);
    return asked;
  }

  async code(client) {
    const asked = await this.until_consent(client);
    const given = await submitConsent(asked);
    assert.ok(given.code, `a code: ${given.status} ${given.response.text.slice(0, 300)} ${given.location}`);
    return { ...asked, code: given.code };
  }

  // A code that is shown again because nobody heard the answer is refused as used (RFC 6749 4.1.2): one more sign-in.
  async tokens(client) {
    for (;;) {
      const given = await this.code(client);
      try {
        return await this.exchange(client, given);
      } catch (error) {
        if (!this.codes_may_be_lost || !/already been used/.test(error.message)) throw error;
        this.lost += 1;
      }
    }
  }

  // One person's whole way: registration, sign-in, code, refreshes, and the token is asked about.
  async sign_in_and_refresh({ refreshes = 2 } = {}) {
    const client = await this.register();
    let tokens = await this.tokens(client);
    for (let i = 0; i < refreshes; i += 1) tokens = await this.refresh(client, tokens.refresh_token);
    await this.validate(tokens.access_token);
  }

  // Answers a flow that refreshes grants of long ago, without the pages; for as many workers.
  async refreshing(workers) {
    const grants = await Promise.all(Array.from({ length: workers }, async () => {
      const client = await this.register();
      return { client, tokens: await this.tokens(client) };
    }));
    return async () => {
      const grant = grants.pop();
      assert.ok(grant, "no more than this many workers refresh");
      try {
        grant.tokens = await this.refresh(grant.client, grant.tokens.refresh_token);
        await this.validate(grant.tokens.access_token);
      } finally {
        grants.unshift(grant);
      }
    };
  }
}
