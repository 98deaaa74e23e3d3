import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";

import { orchestrate } from "./host.js";

/** Programs that note the order in which things happen: ours must be that of the engine. */
const PROGRAMS = {
  "jobs run in the order of their making": `
    Promise.resolve().then(() => note("a")).then(() => note("b"));
    Promise.resolve().then(() => note("c"));
    queueMicrotask(() => note("d"));
    note("e");`,
  "a thenable is adopted": `
    note(await { then(resolve) { note("asked"); resolve("answered"); resolve("again"); } });
    note(await Promise.resolve({ then(_, reject) { reject("refused"); } }).catch((error) => error));`,
  "finally passes on what came": `
    note(await Promise.resolve(1).finally(() => 2));
    note(await Promise.reject(3).finally(() => 4).catch((error) => error));
    note(await Promise.resolve(5).finally(() => { throw 6; }).catch((error) => error));`,
  "combinators": `
    const later = (value, turns) => turns ? Promise.resolve().then(() => later(value, turns - 1)) : value;
    const fail = (error, turns) => Promise.resolve(later(0, turns)).then(() => { throw error; });
    note(await Promise.all([later(1, 3), 2, later(3, 1)]));
    note(await Promise.all([later(1, 5), fail("x", 1), fail("y", 0)]).catch((error) => error));
    note(await Promise.all([]));
    note(await Promise.allSettled([later(1, 2), fail("x", 1)]));
    note(await Promise.any([fail("x", 0), later(1, 4), later(2, 2)]));
    note(await Promise.any([fail("x", 1), fail("y", 0)]).catch((error) => error.errors));
    note(await Promise.any([]).catch((error) => error.errors));
    note(await Promise.race([later(1, 3), later(2, 1)]));`,
  "errors": `
    note(await new Promise(() => { throw "thrown"; }).catch((error) => error));
    note(await new Promise((resolve) => { resolve(1); throw 2; }));
    try { new Promise(1); } catch (error) { note(error.name); }
    let resolve; const loop = new Promise((r) => { resolve = r; }); resolve(loop);
    note(await loop.catch((error) => error.name));`,
  "generators that await": `
    async function* count() { try { yield 1; yield await Promise.resolve(2); } finally { note("closed"); } }
    for await (const n of count()) note(n);
    for await (const n of count()) { note(n); break; }
    for await (const n of [Promise.resolve(7), 8]) note(n);`,
};

for (const [name, program] of Object.entries(PROGRAMS)) {
  test(name, async () => {
    const wrapped = `const notes = []; const note = (what) => notes.push(what);
      await (async () => { ${program} })();
      for (let k = 0; k < 9; k += 1) await 0;
      return notes;`;
    const context = vm.createContext({ queueMicrotask });
    const native = await vm.runInContext(`(async () => { ${wrapped} })()`, context);
    assert.deepEqual(await orchestrate(wrapped), JSON.parse(JSON.stringify(native)));
  });
}
