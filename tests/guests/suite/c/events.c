// Events and timers.

#include "suite.h"

soloist_value *approval(soloist_context *ctx, soloist_value *input) {
  soloist_milliseconds limit = integer_of(input, "timeoutMs", 60000);
  soloist_value *waiting = object_of("stage", soloist_string("waiting"));
  soloist_set(waiting, "until", soloist_string(soloist_time_text(soloist_current_time(ctx) + limit)));
  soloist_set_custom_status(ctx, waiting);
  soloist_value *decision = soloist_wait_for_event_within(ctx, "Approval", limit);
  soloist_set_custom_status(ctx, object_of("stage", soloist_string("decided")));
  if (!decision) return object_of("outcome", soloist_string("timedOut"));
  bool approved = soloist_to_bool(soloist_get(decision, "approved"), false);
  soloist_value *outcome = object_of("outcome", soloist_string(approved ? "approved" : "rejected"));
  return soloist_set(outcome, "by", value_of(decision, "by"));
}

soloist_value *events(soloist_context *ctx, soloist_value *input) {
  const char *name = text_of(input, "name", "Go");
  int64_t n = integer_of(input, "n", 1);
  soloist_milliseconds within = integer_of(input, "withinMs", -1);
  soloist_value *data = soloist_list();
  for (int64_t i = 0; i < n; i++) {
    soloist_value *one;
    if (within >= 0) {
      one = soloist_wait_for_event_within(ctx, name, within);
      if (!one) one = soloist_null();
    } else {
      one = soloist_await(ctx, soloist_wait_for_event(ctx, name));
    }
    if (!soloist_append(data, one)) return NULL;
  }
  return data;
}

soloist_value *send_one(soloist_context *ctx, soloist_value *input) {
  soloist_send_event(ctx, text_of(input, "instance", ""), text_of(input, "name", "Go"), value_of(input, "data"));
  return soloist_string("sent");
}

soloist_value *race(soloist_context *ctx, soloist_value *input) {
  soloist_task event = soloist_wait_for_event(ctx, "Go");
  soloist_task timer = soloist_create_timer_after(ctx, integer_of(input, "timerMs", 60000));
  soloist_task both[] = {event, timer};
  if (soloist_await_any(ctx, both, 2) == 1) {
    soloist_cancel(ctx, event);
    return object_of("winner", soloist_string("timer"));
  }
  soloist_cancel(ctx, timer);
  return soloist_set(object_of("winner", soloist_string("event")), "value", soloist_await(ctx, event));
}
