#include "inputs.h"

int64_t integer_of(soloist_value *input, const char *key, int64_t otherwise) {
  return soloist_to_integer(soloist_get(input, key), otherwise);
}

const char *text_of(soloist_value *input, const char *key, const char *otherwise) {
  return soloist_to_string(soloist_get(input, key), otherwise);
}

soloist_value *value_of(soloist_value *input, const char *key) {
  soloist_value *value = soloist_get(input, key);
  return value ? value : soloist_null();
}

soloist_value *object_of(const char *key, soloist_value *value) {
  return soloist_set(soloist_object(), key, value);
}

soloist_value *fail_as(soloist_value *input) {
  soloist_failure failure = {
      .error_type = text_of(input, "errorType", "Declined"),
      .message = text_of(input, "message", "no funds"),
      .details = text_of(input, "details", NULL),
      .non_retriable = soloist_to_bool(soloist_get(input, "nonRetriable"), false),
  };
  return soloist_fail_with(&failure);
}
