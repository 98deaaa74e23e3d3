"use strict";
// The singleton of Durable Functions' documentation, and that of the host.

const assert = require("node:assert/strict");
const test = require("node:test");
const { ENDED, HttpRequest, ORIGIN, client, contextOf, df, ended, exists, raises, refused } = require("./case.js");

const CALLERS = 24;
const ROUNDS = 8;

/**
 * The steps of HttpStartSingle: look whether the instance is live, and start it if it is not.
 *
 * Where the documentation errs: this client throws where there is no instance.
 */
async function httpStartSingle(request, context) {
  const { functionName, instanceId } = request.params;
  const starter = df.getClient(context);
  const status = await starter.getStatus(instanceId).catch((error) => {
    if (error.message.includes("HTTP 404")) return undefined;
    throw error;
  });
  if (status && !ENDED.includes(status.runtimeStatus)) {
    return { status: 409, body: `An instance with ID '${instanceId}' already exists.` };
  }
  await starter.startNew(functionName, { instanceId, input: await request.json() });
  return starter.createCheckStatusResponse(request, instanceId);
}

/** As a function app behind the host's own origin would get it. */
function requestOf(instanceId, input) {
  return new HttpRequest({
    method: "POST",
    url: `${ORIGIN}/api/orchestrators/events/${instanceId}`,
    params: { functionName: "events", instanceId },
    body: { string: JSON.stringify(input) },
  });
}

test("one is started, and the next is refused while it lives", async () => {
  const call = () => httpStartSingle(requestOf("one", { n: 1 }), contextOf());
  const started = await call();
  assert.deepEqual([started.status, (await started.json()).id], [202, "one"]);
  assert.deepEqual(await call(), { status: 409, body: exists("one") });
  const status = await fetch(started.headers.get("Location"));
  assert.deepEqual([status.status, (await status.json()).runtimeStatus], [202, "Running"]);

  await client.raiseEvent("one", "Go", 1);
  await ended("one");
  assert.equal((await call()).status, 202);
});

test("without its correction it cannot start", async () => {
  // The documentation expects no status where there is no instance.
  const said = await raises(client.getStatus("nobody"));
  assert.ok(said.includes("HTTP 404"), said);
});

test("of all that race exactly one starts", async () => {
  let refusedByTheHost = 0;
  for (let number = 0; number < ROUNDS; number += 1) {
    // Every second round takes an ID again whose instance has ended.
    refusedByTheHost += await race(number % 2 === 0 ? `new-${number}` : "again");
  }
  // Else no two had looked before one started, and nothing was shown.
  assert.ok(refusedByTheHost > 0);
});

/** Returns how many were refused although their function had seen no live instance. */
async function race(instanceId) {
  const callers = Array.from({ length: CALLERS }, (_, caller) =>
    httpStartSingle(requestOf(instanceId, { n: 1, caller }), contextOf()),
  );
  const answers = await Promise.allSettled(callers);
  const winners = answers.flatMap(({ value }, caller) => (value?.status === 202 ? [caller] : []));
  assert.equal(winners.length, 1, JSON.stringify(answers));
  let refusedByTheHost = 0;
  for (const [caller, { value, reason }] of answers.entries()) {
    if (caller === winners[0]) continue;
    if (value) {
      assert.deepEqual(value, { status: 409, body: exists(instanceId) });
    } else {
      assert.equal(reason.message, refused(instanceId));
      refusedByTheHost += 1;
    }
  }
  await client.raiseEvent(instanceId, "Go", "end");
  assert.deepEqual((await ended(instanceId)).input, { n: 1, caller: winners[0] });
  return refusedByTheHost;
}

test("the host answers as the documentation's function does", async () => {
  const post = () => fetch(`${ORIGIN}/api/orchestrators/events/host`, { method: "POST", body: '{"n": 1}' });
  const started = await post();
  assert.deepEqual([started.status, started.headers.get("Retry-After")], [202, "10"]);
  const payload = await started.json();
  assert.equal(started.headers.get("Location"), payload.statusQueryGetUri);
  // The host's own payload has no link to rewind: in Durable Functions, only the client's has.
  const { rewindPostUri, ...links } = client.createHttpManagementPayload("host");
  assert.ok(rewindPostUri);
  assert.equal(JSON.stringify(payload), JSON.stringify(links));

  const again = await post();
  assert.deepEqual([again.status, await again.text()], [409, exists("host")]);
  assert.ok(again.headers.get("Content-Type").startsWith("text/plain"));
});

test("of all that race for the host's own path exactly one starts", async () => {
  const callers = Array.from({ length: CALLERS }, async (_, caller) => {
    const body = JSON.stringify({ n: 1, caller });
    return (await fetch(`${ORIGIN}/api/orchestrators/events/raced`, { method: "POST", body })).status;
  });
  const statuses = await Promise.all(callers);
  assert.deepEqual(statuses.toSorted(), [202, ...Array(CALLERS - 1).fill(409)]);
  assert.equal((await client.getStatus("raced")).input.caller, statuses.indexOf(202));
});
