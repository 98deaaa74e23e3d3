// How a value is kept.
#ifndef SOLOIST_VALUE_H
#define SOLOIST_VALUE_H

#include "internal.h"

typedef enum soloist_form {
  FORM_NULL,
  FORM_BOOL,
  FORM_SIGNED,
  // Only what does not fit FORM_SIGNED.
  FORM_UNSIGNED,
  FORM_REAL,
  FORM_STRING,
  FORM_LIST,
  FORM_OBJECT
} soloist_form;

typedef struct soloist_member {
  const char *key;
  size_t key_size;
  soloist_value *value;
} soloist_member;

struct soloist_value {
  soloist_form form;
  // Bytes of a string, items of a list, members of an object.
  size_t size;
  // For how many there is room.
  size_t capacity;
  union {
    bool truth;
    int64_t integer;
    uint64_t natural;
    double real;
    struct {
      const char *text;
      // What it holds, once somebody has looked.
      soloist_value *decoded;
    } string;
    soloist_value **items;
    soloist_member *members;
  } as;
};

soloist_value *soloist_new(soloist_form form);
// Adds a member without looking for another of its key. The key is kept as it is.
void soloist_add_member(soloist_value *object, const char *key, size_t key_size, soloist_value *value);

#endif
