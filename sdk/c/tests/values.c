#include <math.h>

#include "test.h"

static void what_is_made_is_read_again(void) {
  soloist_value *list = soloist_list();
  for (int i = 0; i < 100; i++) CHECK(soloist_append(list, soloist_integer(i)) == list);
  CHECK(soloist_size(list) == 100);
  CHECK(soloist_to_integer(soloist_item(list, 99), -1) == 99);
  CHECK(!soloist_item(list, 100));

  soloist_value *object = soloist_object();
  soloist_set(object, "a", soloist_bool(true));
  soloist_set(object, "b", soloist_string("x"));
  CHECK(soloist_set(object, "a", soloist_null()) == object);
  CHECK(soloist_size(object) == 2);
  CHECK(soloist_is_null(soloist_get(object, "a")));
  CHECK_TEXT(soloist_key(object, 1), "b");
  CHECK_TEXT(soloist_to_string(soloist_item(object, 1), NULL), "x");
  CHECK(!soloist_get(object, "c"));
}

static void what_is_of_another_kind_is_what_stands_in(void) {
  soloist_value *text = soloist_string("7");
  CHECK(soloist_to_integer(text, -1) == -1);
  CHECK(soloist_to_number(text, 0.5) == 0.5);
  CHECK(soloist_to_bool(text, true));
  CHECK_TEXT(soloist_to_string(soloist_integer(7), "none"), "none");
  CHECK(soloist_size(text) == 0 && soloist_length(text) == 1 && soloist_length(soloist_list()) == 0);
  CHECK(!soloist_get(soloist_list(), "a") && !soloist_key(soloist_list(), 0));
  CHECK(!soloist_append(text, text) && !soloist_set(text, "a", text));
}

static void nothing_is_found_in_null(void) {
  CHECK(soloist_is_null(NULL) && soloist_kind_of(NULL) == SOLOIST_NULL);
  CHECK(soloist_size(NULL) == 0 && soloist_length(NULL) == 0);
  CHECK(!soloist_item(NULL, 0) && !soloist_key(NULL, 0) && !soloist_get(NULL, "a") && !soloist_decoded(NULL));
  CHECK(soloist_to_integer(NULL, 3) == 3);
  CHECK(!soloist_append(soloist_list(), NULL) && !soloist_append(NULL, soloist_null()));
  CHECK(soloist_is_null(soloist_string(NULL)));
  CHECK(!soloist_get(soloist_object(), NULL) && !soloist_set(soloist_object(), NULL, soloist_null()));
}

static void whole_numbers_are_told_from_others(void) {
  CHECK(soloist_to_integer(soloist_number(3), 0) == 3);
  CHECK(soloist_to_integer(soloist_number(3.5), -1) == -1);
  CHECK(soloist_to_integer(soloist_number(-0x1p63), 0) == INT64_MIN);
  CHECK(soloist_to_integer(soloist_number(0x1p63), -1) == -1);
  CHECK(soloist_to_number(soloist_integer(-4), 0) == -4);
  CHECK(soloist_is_null(soloist_number(NAN)) && soloist_is_null(soloist_number(INFINITY)));
}

static void what_was_encoded_twice_is_looked_through(void) {
  soloist_value *twice = soloist_string(" {\"a\":[1,2]}");
  CHECK(soloist_kind_of(twice) == SOLOIST_STRING);
  CHECK(soloist_size(soloist_get(twice, "a")) == 2);
  CHECK(soloist_kind_of(soloist_decoded(twice)) == SOLOIST_OBJECT);
  CHECK_TEXT(soloist_to_string(twice, NULL), " {\"a\":[1,2]}");
  CHECK(soloist_to_integer(soloist_item(soloist_string("[5]"), 0), 0) == 5);
}

static void other_strings_are_what_they_are(void) {
  const char *texts[] = {"", "5", "\"[1]\"", "{broken", "[1] and more"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    soloist_value *text = soloist_string(texts[i]);
    CHECK(soloist_decoded(text) == text && soloist_size(text) == 0);
  }
}

void values(void) {
  RUN(what_is_made_is_read_again);
  RUN(what_is_of_another_kind_is_what_stands_in);
  RUN(nothing_is_found_in_null);
  RUN(whole_numbers_are_told_from_others);
  RUN(what_was_encoded_twice_is_looked_through);
  RUN(other_strings_are_what_they_are);
}
