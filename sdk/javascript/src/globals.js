// What the language offers besides the SDK, made fit for a guest.
import { enqueue } from "./queue.js";
import { milliseconds } from "./time.js";

/** Durable timers behind `setTimeout` and its kin: what code of other people's calls, too. */
export function installTimers(context) {
  const timers = new Map();
  let last = 0;
  const start = (handle, length, act) => {
    const timer = context.createTimerAfter(milliseconds(Math.max(0, Number(length) || 0)));
    timers.set(handle, timer);
    timer.then(
      () => {
        if (timers.get(handle) === timer) guarded(act);
      },
      () => {},
    );
  };
  const stop = (handle) => {
    timers.get(handle)?.cancel();
    timers.delete(handle);
  };
  globalThis.setTimeout = (callback, length, ...args) => {
    const handle = (last += 1);
    start(handle, length, () => {
      timers.delete(handle);
      callback(...args);
    });
    return handle;
  };
  globalThis.setInterval = (callback, length, ...args) => {
    const handle = (last += 1);
    const again = () => {
      start(handle, length, again);
      callback(...args);
    };
    start(handle, length, again);
    return handle;
  };
  globalThis.clearTimeout = stop;
  globalThis.clearInterval = stop;
}

/** Our queue in place of the engine's, which runs only when a guest returns. */
export function installMicrotasks() {
  globalThis.queueMicrotask = (callback) => enqueue(() => guarded(callback));
}

/** Nobody could catch what such a callback throws, so it is told, as engines do. */
function guarded(callback) {
  try {
    callback();
  } catch (error) {
    console.error(error);
  }
}

/** A console that writes by `write(level, text)`. */
export function installConsole(write) {
  const writer = (level) => (...values) => write(level, values.map(text).join(" "));
  globalThis.console = {
    debug: writer("debug"),
    log: writer("info"),
    info: writer("info"),
    trace: writer("debug"),
    warn: writer("warn"),
    error: writer("error"),
  };
}

/** `Math.random` from a seed that is asked for at the first number: the engine's own state is that of the build. */
export function installRandom(seed) {
  let state;
  Math.random = () => {
    state ??= hashes(seed());
    // sfc32, a public-domain generator that passes PractRand.
    const sum = (state[0] + state[1] + state[3]) | 0;
    state[3] = (state[3] + 1) | 0;
    state[0] = state[1] ^ (state[1] >>> 9);
    state[1] = (state[2] + (state[2] << 3)) | 0;
    state[2] = (((state[2] << 21) | (state[2] >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
}

/** Four words of state from a text, by FNV-1a from four starts. */
function hashes(text) {
  return [1, 2, 3, 4].map((start) => {
    let hash = Math.imul(0x811c9dc5, start);
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    // The low bits of one character would else stay low.
    return hash ^ (hash >>> 15);
  });
}

function text(value) {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.stack ? `${value}\n${value.stack}` : String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
