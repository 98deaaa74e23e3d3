// The command `soloist-build`.
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseArgs } from "node:util";

import { bundle } from "./bundle.js";
import { ENGINES, makeComponent } from "./engine.js";

const USAGE = `usage: soloist-build SOURCE [-o COMPONENT] [--engine quickjs|starlingmonkey]

Makes a component of a JavaScript or TypeScript file and all that it imports.

  -o, --output COMPONENT   the file to write; without it, the source's name with .wasm, here
  --engine ENGINE          quickjs, the default: small and quick, the language and nothing else;
                           starlingmonkey: 12 MB, with fetch, URL, TextEncoder, crypto, setTimeout`;

/** Returns the exit code: 0, 1 if it cannot be built, 2 for wrong usage. */
export async function main(args) {
  let options;
  try {
    options = parse(args);
  } catch (error) {
    console.error(`soloist-build: ${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  try {
    const { source, output, engine } = options;
    const bundled = await bundle(source, { hasEventLoop: ENGINES[engine].hasEventLoop });
    const component = await makeComponent(engine, bundled);
    await writeFile(output, component);
    console.error(`${output}: ${bundled.kinds.join(" and ")}, ${Math.ceil(component.length / 1024)} KiB, ${engine}`);
    return 0;
  } catch (error) {
    console.error(`soloist-build: ${error.message}`);
    return 1;
  }
}

/** Throws an error with one sentence where the arguments are wrong. */
export function parse(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      output: { type: "string", short: "o" },
      engine: { type: "string", default: "quickjs" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return { help: true };
  if (positionals.length !== 1) throw new Error("name one source file");
  if (!Object.hasOwn(ENGINES, values.engine)) {
    throw new Error(`there is no engine ${values.engine}; there are ${Object.keys(ENGINES).join(" and ")}`);
  }
  const [source] = positionals;
  const output = values.output ?? `${basename(source).replace(/\.[cm]?[jt]sx?$/, "")}.wasm`;
  return { source, output, engine: values.engine };
}
