// What an orchestrator waits for. The host parks the whole guest, so we ask it to wait only when no code can go on, and
// then for all that any code waits for: what stands first in history goes on first.
import { DurablePromise } from "./promise.js";

export class Execution {
  #durable;
  #waiters = [];
  /** True once the next execution was asked for. */
  continued = false;

  constructor(durable) {
    this.#durable = durable;
  }

  get durable() {
    return this.#durable;
  }

  /** A promise of all of `tasks` being answered. */
  whenAll(tasks) {
    return this.#wait({ tasks, isDone: () => tasks.every(isAnswered), result: () => undefined });
  }

  /** A promise of the index of the task that was answered first. */
  whenAny(tasks) {
    // Only the host knows the order of answers: some may be in history that we have not asked for.
    const first = () => this.#durable.awaitAny(tasks.map((task) => task.id));
    return this.#wait({ tasks, isAny: true, isDone: () => tasks.some(isAnswered), result: first });
  }

  /** Lets the host wait, until one waiter or more can go on. False if there is none. */
  step() {
    if (this.#waiters.length === 0) return false;
    if (this.#waiters.length === 1) this.#waitForOnly(this.#waiters[0]);
    else this.#waitForFirst();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (waiter.isDone()) waiter.resolve(waiter.result());
      else this.#waiters.push(waiter);
    }
    return true;
  }

  #wait(waiter) {
    if (waiter.isDone()) return DurablePromise.resolve(waiter.result());
    return new DurablePromise((resolve) => this.#waiters.push({ ...waiter, resolve }));
  }

  #waitForOnly({ tasks, isAny }) {
    const open = tasks.filter((task) => !isAnswered(task));
    if (open.length === 1) {
      this.#take(open[0]);
    } else if (isAny) {
      this.#takeFirst(open);
    } else {
      const answers = this.#durable.awaitAll(open.map((task) => task.id));
      open.forEach((task, at) => {
        task.answer = answers[at];
      });
    }
  }

  #waitForFirst() {
    const open = new Set();
    for (const { tasks } of this.#waiters) {
      for (const task of tasks) {
        if (!isAnswered(task)) open.add(task);
      }
    }
    this.#takeFirst([...open]);
  }

  #takeFirst(open) {
    this.#take(open.length === 1 ? open[0] : open[this.#durable.awaitAny(open.map((task) => task.id))]);
  }

  #take(task) {
    try {
      task.answer = { tag: "ok", val: this.#durable.awaitTask(task.id) };
    } catch (error) {
      task.answer = { tag: "err", val: failureOf(error) };
    }
  }
}

const isAnswered = (task) => task.answer !== undefined;

/** Both engines wrap the record in an error of their own. */
function failureOf(error) {
  const failure = error?.payload ?? error;
  if (typeof failure?.errorType !== "string") throw error;
  return failure;
}
