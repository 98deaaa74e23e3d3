#include "test.h"

static soloist_value *parsed(const char *text) {
  return soloist_parse(text, strlen(text));
}

static void what_is_read_is_written_again(void) {
  const char *texts[] = {
      "null", "true", "[]", "{}", "-1", "0", "9223372036854775807", "18446744073709551615", "-9223372036854775808",
      "\"\\u0001\\u001f\\b\\f\\r\\t/\x7F\"",
      "1.5", "1e300", "-0.0", "0.1", "\"\"", "\"a\\u0000b\"", "\"\\\"\\\\\\n\"", "\"\xC3\xA9\xF0\x9F\x98\x80\"",
      "[1,[2,[3]],{\"a\":null,\"b\":[{}]}]", "{\"\":0}",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    soloist_value *value = parsed(texts[i]);
    CHECK(value);
    CHECK_TEXT(soloist_write(value), texts[i]);
  }
}

static void text_that_is_not_json_is_refused(void) {
  const char *texts[] = {"", " ", "nul", "[1,]", "{\"a\"}", "01", "1.", "NaN", "'a'", "\"\xFF\"", "[1] 2", "\"\n\"",
                         "/**/1"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    CHECK(!parsed(texts[i]));
    CHECK_TEXT(soloist_last_failure()->error_type, SOLOIST_INVALID_JSON);
    CHECK(strstr(soloist_last_failure()->message, "the text is not JSON: "));
  }
}

// `depth` lists in one another.
static char *nested(size_t depth) {
  char *text = soloist_alloc(2 * depth + 1);
  memset(text, '[', depth);
  memset(text + depth, ']', depth);
  text[2 * depth] = 0;
  return text;
}

static void depth_has_a_limit_when_read(void) {
  CHECK(parsed(nested(SOLOIST_DEPTH_MAX)));
  CHECK(!parsed(nested(SOLOIST_DEPTH_MAX + 1)));
  CHECK_TEXT(soloist_last_failure()->message, "the text is not JSON: it nests too deep");
  CHECK(!parsed(nested(1000000)));
}

static void depth_has_a_limit_when_written(void) {
  soloist_value *list = soloist_list();
  for (int i = 1; i < SOLOIST_DEPTH_MAX; i++) list = soloist_append(soloist_list(), list);
  CHECK(soloist_write(list));
  CHECK(!soloist_write(soloist_append(soloist_list(), list)));
  CHECK_TEXT(soloist_last_failure()->error_type, SOLOIST_INVALID_JSON);

  soloist_value *itself = soloist_list();
  soloist_append(itself, itself);
  CHECK(!soloist_write(itself));
}

static void one_value_may_stand_in_several_places(void) {
  soloist_value *city = soloist_string("Lima");
  soloist_value *object = soloist_set(soloist_object(), "a", city);
  soloist_set(object, "b", soloist_append(soloist_append(soloist_list(), city), city));
  CHECK_TEXT(soloist_write(object), "{\"a\":\"Lima\",\"b\":[\"Lima\",\"Lima\"]}");
}

static void of_several_members_with_one_key_the_last_is_found(void) {
  CHECK(soloist_to_integer(soloist_get(parsed("{\"a\":1,\"a\":2}"), "a"), 0) == 2);
}

static void null_is_written_for_no_value(void) {
  CHECK_TEXT(soloist_write(NULL), "null");
}

static void wide_values_are_read_and_written(void) {
  size_t count = 100000;
  soloist_value *list = soloist_list();
  for (size_t i = 0; i < count; i++) soloist_append(list, soloist_string("0123456789"));
  const char *text = soloist_write(list);
  CHECK(strlen(text) == count * 13 + 1);
  CHECK(soloist_size(parsed(text)) == count);
}

void json(void) {
  RUN(what_is_read_is_written_again);
  RUN(text_that_is_not_json_is_refused);
  RUN(depth_has_a_limit_when_read);
  RUN(depth_has_a_limit_when_written);
  RUN(one_value_may_stand_in_several_places);
  RUN(of_several_members_with_one_key_the_last_is_found);
  RUN(null_is_written_for_no_value);
  RUN(wide_values_are_read_and_written);
}
