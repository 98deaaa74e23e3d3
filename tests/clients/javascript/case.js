"use strict";
// What every test has: the client, set up as a user does it, and plain HTTP beside it.

const assert = require("node:assert/strict");
const { setTimeout: sleep } = require("node:timers/promises");
const { HttpRequest, InvocationContext } = require("@azure/functions");
const df = require("durable-functions");

const ORIGIN = process.env.HOST_ORIGIN;
// What the operator's own requests bring.
const ADMIN = process.env.HOST_KEY ? { "x-functions-key": process.env.HOST_KEY } : {};
const INSTANCES = "/runtime/webhooks/durabletask/instances";
const MODE = process.env.CLIENT_MODE;

// Without this variable the client puts http://localhost:7071 in place of the origin of all templates.
process.env.WEBSITE_HOSTNAME = new URL(ORIGIN).host;

// What Azure's host would hand to a function as the value of its client input.
const BINDING = JSON.parse(process.env.HOST_BINDING);
assert.ok(MODE === "rpc" || MODE === "webhook");
if (MODE === "webhook") delete BINDING.rpcBaseUrl;

// How long anything may take before it counts as hung, and how often it is looked at, in milliseconds.
const PATIENCE = 60_000;
const LOOK_AGAIN = 20;

const ENDED = ["Completed", "Failed", "Terminated"];

const clientInput = df.input.durableClient();

/** What a function with a client input is called with. */
function contextOf(binding = BINDING) {
  const context = new InvocationContext({ options: { extraInputs: [clientInput] } });
  context.extraInputs.set(clientInput, binding);
  return context;
}

const client = df.getClient(contextOf());

/** Looks again and again until there is something. */
async function eventually(what, look) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(LOOK_AGAIN)) {
    const found = await look();
    if (found) return found;
  }
  throw new assert.AssertionError({ message: `waited in vain: ${what}` });
}

/** The status of an instance, once it has ended. */
function ended(id, options = {}) {
  return eventually(`${id} ends`, async () => {
    const status = await client.getStatus(id, options);
    return ENDED.includes(status.runtimeStatus) && status;
  });
}

/** Returns once an instance waits for an event. */
function waits(id) {
  return eventually(`${id} waits`, async () => {
    const reply = await fetch(`${ORIGIN}/admin/instances/${id}/history`, { headers: ADMIN });
    const { executions } = await reply.json();
    return executions.at(-1).events.some((event) => event.type === "EventAwaited");
  });
}

/** What the error of a call says. */
async function raises(call) {
  try {
    await call;
  } catch (error) {
    assert.equal(error.constructor, Error, error);
    return error.message;
  }
  assert.fail("there was no error");
}

/** What this client says of a status that it does not know. */
function unexpected(status, details) {
  return `The operation failed with an unexpected status code: ${status}. Details: ${JSON.stringify(details)}`;
}

/** The sentence by which a start of a live ID is refused. */
function exists(id) {
  return `An instance with ID '${id}' already exists.`;
}

/** That refusal, as this client tells it. */
function refused(id) {
  return unexpected(409, {
    Message: exists(id),
    ExceptionMessage: exists(id),
    ExceptionType: "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
  });
}

module.exports = {
  BINDING,
  ENDED,
  HttpRequest,
  INSTANCES,
  MODE,
  ORIGIN,
  client,
  contextOf,
  df,
  ended,
  eventually,
  exists,
  raises,
  refused,
  unexpected,
  waits,
};
