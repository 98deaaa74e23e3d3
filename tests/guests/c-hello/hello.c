// An orchestrator made from wit/soloist.wit alone: three greetings with a durable timer between them.
// Input: the length of each timer, as a JSON number of milliseconds; `null` means 200. Output: the greetings.

#include <stdlib.h>
#include <string.h>

#include "bindings/orchestrator_module.h"

typedef orchestrator_module_string_t string;
typedef soloist_orchestration_durable_failure_t failure;

static const char *const CITIES[] = {"\"Tokyo\"", "\"Seattle\"", "\"London\""};
enum { CITY_COUNT = sizeof CITIES / sizeof CITIES[0] };

// The list of greetings, as JSON text that grows.
static string output;

static void append(const void *bytes, size_t count) {
  output.ptr = realloc(output.ptr, output.len + count);
  if (output.ptr == NULL) abort();
  memcpy(output.ptr + output.len, bytes, count);
  output.len += count;
}

// Milliseconds by hand: the input is not terminated, and a few digits need no library.
static double timer_length(const string *input) {
  double length = 0;
  for (size_t i = 0; i < input->len; i++) {
    if (input->ptr[i] < '0' || input->ptr[i] > '9') return 200;
    length = length * 10 + (input->ptr[i] - '0');
  }
  return length;
}

static bool greet(const char *city, failure *err) {
  string name, input, greeting;
  orchestrator_module_string_set(&name, "say-hello");
  orchestrator_module_string_set(&input, city);
  uint32_t task = soloist_orchestration_durable_call_activity(&name, &input, NULL);
  if (!soloist_orchestration_durable_await_task(task, &greeting, err)) return false;
  append(greeting.ptr, greeting.len);
  orchestrator_module_string_free(&greeting);
  return true;
}

static bool rest(double length, failure *err) {
  string nothing;
  double fire_at = soloist_orchestration_durable_current_time() + length;
  uint32_t task = soloist_orchestration_durable_create_timer(fire_at);
  if (!soloist_orchestration_durable_await_task(task, &nothing, err)) return false;
  orchestrator_module_string_free(&nothing);
  return true;
}

bool exports_soloist_orchestration_orchestrator_run(string *input, string *ret, failure *err) {
  double length = timer_length(input);
  orchestrator_module_string_free(input);
  append("[", 1);
  for (size_t i = 0; i < CITY_COUNT; i++) {
    if (i > 0) {
      append(",", 1);
      if (!rest(length, err)) return false;
    }
    if (!greet(CITIES[i], err)) return false;
  }
  append("]", 1);
  *ret = output;
  return true;
}
