#include "fake.h"
#include "test.h"

static soloist_value *context(soloist_activity_context *ctx, soloist_value *input) {
  soloist_value *list = soloist_append(soloist_list(), input);
  soloist_append(list, soloist_string(soloist_activity_function_name(ctx)));
  soloist_append(list, soloist_string(soloist_activity_instance_id(ctx)));
  soloist_append(list, soloist_string(soloist_activity_task_key(ctx)));
  return soloist_append(list, soloist_integer(soloist_activity_attempt(ctx)));
}

static soloist_value *fails(soloist_activity_context *ctx, soloist_value *input) {
  (void)ctx;
  (void)input;
  soloist_failure failure = {"Declined", "no funds", "", true};
  return soloist_fail_with(&failure);
}

SOLOIST_ACTIVITIES({"context", context}, {"fails", fails});

static void the_context_tells_of_the_call(void) {
  CHECK_TEXT(fake_act("context", "{\"a\":1}").output, "[{\"a\":1},\"context\",\"night-7\",\"key:3\",2]");
}

static void a_failure_keeps_all_it_has(void) {
  fake_end end = fake_act("fails", "null");
  CHECK_TEXT(end.error_type, "Declined");
  CHECK_TEXT(end.message, "no funds");
  CHECK_TEXT(end.details, "");
  CHECK(end.non_retriable);
}

static void an_unknown_name_is_told_with_the_known_ones(void) {
  fake_end end = fake_act("other", "null");
  CHECK_TEXT(end.error_type, "UnknownFunction");
  CHECK_TEXT(end.message, "this component does not serve `other`, but context, fails");
  CHECK(end.non_retriable && !end.details);
}

void activities(void) {
  RUN(the_context_tells_of_the_call);
  RUN(a_failure_keeps_all_it_has);
  RUN(an_unknown_name_is_told_with_the_known_ones);
}
