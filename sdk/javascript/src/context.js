// All that an orchestrator can do. Documented in index.d.ts.
import { decode, decodeFromOutside, encode } from "./json.js";
import { Task, tasksOf } from "./task.js";
import { milliseconds, retryPolicy, timestamp } from "./time.js";

export class Context {
  #execution;
  #durable;

  constructor(execution) {
    this.#execution = execution;
    this.#durable = execution.durable;
  }

  // Ask.

  callActivity(name, input, retry) {
    return this.#task(this.#durable.callActivity(name, encode(input), retryPolicy(retry)));
  }

  callOrchestrator(name, input, { instanceId, retry } = {}) {
    return this.#task(
      this.#durable.callOrchestrator(name, encode(input), instanceId ?? undefined, retryPolicy(retry)),
    );
  }

  callHttp(request, retry) {
    return this.#task(this.#durable.callHttp(encode(request), retryPolicy(retry)));
  }

  createTimer(moment) {
    return this.#task(this.#durable.createTimer(timestamp(moment)), () => undefined);
  }

  createTimerAfter(length) {
    return this.createTimer(this.#durable.currentTime() + milliseconds(length));
  }

  waitForEvent(name) {
    return this.#task(this.#durable.waitForEvent(name), decodeFromOutside);
  }

  async waitForEventWithin(name, length) {
    const event = this.waitForEvent(name);
    const timer = this.createTimerAfter(length);
    if ((await this.awaitAny([event, timer])).task === event) {
      timer.cancel();
      return event;
    }
    event.cancel();
    return undefined;
  }

  // Wait.

  async awaitAny(tasks) {
    const list = tasksOf(tasks);
    if (list.length === 0) throw new TypeError("awaitAny needs a task: of none, nothing is ever first");
    const index = await this.#execution.whenAny(list);
    return { index, task: list[index] };
  }

  async awaitAll(tasks) {
    const list = tasksOf(tasks);
    await this.#execution.whenAll(list);
    return list.map((task) => {
      try {
        return { status: "fulfilled", value: task.value() };
      } catch (reason) {
        return { status: "rejected", reason };
      }
    });
  }

  async tryAwaitAll(tasks) {
    const list = tasksOf(tasks);
    await this.#execution.whenAll(list);
    return list.map((task) => task.value());
  }

  // Tell.

  sendEvent(instanceId, name, data) {
    this.#durable.sendEvent(instanceId, name, encode(data));
  }

  setCustomStatus(value) {
    this.#durable.setCustomStatus(encode(value));
  }

  continueAsNew(input, { keepEvents = true } = {}) {
    this.#durable.continueAsNew(encode(input), keepEvents);
    this.#execution.continued = true;
  }

  log(level, message) {
    this.#durable.log(level, String(message));
  }

  trace(message) {
    this.log("trace", message);
  }

  debug(message) {
    this.log("debug", message);
  }

  info(message) {
    this.log("info", message);
  }

  warn(message) {
    this.log("warn", message);
  }

  error(message) {
    this.log("error", message);
  }

  // Know.

  get instanceId() {
    return this.#durable.instanceId();
  }

  get functionName() {
    return this.#durable.functionName();
  }

  get parentInstanceId() {
    return this.#durable.parentInstanceId() ?? null;
  }

  get currentTime() {
    return new Date(this.#durable.currentTime());
  }

  get isReplaying() {
    return this.#durable.isReplaying();
  }

  newGuid() {
    return this.#durable.newGuid();
  }

  #task(id, read = decode) {
    return new Task(this.#execution, id, read);
  }
}
