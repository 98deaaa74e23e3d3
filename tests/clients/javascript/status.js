"use strict";
// The status of one instance, in each state that it can be in.

const assert = require("node:assert/strict");
const test = require("node:test");
const { MODE, ORIGIN, client, ended, eventually, raises, waits } = require("./case.js");

const WHOLE = { showHistory: true, showHistoryOutput: true, showInput: true };

test("what is unknown is an error", async () => {
  for (const id of ["nobody", "@entity", "x".repeat(257)]) {
    const said = await raises(client.getStatus(id));
    assert.ok(said.includes("HTTP 404"), said);
    assert.ok(said.endsWith(`the instanceId provided: ${id}.`), said);
  }
});

test("running says who, since when, and no more", async () => {
  const before = Math.floor(Date.now() / 1000) * 1000;
  await client.startNew("events", { instanceId: "runs", input: { n: 1 } });
  await waits("runs");
  const status = await client.getStatus("runs");
  assert.deepEqual([status.name, status.instanceId, status.runtimeStatus], ["events", "runs", "Running"]);
  assert.deepEqual([status.output, status.customStatus, status.history], [null, null, undefined]);
  assert.ok(before <= status.createdTime.getTime());
  assert.ok(status.createdTime <= status.lastUpdatedTime);
  assert.ok(status.lastUpdatedTime.getTime() <= Date.now());
  assert.equal(status.createdTime.getMilliseconds(), 0);
  assert.deepEqual(status.input, { n: 1 });
  // By RPC this client drops `showInput: false`, so that the input is always there.
  const { input } = await client.getStatus("runs", { showInput: false });
  assert.deepEqual(input, MODE === "rpc" ? { n: 1 } : null);
});

test("pending has no history", async () => {
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const reply = await fetch(`${ORIGIN}/api/orchestrators/events/later?startAt=${at}`, { method: "POST" });
  assert.equal(reply.status, 202);
  const status = await client.getStatus("later", WHOLE);
  assert.deepEqual([status.runtimeStatus, status.history], ["Pending", undefined]);
});

test("suspended is running again once it is resumed", async () => {
  await client.startNew("events", { instanceId: "rests", input: { n: 1 } });
  await waits("rests");
  await client.suspend("rests", "lunch");
  assert.equal((await client.getStatus("rests")).runtimeStatus, "Suspended");
  await client.resume("rests", "back");
  assert.equal((await client.getStatus("rests")).runtimeStatus, "Running");
});

test("completed has its output and its history", async () => {
  await client.startNew("double", { instanceId: "done", input: { n: 2 } });
  assert.equal((await ended("done")).output, 4);
  const [started, called, completed] = (await client.getStatus("done", WHOLE)).history;
  assert.deepEqual(
    [started.EventType, started.FunctionName, started.Input],
    ["ExecutionStarted", "double", '{"n":2}'],
  );
  assert.deepEqual(
    [called.EventType, called.FunctionName, called.Input, called.Result],
    ["TaskCompleted", "echo", "4", 4],
  );
  assert.ok(called.ScheduledTime <= called.Timestamp);
  assert.match(called.Timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
  assert.deepEqual(
    [completed.EventType, completed.OrchestrationStatus, completed.Result],
    ["ExecutionCompleted", "Completed", 4],
  );
});

test("a history without outputs has none", async () => {
  await client.startNew("double", { instanceId: "brief", input: { n: 2 } });
  await ended("brief");
  const { history } = await client.getStatus("brief", { showHistory: true });
  assert.deepEqual(
    history.map((row) => row.Result),
    [undefined, undefined, undefined],
  );
});

test("failed says why", async () => {
  await client.startNew("fails", { instanceId: "failed", input: { message: "no funds", details: "card 1" } });
  const { runtimeStatus, output, history } = await ended("failed", WHOLE);
  assert.deepEqual([runtimeStatus, output], ["Failed", "Orchestrator function 'fails' failed: no funds"]);
  const end = history.at(-1);
  assert.deepEqual(
    [end.EventType, end.OrchestrationStatus, end.Result],
    ["ExecutionCompleted", "Failed", output],
  );
  assert.deepEqual([end.FailureDetails.ErrorType, end.FailureDetails.ErrorMessage], ["Declined", "no funds"]);
});

test("terminated gives the reason", async () => {
  await client.startNew("events", { instanceId: "stopped", input: { n: 1 } });
  await client.terminate("stopped", "no more");
  const { runtimeStatus, output, history } = await ended("stopped", WHOLE);
  assert.deepEqual([runtimeStatus, output], ["Terminated", "no more"]);
  assert.deepEqual([history.at(-1).EventType, history.at(-1).Input], ["ExecutionTerminated", "no more"]);
});

test("a custom status is what the orchestrator set last", async () => {
  await client.startNew("status", { instanceId: "steps" });
  for (const step of [1, 2]) {
    await eventually(`step ${step}`, async () => (await client.getStatus("steps")).customStatus?.step === step);
    await client.raiseEvent("steps", "Go");
  }
  assert.deepEqual((await ended("steps")).customStatus, { step: 2 });
});

test("what continued as new is one instance", async () => {
  await client.startNew("counter", { instanceId: "counts", input: { until: 3 } });
  const { runtimeStatus, output, input, history } = await ended("counts", WHOLE);
  assert.deepEqual([runtimeStatus, output], ["Completed", 3]);
  // The last execution is shown, with the input that it went on with.
  assert.equal(history[0].Generation, 3);
  assert.notDeepEqual(input, { until: 3 });
});
