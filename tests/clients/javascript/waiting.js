"use strict";
// Whoever waits for an end, and whoever is given links to look for it.

const assert = require("node:assert/strict");
const test = require("node:test");
const { BINDING, HttpRequest, INSTANCES, MODE, ORIGIN, client, contextOf, df, waits } = require("./case.js");

// What Durable Functions gives to a caller of a function: nine links, for there is one to rewind.
const KEYS = [
  "id",
  "statusQueryGetUri",
  "sendEventPostUri",
  "terminatePostUri",
  "purgeHistoryDeleteUri",
  "restartPostUri",
  "suspendPostUri",
  "resumePostUri",
  "rewindPostUri",
];

const request = (url) => new HttpRequest({ method: "POST", url });

function wait(id, timeoutInMilliseconds) {
  const options = { timeoutInMilliseconds, retryIntervalInMilliseconds: 20 };
  return client.waitForCompletionOrCreateCheckStatusResponse(request(`${ORIGIN}/api/wait`), id, options);
}

test("what ends in time is answered with its output", async () => {
  await client.startNew("approval", { instanceId: "in-time", input: {} });
  const waiting = wait("in-time", 60_000);
  await client.raiseEvent("in-time", "Approval", { approved: false, by: "Ada" });
  const reply = await waiting;
  assert.deepEqual([reply.status, await reply.json()], [200, { outcome: "rejected", by: "Ada" }]);
});

test("what fails or is terminated is answered with its status", async () => {
  await client.startNew("fails", { instanceId: "failed", input: { message: "no funds" } });
  await client.startNew("events", { instanceId: "stopped", input: { n: 1 } });
  await client.terminate("stopped", "enough");
  for (const [id, status, output] of [
    ["failed", 500, "Orchestrator function 'fails' failed: no funds"],
    ["stopped", 200, "enough"],
  ]) {
    const reply = await wait(id, 60_000);
    assert.deepEqual([reply.status, (await reply.json()).output], [status, output]);
  }
});

test("what does not end in time is answered with links", async () => {
  await client.startNew("events", { instanceId: "late", input: { n: 1 } });
  const reply = await wait("late", 100);
  assert.deepEqual([reply.status, reply.headers.get("Retry-After")], [202, "10"]);
  const { id, statusQueryGetUri } = await reply.json();
  assert.deepEqual([id, reply.headers.get("Location")], ["late", statusQueryGetUri]);
  const status = await fetch(statusQueryGetUri);
  assert.deepEqual([status.status, (await status.json()).instanceId], [202, "late"]);
});

test("the URL to start and wait by answers with the output", async () => {
  // No call of this client uses this template; a user may.
  const url = BINDING.creationUrls.createAndWaitOnNewInstancePostUri
    .replace("{functionName}", "double")
    .replace("[/{instanceId}]", "/waited")
    .replace("{timeoutInSeconds}", "60")
    .replace("{intervalInSeconds}", "1");
  const reply = await fetch(url, { method: "POST", body: JSON.stringify({ n: 3 }) });
  assert.deepEqual([reply.status, await reply.json()], [200, 6]);
});

test("the links are those of Durable Functions and lead to the host", () => {
  const payload = client.createHttpManagementPayload("one");
  assert.deepEqual(Object.keys(payload), KEYS);
  assert.equal(payload.id, "one");
  for (const key of KEYS.slice(1)) assert.ok(payload[key].startsWith(`${ORIGIN}${INSTANCES}/one`), payload[key]);
});

test("a response names the origin that its request came to", async () => {
  // So a function that is served elsewhere gives links that lead there, unless it leaves out the request.
  const reply = client.createCheckStatusResponse(request("https://app.example/api/start"), "one");
  assert.deepEqual([reply.status, reply.headers.get("Retry-After")], [202, "10"]);
  assert.equal(reply.headers.get("Content-Type"), "application/json");
  const payload = await reply.json();
  assert.deepEqual(Object.keys(payload), KEYS);
  assert.equal(reply.headers.get("Location"), payload.statusQueryGetUri);
  for (const key of KEYS.slice(1)) {
    assert.ok(payload[key].startsWith(`https://app.example${INSTANCES}/one`), payload[key]);
  }
  const own = client.createCheckStatusResponse(undefined, "one");
  assert.deepEqual(await own.json(), client.createHttpManagementPayload("one"));
});

test("without WEBSITE_HOSTNAME the links lead elsewhere", async () => {
  const hostname = process.env.WEBSITE_HOSTNAME;
  delete process.env.WEBSITE_HOSTNAME;
  try {
    const lost = df.getClient(contextOf());
    const { statusQueryGetUri } = lost.createHttpManagementPayload("one");
    assert.ok(statusQueryGetUri.startsWith("http://localhost:7071/"), statusQueryGetUri);
    // By RPC its own calls arrive all the same.
    if (MODE === "rpc") assert.equal(await lost.startNew("events", { instanceId: "rpc", input: { n: 0 } }), "rpc");
  } finally {
    process.env.WEBSITE_HOSTNAME = hostname;
  }
});

test("each of the links works", async () => {
  for (const id of ["one", "größe 夜 🌙 50+1"]) await follow(id);
});

async function follow(instanceId) {
  await client.startNew("events", { instanceId, input: { n: 2 } });
  await waits(encodeURIComponent(instanceId));
  const payload = client.createHttpManagementPayload(instanceId);

  async function post(key, text = "", options = {}) {
    const url = payload[key].replace("{text}", text).replace("{eventName}", "Go");
    return (await fetch(url, { method: "POST", ...options })).status;
  }

  async function status() {
    const reply = await fetch(payload.statusQueryGetUri);
    const body = await reply.json();
    assert.equal(body.instanceId, instanceId);
    return [reply.status, body.runtimeStatus];
  }

  assert.deepEqual(await status(), [202, "Running"]);
  assert.equal(await post("suspendPostUri", "lunch"), 202);
  assert.deepEqual(await status(), [202, "Suspended"]);
  assert.equal(await post("resumePostUri", "back"), 202);
  const event = { body: "1", headers: { "Content-Type": "application/json" } };
  assert.equal(await post("sendEventPostUri", "", event), 202);
  assert.equal(await post("rewindPostUri", "why"), 412);
  assert.equal(await post("restartPostUri"), 202);
  assert.equal(await post("terminatePostUri", "enough"), 202);
  assert.deepEqual(await status(), [200, "Terminated"]);
  assert.equal(await post("terminatePostUri", "again"), 410);
  const purged = await fetch(payload.purgeHistoryDeleteUri, { method: "DELETE" });
  assert.deepEqual([purged.status, await purged.json()], [200, { instancesDeleted: 1 }]);
  const gone = await fetch(payload.statusQueryGetUri);
  assert.deepEqual([gone.status, await gone.text()], [404, ""]);
}
