/**
 * Write orchestrators and activities for Soloist in JavaScript and TypeScript.
 *
 * An **orchestrator** is a deterministic function that the host replays from its history, so that it survives any crash;
 * an **activity** is a side effect that the host runs at least once and whose result it records.
 *
 * ```ts
 * import { activity, orchestrator } from "soloist-sdk";
 *
 * orchestrator("greet-all", (ctx, cities: string[]) =>
 *   Promise.all(cities.map((city) => ctx.callActivity<string>("greet", city))));
 *
 * activity("greet", (_, city: string) => `Hello ${city}!`);
 * ```
 *
 * @packageDocumentation
 */

/** A length of time: milliseconds, or a sum of units such as `{ hours: 1, minutes: 30 }`. */
export type Length =
  | number
  | { days?: number; hours?: number; minutes?: number; seconds?: number; milliseconds?: number };

/** A moment: a `Date`, milliseconds since the Unix epoch, or ISO 8601 text. */
export type Moment = Date | number | string;

/** How loud a log line is. */
export type Level = "trace" | "debug" | "info" | "warn" | "error";

/** When the host tries a step again, and for how long. */
export interface RetryPolicy {
  /** Total attempts, the first included; at least 1. */
  maxAttempts: number;
  /** Delay before the second attempt; greater than 0. */
  firstRetryInterval: Length;
  /** Factor from one delay to the next; at least 1, which is the default. */
  backoffCoefficient?: number;
  /** Longest delay between attempts. */
  maxRetryInterval?: Length;
  /** No attempt starts later than this after the first. */
  retryTimeout?: Length;
  /** An attempt that takes longer counts as failed. */
  attemptTimeout?: Length;
}

/**
 * Why a step, or a whole orchestration, failed. Throw one to fail with a type that a caller can tell; catch one where a
 * task failed. Any other error that leaves a function becomes one: its class is the `errorType`, its stack the details.
 */
export class Failure extends Error {
  constructor(
    errorType: string,
    message: string,
    options?: { details?: string | null; nonRetriable?: boolean; cause?: unknown },
  );
  /** Stable and machine-readable, such as `PaymentDeclined`. The host's own are, among others, `Canceled` and `Trap`. */
  readonly errorType: string;
  /** Stack trace, inner errors: anything that helps, or nothing. */
  readonly details: string | null;
  /** True if a retry policy must not try again. */
  readonly nonRetriable: boolean;
  toJSON(): { errorType: string; message: string; details: string | null; nonRetriable: boolean };
}

/**
 * Something that an orchestrator asked for: a promise of its answer, which `await`, `Promise.all` and `Promise.race` take.
 * It runs from the moment it was asked for, awaited or not.
 */
export interface Task<T> extends Promise<T> {
  /** The ordinal of the request in its execution: 0, 1, 2, the same on every replay. */
  readonly id: number;
  /**
   * Gives the task up, if it is not done, and records that. It then fails with `Canceled`; a running activity is
   * interrupted, a child is terminated, and an event that it would have had goes to the next wait of its name.
   */
  cancel(): void;
}

/** What a durable HTTP call sends. */
export interface HttpRequest {
  method: string;
  uri: string;
  headers?: Record<string, string>;
  /** Text; any other value is sent as JSON. */
  content?: unknown;
  /** Whether a 202 with a `Location` is asked after until the work behind it is done; true by default. */
  asyncPattern?: boolean;
}

/** What a durable HTTP call answers, whatever the status. */
export interface HttpResponse {
  statusCode: number;
  /** By name in small letters. */
  headers: Record<string, string>;
  content: string;
}

/** How a child is started. */
export interface OrchestratorOptions {
  /** An ID of your own; without it the host derives one. If an instance of that ID is live, the task fails with `InstanceExists`. */
  instanceId?: string | null;
  retry?: RetryPolicy | null;
}

/** All that an orchestrator can do. Everything here is recorded in history and replayed from it. */
export interface Context {
  /** Asks for an activity. */
  callActivity<T = any>(name: string, input?: unknown, retry?: RetryPolicy | null): Task<T>;
  /** Asks for a child: an instance of another orchestrator. One that nobody awaits runs to its end all the same. */
  callOrchestrator<T = any>(name: string, input?: unknown, options?: OrchestratorOptions): Task<T>;
  /**
   * Asks the host to send an HTTP request, once its asking is recorded: to a host that the operator lists in `allow_hosts` of
   * this orchestrator's function. Any status is an answer. After a crash it may be sent a second time.
   */
  callHttp(request: HttpRequest, retry?: RetryPolicy | null): Task<HttpResponse>;
  /** Asks to be woken at a moment. One that is past is answered at once. */
  createTimer(moment: Moment): Task<void>;
  /** Asks to be woken after a length of time, counted from `currentTime`. */
  createTimerAfter(length: Length): Task<void>;
  /**
   * Waits for an event that somebody raises or has raised. The k-th wait of a name gets the k-th event of that name, so
   * a wait that is given up must be cancelled; `waitForEventWithin` sees to that.
   */
  waitForEvent<T = any>(name: string): Task<T>;
  /** Waits for an event, but not longer than that: `undefined` if time was up first. The loser is cancelled. */
  waitForEventWithin<T = any>(name: string, length: Length): Promise<T | undefined>;

  /**
   * The task whose answer stands first in history, and its index: a failure counts as an answer. To have its value right away,
   * and its failure thrown, use `Promise.race`. Neither cancels the others.
   */
  awaitAny<T extends Task<any>>(tasks: Iterable<T>): Promise<{ index: number; task: T }>;
  /** Each answer or failure, in the order of the tasks: one crossing to the host, however many they are. */
  awaitAll<T>(tasks: Iterable<Task<T>>): Promise<PromiseSettledResult<T>[]>;
  /** The answers in the order of the tasks, once all are answered; throws the first failure in that order. */
  tryAwaitAll<T>(tasks: Iterable<Task<T>>): Promise<T[]>;

  /** Raises an event at another instance, once. One that does not exist, or has ended, does not get it. */
  sendEvent(instanceId: string, name: string, data?: unknown): void;
  /** Sets what the status of this instance shows as `customStatus`: at most 16 KiB of JSON. */
  setCustomStatus(value: unknown): void;
  /**
   * Ends this execution when the orchestrator returns, and starts the next with `input` and an empty history: write
   * `return ctx.continueAsNew(next)`. What the orchestrator returns or throws after it is dropped. With `keepEvents`
   * false, events that happened and were not waited for are gone.
   */
  continueAsNew(input?: unknown, options?: { keepEvents?: boolean }): undefined;
  /** Writes a line to the log of the instance, once, however often it is replayed. */
  log(level: Level, message: string): void;
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;

  /** The ID that this instance was started with. */
  readonly instanceId: string;
  /** The name that this orchestrator was started under. */
  readonly functionName: string;
  /** The instance that called this one, if one did. */
  readonly parentInstanceId: string | null;
  /** Orchestration time: the moment of the last answer that this orchestrator has consumed. */
  readonly currentTime: Date;
  /** True while this call repeats what an earlier run recorded. For diagnostics only. */
  readonly isReplaying: boolean;
  /** A new version 5 UUID, derived from the execution and a counter. */
  newGuid(): string;
}

/** What an activity may ask about its own call. */
export interface ActivityContext {
  /** The name that it was called by. */
  readonly functionName: string;
  /** The instance whose orchestrator called. */
  readonly instanceId: string;
  /** The same over all attempts of one call, and never used again: an idempotency key. */
  readonly taskKey: string;
  /** 1 on the first attempt. */
  readonly attempt: number;
}

/** A deterministic function that the host replays. Its input is what the instance was started with, or `null`. */
export type Orchestrator<I = any, O = any> = (ctx: Context, input: I) => O | PromiseLike<O>;

/** A side effect that the host runs at least once. */
export type Activity<I = any, O = any> = (ctx: ActivityContext, input: I) => O | PromiseLike<O>;

/** Registers an orchestrator, for every name that the component is deployed under and no other function has. */
export function orchestrator<I = any, O = any>(function_: Orchestrator<I, O>): Orchestrator<I, O>;
/** Registers an orchestrator for one name. */
export function orchestrator<I = any, O = any>(name: string, function_: Orchestrator<I, O>): Orchestrator<I, O>;
/** Registers several orchestrators, by name. */
export function orchestrators<T extends Record<string, Orchestrator>>(functions: T): T;

/** Registers an activity, for every name that the component is deployed under and no other function has. */
export function activity<I = any, O = any>(function_: Activity<I, O>): Activity<I, O>;
/** Registers an activity for one name. */
export function activity<I = any, O = any>(name: string, function_: Activity<I, O>): Activity<I, O>;
/** Registers several activities, by name. */
export function activities<T extends Record<string, Activity>>(functions: T): T;
