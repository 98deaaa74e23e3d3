// Registers and serves activities.
import { installConsole, installRandom } from "./globals.js";
import { decode } from "./json.js";
import { Registry } from "./registry.js";
import { runToEnd } from "./run.js";

const registry = new Registry("activity");

/** See index.d.ts. */
export function activity(name, function_) {
  return registry.add(name, function_);
}

/** See index.d.ts. */
export function activities(functions) {
  return registry.addAll(functions);
}

/** What an activity may ask about its own call. Documented in index.d.ts. */
class ActivityContext {
  #call;

  constructor(call) {
    this.#call = call;
  }

  get functionName() {
    return this.#call.functionName();
  }

  get instanceId() {
    return this.#call.instanceId();
  }

  get taskKey() {
    return this.#call.taskKey();
  }

  get attempt() {
    return this.#call.attempt();
  }
}

/** The export `activity` of a component. `call` is the host; `hasEventLoop` says what the engine has. */
export function serveActivities(call, { hasEventLoop }) {
  return { run: (input) => act(registry, call, input, { hasEventLoop }) };
}

/** Runs one activity of `functions`. */
export function act(functions, call, input, { hasEventLoop }) {
  const context = new ActivityContext(call);
  if (!hasEventLoop) {
    // There is no log to write to.
    installConsole(() => {});
    installRandom(() => `${context.taskKey} ${context.attempt} ${Date.now()}`);
  }
  const begin = async () => {
    const found = functions.find(context.functionName);
    return found(context, decode(input));
  };
  return runToEnd(begin, () => (hasEventLoop ? "native" : undefined));
}
