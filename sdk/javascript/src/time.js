// Moments and lengths of time, as milliseconds.

const UNITS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, milliseconds: 1 };

/** A length, given as milliseconds or by units. */
export function milliseconds(length) {
  if (typeof length === "number" && Number.isFinite(length)) return Math.ceil(length);
  if (length !== null && typeof length === "object" && !Array.isArray(length)) {
    let sum = 0;
    for (const [unit, count] of Object.entries(length)) {
      const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : NaN;
      if (!Number.isFinite(factor * count)) throw notALength(length);
      sum += factor * count;
    }
    return Math.ceil(sum);
  }
  throw notALength(length);
}

/** A moment, given as a Date, as milliseconds since the Unix epoch, or as ISO 8601 text. */
export function timestamp(moment) {
  const time = typeof moment === "number" ? moment : new Date(moment).getTime();
  if (!Number.isFinite(time)) throw new TypeError(`${String(moment)} is not a moment: give a Date`);
  return Math.ceil(time);
}

/** A retry policy, as the host takes it. */
export function retryPolicy(policy) {
  if (policy === undefined || policy === null) return undefined;
  const { maxAttempts, firstRetryInterval, backoffCoefficient = 1 } = policy;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw new TypeError("maxAttempts of a retry policy must be a whole number, at least 1");
  }
  const optional = (length) => (length === undefined || length === null ? undefined : milliseconds(length));
  return {
    maxAttempts,
    firstRetryInterval: milliseconds(firstRetryInterval),
    backoffCoefficient,
    maxRetryInterval: optional(policy.maxRetryInterval),
    retryTimeout: optional(policy.retryTimeout),
    attemptTimeout: optional(policy.attemptTimeout),
  };
}

function notALength(length) {
  const shown = typeof length === "object" ? JSON.stringify(length) : String(length);
  return new TypeError(`${shown} is not a length of time: give milliseconds, or {hours: 1, minutes: 30}`);
}
