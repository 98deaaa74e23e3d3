// A host for tests: runs the very bundle that a component is made of, on answers that the test tells.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vm from "node:vm";

import { transform } from "esbuild";

import { bundle } from "../src/build/bundle.js";

/** The interface `durable`: tasks are answered in the order of `order` (their ids), each by `answer(task)`. */
export class Durable {
  tasks = [];
  told = [];
  crossings = [];
  time = 1_000;

  constructor({ order, answer = ({ id }) => ok(id), name = "test" } = {}) {
    this.order = order;
    this.answer = answer;
    this.functionName = () => name;
    const ask = (kind) => (...args) => this.tasks.push({ id: this.tasks.length, kind, args }) - 1;
    this.callActivity = ask("activity");
    this.callOrchestrator = ask("orchestrator");
    this.callHttp = ask("http");
    this.createTimer = ask("timer");
    this.waitForEvent = ask("event");
    for (const name of ["cancel", "sendEvent", "setCustomStatus", "continueAsNew", "log"]) {
      this[name] = (...args) => this.told.push([name, ...args]);
    }
    this.instanceId = () => "here";
    this.parentInstanceId = () => undefined;
    this.isReplaying = () => false;
    let guids = 0;
    this.newGuid = () => `guid-${(guids += 1)}`;
    this.currentTime = () => this.time;
    this.awaitTask = (id) => {
      this.crossings.push(`task ${id}`);
      const { tag, val } = this.#result(id);
      if (tag === "ok") return val;
      throw Object.assign(new Error("[object Object]"), { payload: val });
    };
    this.awaitAny = (ids) => {
      this.crossings.push(`any ${ids}`);
      const first = this.#order().find((id) => ids.includes(id));
      if (first === undefined) throw new Error(`nothing will ever answer ${ids}`);
      return ids.indexOf(first);
    };
    this.awaitAll = (ids) => {
      this.crossings.push(`all ${ids}`);
      return ids.map((id) => this.#result(id));
    };
  }

  #order() {
    return this.order ?? this.tasks.map(({ id }) => id);
  }

  #result(id) {
    if (!this.#order().includes(id)) throw new Error(`nothing will ever answer ${id}`);
    return this.answer(this.tasks[id]);
  }
}

export const ok = (value) => ({ tag: "ok", val: JSON.stringify(value) });
export const err = (errorType, message, more) => ({ tag: "err", val: { errorType, message, nonRetriable: false, ...more } });

/** Makes the component's exports of a source, in a world of their own. */
export async function load(source, { durable, activity } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "soloist-test-"));
  try {
    const path = join(folder, "guest.js");
    await writeFile(path, source);
    const { text } = await bundle(path, { hasEventLoop: false });
    const { code } = await transform(text, { format: "cjs" });
    const hosts = {
      "soloist:orchestration/durable@0.1.0": durable,
      "soloist:orchestration/activity-context@0.1.0": activity,
    };
    const module = { exports: {} };
    const run = vm.runInContext(`(function (module, require) { ${code}\n})`, vm.createContext());
    run(module, (name) => hosts[name]);
    return module.exports;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs the body of an orchestrator, which has `ctx` and `input`, to its end. */
export async function orchestrate(body, durable = new Durable(), input = null) {
  const source = `
    import { Failure, orchestrator } from "soloist-sdk";
    orchestrator(async (ctx, input) => { ${body} });
  `;
  const exports = await load(source, { durable });
  return JSON.parse(exports.orchestrator.run(JSON.stringify(input)));
}

/** The failure that the body of an orchestrator ends with. */
export async function failure(body, durable = new Durable(), input = null) {
  try {
    await orchestrate(body, durable, input);
  } catch (thrown) {
    if (typeof thrown?.errorType !== "string") throw thrown;
    return { ...thrown };
  }
  throw new Error("it did not fail");
}
