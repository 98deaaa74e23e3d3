// The activities of the suite, which is the same in each language. Their function names pick what runs.

#include <time.h>

#include "inputs.h"

static void sleep_ms(int64_t ms) {
  struct timespec length = {ms / 1000, (long)(ms % 1000) * 1000000};
  if (ms > 0) nanosleep(&length, NULL);
}

static soloist_value *say_hello(soloist_activity_context *ctx, soloist_value *input) {
  (void)ctx;
  const char *name = text_of(input, "name", NULL);
  if (!name) return soloist_fail(SOLOIST_INVALID_INPUT, "the input has no `name`");
  sleep_ms(integer_of(input, "delayMs", 0));
  return soloist_string(soloist_text("Hello ", name, "!"));
}

static soloist_value *echo(soloist_activity_context *ctx, soloist_value *input) {
  (void)ctx;
  return input;
}

static soloist_value *flaky(soloist_activity_context *ctx, soloist_value *input) {
  int64_t attempt = soloist_activity_attempt(ctx);
  if (attempt < integer_of(input, "until", 1)) return soloist_fail("Flaky", "this attempt was too early");
  return soloist_integer(attempt);
}

static soloist_value *fails(soloist_activity_context *ctx, soloist_value *input) {
  (void)ctx;
  return fail_as(input);
}

static soloist_value *throws(soloist_activity_context *ctx, soloist_value *input) {
  (void)ctx;
  // C has no errors of its own to throw.
  return soloist_fail("Error", text_of(input, "message", "boom"));
}

static soloist_value *slow(soloist_activity_context *ctx, soloist_value *input) {
  (void)ctx;
  sleep_ms(integer_of(input, "ms", 0));
  return soloist_null();
}

static soloist_value *context(soloist_activity_context *ctx, soloist_value *input) {
  (void)input;
  soloist_value *known = object_of("functionName", soloist_string(soloist_activity_function_name(ctx)));
  soloist_set(known, "instanceId", soloist_string(soloist_activity_instance_id(ctx)));
  soloist_set(known, "taskKey", soloist_string(soloist_activity_task_key(ctx)));
  return soloist_set(known, "attempt", soloist_integer(soloist_activity_attempt(ctx)));
}

SOLOIST_ACTIVITIES(
    {"say-hello", say_hello},
    {"echo", echo},
    {"echo-c", echo},
    {"flaky", flaky},
    {"fails", fails},
    {"throws", throws},
    {"slow", slow},
    {"context", context});
