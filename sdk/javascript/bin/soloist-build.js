#!/usr/bin/env node
import { argv, exit } from "node:process";

import { main } from "../src/build/cli.js";

exit(await main(argv.slice(2)));
