// Puts an engine around one source file. Arguments: the source, the WIT, the world, the component to write.
import { writeFile } from "node:fs/promises";
import { argv } from "node:process";

import { componentize } from "@bytecodealliance/componentize-js";

const [sourcePath, witPath, worldName, output] = argv.slice(2);
// Clocks, random numbers and stdio stay: what they ask for is WASI.
const { component } = await componentize({ sourcePath, witPath, worldName, disableFeatures: ["http", "fetch-event"] });
await writeFile(output, component);
