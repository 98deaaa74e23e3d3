// The orchestrators of the suite: what each does is the same in every language.
import { Failure, orchestrators } from "soloist-sdk";

const CITIES = ["Tokyo", "Seattle", "London", "Cairo", "Lima"];

async function helloCities(ctx, input) {
  const { delayMs = 0 } = input ?? {};
  const greetings = [];
  for (const name of CITIES) greetings.push(await ctx.callActivity("say-hello", { name, delayMs }));
  return greetings;
}

async function approval(ctx, input) {
  const { timeoutMs = 60_000 } = input ?? {};
  const until = new Date(ctx.currentTime.getTime() + timeoutMs);
  ctx.setCustomStatus({ stage: "waiting", until });
  const decision = await ctx.waitForEventWithin("Approval", timeoutMs);
  ctx.setCustomStatus({ stage: "decided" });
  if (decision === undefined) return { outcome: "timedOut" };
  return { outcome: decision.approved ? "approved" : "rejected", by: decision.by ?? null };
}

async function fanOut(ctx, input) {
  const { n = 100 } = input ?? {};
  const tasks = Array.from({ length: n }, (_, k) => ctx.callActivity("echo", k));
  return ctx.tryAwaitAll(tasks);
}

async function retry(ctx, input) {
  const { failures = 2, attempts = 5 } = input ?? {};
  const policy = { maxAttempts: attempts, firstRetryInterval: 10, backoffCoefficient: 2 };
  return ctx.callActivity("flaky", { until: failures + 1 }, policy);
}

function fails(_, input) {
  const { errorType = "Declined", message = "no funds", details = null, nonRetriable = false } = input ?? {};
  throw new Failure(errorType, message, { details, nonRetriable });
}

async function catches(ctx, input) {
  try {
    return await ctx.callActivity("fails", input, { maxAttempts: 3, firstRetryInterval: 10 });
  } catch (failure) {
    const { errorType, message, details, nonRetriable } = failure;
    return { errorType, message, details, nonRetriable };
  }
}

function throws(_, input) {
  const { message = "boom" } = input ?? {};
  throw new Error(message);
}

async function child(ctx, input) {
  const { n = 21, instance = null } = input ?? {};
  return ctx.callOrchestrator("double", { n }, { instanceId: instance });
}

async function double(ctx, { n }) {
  return ctx.callActivity("echo", 2 * n);
}

async function childFails(ctx, input) {
  try {
    return await ctx.callOrchestrator("fails", input);
  } catch (failure) {
    const { errorType, message, details, nonRetriable } = failure;
    return { errorType, message, details, nonRetriable };
  }
}

async function events(ctx, input) {
  const { name = "Go", n = 1, withinMs = null } = input ?? {};
  const data = [];
  for (let k = 0; k < n; k += 1) {
    if (withinMs === null) data.push(await ctx.waitForEvent(name));
    else data.push((await ctx.waitForEventWithin(name, withinMs)) ?? null);
  }
  return data;
}

function send(ctx, { instance, name = "Go", data = null }) {
  ctx.sendEvent(instance, name, data);
  return "sent";
}

async function counter(ctx, input) {
  const { n = 0, until = 3 } = input ?? {};
  if (n >= until) return n;
  await ctx.callActivity("echo", n);
  return ctx.continueAsNew({ n: n + 1, until });
}

async function status(ctx) {
  ctx.setCustomStatus({ step: 1 });
  await ctx.waitForEvent("Go");
  ctx.setCustomStatus({ step: 2 });
  await ctx.waitForEvent("Go");
  return "done";
}

async function log(ctx) {
  for (const level of ["trace", "debug", "info", "warn", "error"]) ctx.log(level, `${level} before`);
  await ctx.callActivity("echo", null);
  ctx.info("info after");
  return "logged";
}

async function race(ctx, input) {
  const { timerMs = 60_000 } = input ?? {};
  const event = ctx.waitForEvent("Go");
  const timer = ctx.createTimerAfter(timerMs);
  const { task } = await ctx.awaitAny([event, timer]);
  if (task === event) {
    timer.cancel();
    return { winner: "event", value: await event };
  }
  event.cancel();
  return { winner: "timer" };
}

async function cancels(ctx) {
  const slow = ctx.callActivity("slow", { ms: 60_000 });
  slow.cancel();
  try {
    return await slow;
  } catch (failure) {
    return failure.errorType;
  }
}

async function readings(ctx) {
  const read = () => ({
    now: Date.now(),
    random: Math.random(),
    guid: ctx.newGuid(),
    time: ctx.currentTime.getTime(),
  });
  const before = read();
  ctx.setCustomStatus(before);
  await ctx.waitForEvent("Go");
  return { before, after: read() };
}

async function http(ctx, { method = "GET", uri, headers = {}, content = null }) {
  const request = content === null ? { method, uri, headers } : { method, uri, headers, content };
  const response = await ctx.callHttp(request);
  return { statusCode: response.statusCode, content: response.content };
}

function context(ctx) {
  return {
    instanceId: ctx.instanceId,
    functionName: ctx.functionName,
    parentInstanceId: ctx.parentInstanceId,
    guids: [ctx.newGuid(), ctx.newGuid()],
  };
}

async function chain(ctx, { activity, n = 3, rests = 0 }) {
  const answers = [];
  for (let k = 0; k < n; k += 1) {
    if (k > 0 && rests > 0) await ctx.createTimerAfter(rests);
    answers.push(await ctx.callActivity(activity, k));
  }
  return answers;
}

orchestrators({
  "hello-cities": helloCities,
  approval,
  "fan-out": fanOut,
  retry,
  fails,
  catches,
  throws,
  child,
  double,
  "child-fails": childFails,
  events,
  send,
  counter,
  status,
  log,
  race,
  cancels,
  readings,
  http,
  context,
  "chain-javascript": chain,
});
