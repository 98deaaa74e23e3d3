// What JavaScript's own means tell an orchestrator: clocks, random numbers, console, setTimeout.
import { awaitTask, currentTime, setCustomStatus, waitForEvent } from "soloist:orchestration/durable@0.1.0";

function read() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return {
    wallMs: Date.now(),
    // Since the engine began.
    monotonicMs: performance.now(),
    random: [Math.random(), Math.random(), Math.random()],
    bytes: Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    uuid: crypto.randomUUID(),
  };
}

// There is no file and no socket to try: the language has none here.
function seen() {
  return { file: null, socket: null, env: Object.keys(globalThis.process?.env ?? {}), args: [] };
}

async function native(input) {
  const { sleepMs = 0, tryRefused = false } = input ?? {};
  const before = read();
  const durable = [currentTime()];
  console.log(`before ${JSON.stringify(before)}`);
  setCustomStatus(JSON.stringify(before));

  awaitTask(waitForEvent("go"));
  const after = read();
  durable.push(currentTime());

  await new Promise((resolve) => setTimeout(resolve, sleepMs));
  const slept = read();
  durable.push(currentTime());
  console.error(`slept ${JSON.stringify(slept)}`);
  return { before, after, slept, durable, refused: tryRefused ? seen() : null };
}

export const orchestrator = {
  async run(input) {
    return JSON.stringify(await native(JSON.parse(input)));
  },
};
