// Five activities in sequence: each greeting is recorded, so a crash repeats none that is done.

#include "soloist.h"

static const char *const CITIES[] = {"Tokyo", "Seattle", "London", "Cairo", "Lima"};
enum { CITY_COUNT = sizeof CITIES / sizeof CITIES[0] };

static soloist_value *hello_cities(soloist_context *ctx, soloist_value *input) {
  // How long each greeting takes, so that one can watch.
  int64_t delay_ms = soloist_to_integer(soloist_get(input, "delayMs"), 0);
  soloist_value *greetings = soloist_list();
  for (size_t i = 0; i < CITY_COUNT; i++) {
    soloist_value *city = soloist_object();
    soloist_set(city, "name", soloist_string(CITIES[i]));
    soloist_set(city, "delayMs", soloist_integer(delay_ms));
    soloist_value *greeting = soloist_await(ctx, soloist_call_activity(ctx, "say-hello", city, NULL));
    if (!greeting) return NULL;
    soloist_append(greetings, greeting);
  }
  return greetings;
}

SOLOIST_ORCHESTRATORS({NULL, hello_cities});
