// A bounded load of whole flows beside a disturbance.
//
//   const { done, errors } = await during(() => disturb(), () => one_flow(), { workers: 8 });

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
