// Write orchestrators and activities for Soloist in C or C++.
//
// An orchestrator is a deterministic function that the host replays from its history, so that it survives any crash.
// An activity is a side effect that the host runs at least once and whose result it records.
//
//     static soloist_value *greet_all(soloist_context *ctx, soloist_value *cities) {
//       soloist_value *greetings = soloist_list();
//       for (size_t i = 0; i < soloist_size(cities); i++) {
//         soloist_task task = soloist_call_activity(ctx, "greet", soloist_item(cities, i), NULL);
//         soloist_value *greeting = soloist_await(ctx, task);
//         if (!greeting) return NULL;
//         soloist_append(greetings, greeting);
//       }
//       return greetings;
//     }
//     SOLOIST_ORCHESTRATORS({"greet-all", greet_all});
//
// Two rules hold everywhere:
//
// 1. Ownership. All that a function of this header returns (values, texts, failures) lives until the orchestrator or
//    activity returns; then all of it is freed at once. Never free any of it, and keep none of it in a global variable.
//    What you pass in is copied and stays yours: texts, task arrays, retry policies.
// 2. Failure. A function that can fail returns NULL, and soloist_last_failure() tells why. To return NULL from an
//    orchestrator or activity fails it with that failure. JSON null is a value, soloist_null(), and never NULL.
//
// Where a value is passed in, NULL is taken for JSON null, except in soloist_append and soloist_set; where a text is, for an
// empty one, unless it says otherwise.
#ifndef SOLOIST_H
#define SOLOIST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SOLOIST_MUST_USE __attribute__((warn_unused_result))
#define SOLOIST_SENTINEL __attribute__((sentinel))
#define SOLOIST_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define SOLOIST_MUST_USE
#define SOLOIST_SENTINEL
#define SOLOIST_PRINTF
#endif

// ---------------------------------------------------------------------------------------------------------------------
// JSON values

// A JSON value. One value may stand in several lists and objects.
typedef struct soloist_value soloist_value;

typedef enum soloist_kind {
  SOLOIST_NULL,
  SOLOIST_BOOL,
  SOLOIST_NUMBER,
  SOLOIST_STRING,
  SOLOIST_LIST,
  SOLOIST_OBJECT
} soloist_kind;

// How deep JSON may nest, read or written.
enum { SOLOIST_DEPTH_MAX = 128 };

// --- Make.

soloist_value *soloist_null(void);
soloist_value *soloist_bool(bool truth);
soloist_value *soloist_integer(int64_t integer);
// JSON has no NaN and no infinity: either becomes null.
soloist_value *soloist_number(double number);
// A copy of the text; NULL becomes null. Bytes that are not UTF-8 become U+FFFD.
soloist_value *soloist_string(const char *text);
// The same for `size` bytes, which may hold zeros.
soloist_value *soloist_string_n(const char *text, size_t size);
soloist_value *soloist_list(void);
soloist_value *soloist_object(void);

// Adds a value at the end of a list and returns the list. NULL for `value` adds nothing and returns NULL, so that a
// failure travels on.
soloist_value *soloist_append(soloist_value *list, soloist_value *value);
// Sets a member of an object and returns the object; NULL for `value` sets nothing and returns NULL. Looks through the
// members that there are, so it is for objects of hundreds of members, not of millions.
soloist_value *soloist_set(soloist_value *object, const char *key, soloist_value *value);

// --- Read. All of these take NULL, for which there is nothing to be found.

// The kind; that of NULL is SOLOIST_NULL.
soloist_kind soloist_kind_of(const soloist_value *value);
// True for JSON null and for NULL.
bool soloist_is_null(const soloist_value *value);
// What is asked for, or `otherwise` where the value is of another kind.
bool soloist_to_bool(const soloist_value *value, bool otherwise);
double soloist_to_number(const soloist_value *value, double otherwise);
// Also `otherwise` for a number that is not whole or does not fit.
int64_t soloist_to_integer(const soloist_value *value, int64_t otherwise);
// Ends with a zero byte.
const char *soloist_to_string(const soloist_value *value, const char *otherwise);
// How many bytes a string has, zeros included; 0 for other kinds.
size_t soloist_length(const soloist_value *value);

// Lists and objects are also read through a string that holds one: see soloist_decoded.

// How many items a list has, or members an object; 0 for other kinds.
size_t soloist_size(const soloist_value *value);
// An item of a list or a member of an object by its place, or NULL.
soloist_value *soloist_item(const soloist_value *value, size_t index);
// The key of a member by its place, or NULL.
const char *soloist_key(const soloist_value *object, size_t index);
// A member of an object, or NULL if there is none. Of several with one key, the last.
soloist_value *soloist_get(const soloist_value *object, const char *key);
// What a string holds, if that is the JSON text of an object or a list; else the value itself. The Python client of
// Durable Functions encodes what it sends twice. soloist_size, soloist_item, soloist_key and soloist_get look through
// such a string by themselves.
soloist_value *soloist_decoded(soloist_value *value);

// --- Text.

// Reads JSON text, or fails with SOLOIST_INVALID_JSON.
SOLOIST_MUST_USE soloist_value *soloist_parse(const char *text, size_t size);
// Writes JSON text without spaces, or fails with SOLOIST_INVALID_JSON where it nests deeper than SOLOIST_DEPTH_MAX.
SOLOIST_MUST_USE const char *soloist_write(const soloist_value *value);
// All of its arguments, each a `const char *`, in one text: soloist_text("Hello ", name, "!").
#define soloist_text(...) soloist_text_of(__VA_ARGS__, (const char *)NULL)
const char *soloist_text_of(const char *first, ...) SOLOIST_SENTINEL;
// As printf. It brings the C library's printing into the component, some 30 KiB and imports of WASI; soloist_text does not.
const char *soloist_format(const char *format, ...) SOLOIST_PRINTF;

// Memory of your own that is freed with the rest, aligned for any number; never NULL.
void *soloist_alloc(size_t size);

// ---------------------------------------------------------------------------------------------------------------------
// Time

// Milliseconds since the Unix epoch.
typedef int64_t soloist_timestamp;
// A length of time in milliseconds.
typedef int64_t soloist_milliseconds;

#define SOLOIST_SECONDS(n) ((soloist_milliseconds)(n)*1000)
#define SOLOIST_MINUTES(n) ((soloist_milliseconds)(n)*60000)
#define SOLOIST_HOURS(n) ((soloist_milliseconds)(n)*3600000)
#define SOLOIST_DAYS(n) ((soloist_milliseconds)(n)*86400000)

// A moment as RFC 3339 text in UTC, such as 2026-11-24T12:01:30.000Z. A moment before the epoch is written as the epoch.
const char *soloist_time_text(soloist_timestamp moment);

// ---------------------------------------------------------------------------------------------------------------------
// Failures

// Why a step, or a whole orchestration, failed. Part of history.
typedef struct soloist_failure {
  // Stable and machine-readable, such as "PaymentDeclined". The host's own are, among others, "Canceled" and "Trap".
  const char *error_type;
  // One sentence for a person.
  const char *message;
  // Anything that helps, or NULL.
  const char *details;
  // True if a retry policy must not try again.
  bool non_retriable;
} soloist_failure;

// Failures of this library.
#define SOLOIST_INVALID_INPUT "InvalidInput"       // the input is not what the function takes
#define SOLOIST_INVALID_OUTPUT "InvalidOutput"     // what the function returned cannot be written
#define SOLOIST_INVALID_JSON "InvalidJson"         // a text is not JSON, or a value does not fit it
#define SOLOIST_UNKNOWN_FUNCTION "UnknownFunction" // the component was deployed under a name that it does not serve

// Notes a failure and returns NULL: `return soloist_fail("PaymentDeclined", "no funds");`
soloist_value *soloist_fail(const char *error_type, const char *message);
// The same with all that a failure has.
soloist_value *soloist_fail_with(const soloist_failure *failure);
// Why the last NULL was returned. If nothing has failed yet, all its texts are empty; it is never NULL.
const soloist_failure *soloist_last_failure(void);
// {"errorType", "message", "details", "nonRetriable"}.
soloist_value *soloist_failure_value(const soloist_failure *failure);

// ---------------------------------------------------------------------------------------------------------------------
// Orchestrators

// All that an orchestrator can do. Everything here is recorded in history and replayed from it.
typedef struct soloist_context soloist_context;

// Something that the orchestrator asked for. It runs from that moment, whether or not it is awaited.
typedef struct soloist_task {
  uint32_t id;
} soloist_task;

// When the host tries a step again, and for how long. 0 stands for what its comment says.
typedef struct soloist_retry_policy {
  // Total attempts, the first included. 0: 1.
  uint32_t max_attempts;
  // Time before the second attempt. 0: 1 millisecond.
  soloist_milliseconds first_retry_interval;
  // Factor from one interval to the next, at least 1. 0: 1.
  double backoff_coefficient;
  // Longest interval. 0: no limit.
  soloist_milliseconds max_retry_interval;
  // No attempt starts later than this after the first. 0: no limit.
  soloist_milliseconds retry_timeout;
  // An attempt that takes longer counts as failed. 0: no limit.
  soloist_milliseconds attempt_timeout;
} soloist_retry_policy;

// --- Ask. These return at once; `retry` may be NULL.

// Asks for an activity.
soloist_task soloist_call_activity(soloist_context *ctx, const char *name, soloist_value *input,
                                   const soloist_retry_policy *retry);
// Asks for a child: an instance of another orchestrator. NULL for `instance_id` lets the host derive one. If an instance of
// that ID is live, the task fails with "InstanceExists".
soloist_task soloist_call_orchestrator(soloist_context *ctx, const char *name, soloist_value *input,
                                       const char *instance_id, const soloist_retry_policy *retry);
// Asks the host to send an HTTP request: {method, uri, headers?, content?, asyncPattern?}. Any status is an answer:
// {statusCode, headers, content}. The operator lists whom the function may call. After a crash the request may be sent
// a second time: send a header such as idempotency-key with a soloist_new_guid where that matters.
soloist_task soloist_call_http(soloist_context *ctx, soloist_value *request, const soloist_retry_policy *retry);
// A request without headers or content; add them with soloist_set.
soloist_value *soloist_http_request(const char *method, const char *uri);
// Adds a header to a request, or replaces the one of just that name; returns the request.
soloist_value *soloist_http_header(soloist_value *request, const char *name, const char *value);
// Asks to be woken at a moment, or after a length of time. A moment that is past is answered at once.
soloist_task soloist_create_timer(soloist_context *ctx, soloist_timestamp fire_at);
soloist_task soloist_create_timer_after(soloist_context *ctx, soloist_milliseconds length);
// Waits for an event that somebody raises or has raised. Names compare without regard to ASCII case. A wait that you
// give up must be cancelled, or it takes the next event with it.
soloist_task soloist_wait_for_event(soloist_context *ctx, const char *name);
// Gives up a task that is not done: it then fails with "Canceled". A task that is done stays done.
void soloist_cancel(soloist_context *ctx, soloist_task task);

// --- Wait. These park the orchestrator until history holds the answer.

// The answer of a task, or its failure: the same each time.
SOLOIST_MUST_USE soloist_value *soloist_await(soloist_context *ctx, soloist_task task);
// The index of the task that was answered first; soloist_await on it then returns at once. Traps if there are none.
size_t soloist_await_any(soloist_context *ctx, const soloist_task *tasks, size_t count);

// What one of many tasks answered: one of the two is NULL.
typedef struct soloist_answer {
  soloist_value *value;
  const soloist_failure *failure;
} soloist_answer;

// What each task answered, in the order of `tasks`, once all have: `count` of them.
SOLOIST_MUST_USE const soloist_answer *soloist_await_all(soloist_context *ctx, const soloist_task *tasks, size_t count);
// The answers as a list, or the first failure in the order of `tasks`, once all have answered.
SOLOIST_MUST_USE soloist_value *soloist_try_await_all(soloist_context *ctx, const soloist_task *tasks, size_t count);
// Waits for an event, but not longer than `limit`: its data, or NULL if time was up first; that is no failure. Neither
// the wait nor the timer is left behind.
soloist_value *soloist_wait_for_event_within(soloist_context *ctx, const char *name, soloist_milliseconds limit);

// --- Tell.

// Raises an event at another instance, once. One that does not exist, or has ended, does not get it.
void soloist_send_event(soloist_context *ctx, const char *instance_id, const char *name, soloist_value *data);
// Sets what the status of this instance shows as `customStatus`: at most 16 KiB of JSON.
void soloist_set_custom_status(soloist_context *ctx, soloist_value *status);
// Ends this execution when the orchestrator returns, whatever that says, and starts the next with `input`. Unless
// `keep_events`, events that have happened and were not waited for are gone.
// `return soloist_continue_as_new(ctx, next, true);`
soloist_value *soloist_continue_as_new(soloist_context *ctx, soloist_value *input, bool keep_events);

typedef enum soloist_level { SOLOIST_TRACE, SOLOIST_DEBUG, SOLOIST_INFO, SOLOIST_WARN, SOLOIST_ERROR } soloist_level;

// Writes a line to the instance's log, once however often it is replayed.
void soloist_log(soloist_context *ctx, soloist_level level, const char *message);
static inline void soloist_log_trace(soloist_context *ctx, const char *message) {
  soloist_log(ctx, SOLOIST_TRACE, message);
}
static inline void soloist_log_debug(soloist_context *ctx, const char *message) {
  soloist_log(ctx, SOLOIST_DEBUG, message);
}
static inline void soloist_log_info(soloist_context *ctx, const char *message) {
  soloist_log(ctx, SOLOIST_INFO, message);
}
static inline void soloist_log_warn(soloist_context *ctx, const char *message) {
  soloist_log(ctx, SOLOIST_WARN, message);
}
static inline void soloist_log_error(soloist_context *ctx, const char *message) {
  soloist_log(ctx, SOLOIST_ERROR, message);
}

// --- Know. The same answers on every replay.

// The ID that this instance was started with.
const char *soloist_instance_id(soloist_context *ctx);
// The name that this orchestrator was started under.
const char *soloist_function_name(soloist_context *ctx);
// The instance that called this one, or NULL.
const char *soloist_parent_instance_id(soloist_context *ctx);
// Orchestration time: the moment of the last answer that this orchestrator has consumed.
soloist_timestamp soloist_current_time(soloist_context *ctx);
// A new version 5 UUID, derived from the execution and a counter.
const char *soloist_new_guid(soloist_context *ctx);
// True while this call repeats what an earlier run recorded. For diagnostics only.
bool soloist_is_replaying(soloist_context *ctx);

// ---------------------------------------------------------------------------------------------------------------------
// Activities

// What an activity may ask about its own call.
typedef struct soloist_activity_context soloist_activity_context;

// The name that this activity was called by.
const char *soloist_activity_function_name(soloist_activity_context *ctx);
// The instance whose orchestrator called.
const char *soloist_activity_instance_id(soloist_activity_context *ctx);
// The same over all attempts of one call, and never used again: an idempotency key.
const char *soloist_activity_task_key(soloist_activity_context *ctx);
// 1 on the first attempt.
uint32_t soloist_activity_attempt(soloist_activity_context *ctx);

// ---------------------------------------------------------------------------------------------------------------------
// What a component holds

// Takes the input (JSON null if there was none), returns the output, or NULL for a failure.
typedef soloist_value *(*soloist_orchestrator)(soloist_context *ctx, soloist_value *input);
typedef soloist_value *(*soloist_activity)(soloist_activity_context *ctx, soloist_value *input);

// A function and the name that it is deployed under. NULL as the name of the last takes all other names.
typedef struct soloist_orchestrator_entry {
  const char *name;
  soloist_orchestrator function;
} soloist_orchestrator_entry;

typedef struct soloist_activity_entry {
  const char *name;
  soloist_activity function;
} soloist_activity_entry;

// To be written once in a component, outside of any function, for each of the two that it holds:
//
//     SOLOIST_ORCHESTRATORS({"open-account", open_account}, {"close-account", close_account});
//     SOLOIST_ACTIVITIES({NULL, greet});
//
// The name that the component was started under picks the function. Under a name that none has, it fails with
// SOLOIST_UNKNOWN_FUNCTION.
// (Both are declared below, so that they have external linkage in C++ too.)
#define SOLOIST_ORCHESTRATORS(...)                                                         \
  const soloist_orchestrator_entry soloist_orchestrators[] = {__VA_ARGS__, {NULL, NULL}}; \
  const soloist_link soloist_link_orchestrators = {soloist_export_orchestrators}
#define SOLOIST_ACTIVITIES(...)                                                     \
  const soloist_activity_entry soloist_activities[] = {__VA_ARGS__, {NULL, NULL}}; \
  const soloist_link soloist_link_activities = {soloist_export_activities}

// The rest makes the linker take the exports that the macros name, and no others.
typedef struct soloist_link {
  void (*what)(void);
} soloist_link;
void soloist_export_orchestrators(void);
void soloist_export_activities(void);
extern const soloist_orchestrator_entry soloist_orchestrators[];
extern const soloist_activity_entry soloist_activities[];
extern const soloist_link soloist_link_orchestrators;
extern const soloist_link soloist_link_activities;

#ifdef __cplusplus
}
#endif

#endif
