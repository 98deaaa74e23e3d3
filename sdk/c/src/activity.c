// What an activity may ask, and its export, through the bindings of the world `activity-module`.

#include <string.h>

#include "../bindings/activity_module.h"
#include "internal.h"

typedef activity_module_string_t host_string;
typedef soloist_orchestration_types_failure_t host_failure;

static const char *asked(void (*question)(host_string *)) {
  host_string answer;
  question(&answer);
  return soloist_take_text((soloist_bytes){answer.ptr, answer.len});
}

const char *soloist_activity_function_name(soloist_activity_context *ctx) {
  (void)ctx;
  return asked(soloist_orchestration_activity_context_function_name);
}

const char *soloist_activity_instance_id(soloist_activity_context *ctx) {
  (void)ctx;
  return asked(soloist_orchestration_activity_context_instance_id);
}

const char *soloist_activity_task_key(soloist_activity_context *ctx) {
  (void)ctx;
  return asked(soloist_orchestration_activity_context_task_key);
}

uint32_t soloist_activity_attempt(soloist_activity_context *ctx) {
  (void)ctx;
  return soloist_orchestration_activity_context_attempt();
}

// --- The export.

static soloist_value *unknown(const char *name) {
  size_t count = 0;
  while (soloist_activities[count].function) count++;
  const char **names = soloist_alloc((count + 1) * sizeof *names);
  for (size_t i = 0; i < count; i++) names[i] = soloist_activities[i].name;
  names[count] = NULL;
  return soloist_unknown(name, names);
}

static soloist_value *serve(soloist_activity_context *ctx, soloist_value *input) {
  const char *name = soloist_activity_function_name(ctx);
  for (const soloist_activity_entry *entry = soloist_activities; entry->function; entry++) {
    if (!entry->name || strcmp(entry->name, name) == 0) return entry->function(ctx, input);
  }
  return unknown(name);
}

bool exports_soloist_orchestration_activity_run(host_string *input, host_string *ret, host_failure *err) {
  soloist_value *read = soloist_input((soloist_bytes){input->ptr, input->len});
  soloist_activity_context ctx = {read};
  soloist_end end = soloist_output(read ? serve(&ctx, read) : NULL);
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

void soloist_export_activities(void) {}
