// All that an orchestrator can do, through the bindings of the world `orchestrator-module`.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../bindings/orchestrator_module.h"
#include "internal.h"

typedef orchestrator_module_string_t host_string;
typedef soloist_orchestration_durable_failure_t host_failure;
typedef soloist_orchestration_durable_retry_policy_t host_retry_policy;
typedef soloist_orchestration_types_option_milliseconds_t host_limit;

// --- What crosses.

// A text that the host reads, and does not keep. NULL is taken for an empty one.
static host_string lent(const char *text) {
  if (!text) text = "";
  size_t size = strlen(text);
  const char *good = soloist_utf8(text, &size);
  return (host_string){(uint8_t *)good, size};
}

// JSON that the host reads; to be given back with `written_off`.
static host_string written(const soloist_value *value) {
  soloist_bytes text = soloist_write_heap(value);
  // What is asked for has no way to fail: this is a mistake in the program, the same each time.
  if (!text.ptr) soloist_panic("a value that goes to the host nests too deep, or holds itself");
  return (host_string){text.ptr, text.len};
}

static void written_off(host_string text) {
  free(text.ptr);
}

static const char *taken(host_string text) {
  return soloist_take_text((soloist_bytes){text.ptr, text.len});
}

static soloist_failure taken_failure(host_failure failure) {
  return (soloist_failure){
      taken(failure.error_type),
      taken(failure.message),
      failure.details.is_some ? taken(failure.details.val) : NULL,
      failure.non_retriable,
  };
}

// NULL with a failure if it cannot be read, which no answer of the host's is unless it nests too deep.
static soloist_value *taken_json(host_string text) {
  const char *why;
  soloist_value *value = soloist_take_json((soloist_bytes){text.ptr, text.len}, &why);
  if (value) return value;
  return soloist_fail(SOLOIST_INVALID_JSON, soloist_text("the answer cannot be read: ", why));
}

static host_limit limit(soloist_milliseconds length) {
  return (host_limit){length > 0, (double)length};
}

// The policy in the host's form, kept in `place`, or NULL for none.
static host_retry_policy *policy(const soloist_retry_policy *retry, host_retry_policy *place) {
  if (!retry) return NULL;
  soloist_milliseconds first = retry->first_retry_interval;
  *place = (host_retry_policy){
      retry->max_attempts > 0 ? retry->max_attempts : 1,
      first > 0 ? (double)first : 1,
      retry->backoff_coefficient > 0 ? retry->backoff_coefficient : 1,
      limit(retry->max_retry_interval),
      limit(retry->retry_timeout),
      limit(retry->attempt_timeout),
  };
  return place;
}

// --- Ask.

soloist_task soloist_call_activity(soloist_context *ctx, const char *name, soloist_value *input,
                                   const soloist_retry_policy *retry) {
  (void)ctx;
  host_retry_policy place;
  host_string called = lent(name), json = written(input);
  uint32_t task = soloist_orchestration_durable_call_activity(&called, &json, policy(retry, &place));
  written_off(json);
  return (soloist_task){task};
}

soloist_task soloist_call_orchestrator(soloist_context *ctx, const char *name, soloist_value *input,
                                       const char *instance_id, const soloist_retry_policy *retry) {
  (void)ctx;
  host_retry_policy place;
  host_string called = lent(name), json = written(input), id;
  if (instance_id) id = lent(instance_id);
  uint32_t task = soloist_orchestration_durable_call_orchestrator(&called, &json, instance_id ? &id : NULL,
                                                                  policy(retry, &place));
  written_off(json);
  return (soloist_task){task};
}

soloist_task soloist_call_http(soloist_context *ctx, soloist_value *request, const soloist_retry_policy *retry) {
  (void)ctx;
  host_retry_policy place;
  host_string json = written(request);
  uint32_t task = soloist_orchestration_durable_call_http(&json, policy(retry, &place));
  written_off(json);
  return (soloist_task){task};
}

soloist_value *soloist_http_request(const char *method, const char *uri) {
  soloist_value *request = soloist_set(soloist_object(), "method", soloist_string(method));
  return soloist_set(request, "uri", soloist_string(uri));
}

soloist_value *soloist_http_header(soloist_value *request, const char *name, const char *value) {
  soloist_value *headers = soloist_get(request, "headers");
  if (!headers) {
    headers = soloist_object();
    soloist_set(request, "headers", headers);
  }
  soloist_set(headers, name, soloist_string(value));
  return request;
}

soloist_task soloist_create_timer(soloist_context *ctx, soloist_timestamp fire_at) {
  (void)ctx;
  return (soloist_task){soloist_orchestration_durable_create_timer((double)fire_at)};
}

soloist_task soloist_create_timer_after(soloist_context *ctx, soloist_milliseconds length) {
  soloist_timestamp now = soloist_current_time(ctx);
  bool overflows = length > 0 && now > INT64_MAX - length;
  return soloist_create_timer(ctx, overflows ? INT64_MAX : now + length);
}

soloist_task soloist_wait_for_event(soloist_context *ctx, const char *name) {
  (void)ctx;
  host_string event = lent(name);
  return (soloist_task){soloist_orchestration_durable_wait_for_event(&event)};
}

void soloist_cancel(soloist_context *ctx, soloist_task task) {
  (void)ctx;
  soloist_orchestration_durable_cancel(task.id);
}

// --- Wait.

soloist_value *soloist_await(soloist_context *ctx, soloist_task task) {
  (void)ctx;
  host_string json;
  host_failure failure;
  if (soloist_orchestration_durable_await_task(task.id, &json, &failure)) return taken_json(json);
  soloist_failure kept = taken_failure(failure);
  return soloist_fail_with(&kept);
}

// The ordinals of tasks, which the host reads.
static soloist_orchestration_durable_list_task_id_t ordinals(const soloist_task *tasks, size_t count) {
  uint32_t *ids = soloist_alloc(count * sizeof *ids);
  for (size_t i = 0; i < count; i++) ids[i] = tasks[i].id;
  return (soloist_orchestration_durable_list_task_id_t){ids, count};
}

size_t soloist_await_any(soloist_context *ctx, const soloist_task *tasks, size_t count) {
  (void)ctx;
  soloist_orchestration_durable_list_task_id_t ids = ordinals(tasks, count);
  return soloist_orchestration_durable_await_any(&ids);
}

const soloist_answer *soloist_await_all(soloist_context *ctx, const soloist_task *tasks, size_t count) {
  (void)ctx;
  soloist_orchestration_durable_list_task_id_t ids = ordinals(tasks, count);
  soloist_orchestration_durable_list_result_json_failure_t answered;
  soloist_orchestration_durable_await_all(&ids, &answered);
  soloist_answer *answers = soloist_alloc(count * sizeof *answers);
  for (size_t i = 0; i < answered.len && i < count; i++) {
    soloist_orchestration_durable_result_json_failure_t *one = &answered.ptr[i];
    answers[i] = (soloist_answer){NULL, NULL};
    if (one->is_err) {
      soloist_failure *failure = soloist_alloc(sizeof *failure);
      *failure = taken_failure(one->val.err);
      answers[i].failure = failure;
    } else {
      answers[i].value = taken_json(one->val.ok);
      if (!answers[i].value) answers[i].failure = soloist_last_failure();
    }
  }
  if (answered.len > 0) free(answered.ptr);
  return answers;
}

soloist_value *soloist_try_await_all(soloist_context *ctx, const soloist_task *tasks, size_t count) {
  const soloist_answer *answers = soloist_await_all(ctx, tasks, count);
  soloist_value *list = soloist_list();
  for (size_t i = 0; i < count; i++) {
    if (answers[i].failure) return soloist_fail_with(answers[i].failure);
    soloist_append(list, answers[i].value);
  }
  return list;
}

soloist_value *soloist_wait_for_event_within(soloist_context *ctx, const char *name, soloist_milliseconds limit) {
  soloist_task event = soloist_wait_for_event(ctx, name);
  soloist_task timer = soloist_create_timer_after(ctx, limit);
  soloist_task both[] = {event, timer};
  if (soloist_await_any(ctx, both, 2) == 0) {
    soloist_cancel(ctx, timer);
    return soloist_await(ctx, event);
  }
  soloist_cancel(ctx, event);
  return NULL;
}

// --- Tell.

void soloist_send_event(soloist_context *ctx, const char *instance_id, const char *name, soloist_value *data) {
  (void)ctx;
  host_string id = lent(instance_id), event = lent(name), json = written(data);
  soloist_orchestration_durable_send_event(&id, &event, &json);
  written_off(json);
}

void soloist_set_custom_status(soloist_context *ctx, soloist_value *status) {
  (void)ctx;
  host_string json = written(status);
  soloist_orchestration_durable_set_custom_status(&json);
  written_off(json);
}

soloist_value *soloist_continue_as_new(soloist_context *ctx, soloist_value *input, bool keep_events) {
  host_string json = written(input);
  soloist_orchestration_durable_continue_as_new(&json, keep_events);
  written_off(json);
  ctx->continued = true;
  return soloist_null();
}

void soloist_log(soloist_context *ctx, soloist_level level, const char *message) {
  (void)ctx;
  host_string line = lent(message);
  soloist_orchestration_durable_log((soloist_orchestration_durable_level_t)level, &line);
}

// --- Know.

const char *soloist_instance_id(soloist_context *ctx) {
  (void)ctx;
  host_string id;
  soloist_orchestration_durable_instance_id(&id);
  return taken(id);
}

const char *soloist_function_name(soloist_context *ctx) {
  (void)ctx;
  host_string name;
  soloist_orchestration_durable_function_name(&name);
  return taken(name);
}

const char *soloist_parent_instance_id(soloist_context *ctx) {
  (void)ctx;
  host_string id;
  return soloist_orchestration_durable_parent_instance_id(&id) ? taken(id) : NULL;
}

soloist_timestamp soloist_current_time(soloist_context *ctx) {
  (void)ctx;
  return (soloist_timestamp)ceil(soloist_orchestration_durable_current_time());
}

const char *soloist_new_guid(soloist_context *ctx) {
  (void)ctx;
  host_string guid;
  soloist_orchestration_durable_new_guid(&guid);
  return taken(guid);
}

bool soloist_is_replaying(soloist_context *ctx) {
  (void)ctx;
  return soloist_orchestration_durable_is_replaying();
}

// --- The export.

static void log_error(const char *message) {
  soloist_log(NULL, SOLOIST_ERROR, message);
}

static soloist_value *unknown(const char *name) {
  size_t count = 0;
  while (soloist_orchestrators[count].function) count++;
  const char **names = soloist_alloc((count + 1) * sizeof *names);
  for (size_t i = 0; i < count; i++) names[i] = soloist_orchestrators[i].name;
  names[count] = NULL;
  return soloist_unknown(name, names);
}

static soloist_value *serve(soloist_context *ctx, soloist_value *input) {
  const char *name = soloist_function_name(ctx);
  for (const soloist_orchestrator_entry *entry = soloist_orchestrators; entry->function; entry++) {
    if (!entry->name || strcmp(entry->name, name) == 0) return entry->function(ctx, input);
  }
  return unknown(name);
}

bool exports_soloist_orchestration_orchestrator_run(host_string *input, host_string *ret, host_failure *err) {
  soloist_context ctx = {false};
  soloist_panic_log = log_error;
  soloist_value *read = soloist_input((soloist_bytes){input->ptr, input->len});
  soloist_value *returned = read ? serve(&ctx, read) : NULL;
  // The host starts the next execution when this returns; whatever this one says is dropped.
  soloist_end end = soloist_output(ctx.continued ? soloist_null() : returned);
  if (end.failure) {
    soloist_bytes type = soloist_heap_text(end.failure->error_type);
    soloist_bytes message = soloist_heap_text(end.failure->message);
    soloist_bytes details = soloist_heap_text(end.failure->details ? end.failure->details : "");
    *err = (host_failure){
        {type.ptr, type.len},
        {message.ptr, message.len},
        {end.failure->details != NULL, {details.ptr, details.len}},
        end.failure->non_retriable,
    };
  } else {
    *ret = (host_string){end.output.ptr, end.output.len};
  }
  bool failed = end.failure != NULL;
  soloist_run_over();
  return !failed;
}

void soloist_export_orchestrators(void) {}
