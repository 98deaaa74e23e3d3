"use strict";
// Rewind. To restart, this client has no call: its links have the URL.

const assert = require("node:assert/strict");
const { readFile } = require("node:fs/promises");
const test = require("node:test");
const { ORIGIN, client, ended, raises } = require("./case.js");

test("a failed instance goes on once its activity is there", async () => {
  await client.startNew("chain-rust", { instanceId: "failed", input: { activity: "echo-rust", n: 2 } });
  assert.equal((await ended("failed")).runtimeStatus, "Failed");
  const body = await readFile(process.env.GUEST_ACTIVITIES);
  const deployed = await fetch(`${ORIGIN}/admin/functions/echo-rust?kind=activity`, { method: "PUT", body });
  assert.ok(deployed.ok, await deployed.text());
  // This client does not escape the reason: an ampersand ends it, a plus sign is a space.
  await client.rewind("failed", "fixed+bug & deployed", { taskHubName: "Other", connectionName: "Storage2" });
  const { runtimeStatus, output, history } = await ended("failed", { showHistory: true });
  assert.deepEqual([runtimeStatus, output], ["Completed", [0, 1]]);
  const rewound = history.filter((row) => row.EventType === "ExecutionRewound");
  assert.deepEqual(
    rewound.map((row) => row.Reason),
    ["fixed bug "],
  );
});

test("only what has failed is rewound", async () => {
  await client.startNew("events", { instanceId: "runs", input: { n: 1 } });
  await client.startNew("events", { instanceId: "done", input: { n: 0 } });
  await ended("done");
  await client.startNew("events", { instanceId: "stopped", input: { n: 1 } });
  await client.terminate("stopped", "enough");
  await ended("stopped");
  for (const id of ["runs", "done", "stopped"]) {
    assert.equal(
      await raises(client.rewind(id, "why")),
      `Only a failed instance can be rewound, and '${id}' has not failed.`,
    );
  }
  assert.equal(await raises(client.rewind("nobody", "why")), "No instance with ID 'nobody' found.");
});

test("its links restart an instance, and wait for it", async () => {
  await client.startNew("double", { instanceId: "one", input: { n: 4 } });
  await ended("one");
  const { restartPostUri } = client.createHttpManagementPayload("one");
  const restarted = await fetch(restartPostUri, { method: "POST" });
  assert.equal(restarted.status, 202);
  const { id } = await restarted.json();
  assert.match(id, /^[0-9a-f]{32}$/);
  const { name, input, output } = await ended(id);
  assert.deepEqual([name, input, output], ["double", { n: 4 }, 8]);

  const options = "&restartWithNewInstanceId=false&timeout=60&pollingInterval=1";
  const waited = await fetch(restartPostUri + options, { method: "POST" });
  assert.deepEqual([waited.status, await waited.json()], [200, 8]);
});
