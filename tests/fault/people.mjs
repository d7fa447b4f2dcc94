// People with a grant each, who refresh it again and again while Redis changes beneath them.
//
//   const people = await People.sign_in(system, 6);
//   const { errors } = await during(disturb, () => people.refresh_one(), { workers: 4 });
//   await people.sent_away();          // in disturb: the load has met the fault
//   await people.refresh_all();        // everybody once more
//   people.tally, people.lost: what was sent and heard, and how many grants it has cost

import assert from "node:assert/strict";
import { claims_of, refresh, signIn } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { Tally } from "./load.mjs";

export class People {
  constructor(system) { Object.assign(this, { system, idle: [], tally: new Tally(), lost: 0, begun_again: 0 }); }

  static async sign_in(system, count) {
    const people = new People(system);
    for (let i = 0; i < count; i += 1) people.idle.push(await people.#sign_in());
    return people;
  }

  // A failover may lose what a step of the sign-in has just written, or a slot may be nobody's, though the workers are
  // ready for the others: then the person begins again.
  #sign_in() {
    let rounds = 0;
    return eventually(() => {
      this.begun_again += rounds++ > 0;
      return signIn(this.system);
    }, { what: "a sign-in", timeout_ms: 60_000, every_ms: 50 });
  }

  // One more.
  async join() { this.idle.push(await this.#sign_in()); }

  // One person refreshes. A grant that is gone (invalid_grant) or whose client is (invalid_client) costs a new sign-in,
  // and nothing but these two and a 503 may be heard.
  async refresh_one() {
    const person = this.idle.shift();
    if (!person) return;
    try {
      const answer = await this.tally.ask(() => refresh(this.system.base, person.client, person.tokens.refresh_token));
      if (answer.status === 200) {
        person.tokens = answer.body;
      } else {
        assert.ok(["invalid_grant", "invalid_client"].includes(answer.body?.error), `${answer.status} ${answer.text}`);
        this.lost += 1;
        Object.assign(person, await this.#sign_in());
      }
    } finally {
      this.idle.push(person);
    }
  }

  // Somebody has been told to come again, from now on: the load has met the fault. All may be signing in at that moment.
  sent_away() {
    const told = () => this.tally.unavailable + this.begun_again;
    const before = told();
    return eventually(() => told() > before, { what: "a 503 or a sign-in that begins again", timeout_ms: 30_000 });
  }

  async refresh_all() {
    for (let left = this.idle.length; left > 0; left -= 1) await this.refresh_one();
  }

  toString() { return `${this.tally}, ${this.lost} grants lost of ${this.idle.length}`; }
}

export const g_of = ({ access_token }) => claims_of(access_token).jti.split(".")[0];
