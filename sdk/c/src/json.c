// JSON text: yyjson reads and writes it.

#include <stdlib.h>
#include <string.h>

#include "../vendor/yyjson/yyjson.h"
#include "value.h"

static const char TOO_DEEP[] = "it nests too deep";

static soloist_value *from_number(yyjson_val *read) {
  if (yyjson_is_sint(read)) return soloist_integer(yyjson_get_sint(read));
  if (yyjson_is_real(read)) return soloist_number(yyjson_get_real(read));
  uint64_t natural = yyjson_get_uint(read);
  if (natural <= INT64_MAX) return soloist_integer((int64_t)natural);
  soloist_value *value = soloist_new(FORM_UNSIGNED);
  value->as.natural = natural;
  return value;
}

static const char *copied(yyjson_val *string) {
  return soloist_arena_text(yyjson_get_str(string), yyjson_get_len(string));
}

// A copy in the arena, or NULL if it nests deeper than `depth`.
static soloist_value *from_yyjson(yyjson_val *read, unsigned depth) {
  if (yyjson_is_bool(read)) return soloist_bool(yyjson_get_bool(read));
  if (yyjson_is_num(read)) return from_number(read);
  if (yyjson_is_str(read)) {
    soloist_value *value = soloist_new(FORM_STRING);
    value->as.string.text = copied(read);
    value->size = yyjson_get_len(read);
    return value;
  }
  if (!yyjson_is_ctn(read)) return soloist_null();
  if (depth == 0) return NULL;
  if (yyjson_is_arr(read)) {
    soloist_value *list = soloist_list();
    yyjson_arr_iter items = yyjson_arr_iter_with(read);
    for (yyjson_val *item; (item = yyjson_arr_iter_next(&items));) {
      if (!soloist_append(list, from_yyjson(item, depth - 1))) return NULL;
    }
    return list;
  }
  soloist_value *object = soloist_object();
  yyjson_obj_iter members = yyjson_obj_iter_with(read);
  for (yyjson_val *key; (key = yyjson_obj_iter_next(&members));) {
    soloist_value *value = from_yyjson(yyjson_obj_iter_get_val(key), depth - 1);
    if (!value) return NULL;
    soloist_add_member(object, copied(key), yyjson_get_len(key), value);
  }
  return object;
}

soloist_value *soloist_read(const char *text, size_t size, const char **why) {
  yyjson_read_err error;
  // Without the flag that lets it write there, the text is only read.
  yyjson_doc *document = yyjson_read_opts((char *)text, size, YYJSON_READ_NOFLAG, NULL, &error);
  if (!document) {
    if (error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) soloist_panic("out of memory");
    *why = error.msg;
    return NULL;
  }
  soloist_value *value = from_yyjson(yyjson_doc_get_root(document), SOLOIST_DEPTH_MAX);
  yyjson_doc_free(document);
  if (!value) *why = TOO_DEEP;
  return value;
}

soloist_value *soloist_parse(const char *text, size_t size) {
  const char *why;
  soloist_value *value = soloist_read(text, size, &why);
  if (value) return value;
  return soloist_fail(SOLOIST_INVALID_JSON, soloist_text("the text is not JSON: ", why));
}

// What yyjson writes: texts are not copied. NULL if it nests deeper than `depth`.
static yyjson_mut_val *to_yyjson(yyjson_mut_doc *document, const soloist_value *value, unsigned depth) {
  yyjson_mut_val *made = NULL;
  if (!value) return yyjson_mut_null(document);
  if ((value->form == FORM_LIST || value->form == FORM_OBJECT) && depth == 0) return NULL;
  switch (value->form) {
    case FORM_NULL: made = yyjson_mut_null(document); break;
    case FORM_BOOL: made = yyjson_mut_bool(document, value->as.truth); break;
    case FORM_SIGNED: made = yyjson_mut_sint(document, value->as.integer); break;
    case FORM_UNSIGNED: made = yyjson_mut_uint(document, value->as.natural); break;
    case FORM_REAL: made = yyjson_mut_real(document, value->as.real); break;
    case FORM_STRING: made = yyjson_mut_strn(document, value->as.string.text, value->size); break;
    case FORM_LIST:
      made = yyjson_mut_arr(document);
      for (size_t i = 0; i < value->size; i++) {
        yyjson_mut_val *item = to_yyjson(document, value->as.items[i], depth - 1);
        if (!item) return NULL;
        yyjson_mut_arr_append(made, item);
      }
      break;
    case FORM_OBJECT:
      made = yyjson_mut_obj(document);
      for (size_t i = 0; i < value->size; i++) {
        const soloist_member *member = &value->as.members[i];
        yyjson_mut_val *item = to_yyjson(document, member->value, depth - 1);
        if (!item) return NULL;
        yyjson_mut_obj_add(made, yyjson_mut_strn(document, member->key, member->key_size), item);
      }
      break;
  }
  if (!made) soloist_panic("out of memory");
  return made;
}

soloist_bytes soloist_write_heap(const soloist_value *value) {
  soloist_bytes text = {NULL, 0};
  yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
  if (!document) soloist_panic("out of memory");
  yyjson_mut_val *root = to_yyjson(document, value, SOLOIST_DEPTH_MAX);
  if (root) {
    yyjson_mut_doc_set_root(document, root);
    text.ptr = (uint8_t *)yyjson_mut_write(document, YYJSON_WRITE_NOFLAG, &text.len);
    // Strings are UTF-8 and numbers finite since they were made, so only memory can be short.
    if (!text.ptr) soloist_panic("out of memory");
  }
  yyjson_mut_doc_free(document);
  return text;
}

const char *soloist_write(const soloist_value *value) {
  soloist_bytes text = soloist_write_heap(value);
  if (!text.ptr) {
    soloist_fail(SOLOIST_INVALID_JSON, soloist_text("the value does not fit JSON: ", TOO_DEEP));
    return NULL;
  }
  return soloist_take_text(text);
}
