// The jobs of our promises. The engine's own queue runs only when the guest returns to it, which an orchestrator
// that parks never does; this one runs whenever we say so, in the same order on every replay.

const jobs = [];
let next = 0;
let running = false;
let idle = () => {};

/** Runs `job` after all that wait already. From outside of a run, the function that serves is woken. */
export function enqueue(job) {
  jobs.push(job);
  if (!running) idle();
}

/** Runs jobs until none is left. */
export function drain() {
  if (running) return;
  running = true;
  try {
    while (next < jobs.length) {
      const job = jobs[next];
      jobs[next] = undefined;
      next += 1;
      job();
      if (next === 1024) {
        jobs.splice(0, next);
        next = 0;
      }
    }
    jobs.length = 0;
    next = 0;
  } finally {
    running = false;
  }
}

/** What to call when a job comes while none runs: the engine's own event loop has brought an answer. */
export function onWake(wake) {
  idle = wake;
}
