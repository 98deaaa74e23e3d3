// Makes one ES module of a source file, all that it imports, and the SDK.
import { access } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const SDK = fileURLToPath(new URL("../../", import.meta.url));
const HOST = "soloist:orchestration/*";

/** What a component of each kind exports, and what of the host it needs. */
const KINDS = {
  orchestrator: { module: "src/orchestrator.js", serve: "serveOrchestrators", host: "durable" },
  activity: { module: "src/activity.js", serve: "serveActivities", host: "activity-context" },
};

/** The text of the module, and the kinds of functions that the source registers. */
export async function bundle(source, { hasEventLoop }) {
  const path = resolve(source);
  await access(path).catch(() => {
    throw new Error(`there is no file ${source}`);
  });
  const kinds = kindsOf(await esbuild(path, `import ${JSON.stringify(path)};`));
  if (kinds.length === 0) {
    throw new Error(`${source} registers nothing: call orchestrator() or activity() of soloist-sdk in it`);
  }
  const { outputFiles } = await esbuild(path, entry(path, kinds, hasEventLoop));
  return { text: outputFiles[0].text, name: `${basename(path).replace(/\.\w+$/, "")}.js`, kinds };
}

/** The kinds whose modules are still there when all that is not used has gone. */
function kindsOf({ metafile }) {
  const [{ inputs }] = Object.values(metafile.outputs);
  const kept = Object.keys(inputs).filter((input) => inputs[input].bytesInOutput > 0);
  return Object.keys(KINDS).filter((kind) => {
    const module = join(SDK, KINDS[kind].module);
    return kept.some((input) => resolve(SDK, input) === module);
  });
}

function entry(path, kinds, hasEventLoop) {
  const sdk = (file) => JSON.stringify(join(SDK, file));
  const lines = [`import ${sdk("src/install.js")};`, `import ${JSON.stringify(path)};`];
  for (const kind of kinds) {
    const { module, serve, host } = KINDS[kind];
    lines.push(
      `import { ${serve} } from ${sdk(module)};`,
      `import * as ${kind}Host from "soloist:orchestration/${host}@0.1.0";`,
      `export const ${kind} = ${serve}(${kind}Host, { hasEventLoop: ${hasEventLoop} });`,
    );
  }
  return lines.join("\n");
}

async function esbuild(path, contents) {
  try {
    return await build({
      stdin: { contents, resolveDir: dirname(path), sourcefile: "soloist-entry.js" },
      // Paths are told from here, so that the same source gives the same bytes in every folder.
      absWorkingDir: SDK,
      alias: { "soloist-sdk": join(SDK, "index.js") },
      external: [HOST],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["import", "default"],
      target: "es2022",
      // Onto our own Promise: see ../queue.js.
      supported: { "async-await": false, "async-generator": false, "for-await": false },
      legalComments: "none",
      logLevel: "silent",
    });
  } catch (error) {
    throw new Error(told(error));
  }
}

/** Each error of esbuild, with its place. */
function told(error) {
  const errors = error.errors ?? [];
  if (errors.length === 0) return error.message;
  return errors
    .map(({ text, location }) => (location ? `${location.file}:${location.line}: ${text}` : text))
    .join("\n");
}
