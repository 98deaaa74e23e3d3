// Failures: what a task or a function ends with, instead of an answer.

/** See index.d.ts. */
export class Failure extends Error {
  constructor(errorType, message, { details = null, nonRetriable = false, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Failure";
    this.errorType = String(errorType);
    this.details = details;
    this.nonRetriable = Boolean(nonRetriable);
  }

  toJSON() {
    const { errorType, message, details, nonRetriable } = this;
    return { errorType, message, details, nonRetriable };
  }
}

/** The failure that a host's record tells. */
export function fromHost({ errorType, message, details, nonRetriable }) {
  return new Failure(errorType, message, { details: details ?? null, nonRetriable });
}

/** The host's record of whatever was thrown. */
export function toHost(thrown) {
  if (thrown instanceof Failure) return record(thrown.errorType, thrown.message, thrown.details, thrown.nonRetriable);
  if (thrown instanceof Error) return record(className(thrown), thrown.message, trace(thrown));
  return record("Error", typeof thrown === "string" ? thrown : shown(thrown));
}

function record(errorType, message, details, nonRetriable = false) {
  const text = details === null || details === undefined ? undefined : String(details);
  return { errorType: String(errorType), message: String(message), details: text, nonRetriable };
}

/** Most classes of errors set `name`; for those that do not, the class's own. */
function className(error) {
  if (error.name && error.name !== "Error") return error.name;
  return error.constructor?.name || "Error";
}

function trace(error) {
  const parts = [error.stack];
  // An error may be its own cause; a trace must end.
  for (let cause = error.cause, depth = 0; cause !== undefined && cause !== null && depth < 8; depth += 1) {
    parts.push(`caused by: ${cause instanceof Error ? `${className(cause)}: ${cause.message}` : shown(cause)}`);
    cause = cause.cause;
  }
  return parts.filter(Boolean).join("\n") || undefined;
}

function shown(value) {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
