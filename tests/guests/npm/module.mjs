// Makes a component of a core module for WASI preview 1. Arguments: the module, the WIT, the world, the component to write.
import { readFile, writeFile } from "node:fs/promises";
import { argv } from "node:process";

import { componentEmbed, componentNew, preview1AdapterReactorPath } from "@bytecodealliance/jco";

const [modulePath, witPath, worldName, output] = argv.slice(2);
const binary = await readFile(modulePath);
const witSource = await readFile(witPath, "utf8");
const typed = await componentEmbed({ binary, witSource, world: worldName });
const adapter = await readFile(preview1AdapterReactorPath());
await writeFile(output, await componentNew(typed, [["wasi_snapshot_preview1", adapter]]));
