// The activities of the suite: what each does is the same in every language.
import { Failure, activities } from "soloist-sdk";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const echo = (_, input) => input;

activities({
  echo,
  "echo-javascript": echo,

  async "say-hello"(_, { name, delayMs = 0 }) {
    if (delayMs > 0) await sleep(delayMs);
    return `Hello ${name}!`;
  },

  flaky(ctx, { until }) {
    if (ctx.attempt < until) throw new Failure("Flaky", `attempt ${ctx.attempt} fails`);
    return ctx.attempt;
  },

  fails(_, input) {
    const { errorType = "Declined", message = "no funds", details = null, nonRetriable = false } = input ?? {};
    throw new Failure(errorType, message, { details, nonRetriable });
  },

  throws(_, input) {
    const { message = "boom" } = input ?? {};
    throw new Error(message);
  },

  async slow(_, { ms }) {
    await sleep(ms);
    return null;
  },

  context({ functionName, instanceId, taskKey, attempt }) {
    return { functionName, instanceId, taskKey, attempt };
  },

  async fetch(_, { url }) {
    const response = await fetch(url);
    return { status: response.status, text: await response.text() };
  },
});
