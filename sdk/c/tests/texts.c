#include "test.h"

static void parts_become_one_text(void) {
  CHECK_TEXT(soloist_text("Hello ", "Lima", "!"), "Hello Lima!");
  CHECK_TEXT(soloist_text(""), "");
  CHECK_TEXT(soloist_format("%d of %s", 3, "many"), "3 of many");
}

static void dates_are_those_of_the_calendar(void) {
  CHECK_TEXT(soloist_time_text(0), "1970-01-01T00:00:00.000Z");
  CHECK_TEXT(soloist_time_text(951782400000), "2000-02-29T00:00:00.000Z");
  CHECK_TEXT(soloist_time_text(1709251199999), "2024-02-29T23:59:59.999Z");
  CHECK_TEXT(soloist_time_text(4107542400000), "2100-03-01T00:00:00.000Z");
  CHECK_TEXT(soloist_time_text(-1), "1970-01-01T00:00:00.000Z");
  CHECK_TEXT(soloist_time_text(INT64_MAX), "9999-12-31T23:59:59.999Z");
}

static void what_is_not_utf8_is_replaced(void) {
  const char *cases[][2] = {
      {"a\xFFz", "a\xEF\xBF\xBDz"},
      {"\xC3", "\xEF\xBF\xBD"},
      {"\xC0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xE0\xA4\x85\xF0\x9F\x98\x80\xC3\xA9", "\xE0\xA4\x85\xF0\x9F\x98\x80\xC3\xA9"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    CHECK_TEXT(soloist_to_string(soloist_string(cases[i][0]), NULL), cases[i][1]);
    soloist_value *object = soloist_set(soloist_object(), cases[i][0], soloist_null());
    CHECK_TEXT(soloist_key(object, 0), cases[i][1]);
  }
}

static void memory_of_any_size_is_aligned(void) {
  for (size_t size = 0; size < 10000; size = size * 2 + 1) {
    char *memory = soloist_alloc(size);
    CHECK((uintptr_t)memory % sizeof(double) == 0);
    memset(memory, 1, size);
  }
}

static void nothing_has_failed_at_first(void) {
  CHECK_TEXT(soloist_last_failure()->error_type, "");
  CHECK(!soloist_fail("Declined", "no funds"));
  CHECK_TEXT(soloist_write(soloist_failure_value(soloist_last_failure())),
             "{\"errorType\":\"Declined\",\"message\":\"no funds\",\"details\":null,\"nonRetriable\":false}");
}

void texts(void) {
  RUN(parts_become_one_text);
  RUN(dates_are_those_of_the_calendar);
  RUN(what_is_not_utf8_is_replaced);
  RUN(memory_of_any_size_is_aligned);
  RUN(nothing_has_failed_at_first);
}
