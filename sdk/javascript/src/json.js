// JSON from outside and to outside.
import { Failure } from "./failure.js";

/** The value of an answer. */
export function decode(text) {
  return JSON.parse(text);
}

/**
 * The value of an input or an event. The Python client of Durable Functions encodes twice: text that holds an object or
 * a list is read as that.
 */
export function decodeFromOutside(text) {
  const value = JSON.parse(text);
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** `undefined` is null. Throws where a value does not fit JSON. */
export function encode(value) {
  return JSON.stringify(value) ?? "null";
}

/** What a function returned. */
export function encodeOutput(value) {
  try {
    return encode(value);
  } catch (cause) {
    const message = `what the function returned does not fit JSON: ${cause.message}`;
    throw new Failure("InvalidOutput", message, { nonRetriable: true, cause });
  }
}
