// A decision by a person, raced against a timer.

#include "soloist.h"

// What `customStatus` shows: {"stage": "waiting", "until": MOMENT}.
static soloist_value *waiting(soloist_timestamp until) {
  soloist_value *status = soloist_set(soloist_object(), "stage", soloist_string("waiting"));
  return soloist_set(status, "until", soloist_string(soloist_time_text(until)));
}

static soloist_value *outcome(const char *word) {
  return soloist_set(soloist_object(), "outcome", soloist_string(word));
}

static soloist_value *approval(soloist_context *ctx, soloist_value *input) {
  soloist_milliseconds limit = soloist_to_integer(soloist_get(input, "timeoutMs"), SOLOIST_MINUTES(1));
  soloist_set_custom_status(ctx, waiting(soloist_current_time(ctx) + limit));
  soloist_value *decision = soloist_wait_for_event_within(ctx, "Approval", limit);
  soloist_set_custom_status(ctx, soloist_set(soloist_object(), "stage", soloist_string("decided")));
  if (!decision) return outcome("timedOut");

  bool approved = soloist_to_bool(soloist_get(decision, "approved"), false);
  soloist_value *by = soloist_get(decision, "by");
  return soloist_set(outcome(approved ? "approved" : "rejected"), "by", by ? by : soloist_null());
}

SOLOIST_ORCHESTRATORS({NULL, approval});
