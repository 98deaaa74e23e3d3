// JSON text: yyjson reads it, and writes its numbers.

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

static soloist_value *read_text(char *text, size_t size, yyjson_read_flag flags, const char **why) {
  yyjson_read_err error;
  yyjson_doc *document = yyjson_read_opts(text, size, flags, NULL, &error);
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

soloist_value *soloist_read(const char *text, size_t size, const char **why) {
  // Without the flag that lets it write there, the text is only read.
  return read_text((char *)text, size, YYJSON_READ_NOFLAG, why);
}

soloist_value *soloist_take_json(soloist_bytes text, const char **why) {
  // In place, with the zeros behind it that yyjson wants: a large text is not copied once more.
  char *room = text.len > 0 ? realloc(text.ptr, text.len + YYJSON_PADDING_SIZE) : calloc(1, YYJSON_PADDING_SIZE);
  if (!room) soloist_panic("out of memory");
  memset(room + text.len, 0, YYJSON_PADDING_SIZE);
  soloist_value *value = read_text(room, text.len, YYJSON_READ_INSITU, why);
  free(room);
  return value;
}

soloist_value *soloist_parse(const char *text, size_t size) {
  const char *why;
  soloist_value *value = soloist_read(text, size, &why);
  if (value) return value;
  return soloist_fail(SOLOIST_INVALID_JSON, soloist_text("the text is not JSON: ", why));
}

// --- Write: by hand, in two passes, since yyjson asks for six times the memory that a string takes.

// Where JSON text goes: with no place, it is only measured.
typedef struct writer {
  char *place;
  size_t size;
} writer;

static void put(writer *out, const char *bytes, size_t size) {
  if (out->place) memcpy(out->place + out->size, bytes, size);
  out->size += size;
}

static void put_string(writer *out, const char *text, size_t size) {
  static const char HEX[] = "0123456789abcdef";
  put(out, "\"", 1);
  size_t plain = 0;
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)text[i];
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    put(out, text + plain, i - plain);
    plain = i + 1;
    const char *letter = byte ? strchr("\bb\ff\nn\rr\tt\"\"\\\\", byte) : NULL;
    if (letter) {
      put(out, (char[]){'\\', letter[1]}, 2);
    } else {
      put(out, (char[]){'\\', 'u', '0', '0', HEX[byte >> 4], HEX[byte & 15]}, 6);
    }
  }
  put(out, text + plain, size - plain);
  put(out, "\"", 1);
}

// By yyjson: the shortest text that is read as the same number.
static void put_number(writer *out, const soloist_value *value) {
  // More than its longest number wants, with room for what the allocator notes.
  uint64_t memory[64];
  yyjson_alc allocator;
  yyjson_alc_pool_init(&allocator, memory, sizeof memory);
  yyjson_val number = {0};
  if (value->form == FORM_SIGNED) unsafe_yyjson_set_sint(&number, value->as.integer);
  if (value->form == FORM_UNSIGNED) unsafe_yyjson_set_uint(&number, value->as.natural);
  if (value->form == FORM_REAL) unsafe_yyjson_set_real(&number, value->as.real);
  size_t size;
  const char *text = yyjson_val_write_opts(&number, YYJSON_WRITE_NOFLAG, &allocator, &size, NULL);
  if (!text) soloist_panic("a number has no text");
  put(out, text, size);
}

// False if it nests deeper than `depth`.
static bool put_value(writer *out, const soloist_value *value, unsigned depth) {
  switch (value ? value->form : FORM_NULL) {
    case FORM_NULL: put(out, "null", 4); return true;
    case FORM_BOOL: put(out, value->as.truth ? "true" : "false", value->as.truth ? 4 : 5); return true;
    case FORM_SIGNED:
    case FORM_UNSIGNED:
    case FORM_REAL: put_number(out, value); return true;
    case FORM_STRING: put_string(out, value->as.string.text, value->size); return true;
    case FORM_LIST:
    case FORM_OBJECT: break;
  }
  if (depth == 0) return false;
  bool is_list = value->form == FORM_LIST;
  put(out, is_list ? "[" : "{", 1);
  for (size_t i = 0; i < value->size; i++) {
    if (i > 0) put(out, ",", 1);
    if (!is_list) {
      put_string(out, value->as.members[i].key, value->as.members[i].key_size);
      put(out, ":", 1);
    }
    if (!put_value(out, is_list ? value->as.items[i] : value->as.members[i].value, depth - 1)) return false;
  }
  put(out, is_list ? "]" : "}", 1);
  return true;
}

soloist_bytes soloist_write_heap(const soloist_value *value) {
  writer out = {NULL, 0};
  if (!put_value(&out, value, SOLOIST_DEPTH_MAX)) return (soloist_bytes){NULL, 0};
  out = (writer){soloist_heap(out.size), 0};
  put_value(&out, value, SOLOIST_DEPTH_MAX);
  return (soloist_bytes){(uint8_t *)out.place, out.size};
}

const char *soloist_write(const soloist_value *value) {
  soloist_bytes text = soloist_write_heap(value);
  if (!text.ptr) {
    soloist_fail(SOLOIST_INVALID_JSON, soloist_text("the value does not fit JSON: ", TOO_DEEP));
    return NULL;
  }
  return soloist_take_text(text);
}
