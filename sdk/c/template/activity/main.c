// An activity: takes a city, returns "Hello CITY!".

#include "soloist.h"

static soloist_value *act(soloist_activity_context *ctx, soloist_value *city) {
  (void)ctx;
  const char *name = soloist_to_string(city, NULL);
  if (!name) return soloist_fail(SOLOIST_INVALID_INPUT, "the input is not a string");
  return soloist_string(soloist_text("Hello ", name, "!"));
}

// NULL: whatever name it is deployed under.
SOLOIST_ACTIVITIES({NULL, act});
