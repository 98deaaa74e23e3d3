import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { parse } from "../src/build/cli.js";
import { Failure, toHost } from "../src/failure.js";
import { decodeFromOutside, encode } from "../src/json.js";
import { Registry } from "../src/registry.js";
import { milliseconds, retryPolicy, timestamp } from "../src/time.js";
import { load } from "./host.js";

test("what was encoded twice is read as what it holds, unless that is text or a number", () => {
  assert.deepEqual(decodeFromOutside('"[1,2]"'), [1, 2]);
  assert.deepEqual(decodeFromOutside('"{\\"a\\":1}"'), { a: 1 });
  assert.deepEqual(decodeFromOutside("[1,2]"), [1, 2]);
  assert.equal(decodeFromOutside('"5"'), "5");
  assert.equal(decodeFromOutside('"[sic]"'), "[sic]");
  assert.equal(encode(undefined), "null");
});

test("lengths and moments are whole milliseconds, rounded up", () => {
  assert.equal(milliseconds(1.2), 2);
  assert.equal(milliseconds({ days: 1, hours: 1, minutes: 1, seconds: 1, milliseconds: 1 }), 90_061_001);
  assert.throws(() => milliseconds({ weeks: 1 }), /not a length of time/);
  assert.throws(() => milliseconds("1s"), /not a length of time/);
  assert.throws(() => milliseconds(NaN), /not a length of time/);
  assert.equal(timestamp(new Date(5)), 5);
  assert.equal(timestamp("2026-11-24T12:00:00Z"), 1_795_521_600_000);
  assert.throws(() => timestamp("noon"), /not a moment/);
});

test("a policy without attempts is refused", () => {
  assert.equal(retryPolicy(undefined), undefined);
  assert.throws(() => retryPolicy({ firstRetryInterval: 1 }), /maxAttempts/);
  assert.throws(() => retryPolicy({ maxAttempts: 2 }), /not a length/);
});

test("the class of an error is its type, its causes are in the details", () => {
  class Mine extends Error {}
  const { errorType, details } = toHost(new Mine("outer", { cause: new RangeError("inner") }));
  assert.equal(errorType, "Mine");
  assert.match(details, /caused by: RangeError: inner/);
  const named = Object.assign(new Error("x"), { name: "AbortError" });
  assert.equal(toHost(named).errorType, "AbortError");
  assert.deepEqual(toHost({ a: 1 }).message, '{"a":1}');
  const failure = new Failure("Declined", "no", { details: "d", nonRetriable: true });
  assert.deepEqual(toHost(failure), { errorType: "Declined", message: "no", details: "d", nonRetriable: true });
});

test("a name is given once", () => {
  const registry = new Registry("activity");
  registry.add("a", () => 1);
  assert.throws(() => registry.add("a", () => 2), /two activity functions are called a/);
  assert.throws(() => registry.add("b"), /by a function/);
  const rest = registry.add(() => 3);
  assert.equal(registry.find("anything"), rest);
  assert.throws(() => registry.add(() => 4), /have no name/);
});

test("the command knows its arguments", () => {
  assert.deepEqual(parse(["src/app.ts"]), { source: "src/app.ts", output: "app.wasm", engine: "quickjs" });
  const options = { source: "a.js", output: "b.wasm", engine: "starlingmonkey" };
  assert.deepEqual(parse(["a.js", "-o", "b.wasm", "--engine", "starlingmonkey"]), options);
  assert.throws(() => parse([]), /one source file/);
  assert.throws(() => parse(["a.js", "--engine", "v8"]), /no engine v8/);
});

test("a component exports what its source registers, and no more", async () => {
  const exported = async (source) => Object.keys(await load(source, {}));
  const use = (names) => `import { ${names} } from "soloist-sdk";`;
  assert.deepEqual(await exported(`${use("orchestrator")} orchestrator(() => 1);`), ["orchestrator"]);
  assert.deepEqual(await exported(`${use("activity")} activity(() => 1);`), ["activity"]);
  await assert.rejects(exported("export const a = 1;"), /registers nothing/);
  await assert.rejects(exported("const a = ;"), /guest\.js:1: Unexpected/);
});

const wit = new URL("../soloist.wit", import.meta.url);
const original = new URL("../../../wit/soloist.wit", import.meta.url);

test("the WIT of the package is the one of the project", { skip: !existsSync(original) }, () => {
  assert.equal(readFileSync(wit, "utf8"), readFileSync(original, "utf8"));
});
