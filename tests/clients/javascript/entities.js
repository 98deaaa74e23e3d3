"use strict";
// Entities, which the host does not have: whoever asks for one is told so.

const assert = require("node:assert/strict");
const test = require("node:test");
const { BINDING, MODE, client, contextOf, df, raises, unexpected } = require("./case.js");

const COUNTER = new df.EntityId("Counter", "c1");
const SENTENCE = "This host does not support entities yet.";
const REFUSED = unexpected(501, {
  Message: SENTENCE,
  ExceptionMessage: SENTENCE,
  ExceptionType: "System.NotImplementedException",
});

// By the templates this client asks for entities only where a key is required.
const asking = MODE === "rpc" ? client : df.getClient(contextOf({ ...BINDING, requiredQueryStringParameters: "code=K" }));

test("a signal is refused", async () => {
  for (const data of [undefined, 5]) {
    const options = { taskHubName: "Hub", connectionName: "Storage" };
    assert.equal(await raises(asking.signalEntity(COUNTER, "add", data, options)), REFUSED);
  }
});

test("a state cannot be read", async () => {
  assert.equal(await raises(asking.readEntityState(COUNTER)), REFUSED);
});

test("without a key, by the templates, this client does not even ask", { skip: MODE === "rpc" }, async () => {
  const said = await raises(client.readEntityState(COUNTER));
  assert.equal(said, "Cannot use the readEntityState API with this version of the Durable Task Extension.");
});
