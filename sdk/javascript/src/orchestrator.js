// Registers and serves orchestrators.
import { Context } from "./context.js";
import { Execution } from "./execution.js";
import { installConsole, installRandom, installTimers } from "./globals.js";
import { decodeFromOutside } from "./json.js";
import { outstandingNatives } from "./promise.js";
import { Registry } from "./registry.js";
import { runToEnd } from "./run.js";

const registry = new Registry("orchestrator");

/** See index.d.ts. */
export function orchestrator(name, function_) {
  return registry.add(name, function_);
}

/** See index.d.ts. */
export function orchestrators(functions) {
  return registry.addAll(functions);
}

/** The export `orchestrator` of a component. `durable` is the host; `hasEventLoop` says what the engine has. */
export function serveOrchestrators(durable, { hasEventLoop }) {
  return { run: (input) => orchestrate(registry, durable, input, { hasEventLoop }) };
}

/** Runs one orchestrator of `functions`. */
export function orchestrate(functions, durable, input, { hasEventLoop }) {
  const execution = new Execution(durable);
  const context = new Context(execution);
  installTimers(context);
  if (!hasEventLoop) {
    installConsole((level, text) => durable.log(level, text));
    installRandom(() => durable.newGuid());
  }
  const begin = async () => {
    const found = functions.find(durable.functionName());
    try {
      const output = await found(context, decodeFromOutside(input));
      // The host starts the next execution when `run` returns; whatever this one says is dropped.
      return execution.continued ? undefined : output;
    } catch (error) {
      if (execution.continued) return undefined;
      throw error;
    }
  };
  return runToEnd(begin, () => {
    if (hasEventLoop && outstandingNatives() > 0) return "native";
    return execution.step() ? "again" : undefined;
  });
}
