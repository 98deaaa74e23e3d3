// What an orchestrator waits for. The host parks the whole guest, so we ask it to wait only when no code can go on, and
// then for all that any code waits for: what stands first in history goes on first.
import { DurablePromise } from "./promise.js";

/** What some code waits for: so many answers of `tasks`, and then it goes on with `result()`. */
class Waiter {
  constructor(tasks, isAny, result) {
    // One that is in the list twice is answered once.
    this.tasks = [...new Set(tasks)];
    this.isAny = isAny;
    this.result = result;
    const open = this.tasks.filter((task) => !isAnswered(task)).length;
    this.missing = isAny ? Number(open === this.tasks.length) : open;
  }
}

export class Execution {
  #durable;
  #waiters = new Set();
  /** The tasks that somebody waits for and that are not answered, by ID, each with its waiters. */
  #open = new Map();
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
    return this.#wait(new Waiter(tasks, false, () => undefined));
  }

  /** A promise of the index of the task that was answered first. */
  whenAny(tasks) {
    // Only the host knows the order of answers: some may be in history that we have not asked for.
    const first = () => this.#durable.awaitAny(tasks.map((task) => task.id));
    return this.#wait(new Waiter(tasks, true, first));
  }

  /** Lets the host wait, until one waiter or more can go on. False if there is none. */
  step() {
    if (this.#waiters.size === 0) return false;
    const ids = [...this.#open.keys()];
    const [waiter] = this.#waiters;
    if (ids.length > 1 && this.#waiters.size === 1 && !waiter.isAny) {
      const answers = this.#durable.awaitAll(ids);
      ids.forEach((id, at) => this.#answer(id, answers[at]));
    } else {
      const id = ids.length === 1 ? ids[0] : ids[this.#durable.awaitAny(ids)];
      this.#answer(id, this.#ask(id));
    }
    return true;
  }

  #wait(waiter) {
    if (waiter.missing === 0) return DurablePromise.resolve(waiter.result());
    this.#waiters.add(waiter);
    for (const task of waiter.tasks) {
      if (isAnswered(task)) continue;
      const entry = this.#open.get(task.id);
      if (entry) entry.waiters.add(waiter);
      else this.#open.set(task.id, { task, waiters: new Set([waiter]) });
    }
    return new DurablePromise((resolve) => {
      waiter.resolve = resolve;
    });
  }

  #ask(id) {
    try {
      return { tag: "ok", val: this.#durable.awaitTask(id) };
    } catch (error) {
      return { tag: "err", val: failureOf(error) };
    }
  }

  #answer(id, answer) {
    const { task, waiters } = this.#open.get(id);
    this.#open.delete(id);
    task.answer = answer;
    for (const waiter of waiters) {
      waiter.missing -= 1;
      if (waiter.missing > 0) continue;
      this.#waiters.delete(waiter);
      if (waiter.isAny) this.#forget(waiter);
      waiter.resolve(waiter.result());
    }
  }

  /** Nobody may be left to wait for the others of a race. */
  #forget(waiter) {
    for (const { id } of waiter.tasks) {
      const entry = this.#open.get(id);
      if (entry?.waiters.delete(waiter) && entry.waiters.size === 0) this.#open.delete(id);
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
