// What an orchestrator tells, and what it knows.

#include "suite.h"

soloist_value *status(soloist_context *ctx, soloist_value *input) {
  (void)input;
  for (int64_t step = 1; step <= 2; step++) {
    soloist_set_custom_status(ctx, object_of("step", soloist_integer(step)));
    if (!soloist_await(ctx, soloist_wait_for_event(ctx, "Go"))) return NULL;
  }
  return soloist_string("done");
}

soloist_value *logs(soloist_context *ctx, soloist_value *input) {
  (void)input;
  soloist_log_trace(ctx, "trace before");
  soloist_log_debug(ctx, "debug before");
  soloist_log_info(ctx, "info before");
  soloist_log_warn(ctx, "warn before");
  soloist_log_error(ctx, "error before");
  if (!soloist_await(ctx, soloist_call_activity(ctx, "echo", soloist_null(), NULL))) return NULL;
  soloist_log_info(ctx, "info after");
  return soloist_string("logged");
}

// Without WASI the host is the only clock, and its GUIDs are all that is random.
static soloist_value *reading(soloist_context *ctx) {
  soloist_value *taken = soloist_object();
  soloist_set(taken, "now", soloist_integer(soloist_current_time(ctx)));
  soloist_set(taken, "random", soloist_string(soloist_new_guid(ctx)));
  soloist_set(taken, "guid", soloist_string(soloist_new_guid(ctx)));
  return soloist_set(taken, "time", soloist_integer(soloist_current_time(ctx)));
}

soloist_value *readings(soloist_context *ctx, soloist_value *input) {
  (void)input;
  soloist_value *before = reading(ctx);
  soloist_set_custom_status(ctx, before);
  if (!soloist_await(ctx, soloist_wait_for_event(ctx, "Go"))) return NULL;
  return soloist_set(object_of("before", before), "after", reading(ctx));
}

soloist_value *context(soloist_context *ctx, soloist_value *input) {
  (void)input;
  soloist_value *known = object_of("instanceId", soloist_string(soloist_instance_id(ctx)));
  soloist_set(known, "functionName", soloist_string(soloist_function_name(ctx)));
  soloist_set(known, "parentInstanceId", soloist_string(soloist_parent_instance_id(ctx)));
  soloist_value *guids = soloist_list();
  soloist_append(guids, soloist_string(soloist_new_guid(ctx)));
  soloist_append(guids, soloist_string(soloist_new_guid(ctx)));
  return soloist_set(known, "guids", guids);
}
