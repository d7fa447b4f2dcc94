// A bounded load of whole flows beside a disturbance.
//
//   const { done, errors } = await during(() => disturb(), () => one_flow(), { workers: 8 });

import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";

const progress = new EventEmitter();

// Resolves after so many more flows have completed.
export async function count_of(flows) {
  for (let i = 0; i < flows; i += 1) await once(progress, "done");
}

// Runs flow() by several workers at once while disturb() runs, and each worker's last one to its end.
export async function during(disturb, flow, { workers = 4, errors_max = 5 } = {}) {
  let goes_on = true;
  let done = 0;
  const errors = [];
  let give_up; // too many errors end the load, and the disturbance may be waiting for more of it
  const given_up = new Promise((resolve) => { give_up = resolve; });
  const work = async () => {
    while (goes_on && errors.length < errors_max) {
      try {
        await flow();
        done += 1;
      } catch (error) {
        if (errors.push(error.message) >= errors_max) give_up();
      }
      progress.emit("done"); // also for a failed one: who waits must not wait for ever
    }
  };
  const working = Promise.all(Array.from({ length: workers }, work));
  try {
    await Promise.race([disturb(), given_up]);
  } finally {
    goes_on = false;
    await working;
  }
  return { done, errors };
}

// The same, and no flow may fail.
export async function undisturbed(disturb, flow, options) {
  const { done, errors } = await during(disturb, flow, options);
  assert.deepEqual(errors, []);
  assert.ok(done > 0, "the load ran");
  return done;
}

// What clients send and what they hear. A 503 is told by its Retry-After to come again, and the client does.
export class Tally {
  constructor() { Object.assign(this, { sent: 0, answered: 0, unavailable: 0 }); }

  // Sends until there is another answer than 503; send() is a fresh request each time.
  async ask(send, { timeout_ms = 60_000, pause_ms = 50 } = {}) {
    const deadline = performance.now() + timeout_ms;
    for (;;) {
      this.sent += 1;
      const response = await send();
      if (response.status !== 503) {
        this.answered += 1;
        return response;
      }
      this.unavailable += 1;
      if (!/^[0-9]+$/.test(response.headers["retry-after"] ?? "")) throw new Error(`503 without Retry-After: ${response.text}`);
      if (performance.now() > deadline) throw new Error(`503 for ${timeout_ms} ms: ${response.text}`);
      await new Promise((resolve) => setTimeout(resolve, pause_ms)); // a client's own pause, shorter than it was told
    }
  }

  toString() { return `${this.sent} requests sent, ${this.answered} answered, ${this.unavailable} times 503`; }
}
