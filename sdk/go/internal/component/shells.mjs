// Makes the shells: components around a module that has every import and export that one of Go's may have, and does nothing.
// soloist-build puts Go's module in its place. Arguments: the WIT, the folder with the WIT of WASI (such as wit/deps of the
// crate wasmtime-wasi-http), the folder to write to. It wants the packages of tests/guests/npm.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { argv } from "node:process";

import { componentEmbed, componentNew, parse, preview1AdapterReactorPath } from "@bytecodealliance/jco";

const [witPath, wasiPath, folder] = argv.slice(2);
// That of the adapter: to ask for no more is to run on more hosts.
const wasi = "0.2.3";

const retry = "i32 i32 f64 f64 i32 f64 i32 f64 i32 f64";
const durable = {
  "call-activity": `i32 i32 i32 i32 ${retry} -> i32`,
  "call-orchestrator": "i32 -> i32",
  "call-http": `i32 i32 ${retry} -> i32`,
  "create-timer": "f64 -> i32",
  "wait-for-event": "i32 i32 -> i32",
  "cancel": "i32",
  "await-task": "i32 i32",
  "await-any": "i32 i32 -> i32",
  "await-all": "i32 i32 i32",
  "send-event": "i32 i32 i32 i32 i32 i32",
  "set-custom-status": "i32 i32",
  "continue-as-new": "i32 i32 i32",
  "instance-id": "i32",
  "function-name": "i32",
  "parent-instance-id": "i32",
  "current-time": "-> f64",
  "new-guid": "i32",
  "is-replaying": "-> i32",
  "log": "i32 i32 i32",
};
const activity = { "function-name": "i32", "instance-id": "i32", "task-key": "i32", "attempt": "-> i32" };

// All that packages syscall and runtime of Go ask of WASI.
const preview1 = {
  args_get: "i32 i32 -> i32",
  args_sizes_get: "i32 i32 -> i32",
  clock_time_get: "i32 i64 i32 -> i32",
  environ_get: "i32 i32 -> i32",
  environ_sizes_get: "i32 i32 -> i32",
  fd_close: "i32 -> i32",
  fd_fdstat_get: "i32 i32 -> i32",
  fd_fdstat_set_flags: "i32 i32 -> i32",
  fd_fdstat_set_rights: "i32 i64 i64 -> i32",
  fd_filestat_get: "i32 i32 -> i32",
  fd_filestat_set_size: "i32 i64 -> i32",
  fd_pread: "i32 i32 i32 i64 i32 -> i32",
  fd_prestat_dir_name: "i32 i32 i32 -> i32",
  fd_prestat_get: "i32 i32 -> i32",
  fd_pwrite: "i32 i32 i32 i64 i32 -> i32",
  fd_read: "i32 i32 i32 i32 -> i32",
  fd_readdir: "i32 i32 i32 i64 i32 -> i32",
  fd_seek: "i32 i64 i32 i32 -> i32",
  fd_sync: "i32 -> i32",
  fd_write: "i32 i32 i32 i32 -> i32",
  path_create_directory: "i32 i32 i32 -> i32",
  path_filestat_get: "i32 i32 i32 i32 i32 -> i32",
  path_filestat_set_times: "i32 i32 i32 i32 i64 i64 i32 -> i32",
  path_link: "i32 i32 i32 i32 i32 i32 i32 -> i32",
  path_open: "i32 i32 i32 i32 i32 i64 i64 i32 i32 -> i32",
  path_readlink: "i32 i32 i32 i32 i32 i32 -> i32",
  path_remove_directory: "i32 i32 i32 -> i32",
  path_rename: "i32 i32 i32 i32 i32 i32 -> i32",
  path_symlink: "i32 i32 i32 i32 i32 -> i32",
  path_unlink_file: "i32 i32 i32 -> i32",
  poll_oneoff: "i32 i32 i32 i32 -> i32",
  proc_exit: "i32",
  random_get: "i32 i32 -> i32",
  sched_yield: "-> i32",
  sock_accept: "i32 i32 i32 -> i32",
  sock_shutdown: "i32 i32 -> i32",
};

// What the package fetch asks.
const http = {
  "http/types": {
    "[constructor]fields": "-> i32",
    "[method]fields.append": "i32 i32 i32 i32 i32 i32",
    "[method]fields.entries": "i32 i32",
    "[resource-drop]fields": "i32",
    "[constructor]outgoing-request": "i32 -> i32",
    "[method]outgoing-request.set-method": "i32 i32 i32 i32 -> i32",
    "[method]outgoing-request.set-scheme": "i32 i32 i32 i32 i32 -> i32",
    "[method]outgoing-request.set-authority": "i32 i32 i32 i32 -> i32",
    "[method]outgoing-request.set-path-with-query": "i32 i32 i32 i32 -> i32",
    "[method]outgoing-request.body": "i32 i32",
    "[resource-drop]outgoing-request": "i32",
    "[method]outgoing-body.write": "i32 i32",
    "[static]outgoing-body.finish": "i32 i32 i32 i32",
    "[resource-drop]outgoing-body": "i32",
    "[method]future-incoming-response.subscribe": "i32 -> i32",
    "[method]future-incoming-response.get": "i32 i32",
    "[resource-drop]future-incoming-response": "i32",
    "[method]incoming-response.status": "i32 -> i32",
    "[method]incoming-response.headers": "i32 -> i32",
    "[method]incoming-response.consume": "i32 i32",
    "[resource-drop]incoming-response": "i32",
    "[method]incoming-body.stream": "i32 i32",
    "[resource-drop]incoming-body": "i32",
  },
  "http/outgoing-handler": { "handle": "i32 i32 i32 i32" },
  "io/streams": {
    "[method]input-stream.blocking-read": "i32 i64 i32",
    "[resource-drop]input-stream": "i32",
    "[method]output-stream.blocking-write-and-flush": "i32 i32 i32 i32",
    "[resource-drop]output-stream": "i32",
  },
  "io/error": { "[resource-drop]error": "i32" },
  "io/poll": { "[method]pollable.block": "i32", "[resource-drop]pollable": "i32" },
};

const worlds = {
  "orchestrator-module": { durable, exports: ["orchestrator"] },
  "activity-module": { "activity-context": activity, exports: ["activity"] },
  "application": { durable, "activity-context": activity, exports: ["orchestrator", "activity"] },
};
const httpWorlds = ["activity-module", "application"];

const signature = (text) => {
  const [params, result] = text.split("->").map((part) => part.trim());
  return (params ? ` (param ${params})` : "") + (result ? ` (result ${result})` : "");
};

const imports = (module, functions) =>
  Object.entries(functions).map(([name, text]) => `  (import "${module}" "${name}" (func${signature(text)}))`);

const packages = [];
for (const name of await readdir(wasiPath)) {
  const text = await readFile(join(wasiPath, name), "utf8");
  packages.push(text
    // Read as the version that we want, which has all that is used here.
    .replace(/^ *@(since|unstable|deprecated).*$/gm, "")
    .replace(/@0\.2\.\d+/g, `@${wasi}`)
    .replace(/^(package [^;]+);/m, "$1 {") + "}");
}
const withHttp = httpWorlds.map((world) => {
  const wanted = Object.keys(http).map((name) => `  import wasi:${name}@${wasi};`);
  return [`world ${world}-http {`, `  include ${world};`, ...wanted, "}"].join("\n");
});
const witSource = [await readFile(witPath, "utf8"), ...withHttp, ...packages].join("\n");

const adapter = await readFile(preview1AdapterReactorPath());

async function writeShell(world, interfaces, exports) {
  const text = [
    "(module",
    ...Object.entries(interfaces).flatMap(([name, functions]) => imports(name, functions)),
    ...imports("wasi_snapshot_preview1", preview1),
    '  (memory (export "memory") 1)',
    '  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)',
    '  (func (export "_initialize"))',
    ...exports.map((name) =>
      `  (func (export "soloist:orchestration/${name}@0.1.0#run") (param i32 i32) (result i32) unreachable)`),
    ")",
  ].join("\n");
  const typed = await componentEmbed({ binary: await parse(text), witSource, world });
  const shell = await componentNew(typed, [["wasi_snapshot_preview1", adapter]]);
  await writeFile(join(folder, `${world}.shell`), shell);
}

const named = (prefix, version, interfaces) => Object.fromEntries(
  Object.entries(interfaces).map(([name, functions]) => [`${prefix}${name}@${version}`, functions]));

for (const [world, { exports, ...interfaces }] of Object.entries(worlds)) {
  const durables = named("soloist:orchestration/", "0.1.0", interfaces);
  await writeShell(world, durables, exports);
  if (httpWorlds.includes(world)) {
    await writeShell(`${world}-http`, { ...durables, ...named("wasi:", wasi, http) }, exports);
  }
}
