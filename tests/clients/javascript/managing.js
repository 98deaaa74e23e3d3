"use strict";
// What is done to an instance: events, suspend, resume, terminate.

const assert = require("node:assert/strict");
const test = require("node:test");
const { client, ended, raises, waits } = require("./case.js");

const start = (instanceId, n = 1) => client.startNew("events", { instanceId, input: { n } });

/** Each of the three, with the status that it leads to. */
const TELL = {
  suspend: (id, reason) => client.suspend(id, reason),
  resume: (id, reason) => client.resume(id, reason),
  terminate: (id, reason) => client.terminate(id, reason),
};

test("data comes as it was given", async () => {
  await client.startNew("approval", { instanceId: "typed", input: {} });
  await client.raiseEvent("typed", "Approval", { approved: true, by: "Ada" });
  assert.deepEqual((await ended("typed")).output, { outcome: "approved", by: "Ada" });
  await start("any", 3);
  for (const data of [{ ok: true }, "text", 7]) await client.raiseEvent("any", "go", data);
  assert.deepEqual((await ended("any")).output, [{ ok: true }, "text", 7]);
});

test("no data is null", async () => {
  await start("empty");
  await client.raiseEvent("empty", "Go");
  assert.deepEqual((await ended("empty")).output, [null]);
});

test("a task hub and a connection may be named", async () => {
  await start("hub");
  await client.raiseEvent("hub", "Go", 1, { taskHubName: "Other", connectionName: "Storage2" });
  assert.deepEqual((await ended("hub")).output, [1]);
});

test("an event to nobody is an error", async () => {
  assert.equal(await raises(client.raiseEvent("nobody", "Go", 1)), "No instance with ID 'nobody' found.");
  assert.equal(await raises(client.raiseEvent("nobody", "")), "eventName must be a valid string.");
});

test("an event to one that has ended is no error", async () => {
  await start("over", 0);
  await ended("over");
  assert.equal(await client.raiseEvent("over", "Go", 1), undefined);
});

test("events are kept while an instance is suspended", async () => {
  await start("kept", 2);
  await client.suspend("kept", "lunch");
  await client.raiseEvent("kept", "Go", 1);
  await client.raiseEvent("kept", "Go", 2);
  assert.equal((await client.getStatus("kept")).runtimeStatus, "Suspended");
  await client.resume("kept", "back");
  assert.deepEqual((await ended("kept")).output, [1, 2]);
});

test("a reason arrives as far as this client escapes it", async () => {
  // An ampersand or a hash ends it, a plus sign is a space.
  await start("told");
  await client.suspend("told", "1+1 & more");
  await client.resume("told", "café # more");
  await client.terminate("told", "夜 100 %");
  const { runtimeStatus, output, history } = await ended("told", { showHistory: true, showInput: true });
  assert.deepEqual([runtimeStatus, output], ["Terminated", "夜 100 %"]);
  assert.deepEqual(
    history.slice(1).map((row) => [row.EventType, row.Reason ?? row.Input]),
    [
      ["ExecutionSuspended", "1 1 "],
      ["ExecutionResumed", "café "],
      ["ExecutionTerminated", "夜 100 %"],
    ],
  );
});

test("to suspend or resume twice is no error", async () => {
  await start("twice");
  await waits("twice");
  for (const [verb, expected] of [
    ["suspend", "Suspended"],
    ["resume", "Running"],
  ]) {
    await TELL[verb]("twice", "once");
    await TELL[verb]("twice", "again");
    assert.equal((await client.getStatus("twice")).runtimeStatus, expected);
  }
});

test("what has ended is left alone", async () => {
  await start("over", 0);
  const before = await ended("over");
  for (const tell of Object.values(TELL)) assert.equal(await tell("over", "too late"), undefined);
  assert.deepEqual(await client.getStatus("over"), before);
});

test("to tell nobody is an error", async () => {
  for (const tell of Object.values(TELL)) {
    assert.equal(await raises(tell("nobody", "why")), "No instance with ID 'nobody' found.");
  }
});
