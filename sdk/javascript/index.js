// Types and documentation are in index.d.ts.
export { orchestrator, orchestrators } from "./src/orchestrator.js";
export { activity, activities } from "./src/activity.js";
export { Failure } from "./src/failure.js";
