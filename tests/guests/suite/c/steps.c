// Activities, children and HTTP: in sequence, at once, again.

#include "suite.h"

static const char *const CITIES[] = {"Tokyo", "Seattle", "London", "Cairo", "Lima"};
enum { CITY_COUNT = sizeof CITIES / sizeof CITIES[0] };

soloist_value *hello_cities(soloist_context *ctx, soloist_value *input) {
  soloist_value *greetings = soloist_list();
  for (size_t i = 0; i < CITY_COUNT; i++) {
    soloist_value *city = object_of("name", soloist_string(CITIES[i]));
    soloist_set(city, "delayMs", soloist_integer(integer_of(input, "delayMs", 0)));
    soloist_value *greeting = soloist_await(ctx, soloist_call_activity(ctx, "say-hello", city, NULL));
    if (!soloist_append(greetings, greeting)) return NULL;
  }
  return greetings;
}

soloist_value *fan_out(soloist_context *ctx, soloist_value *input) {
  int64_t n = integer_of(input, "n", 100);
  if (n < 0 || n > 100000) return soloist_fail(SOLOIST_INVALID_INPUT, "`n` is to be between 0 and 100000");
  soloist_task *tasks = soloist_alloc((size_t)n * sizeof *tasks);
  for (int64_t i = 0; i < n; i++) tasks[i] = soloist_call_activity(ctx, "echo", soloist_integer(i), NULL);
  return soloist_try_await_all(ctx, tasks, (size_t)n);
}

soloist_value *retry(soloist_context *ctx, soloist_value *input) {
  soloist_retry_policy policy = {
      .max_attempts = (uint32_t)integer_of(input, "attempts", 5),
      .first_retry_interval = 10,
      .backoff_coefficient = 2,
  };
  soloist_value *until = soloist_integer(integer_of(input, "failures", 2) + 1);
  return soloist_await(ctx, soloist_call_activity(ctx, "flaky", object_of("until", until), &policy));
}

soloist_value *child(soloist_context *ctx, soloist_value *input) {
  soloist_value *number = object_of("n", soloist_integer(integer_of(input, "n", 21)));
  const char *instance = text_of(input, "instance", NULL);
  return soloist_await(ctx, soloist_call_orchestrator(ctx, "double", number, instance, NULL));
}

soloist_value *doubled(soloist_context *ctx, soloist_value *input) {
  soloist_value *twice = soloist_integer(2 * integer_of(input, "n", 21));
  return soloist_await(ctx, soloist_call_activity(ctx, "echo", twice, NULL));
}

soloist_value *http(soloist_context *ctx, soloist_value *input) {
  soloist_value *request = soloist_http_request(text_of(input, "method", "GET"), text_of(input, "uri", ""));
  soloist_value *headers = soloist_get(input, "headers");
  for (size_t i = 0; i < soloist_size(headers); i++) {
    soloist_http_header(request, soloist_key(headers, i), soloist_to_string(soloist_item(headers, i), ""));
  }
  soloist_value *content = soloist_get(input, "content");
  if (!soloist_is_null(content)) soloist_set(request, "content", content);
  soloist_value *response = soloist_await(ctx, soloist_call_http(ctx, request, NULL));
  if (!response) return NULL;
  soloist_value *answer = object_of("statusCode", value_of(response, "statusCode"));
  return soloist_set(answer, "content", value_of(response, "content"));
}

soloist_value *chain(soloist_context *ctx, soloist_value *input) {
  const char *activity = text_of(input, "activity", "echo");
  int64_t n = integer_of(input, "n", 3), rests = integer_of(input, "rests", 0);
  soloist_value *answers = soloist_list();
  for (int64_t i = 0; i < n; i++) {
    if (i > 0 && rests > 0 && !soloist_await(ctx, soloist_create_timer_after(ctx, rests))) return NULL;
    soloist_value *answer = soloist_await(ctx, soloist_call_activity(ctx, activity, soloist_integer(i), NULL));
    if (!soloist_append(answers, answer)) return NULL;
  }
  return answers;
}

soloist_value *counter(soloist_context *ctx, soloist_value *input) {
  int64_t n = integer_of(input, "n", 0), until = integer_of(input, "until", 3);
  if (n >= until) return soloist_integer(n);
  if (!soloist_await(ctx, soloist_call_activity(ctx, "echo", soloist_integer(n), NULL))) return NULL;
  soloist_value *next = object_of("n", soloist_integer(n + 1));
  soloist_set(next, "until", soloist_integer(until));
  return soloist_continue_as_new(ctx, next, true);
}
