"use strict";
// Starts: what is sent, what comes back, and what is refused.

const assert = require("node:assert/strict");
const test = require("node:test");
const { client, ended, exists, raises, refused, unexpected } = require("./case.js");

test("a start returns the ID that it was given", async () => {
  assert.equal(await client.startNew("events", { instanceId: "own", input: { n: 0 } }), "own");
  const { name, instanceId, output } = await ended("own");
  assert.deepEqual([name, instanceId, output], ["events", "own", []]);
});

test("a start without an ID returns a new one", async () => {
  const first = await client.startNew("events", { input: { n: 0 } });
  const second = await client.startNew("events", { input: { n: 0 } });
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.notEqual(first, second);
  assert.equal((await ended(first)).instanceId, first);
});

test("a start without an input has the empty text", async () => {
  await client.startNew("events", { instanceId: "bare" });
  assert.equal((await client.getStatus("bare")).input, "");
  // The SDK reads that as no input.
  await client.raiseEvent("bare", "Go", 1);
  assert.deepEqual((await ended("bare")).output, [1]);
  await client.startNew("status", { instanceId: "null", input: null });
  assert.equal((await client.getStatus("null")).input, null);
});

test("an input is shown and read as it was given", async () => {
  await client.startNew("double", { instanceId: "once", input: { n: 21 } });
  const { input, output } = await ended("once");
  assert.deepEqual([input, output], [{ n: 21 }, 42]);
});

test("IDs and inputs are text of any script", async () => {
  const text = "größe 夜 🌙 50+1";
  assert.equal(await client.startNew("events", { instanceId: text, input: { n: 1, name: text } }), text);
  await client.raiseEvent(text, text, text);
  const status = await ended(text);
  assert.equal(status.instanceId, text);
  assert.deepEqual(status.input, { n: 1, name: text });
  assert.deepEqual(status.output, [text]);
});

test("a version is taken and means nothing", async () => {
  await client.startNew("events", { instanceId: "old", input: { n: 0 }, version: "1.0 & more" });
  const id = await client.startNew("events", { input: { n: 0 }, version: "2.0" });
  for (const each of ["old", id]) assert.equal((await ended(each)).runtimeStatus, "Completed");
});

test("a live ID is refused with the sentence", async () => {
  const start = (n) => client.startNew("events", { instanceId: "live", input: { n } });
  await start(1);
  const said = await raises(start(7));
  assert.ok(said.includes(exists("live")), said);
  assert.equal(said, refused("live"));
  await client.suspend("live", "a suspended one is as live");
  assert.equal(await raises(start(7)), refused("live"));
  await client.resume("live", "");
  await client.raiseEvent("live", "Go", "first");
  assert.deepEqual((await ended("live")).output, ["first"]);
});

test("an ID that has ended is started anew", async () => {
  const start = (name, input) => client.startNew(name, { instanceId: "again", input });
  await start("events", { n: 0 });
  await ended("again");
  await start("fails", { message: "no" });
  assert.equal((await ended("again")).runtimeStatus, "Failed");
  await start("events", { n: 1 });
  await client.terminate("again", "enough");
  assert.equal((await ended("again")).runtimeStatus, "Terminated");
  assert.equal(await start("events", { n: 0 }), "again");
  const { runtimeStatus, output } = await ended("again");
  assert.deepEqual([runtimeStatus, output], ["Completed", []]);
});

test("an unknown function is told with those that there are", async () => {
  const said = await raises(client.startNew("Nope", { instanceId: "x" }));
  const sentence =
    "The function 'Nope' doesn't exist, is disabled, or is not an orchestrator function. Additional info: " +
    "The following are the known orchestrator functions: 'approval', 'chain-rust', 'counter', 'double', 'events', " +
    "'fails', 'status'.";
  assert.equal(
    said,
    unexpected(400, {
      Message: "One or more of the arguments submitted is incorrect",
      ExceptionMessage: sentence,
      ExceptionType: "System.ArgumentException",
    }),
  );
});

test("an ID that cannot be is told why", async () => {
  for (const [instanceId, why] of [
    ["@entity", "an instance ID must not begin with '@'"],
    ["x".repeat(257), "an instance ID has at most 256 characters; this one has 257"],
    ["back%5Cslash", "an instance ID must not contain "],
  ]) {
    const said = await raises(client.startNew("events", { instanceId }));
    assert.ok(said.includes(why), said);
  }
  // A slash is another path, which there is not.
  assert.equal(await raises(client.startNew("events", { instanceId: "a/b" })), unexpected(404, ""));
});
