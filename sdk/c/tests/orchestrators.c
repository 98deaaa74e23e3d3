#include "fake.h"
#include "test.h"

// --- The orchestrators that are run.

static soloist_value *asks(soloist_context *ctx, soloist_value *input) {
  soloist_retry_policy least = {0};
  soloist_retry_policy all = {5, 1000, 2, 30000, SOLOIST_HOURS(1), 2};
  soloist_call_activity(ctx, "a", input, NULL);
  soloist_call_activity(ctx, "b", NULL, &least);
  soloist_call_orchestrator(ctx, "c", input, "child-1", &all);
  soloist_call_orchestrator(ctx, "c", input, NULL, NULL);
  soloist_value *request = soloist_http_request("POST", "http://x/");
  soloist_http_header(soloist_http_header(request, "a", "1"), "b", "2");
  soloist_call_http(ctx, request, NULL);
  soloist_create_timer(ctx, 77);
  soloist_create_timer_after(ctx, 500);
  soloist_cancel(ctx, soloist_wait_for_event(ctx, "Go"));
  return soloist_null();
}

static soloist_value *tells(soloist_context *ctx, soloist_value *input) {
  soloist_send_event(ctx, "other", "Go", input);
  soloist_set_custom_status(ctx, soloist_string("half"));
  soloist_log_trace(ctx, "quiet");
  soloist_log_info(ctx, NULL);
  soloist_log_error(ctx, "bad \xFF");
  return soloist_string(soloist_parent_instance_id(ctx));
}

static soloist_value *waits(soloist_context *ctx, soloist_value *input) {
  return soloist_await(ctx, soloist_call_activity(ctx, "a", input, NULL));
}

static soloist_value *waits_for_all(soloist_context *ctx, soloist_value *input) {
  soloist_task tasks[2];
  for (int i = 0; i < 2; i++) tasks[i] = soloist_call_activity(ctx, "a", soloist_integer(i), NULL);
  if (soloist_to_bool(input, false)) return soloist_try_await_all(ctx, tasks, 2);
  const soloist_answer *answers = soloist_await_all(ctx, tasks, 2);
  soloist_value *list = soloist_list();
  for (int i = 0; i < 2; i++) {
    soloist_append(list, answers[i].value ? answers[i].value : soloist_string(answers[i].failure->error_type));
  }
  return list;
}

static soloist_value *waits_within(soloist_context *ctx, soloist_value *input) {
  soloist_value *data = soloist_wait_for_event_within(ctx, "Go", soloist_to_integer(input, 0));
  return data ? data : soloist_string("late");
}

static soloist_value *continues(soloist_context *ctx, soloist_value *input) {
  soloist_continue_as_new(ctx, input, soloist_to_bool(input, false));
  return soloist_fail("Ignored", "the next execution begins all the same");
}

static soloist_value *knows(soloist_context *ctx, soloist_value *input) {
  (void)input;
  soloist_value *list = soloist_append(soloist_list(), soloist_string(soloist_instance_id(ctx)));
  soloist_append(list, soloist_integer(soloist_current_time(ctx)));
  soloist_append(list, soloist_bool(soloist_is_replaying(ctx)));
  return soloist_append(list, soloist_string(soloist_new_guid(ctx)));
}

static soloist_value *returns_nothing(soloist_context *ctx, soloist_value *input) {
  (void)ctx;
  (void)input;
  return NULL;
}

static soloist_value *returns_itself(soloist_context *ctx, soloist_value *input) {
  (void)ctx;
  (void)input;
  soloist_value *list = soloist_list();
  return soloist_append(list, list);
}

SOLOIST_ORCHESTRATORS({"asks", asks}, {"tells", tells}, {"waits", waits}, {"waits-for-all", waits_for_all},
                      {"waits-within", waits_within}, {"continues", continues}, {"knows", knows},
                      {"nothing", returns_nothing}, {"itself", returns_itself});

// --- The tests.

static void what_is_asked_for_crosses(void) {
  fake_reset("asks");
  CHECK_TEXT(fake_orchestrate("asks", "{\"n\":1}").output, "null");
  CHECK_TEXT(fake.asked,
             "activity a {\"n\":1}\n"
             "activity b null attempts=1 first=1 backoff=1\n"
             "orchestrator c {\"n\":1} child-1 attempts=5 first=1000 backoff=2 max=30000 retry-timeout=3.6e+06"
             " attempt-timeout=2\n"
             "orchestrator c {\"n\":1}\n"
             "http {\"method\":\"POST\",\"uri\":\"http://x/\",\"headers\":{\"a\":\"1\",\"b\":\"2\"}}\n"
             "timer 77\n"
             "timer 1500\n"
             "event Go\n"
             "cancel 7\n");
}

static void what_is_told_crosses(void) {
  fake_reset("tells");
  CHECK_TEXT(fake_orchestrate("tells", "[1]").output, "null");
  CHECK_TEXT(fake.asked, "send other Go [1]\nstatus \"half\"\nlog 0 quiet\nlog 2 \nlog 4 bad \xEF\xBF\xBD\n");
  fake.parent = "above";
  CHECK_TEXT(fake_orchestrate("tells", "[1]").output, "\"above\"");
}

static void an_answer_is_returned(void) {
  fake_reset("waits");
  fake.answers[0].json = "{\"a\":[1,2]}";
  CHECK_TEXT(fake_orchestrate("waits", "null").output, "{\"a\":[1,2]}");
}

static void a_failure_travels_on_with_all_it_has(void) {
  fake_reset("waits");
  fake.answers[0] = (fake_answer){NULL, "Declined", "no funds", "attempts: 3", true};
  fake_end end = fake_orchestrate("waits", "null");
  CHECK_TEXT(end.error_type, "Declined");
  CHECK_TEXT(end.message, "no funds");
  CHECK_TEXT(end.details, "attempts: 3");
  CHECK(end.non_retriable);

  fake_reset("waits");
  fake.answers[0] = (fake_answer){NULL, "Empty", "", NULL, false};
  end = fake_orchestrate("waits", "null");
  CHECK_TEXT(end.message, "");
  CHECK(!end.details && !end.non_retriable);
}

static void all_answers_come_in_order(void) {
  fake_reset("waits-for-all");
  fake.answers[0] = (fake_answer){NULL, "Declined", "no funds", NULL, false};
  fake.answers[1].json = "7";
  CHECK_TEXT(fake_orchestrate("waits-for-all", "false").output, "[\"Declined\",7]");

  fake_reset("waits-for-all");
  fake.answers[0].json = "6";
  fake.answers[1].json = "7";
  CHECK_TEXT(fake_orchestrate("waits-for-all", "true").output, "[6,7]");
}

static void the_first_failure_of_all_is_the_failure(void) {
  fake_reset("waits-for-all");
  fake.answers[0] = (fake_answer){NULL, "First", "a", NULL, false};
  fake.answers[1] = (fake_answer){NULL, "Second", "b", NULL, false};
  CHECK_TEXT(fake_orchestrate("waits-for-all", "true").error_type, "First");
}

static void whoever_loses_the_race_is_cancelled(void) {
  fake_reset("waits-within");
  fake.answers[0].json = "5";
  CHECK_TEXT(fake_orchestrate("waits-within", "50").output, "5");
  CHECK_TEXT(fake.asked, "event Go\ntimer 1050\ncancel 1\n");

  fake_reset("waits-within");
  fake.earliest = 1;
  CHECK_TEXT(fake_orchestrate("waits-within", "50").output, "\"late\"");
  CHECK_TEXT(fake.asked, "event Go\ntimer 1050\ncancel 0\n");
}

static void continuing_as_new_wins_over_what_is_returned(void) {
  fake_reset("continues");
  CHECK_TEXT(fake_orchestrate("continues", "true").output, "null");
  CHECK_TEXT(fake_orchestrate("continues", "1").output, "null");
  CHECK_TEXT(fake.asked, "continue true keep\ncontinue 1 drop\n");
}

static void time_is_in_whole_milliseconds(void) {
  fake_reset("knows");
  fake.now = 1.25;
  CHECK_TEXT(fake_orchestrate("knows", "null").output,
             "[\"night-7\",2,false,\"5b0a3c0e-0000-5000-8000-000000000000\"]");
}

static void null_without_a_failure_is_a_failure(void) {
  fake_reset("nothing");
  fake_end end = fake_orchestrate("nothing", "null");
  CHECK_TEXT(end.error_type, "InvalidOutput");
  CHECK_TEXT(end.message, "the function returned NULL, but nothing had failed");
}

static void output_that_has_no_end_is_a_failure(void) {
  fake_reset("itself");
  CHECK_TEXT(fake_orchestrate("itself", "null").error_type, "InvalidOutput");
}

static void an_unknown_name_is_told_with_the_known_ones(void) {
  fake_reset("Asks");
  fake_end end = fake_orchestrate("Asks", "null");
  CHECK_TEXT(end.error_type, "UnknownFunction");
  CHECK(strstr(end.message, "does not serve `Asks`, but asks, tells, waits,") && end.non_retriable);
}

static void input_that_nests_too_deep_is_a_failure(void) {
  char text[2 * SOLOIST_DEPTH_MAX + 3];
  memset(text, '[', SOLOIST_DEPTH_MAX + 1);
  memset(text + SOLOIST_DEPTH_MAX + 1, ']', SOLOIST_DEPTH_MAX + 1);
  text[sizeof text - 1] = 0;
  fake_reset("waits");
  fake_end end = fake_orchestrate("waits", text);
  CHECK_TEXT(end.error_type, "InvalidInput");
  CHECK_TEXT(end.message, "the input cannot be read: it nests too deep");
  CHECK(end.non_retriable);
}

void orchestrators(void) {
  RUN(what_is_asked_for_crosses);
  RUN(what_is_told_crosses);
  RUN(an_answer_is_returned);
  RUN(a_failure_travels_on_with_all_it_has);
  RUN(all_answers_come_in_order);
  RUN(the_first_failure_of_all_is_the_failure);
  RUN(whoever_loses_the_race_is_cancelled);
  RUN(continuing_as_new_wins_over_what_is_returned);
  RUN(time_is_in_whole_milliseconds);
  RUN(null_without_a_failure_is_a_failure);
  RUN(output_that_has_no_end_is_a_failure);
  RUN(an_unknown_name_is_told_with_the_known_ones);
  RUN(input_that_nests_too_deep_is_a_failure);
}
