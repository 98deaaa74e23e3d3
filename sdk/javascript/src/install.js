// Imported before all else in a component: code that follows sees our Promise.
import { installMicrotasks } from "./globals.js";
import { DurablePromise } from "./promise.js";

globalThis.Promise = DurablePromise;
installMicrotasks();
