#include "fake.h"

#include "../bindings/orchestrator_module.h"
#include "test.h"

typedef orchestrator_module_string_t host_string;
typedef soloist_orchestration_durable_failure_t host_failure;
typedef soloist_orchestration_durable_retry_policy_t host_retry_policy;

fake_host fake;

void fake_reset(const char *function_name) {
  memset(&fake, 0, sizeof fake);
  fake.function_name = function_name;
  fake.now = 1000;
}

char *fake_given(const char *text) {
  size_t size = strlen(text);
  // An address that must neither be read nor freed.
  if (size == 0) return (char *)1;
  char *copy = malloc(size);
  memcpy(copy, text, size);
  return copy;
}

static host_string given(const char *text) {
  return (host_string){(uint8_t *)fake_given(text), strlen(text)};
}

static void note(const char *word) {
  strncat(fake.asked, word, sizeof fake.asked - strlen(fake.asked) - 1);
}

static void note_string(const host_string *text) {
  char word[1024];
  snprintf(word, sizeof word, " %.*s", (int)text->len, (const char *)text->ptr);
  note(word);
}

static void note_number(const char *name, double number) {
  char word[64];
  snprintf(word, sizeof word, " %s%g", name, number);
  note(word);
}

static void note_retry(const host_retry_policy *retry) {
  if (!retry) return;
  note_number("attempts=", retry->max_attempts);
  note_number("first=", retry->first_retry_interval);
  note_number("backoff=", retry->backoff_coefficient);
  if (retry->max_retry_interval.is_some) note_number("max=", retry->max_retry_interval.val);
  if (retry->retry_timeout.is_some) note_number("retry-timeout=", retry->retry_timeout.val);
  if (retry->attempt_timeout.is_some) note_number("attempt-timeout=", retry->attempt_timeout.val);
}

static uint32_t task(void) {
  note("\n");
  return fake.tasks++;
}

uint32_t soloist_orchestration_durable_call_activity(host_string *name, host_string *input, host_retry_policy *retry) {
  note("activity");
  note_string(name);
  note_string(input);
  note_retry(retry);
  return task();
}

uint32_t soloist_orchestration_durable_call_orchestrator(host_string *name, host_string *input, host_string *id,
                                                         host_retry_policy *retry) {
  note("orchestrator");
  note_string(name);
  note_string(input);
  if (id) note_string(id);
  note_retry(retry);
  return task();
}

uint32_t soloist_orchestration_durable_call_http(host_string *request, host_retry_policy *retry) {
  note("http");
  note_string(request);
  note_retry(retry);
  return task();
}

uint32_t soloist_orchestration_durable_create_timer(double fire_at) {
  note("timer");
  note_number("", fire_at);
  return task();
}

uint32_t soloist_orchestration_durable_wait_for_event(host_string *name) {
  note("event");
  note_string(name);
  return task();
}

void soloist_orchestration_durable_cancel(uint32_t task) {
  note("cancel");
  note_number("", task);
  note("\n");
}

static host_failure failure_of(const fake_answer *answer) {
  host_failure failure = {given(answer->error_type), given(answer->message), {answer->details != NULL, {NULL, 0}},
                          answer->non_retriable};
  if (answer->details) failure.details.val = given(answer->details);
  return failure;
}

bool soloist_orchestration_durable_await_task(uint32_t task, host_string *ret, host_failure *err) {
  const fake_answer *answer = &fake.answers[task];
  if (answer->json) {
    *ret = given(answer->json);
  } else {
    *err = failure_of(answer);
  }
  return answer->json != NULL;
}

uint32_t soloist_orchestration_durable_await_any(soloist_orchestration_durable_list_task_id_t *tasks) {
  for (uint32_t i = 0; i < tasks->len; i++) {
    if (tasks->ptr[i] == fake.earliest) return i;
  }
  abort();
}

void soloist_orchestration_durable_await_all(soloist_orchestration_durable_list_task_id_t *tasks,
                                             soloist_orchestration_durable_list_result_json_failure_t *ret) {
  ret->len = tasks->len;
  ret->ptr = tasks->len > 0 ? malloc(tasks->len * sizeof *ret->ptr) : (void *)8;
  for (size_t i = 0; i < tasks->len; i++) {
    ret->ptr[i].is_err = !soloist_orchestration_durable_await_task(tasks->ptr[i], &ret->ptr[i].val.ok,
                                                                   &ret->ptr[i].val.err);
  }
}

void soloist_orchestration_durable_send_event(host_string *id, host_string *name, host_string *data) {
  note("send");
  note_string(id);
  note_string(name);
  note_string(data);
  note("\n");
}

void soloist_orchestration_durable_set_custom_status(host_string *status) {
  note("status");
  note_string(status);
  note("\n");
}

void soloist_orchestration_durable_continue_as_new(host_string *input, bool keep_events) {
  note("continue");
  note_string(input);
  note(keep_events ? " keep\n" : " drop\n");
}

void soloist_orchestration_durable_instance_id(host_string *ret) {
  *ret = given("night-7");
}

void soloist_orchestration_durable_function_name(host_string *ret) {
  *ret = given(fake.function_name);
}

bool soloist_orchestration_durable_parent_instance_id(host_string *ret) {
  if (fake.parent) *ret = given(fake.parent);
  return fake.parent != NULL;
}

double soloist_orchestration_durable_current_time(void) {
  return fake.now;
}

void soloist_orchestration_durable_new_guid(host_string *ret) {
  *ret = given("5b0a3c0e-0000-5000-8000-000000000000");
}

bool soloist_orchestration_durable_is_replaying(void) {
  return false;
}

void soloist_orchestration_durable_log(soloist_orchestration_durable_level_t level, host_string *message) {
  note("log");
  note_number("", level);
  note_string(message);
  note("\n");
}

// --- Runs.

// Texts of the last end, which belong to the host.
static char kept[4][4096];

// Takes a text that the guest has given away.
static const char *keep(int place, const void *text, size_t size) {
  CHECK(size < sizeof kept[place]);
  if (size > 0) memcpy(kept[place], text, size);
  kept[place][size] = 0;
  if (size > 0) free((void *)text);
  return kept[place];
}

fake_end fake_orchestrate(const char *function_name, const char *input) {
  fake.function_name = function_name;
  host_string json = given(input), output;
  host_failure failure;
  if (exports_soloist_orchestration_orchestrator_run(&json, &output, &failure)) {
    return (fake_end){keep(0, output.ptr, output.len), NULL, NULL, NULL, false};
  }
  return (fake_end){
      NULL,
      keep(1, failure.error_type.ptr, failure.error_type.len),
      keep(2, failure.message.ptr, failure.message.len),
      failure.details.is_some ? keep(3, failure.details.val.ptr, failure.details.val.len) : NULL,
      failure.non_retriable,
  };
}

// The same for a text of the test's own.
static const char *keep_own(int place, char *text) {
  CHECK(strlen(text) < sizeof kept[place]);
  strcpy(kept[place], text);
  free(text);
  return kept[place];
}

fake_end fake_act(const char *function_name, const char *input) {
  fake.function_name = function_name;
  char *output, *failure[3];
  bool non_retriable;
  if (fake_act_raw(input, &output, failure, &non_retriable)) {
    return (fake_end){keep_own(0, output), NULL, NULL, NULL, false};
  }
  return (fake_end){NULL, keep_own(1, failure[0]), keep_own(2, failure[1]),
                    failure[2] ? keep_own(3, failure[2]) : NULL, non_retriable};
}
