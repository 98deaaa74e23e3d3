#include "value.h"

#include <math.h>
#include <string.h>

soloist_value *soloist_new(soloist_form form) {
  soloist_value *value = soloist_alloc(sizeof *value);
  memset(value, 0, sizeof *value);
  value->form = form;
  return value;
}

soloist_value *soloist_null(void) {
  return soloist_new(FORM_NULL);
}

soloist_value *soloist_bool(bool truth) {
  soloist_value *value = soloist_new(FORM_BOOL);
  value->as.truth = truth;
  return value;
}

soloist_value *soloist_integer(int64_t integer) {
  soloist_value *value = soloist_new(FORM_SIGNED);
  value->as.integer = integer;
  return value;
}

soloist_value *soloist_number(double number) {
  if (!isfinite(number)) return soloist_null();
  soloist_value *value = soloist_new(FORM_REAL);
  value->as.real = number;
  return value;
}

soloist_value *soloist_string(const char *text) {
  return text ? soloist_string_n(text, strlen(text)) : soloist_null();
}

soloist_value *soloist_string_n(const char *text, size_t size) {
  soloist_value *value = soloist_new(FORM_STRING);
  const char *good = soloist_utf8(text, &size);
  value->as.string.text = good == text ? soloist_arena_text(text, size) : good;
  value->size = size;
  return value;
}

soloist_value *soloist_list(void) {
  return soloist_new(FORM_LIST);
}

soloist_value *soloist_object(void) {
  return soloist_new(FORM_OBJECT);
}

// Room for one more of `unit` bytes each; doubling keeps what is left behind in the arena below what is used.
static void *grown(soloist_value *value, void *old, size_t unit) {
  if (value->size < value->capacity) return old;
  size_t capacity = value->capacity > 0 ? value->capacity * 2 : 4;
  if (capacity > SIZE_MAX / 2 / unit) soloist_panic("out of memory");
  void *fresh = soloist_alloc(capacity * unit);
  if (value->size > 0) memcpy(fresh, old, value->size * unit);
  value->capacity = capacity;
  return fresh;
}

soloist_value *soloist_append(soloist_value *list, soloist_value *value) {
  if (!list || !value || list->form != FORM_LIST) return NULL;
  list->as.items = grown(list, list->as.items, sizeof *list->as.items);
  list->as.items[list->size++] = value;
  return list;
}

void soloist_add_member(soloist_value *object, const char *key, size_t key_size, soloist_value *value) {
  object->as.members = grown(object, object->as.members, sizeof *object->as.members);
  object->as.members[object->size++] = (soloist_member){key, key_size, value};
}

// From the end, so that the last of several with one key is found.
static soloist_member *find(const soloist_value *object, const char *key, size_t key_size) {
  for (size_t i = object->size; i-- > 0;) {
    soloist_member *member = &object->as.members[i];
    if (member->key_size == key_size && memcmp(member->key, key, key_size) == 0) return member;
  }
  return NULL;
}

soloist_value *soloist_set(soloist_value *object, const char *key, soloist_value *value) {
  if (!object || !key || !value || object->form != FORM_OBJECT) return NULL;
  size_t size = strlen(key);
  const char *good = soloist_utf8(key, &size);
  soloist_member *member = find(object, good, size);
  if (member) {
    member->value = value;
  } else {
    soloist_add_member(object, soloist_arena_text(good, size), size, value);
  }
  return object;
}

soloist_kind soloist_kind_of(const soloist_value *value) {
  if (!value) return SOLOIST_NULL;
  switch (value->form) {
    case FORM_NULL: return SOLOIST_NULL;
    case FORM_BOOL: return SOLOIST_BOOL;
    case FORM_SIGNED:
    case FORM_UNSIGNED:
    case FORM_REAL: return SOLOIST_NUMBER;
    case FORM_STRING: return SOLOIST_STRING;
    case FORM_LIST: return SOLOIST_LIST;
    case FORM_OBJECT: return SOLOIST_OBJECT;
  }
  return SOLOIST_NULL;
}

bool soloist_is_null(const soloist_value *value) {
  return soloist_kind_of(value) == SOLOIST_NULL;
}

bool soloist_to_bool(const soloist_value *value, bool otherwise) {
  return value && value->form == FORM_BOOL ? value->as.truth : otherwise;
}

double soloist_to_number(const soloist_value *value, double otherwise) {
  if (!value) return otherwise;
  if (value->form == FORM_SIGNED) return (double)value->as.integer;
  if (value->form == FORM_UNSIGNED) return (double)value->as.natural;
  return value->form == FORM_REAL ? value->as.real : otherwise;
}

int64_t soloist_to_integer(const soloist_value *value, int64_t otherwise) {
  if (!value) return otherwise;
  if (value->form == FORM_SIGNED) return value->as.integer;
  if (value->form != FORM_REAL) return otherwise;
  double real = value->as.real;
  // 2^63 is the first that does not fit, and a double itself.
  bool fits = real >= -0x1p63 && real < 0x1p63 && floor(real) == real;
  return fits ? (int64_t)real : otherwise;
}

const char *soloist_to_string(const soloist_value *value, const char *otherwise) {
  return value && value->form == FORM_STRING ? value->as.string.text : otherwise;
}

size_t soloist_length(const soloist_value *value) {
  return value && value->form == FORM_STRING ? value->size : 0;
}

soloist_value *soloist_decoded(soloist_value *value) {
  if (!value || value->form != FORM_STRING) return value;
  if (value->as.string.decoded) return value->as.string.decoded;
  const char *text = value->as.string.text;
  size_t blank = strspn(text, " \t\r\n");
  soloist_value *held = NULL;
  if (text[blank] == '{' || text[blank] == '[') {
    const char *why;
    held = soloist_read(text, value->size, &why);
  }
  value->as.string.decoded = held ? held : value;
  return value->as.string.decoded;
}

// The list or object to look into, or NULL.
static const soloist_value *opened(const soloist_value *value) {
  // Only the note of what the string holds is changed, and no caller can tell.
  const soloist_value *held = soloist_decoded((soloist_value *)value);
  return held && (held->form == FORM_LIST || held->form == FORM_OBJECT) ? held : NULL;
}

size_t soloist_size(const soloist_value *value) {
  const soloist_value *held = opened(value);
  return held ? held->size : 0;
}

soloist_value *soloist_item(const soloist_value *value, size_t index) {
  const soloist_value *held = opened(value);
  if (!held || index >= held->size) return NULL;
  return held->form == FORM_LIST ? held->as.items[index] : held->as.members[index].value;
}

const char *soloist_key(const soloist_value *object, size_t index) {
  const soloist_value *held = opened(object);
  if (!held || held->form != FORM_OBJECT || index >= held->size) return NULL;
  return held->as.members[index].key;
}

soloist_value *soloist_get(const soloist_value *object, const char *key) {
  const soloist_value *held = opened(object);
  if (!held || !key || held->form != FORM_OBJECT) return NULL;
  soloist_member *member = find(held, key, strlen(key));
  return member ? member->value : NULL;
}
