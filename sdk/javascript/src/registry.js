// Which function serves which name.
import { Failure } from "./failure.js";

/** The functions of one kind. */
export class Registry {
  #kind;
  #named = new Map();
  #rest;

  constructor(kind) {
    this.#kind = kind;
  }

  /** `add(function)` serves every name that no other does; `add(name, function)` serves that one. */
  add(name, function_) {
    if (typeof name === "function") {
      if (this.#rest) throw new TypeError(`two ${this.#kind} functions have no name: name all but one`);
      this.#rest = name;
      return name;
    }
    if (typeof name !== "string" || typeof function_ !== "function") {
      throw new TypeError(`register an ${this.#kind} by a function, or by a name and a function`);
    }
    if (this.#named.has(name)) throw new TypeError(`two ${this.#kind} functions are called ${name}`);
    this.#named.set(name, function_);
    return function_;
  }

  addAll(functions) {
    for (const [name, function_] of Object.entries(functions)) this.add(name, function_);
    return functions;
  }

  /** The function of that name, or a failure that lists those there are. */
  find(name) {
    const found = this.#named.get(name) ?? this.#rest;
    if (found) return found;
    const served = [...this.#named.keys()].join(", ") || `no ${this.#kind}`;
    const message = `this component does not serve \`${name}\`, but ${served}`;
    throw new Failure("UnknownFunction", message, { nonRetriable: true });
  }
}
