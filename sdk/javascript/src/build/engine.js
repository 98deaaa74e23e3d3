// Puts an engine around a module.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const WIT = fileURLToPath(new URL("../../soloist.wit", import.meta.url));

/** Each engine, and whether promises of its own are ever settled. */
export const ENGINES = {
  quickjs: { hasEventLoop: false, componentize: withQuickJs },
  starlingmonkey: { hasEventLoop: true, componentize: withStarlingMonkey },
};

/** The component. */
export function makeComponent(engine, { text, name, kinds }) {
  const world = kinds.length > 1 ? "application" : `${kinds[0]}-module`;
  return ENGINES[engine].componentize(text, name, world, kinds);
}

async function withQuickJs(jsSource, name, world) {
  const { componentize } = await import("componentize-qjs");
  return inFolder(async (folder) => {
    const jsPath = join(folder, name);
    await writeFile(jsPath, jsSource);
    const options = { witPath: WIT, jsSource, jsPath, moduleRoot: folder, world, sync: true };
    return (await componentize(options)).component;
  });
}

async function withStarlingMonkey(source, name, worldName, kinds) {
  const { componentize } = await starlingMonkey();
  // Only an activity may have HTTP; none answers HTTP.
  const disableFeatures = kinds.includes("activity") ? ["fetch-event"] : ["http", "fetch-event"];
  return inFolder(async (folder) => {
    const sourcePath = join(folder, name);
    await writeFile(sourcePath, source);
    return (await componentize({ sourcePath, witPath: WIT, worldName, disableFeatures })).component;
  });
}

async function starlingMonkey() {
  const name = "@bytecodealliance/componentize-js";
  try {
    return await import(name);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    // The second brings a package that the first needs and does not ask for.
    const packages = `${name}@0.23.0 @bytecodealliance/jco@1.15.4`;
    throw new Error(`the engine starlingmonkey is not installed; run: npm install --install-links ${packages}`);
  }
}

async function inFolder(act) {
  const folder = await mkdtemp(join(tmpdir(), "soloist-build-"));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
