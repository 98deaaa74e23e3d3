import assert from "node:assert/strict";
import { test } from "node:test";

import { Durable, err, failure, load, ok, orchestrate } from "./host.js";

test("tasks in sequence cost one crossing each", async () => {
  const durable = new Durable();
  const output = await orchestrate(
    `return [await ctx.callActivity("a", { x: 1 }), await ctx.callActivity("b")];`,
    durable,
  );
  assert.deepEqual(output, [0, 1]);
  assert.deepEqual(durable.crossings, ["task 0", "task 1"]);
  assert.deepEqual(durable.tasks.map(({ args }) => args), [["a", '{"x":1}', undefined], ["b", "null", undefined]]);
});

test("Promise.all gives answers in order, whatever their order in history", async () => {
  const durable = new Durable({ order: [2, 0, 1] });
  const body = `return Promise.all([1, 2, 3].map((n) => ctx.callActivity("a", n)));`;
  assert.deepEqual(await orchestrate(body, durable), [0, 1, 2]);
});

test("of chains side by side each goes on when history has its answer", async () => {
  // The second chain ends before the first has its first answer.
  const durable = new Durable({ order: [1, 2, 0, 3] });
  const body = `
    const seen = [];
    const chain = async (name) => {
      await ctx.callActivity(name + "1");
      seen.push(name + "1");
      await ctx.callActivity(name + "2");
      seen.push(name + "2");
    };
    await Promise.all([chain("a"), chain("b")]);
    return seen;`;
  assert.deepEqual(await orchestrate(body, durable), ["b1", "b2", "a1", "a2"]);
});

test("Promise.race takes the answer that stands first in history", async () => {
  const body = `return Promise.race([ctx.waitForEvent("Go"), ctx.createTimerAfter(5).then(() => "late")]);`;
  assert.equal(await orchestrate(body, new Durable({ order: [1] })), "late");
  assert.equal(await orchestrate(body, new Durable({ order: [0, 1] })), 0);
});

test("awaitAny gives the task, also of one that failed", async () => {
  const durable = new Durable({ order: [1, 0], answer: ({ id }) => (id === 1 ? err("Bad", "no") : ok("fine")) });
  const body = `
    const tasks = [ctx.callActivity("a"), ctx.callActivity("b")];
    const { index, task } = await ctx.awaitAny(tasks);
    const reason = await task.catch((failure) => failure.errorType);
    return [index, task === tasks[1], reason, await tasks[0]];`;
  assert.deepEqual(await orchestrate(body, durable), [1, true, "Bad", "fine"]);
});

test("awaitAny asks the host which of the answered was first", async () => {
  const durable = new Durable({ order: [1, 0] });
  const body = `
    const tasks = [ctx.callActivity("a"), ctx.callActivity("b")];
    await tasks[0];
    return (await ctx.awaitAny(tasks)).index;`;
  assert.equal(await orchestrate(body, durable), 1);
});

test("once a race is over, nobody waits for its losers", async () => {
  const durable = new Durable({ order: [1, 2] });
  const body = `
    const tasks = [ctx.waitForEvent("Go"), ctx.callActivity("a")];
    await ctx.awaitAny(tasks);
    return [await ctx.callActivity("b"), await ctx.tryAwaitAll([tasks[1], tasks[1]])];`;
  assert.deepEqual(await orchestrate(body, durable), [2, [1, 1]]);
  assert.deepEqual(durable.crossings, ["any 0,1", "task 1", "any 0,1", "task 2"]);
});

test("awaitAll beside other code waits for each in turn", async () => {
  const durable = new Durable({ order: [2, 0, 3, 1] });
  const body = `
    const seen = [];
    const all = ctx.tryAwaitAll([ctx.callActivity("a"), ctx.callActivity("b")]).then(() => seen.push("all"));
    const one = (async () => { await ctx.callActivity("c"); await ctx.callActivity("d"); seen.push("one"); })();
    await Promise.all([all, one]);
    return seen;`;
  assert.deepEqual(await orchestrate(body, durable), ["one", "all"]);
});

test("awaitAll crosses once, and gives each its own outcome", async () => {
  const answer = ({ id }) => (id === 1 ? err("Bad", "no") : ok(id));
  const durable = new Durable({ answer });
  const body = `
    const tasks = [0, 1, 2].map((n) => ctx.callActivity("a", n));
    const results = await ctx.awaitAll(tasks);
    return results.map(({ status, value, reason }) => [status, value ?? reason.errorType]);`;
  const expected = [["fulfilled", 0], ["rejected", "Bad"], ["fulfilled", 2]];
  assert.deepEqual(await orchestrate(body, durable), expected);
  assert.deepEqual(durable.crossings, ["all 0,1,2"]);
  const twice = `const task = ctx.callActivity("a"); return ctx.tryAwaitAll([task, task]);`;
  assert.deepEqual(await orchestrate(twice), [0, 0]);

  const all = `return ctx.tryAwaitAll([0, 1, 2].map((n) => ctx.callActivity("a", n)));`;
  assert.equal((await failure(all, new Durable({ answer }))).errorType, "Bad");
});

test("a wait with a limit leaves nothing behind", async () => {
  const body = `return [await ctx.waitForEventWithin("Go", { seconds: 1 })];`;
  const answer = ({ kind }) => ok(kind === "event" ? '{"x":1}' : null);
  const early = new Durable({ order: [0], answer });
  assert.deepEqual(await orchestrate(body, early), [{ x: 1 }]);
  assert.deepEqual(early.told, [["cancel", 1]]);
  assert.deepEqual(early.tasks[1].args, [2_000]);
  const late = new Durable({ order: [1], answer });
  assert.deepEqual(await orchestrate(body, late), [null]);
  assert.deepEqual(late.told, [["cancel", 0]]);
});

test("what a failed task throws keeps all four parts", async () => {
  const answer = () => err("Declined", "no funds", { details: "card 1", nonRetriable: true });
  const body = `
    try { await ctx.callActivity("pay"); } catch (failure) { return [failure instanceof Failure, failure]; }`;
  const parts = { errorType: "Declined", message: "no funds", details: "card 1", nonRetriable: true };
  assert.deepEqual(await orchestrate(body, new Durable({ answer })), [true, parts]);
  assert.deepEqual(await failure(`await ctx.callActivity("pay");`, new Durable({ answer })), parts);
});

test("an error that leaves the function is a failure of its class", async () => {
  const thrown = await failure(`class Broken extends Error {} throw new Broken("boom");`);
  assert.equal(thrown.errorType, "Broken");
  assert.equal(thrown.message, "boom");
  assert.match(thrown.details, /:\d+:\d+/);
  assert.equal((await failure(`null.x;`)).errorType, "TypeError");
  assert.equal((await failure(`throw "just text";`)).message, "just text");
  assert.equal((await failure(`return 1n;`)).errorType, "InvalidOutput");
});

test("what nothing can settle is a failure, not a trap", async () => {
  assert.equal((await failure(`await new Promise(() => {});`)).errorType, "NeverSettled");
});

test("continue as new drops what comes after it", async () => {
  const durable = new Durable();
  assert.equal(await orchestrate(`ctx.continueAsNew({ n: 1 }, { keepEvents: false }); throw 1;`, durable), null);
  assert.deepEqual(durable.told, [["continueAsNew", '{"n":1}', false]]);
});

test("setTimeout is a durable timer, and clearTimeout gives it up", async () => {
  const durable = new Durable();
  const body = `
    clearTimeout(setTimeout(() => { throw 1; }, 9));
    return new Promise((resolve) => setTimeout(resolve, 50, "woken"));`;
  assert.equal(await orchestrate(body, durable), "woken");
  assert.deepEqual(durable.tasks.map(({ args }) => args), [[1_009], [1_050]]);
  assert.deepEqual(durable.told, [["cancel", 0]]);
});

test("what a callback throws goes to the log", async () => {
  const durable = new Durable();
  const body = `
    queueMicrotask(() => { throw new Error("one"); });
    setTimeout(() => { throw "two"; }, 5);
    await ctx.callActivity("a");
    return "alive";`;
  assert.equal(await orchestrate(body, durable), "alive");
  const logged = durable.told.map(([, level, text]) => [level, text.split("\n")[0]]);
  assert.deepEqual(logged, [["error", "Error: one"], ["error", "two"]]);
});

test("random numbers are those of the execution", async () => {
  const body = `return [Math.random(), Math.random()];`;
  const [one, two] = await orchestrate(body);
  assert.notEqual(one, two);
  assert.deepEqual(await orchestrate(body), [one, two]);
});

test("a policy crosses in milliseconds", async () => {
  const durable = new Durable();
  const body = `
    await ctx.callActivity("a", 1, { maxAttempts: 3, firstRetryInterval: { seconds: 1 }, retryTimeout: { hours: 1 } });
    await ctx.callOrchestrator("b", 2, { instanceId: "kid" });`;
  await orchestrate(body, durable);
  assert.deepEqual({ ...durable.tasks[0].args[2] }, {
    maxAttempts: 3,
    firstRetryInterval: 1_000,
    backoffCoefficient: 1,
    maxRetryInterval: undefined,
    retryTimeout: 3_600_000,
    attemptTimeout: undefined,
  });
  assert.deepEqual(durable.tasks[1].args, ["b", "2", "kid", undefined]);
});

test("functions are found by name, and an unknown name lists them", async () => {
  const source = `
    import { activities, orchestrators } from "soloist-sdk";
    orchestrators({ one: () => 1, two: async () => 2 });
    activities({ three: (ctx, input) => [ctx.attempt, input] });
  `;
  const activity = { functionName: () => "three", attempt: () => 2, taskKey: () => "k", instanceId: () => "i" };
  const exports = await load(source, { durable: new Durable({ name: "two" }), activity });
  assert.equal(exports.orchestrator.run("null"), "2");
  // An activity's input comes from an orchestrator, which encodes it once.
  assert.equal(exports.activity.run('"[1]"'), '[2,"[1]"]');
  const other = await load(source, { durable: new Durable({ name: "four" }), activity });
  assert.throws(() => other.orchestrator.run("null"), {
    errorType: "UnknownFunction",
    message: "this component does not serve `four`, but one, two",
  });
});
