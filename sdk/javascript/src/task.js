// What an orchestrator asked for.
import { fromHost } from "./failure.js";
import { DurablePromise } from "./promise.js";

/** See index.d.ts. */
export class Task {
  #execution;
  #read;
  #promise;
  /** The host's answer, once it was asked for: `{tag: "ok" or "err", val}`. */
  answer = undefined;

  constructor(execution, id, read) {
    this.#execution = execution;
    this.#read = read;
    this.id = id;
  }

  then(onFulfilled, onRejected) {
    this.#promise ??= this.#execution.whenAll([this]).then(() => this.value());
    return this.#promise.then(onFulfilled, onRejected);
  }

  catch(onRejected) {
    return this.then(undefined, onRejected);
  }

  finally(onFinally) {
    return DurablePromise.resolve(this).finally(onFinally);
  }

  get [Symbol.toStringTag]() {
    return "Task";
  }

  cancel() {
    this.#execution.durable.cancel(this.id);
  }

  /** What an answered task gives or throws. */
  value() {
    const { tag, val } = this.answer;
    if (tag === "ok") return this.#read(val);
    throw fromHost(val);
  }
}

/** The tasks of a list that somebody gave us. */
export function tasksOf(list) {
  const tasks = Array.from(list);
  const stranger = tasks.findIndex((task) => !(task instanceof Task));
  if (stranger >= 0) {
    throw new TypeError(`item ${stranger} of the list is not a task; use Promise.all or Promise.race for promises`);
  }
  return tasks;
}
