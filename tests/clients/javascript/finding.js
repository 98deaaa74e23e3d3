"use strict";
// Instances are listed and purged.

const assert = require("node:assert/strict");
const test = require("node:test");
const { INSTANCES, MODE, ORIGIN, client, ended, raises, unexpected, waits } = require("./case.js");

const PAST = new Date("2020-01-01");
const HOUR = 3_600_000;

const ids = (statuses) => statuses.map((status) => status.instanceId).sort();

// A list has all instances of the host: each test leaves none.
test.afterEach(async () => {
  for (const { instanceId } of await client.getStatusBy({ runtimeStatus: ["Running", "Suspended", "Pending"] })) {
    await client.terminate(instanceId, "the test is over");
    await ended(instanceId);
  }
  await client.purgeInstanceHistoryBy({ createdTimeFrom: PAST });
});

/** One that has completed, one that has failed, one that runs. */
async function three() {
  await client.startNew("events", { instanceId: "job-done", input: { n: 0 } });
  await client.startNew("fails", { instanceId: "job-failed", input: {} });
  await client.startNew("events", { instanceId: "runs", input: { n: 1 } });
  await Promise.all([ended("job-done"), ended("job-failed"), waits("runs")]);
}

test("all are listed as their statuses are", async () => {
  await three();
  const listed = await client.getStatusAll();
  assert.deepEqual(ids(listed), ["job-done", "job-failed", "runs"]);
  for (const { createdTime, lastUpdatedTime, ...rest } of listed) {
    const alone = await client.getStatus(rest.instanceId);
    // In a list this client leaves the times as text.
    const times = { createdTime: new Date(createdTime), lastUpdatedTime: new Date(lastUpdatedTime) };
    assert.deepEqual({ ...rest, ...times, history: undefined }, { ...alone });
  }
});

test("a list holds what its filters let through", async () => {
  await three();
  const at = (ms) => new Date(Date.now() + ms);
  for (const [filter, expected] of [
    [{}, ["job-done", "job-failed", "runs"]],
    [{ runtimeStatus: ["Completed", "Failed"] }, ["job-done", "job-failed"]],
    [{ runtimeStatus: ["Running"] }, ["runs"]],
    [{ runtimeStatus: ["Canceled"] }, []],
    [{ createdTimeFrom: at(-HOUR), createdTimeTo: at(HOUR) }, ["job-done", "job-failed", "runs"]],
    [{ createdTimeFrom: at(HOUR) }, []],
    [{ createdTimeTo: at(-HOUR) }, []],
  ]) {
    assert.deepEqual(ids(await client.getStatusBy(filter)), expected, JSON.stringify(filter));
  }
});

test("this client follows the pages to the end", async () => {
  const names = Array.from({ length: 203 }, (_, number) => `many-${String(number).padStart(3, "0")}`);
  await Promise.all(names.map((instanceId) => client.startNew("events", { instanceId, input: { n: 1 } })));
  assert.deepEqual(ids(await client.getStatusAll()), names);
  const filter = { createdTimeFrom: PAST, runtimeStatus: ["Running", "Pending"] };
  assert.deepEqual(ids(await client.getStatusBy(filter)), names);
  // It asks for pages of 100.
  const page = await fetch(`${ORIGIN}${INSTANCES}/`);
  assert.equal((await page.json()).length, 100);
  assert.notEqual(page.headers.get("x-ms-continuation-token"), "");
});

test("one that has ended goes", async () => {
  await three();
  assert.deepEqual(await client.purgeInstanceHistory("job-done"), { instancesDeleted: 1 });
  await raises(client.getStatus("job-done"));
  assert.equal((await client.purgeInstanceHistory("job-done")).instancesDeleted, 0);
});

test("one that is live stays", async () => {
  await three();
  const sentence = "The instance 'runs' has not ended, so it cannot be purged: terminate it first.";
  const said = await raises(client.purgeInstanceHistory("runs"));
  assert.ok(said.includes(sentence) && said.includes("status code: 409"), said);
  assert.equal((await client.getStatus("runs")).runtimeStatus, "Running");
});

test("a filter takes what has ended and is meant", async () => {
  await three();
  const purged = async (filter) => (await client.purgeInstanceHistoryBy(filter)).instancesDeleted;
  assert.equal(await purged({ createdTimeFrom: PAST, createdTimeTo: new Date("2020-02-01") }), 0);
  assert.equal(await purged({ createdTimeFrom: new Date(Date.now() + HOUR) }), 0);
  assert.equal(await purged({ createdTimeFrom: PAST, runtimeStatus: ["Running"] }), 0);
  assert.equal(await purged({ createdTimeFrom: PAST, runtimeStatus: ["Failed"] }), 1);
  assert.equal(await purged({ createdTimeFrom: PAST }), 1);
  assert.deepEqual(ids(await client.getStatusAll()), ["runs"]);
});

test("a filter needs to say since when", async () => {
  const said = await raises(client.purgeInstanceHistoryBy({ runtimeStatus: ["Failed"] }));
  const byHost = unexpected(400, "Please provide value for 'createdTimeFrom' parameter.");
  assert.equal(said, MODE === "rpc" ? byHost : "createdTimeFrom must be a valid Date");
});
