// In a file of its own, so that only who calls it pays for the C library's printing.

#include <stdio.h>

#include "internal.h"

const char *soloist_format(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  // The format is broken, or the text longer than an int tells.
  if (size < 0) return soloist_arena_text("", 0);
  char *text = soloist_alloc((size_t)size + 1);
  va_start(arguments, format);
  vsnprintf(text, (size_t)size + 1, format, arguments);
  va_end(arguments);
  return text;
}
