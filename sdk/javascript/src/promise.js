// A Promise whose jobs are ours to run: see queue.js. `async` and `await` are lowered onto it when a component is built.
import { enqueue } from "./queue.js";

/** The engine's own. */
export const NativePromise = globalThis.Promise;

let outstanding = 0;

/** How many of the engine's own promises are awaited and not settled. */
export function outstandingNatives() {
  return outstanding;
}

const PENDING = 0;
const FULFILLED = 1;
const REJECTED = 2;

const isCallable = (value) => typeof value === "function";

class DurablePromise {
  #state = PENDING;
  #value;
  #reactions = [];

  constructor(executor) {
    if (!isCallable(executor)) throw new TypeError(`Promise resolver ${String(executor)} is not a function`);
    const { resolve, reject } = this.#resolvers();
    try {
      executor(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  then(onFulfilled, onRejected) {
    const { promise, resolve, reject } = DurablePromise.withResolvers();
    const react = () => {
      const handler = this.#state === FULFILLED ? onFulfilled : onRejected;
      if (!isCallable(handler)) {
        if (this.#state === FULFILLED) resolve(this.#value);
        else reject(this.#value);
        return;
      }
      try {
        resolve(handler(this.#value));
      } catch (error) {
        reject(error);
      }
    };
    if (this.#state === PENDING) this.#reactions.push(react);
    else enqueue(react);
    return promise;
  }

  catch(onRejected) {
    return this.then(undefined, onRejected);
  }

  finally(onFinally) {
    if (!isCallable(onFinally)) return this.then(onFinally, onFinally);
    return this.then(
      (value) => DurablePromise.resolve(onFinally()).then(() => value),
      (error) =>
        DurablePromise.resolve(onFinally()).then(() => {
          throw error;
        }),
    );
  }

  get [Symbol.toStringTag]() {
    return "Promise";
  }

  #settle(state, value) {
    this.#state = state;
    this.#value = value;
    for (const react of this.#reactions) enqueue(react);
    this.#reactions = [];
  }

  /** A pair of which only the first call counts. */
  #resolvers() {
    let called = false;
    const once = (act) => (value) => {
      if (called) return;
      called = true;
      act(value);
    };
    return {
      resolve: once((value) => this.#resolve(value)),
      reject: once((error) => this.#settle(REJECTED, error)),
    };
  }

  #resolve(value) {
    if (value === this) {
      this.#settle(REJECTED, new TypeError("A promise cannot be resolved with itself"));
      return;
    }
    if (value === null || (typeof value !== "object" && !isCallable(value))) {
      this.#settle(FULFILLED, value);
      return;
    }
    let then;
    try {
      then = value.then;
    } catch (error) {
      this.#settle(REJECTED, error);
      return;
    }
    if (!isCallable(then)) {
      this.#settle(FULFILLED, value);
      return;
    }
    enqueue(() => this.#adopt(value, then));
  }

  #adopt(thenable, then) {
    let { resolve, reject } = this.#resolvers();
    if (thenable instanceof NativePromise) {
      outstanding += 1;
      const arrived = (act) => (value) => {
        outstanding -= 1;
        act(value);
      };
      [resolve, reject] = [arrived(resolve), arrived(reject)];
    }
    try {
      then.call(thenable, resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  static withResolvers() {
    let resolve;
    let reject;
    const promise = new DurablePromise((res, rej) => {
      [resolve, reject] = [res, rej];
    });
    return { promise, resolve, reject };
  }

  static resolve(value) {
    return value instanceof DurablePromise ? value : new DurablePromise((resolve) => resolve(value));
  }

  static reject(error) {
    return new DurablePromise((_, reject) => reject(error));
  }

  static try(function_, ...args) {
    return new DurablePromise((resolve) => resolve(function_(...args)));
  }

  static all(items) {
    return gather(items, (item, at, { values, resolve, reject, count }) => {
      item.then((value) => {
        values[at] = value;
        if (count() === 0) resolve(values);
      }, reject);
    }, (values) => values);
  }

  static allSettled(items) {
    return gather(items, (item, at, { values, resolve, count }) => {
      const settled = (outcome) => {
        values[at] = outcome;
        if (count() === 0) resolve(values);
      };
      item.then(
        (value) => settled({ status: "fulfilled", value }),
        (reason) => settled({ status: "rejected", reason }),
      );
    }, (values) => values);
  }

  static any(items) {
    const refuse = (errors) => {
      throw new AggregateError(errors, "All promises were rejected");
    };
    return gather(items, (item, at, { values, resolve, reject, count }) => {
      item.then(resolve, (error) => {
        values[at] = error;
        if (count() === 0) reject(new AggregateError(values, "All promises were rejected"));
      });
    }, refuse);
  }

  static race(items) {
    return new DurablePromise((resolve, reject) => {
      for (const item of items) DurablePromise.resolve(item).then(resolve, reject);
    });
  }
}

/** What `all`, `allSettled` and `any` share; `empty` says what becomes of no items. */
function gather(items, each, empty) {
  return new DurablePromise((resolve, reject) => {
    const promises = Array.from(items, (item) => DurablePromise.resolve(item));
    const values = new Array(promises.length);
    let left = promises.length;
    const count = () => (left -= 1);
    if (left === 0) resolve(empty(values));
    promises.forEach((promise, at) => each(promise, at, { values, resolve, reject, count }));
  });
}

// `constructor.name` and messages show the name that everybody knows.
Object.defineProperty(DurablePromise, "name", { value: "Promise" });

export { DurablePromise };
