// Drives a function from its call to its end.
import { toHost } from "./failure.js";
import { encodeOutput } from "./json.js";
import { DurablePromise, NativePromise } from "./promise.js";
import { drain, onWake } from "./queue.js";

/**
 * Calls `begin` and returns what `run` of the WIT returns or throws. When no job is left, `wait` says what to do: "again"
 * after something was answered, "native" to let the engine's event loop bring something, or nothing if nothing will come.
 */
export function runToEnd(begin, wait) {
  let outcome;
  DurablePromise.try(begin)
    .then(encodeOutput)
    .then(
      (value) => {
        outcome = { value };
      },
      (error) => {
        outcome = { failure: toHost(error) };
      },
    );
  /** True when there is an outcome, false when only the engine's event loop can bring one. */
  const advance = () => {
    for (;;) {
      drain();
      if (outcome) return true;
      const next = wait();
      if (next === "native") return false;
      if (next !== "again") outcome = { failure: stuck() };
    }
  };
  const end = () => {
    if (outcome.failure) throw outcome.failure;
    return outcome.value;
  };
  if (advance()) return end();
  return new NativePromise((resolve, reject) => {
    onWake(() => {
      try {
        if (!advance()) return;
        onWake(() => {});
        resolve(end());
      } catch (failure) {
        reject(failure);
      }
    });
  });
}

function stuck() {
  return {
    errorType: "NeverSettled",
    message: "the function awaits a promise that nothing can settle any more",
    details: undefined,
    nonRetriable: true,
  };
}
