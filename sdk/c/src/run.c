// What orchestrators and activities have in common: failures, input, output.

#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const soloist_failure NOTHING = {"", "", NULL, false};
static const soloist_failure *last_failure = &NOTHING;

static const char *kept(const char *text) {
  if (!text) return NULL;
  size_t size = strlen(text);
  const char *good = soloist_utf8(text, &size);
  return good == text ? soloist_arena_text(text, size) : good;
}

soloist_value *soloist_fail(const char *error_type, const char *message) {
  soloist_failure failure = {error_type, message, NULL, false};
  return soloist_fail_with(&failure);
}

soloist_value *soloist_fail_with(const soloist_failure *failure) {
  soloist_failure *copy = soloist_alloc(sizeof *copy);
  copy->error_type = kept(failure->error_type ? failure->error_type : "Error");
  copy->message = kept(failure->message ? failure->message : "");
  copy->details = kept(failure->details);
  copy->non_retriable = failure->non_retriable;
  last_failure = copy;
  return NULL;
}

const soloist_failure *soloist_last_failure(void) {
  return last_failure;
}

soloist_value *soloist_failure_value(const soloist_failure *failure) {
  soloist_value *value = soloist_object();
  soloist_set(value, "errorType", soloist_string(failure->error_type));
  soloist_set(value, "message", soloist_string(failure->message));
  soloist_set(value, "details", soloist_string(failure->details));
  return soloist_set(value, "nonRetriable", soloist_bool(failure->non_retriable));
}

// A failure that no retry can help.
static soloist_value *fail_for_good(const char *error_type, const char *message) {
  soloist_failure failure = {error_type, message, NULL, true};
  return soloist_fail_with(&failure);
}

soloist_value *soloist_input(soloist_bytes text) {
  const char *why;
  soloist_value *value = soloist_take_json(text, &why);
  if (value) return value;
  return fail_for_good(SOLOIST_INVALID_INPUT, soloist_text("the input cannot be read: ", why));
}

soloist_end soloist_output(const soloist_value *value) {
  soloist_end end = {{NULL, 0}, NULL};
  if (value) {
    end.output = soloist_write_heap(value);
    if (!end.output.ptr) fail_for_good(SOLOIST_INVALID_OUTPUT, "the output nests too deep for JSON");
  } else if (last_failure == &NOTHING) {
    fail_for_good(SOLOIST_INVALID_OUTPUT, "the function returned NULL, but nothing had failed");
  }
  end.failure = end.output.ptr ? NULL : last_failure;
  return end;
}

soloist_value *soloist_unknown(const char *name, const char *const *names) {
  const char *served = *names ? *names : "nothing";
  for (size_t i = 1; *names && names[i]; i++) served = soloist_text(served, ", ", names[i]);
  const char *message = soloist_text("this component does not serve `", name, "`, but ", served);
  return fail_for_good(SOLOIST_UNKNOWN_FUNCTION, message);
}

void soloist_run_over(void) {
  last_failure = &NOTHING;
  soloist_arena_free();
}

soloist_bytes soloist_heap_text(const char *text) {
  size_t size = strlen(text);
  soloist_bytes copy = {NULL, size};
  // Whoever frees it leaves an empty one alone.
  if (size == 0) return copy;
  copy.ptr = soloist_heap(size);
  memcpy(copy.ptr, text, size);
  return copy;
}

const char *soloist_take_text(soloist_bytes text) {
  const char *copy = soloist_arena_text((const char *)text.ptr, text.len);
  // The host gives an empty text a place that nobody allocated.
  if (text.len > 0) free(text.ptr);
  return copy;
}
