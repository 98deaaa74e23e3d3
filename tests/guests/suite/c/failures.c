// Failures: returned, caught, canceled.

#include "suite.h"

soloist_value *fails(soloist_context *ctx, soloist_value *input) {
  (void)ctx;
  return fail_as(input);
}

// The failure of a task, as a value; its answer would be a surprise.
static soloist_value *caught(soloist_context *ctx, soloist_task task) {
  soloist_value *answer = soloist_await(ctx, task);
  return answer ? answer : soloist_failure_value(soloist_last_failure());
}

soloist_value *catches(soloist_context *ctx, soloist_value *input) {
  soloist_retry_policy policy = {.max_attempts = 3, .first_retry_interval = 10};
  return caught(ctx, soloist_call_activity(ctx, "fails", input, &policy));
}

soloist_value *throws(soloist_context *ctx, soloist_value *input) {
  (void)ctx;
  // C has no errors of its own to throw.
  return soloist_fail("Error", text_of(input, "message", "boom"));
}

soloist_value *child_fails(soloist_context *ctx, soloist_value *input) {
  return caught(ctx, soloist_call_orchestrator(ctx, "fails", input, NULL, NULL));
}

soloist_value *cancels(soloist_context *ctx, soloist_value *input) {
  (void)input;
  soloist_task task = soloist_call_activity(ctx, "slow", object_of("ms", soloist_integer(60000)), NULL);
  soloist_cancel(ctx, task);
  soloist_value *answer = soloist_await(ctx, task);
  return answer ? answer : soloist_string(soloist_last_failure()->error_type);
}
