// People who go on while an operator follows a guide: grants that are refreshed and checked again and again.
//
//   const people = await people_of(machine, 4);
//   await people.undisturbed(() => guide.next(/rotate redis/));            every request is answered as if nothing happened
//   await people.undisturbed(..., { later: [503] });                        but they may be asked to come again in a moment

import assert from "node:assert/strict";
import { count_of, during } from "../fault/load.mjs";
import { post_json, refresh, signIn } from "./client.mjs";

class People {
  constructor(machine) { Object.assign(this, { machine, grants: [] }); }

  async sign_in(user = "octocat") {
    const { client, tokens } = await signIn(this.machine, { user });
    this.grants.push({ client, ...tokens });
    return this.grants.at(-1);
  }

  async #ask(send, later) {
    for (;;) {
      const response = await send();
      if (!later.includes(response.status)) return response;
      if (response.status === 503) assert.match(response.headers["retry-after"], /^\d+$/);
    }
  }

  async #once(later) {
    const grant = this.grants.shift();
    assert.ok(grant, "grants of earlier failures are gone");
    const { status, body, text } = await this.#ask(() => refresh(this.machine.base, grant.client, grant.refresh_token), later);
    assert.equal(status, 200, `/token: ${status} ${text}`);
    const checked = await this.#ask(() => post_json(`${this.machine.base}/validate`, { token: body.access_token }), later);
    assert.equal(checked.status, 200, `/validate: ${checked.status} ${checked.text}`);
    this.grants.push({ ...grant, ...body });
  }

  async undisturbed(disturb, { later = [] } = {}) {
    const { done, errors } = await during(async () => {
      await disturb();
      await count_of(8);
    }, () => this.#once(later), { workers: 2 });
    assert.deepEqual(errors, []);
    assert.ok(done > 0);
  }

  // Every grant is refreshed once, and is good.
  async go_on() { for (let i = 0; i < this.grants.length; i += 1) await this.#once([]); }
}

export async function people_of(machine, count) {
  const people = new People(machine);
  for (let i = 0; i < count; i += 1) await people.sign_in();
  return people;
}
