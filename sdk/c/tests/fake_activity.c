// The part of the fake host that activities see: the bindings of the two worlds do not fit one file.

#include "../bindings/activity_module.h"
#include "fake.h"
#include "test.h"

typedef activity_module_string_t host_string;

static host_string given(const char *text) {
  return (host_string){(uint8_t *)fake_given(text), strlen(text)};
}

void soloist_orchestration_activity_context_function_name(host_string *ret) {
  *ret = given(fake.function_name);
}

void soloist_orchestration_activity_context_instance_id(host_string *ret) {
  *ret = given("night-7");
}

void soloist_orchestration_activity_context_task_key(host_string *ret) {
  *ret = given("key:3");
}

uint32_t soloist_orchestration_activity_context_attempt(void) {
  return 2;
}

// The text with a zero after it, which the guest's has not.
static char *ended(host_string text) {
  char *copy = malloc(text.len + 1);
  if (text.len > 0) memcpy(copy, text.ptr, text.len);
  copy[text.len] = 0;
  if (text.len > 0) free(text.ptr);
  return copy;
}

bool fake_act_raw(const char *input, char **output, char *failure[3], bool *non_retriable) {
  host_string json = given(input), ret;
  soloist_orchestration_types_failure_t err;
  if (exports_soloist_orchestration_activity_run(&json, &ret, &err)) {
    *output = ended(ret);
    return true;
  }
  failure[0] = ended(err.error_type);
  failure[1] = ended(err.message);
  failure[2] = err.details.is_some ? ended(err.details.val) : NULL;
  *non_retriable = err.non_retriable;
  return false;
}
