// An orchestrator: says hello to each city of its input, a list of names, and returns the greetings.

#include "soloist.h"

static soloist_value *orchestrate(soloist_context *ctx, soloist_value *cities) {
  soloist_value *greetings = soloist_list();
  for (size_t i = 0; i < soloist_size(cities); i++) {
    soloist_task task = soloist_call_activity(ctx, "say-hello", soloist_item(cities, i), NULL);
    soloist_value *greeting = soloist_await(ctx, task);
    // NULL is a failure; to return NULL passes it on.
    if (!greeting) return NULL;
    soloist_append(greetings, greeting);
  }
  return greetings;
}

// NULL: whatever name it is deployed under.
SOLOIST_ORCHESTRATORS({NULL, orchestrate});
