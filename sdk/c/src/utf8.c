#include <string.h>

#include "internal.h"

// U+FFFD, which stands for what cannot be read.
static const char REPLACEMENT[] = "\xEF\xBF\xBD";
enum { REPLACEMENT_BYTES = sizeof REPLACEMENT - 1 };

static bool is_between(unsigned char byte, unsigned char first, unsigned char last) {
  return byte >= first && byte <= last;
}

// The length of the character at the beginning of `text`, or 0 if there is none: the table "Well-Formed UTF-8 Byte
// Sequences" of the Unicode Standard.
static size_t character(const unsigned char *text, size_t size) {
  unsigned char lead = text[0];
  if (lead < 0x80) return 1;
  unsigned char first = 0x80, last = 0xBF;
  size_t length = 0;
  if (is_between(lead, 0xC2, 0xDF)) length = 2;
  if (is_between(lead, 0xE0, 0xEF)) length = 3;
  if (is_between(lead, 0xF0, 0xF4)) length = 4;
  if (length == 0 || length > size) return 0;
  if (lead == 0xE0) first = 0xA0;
  if (lead == 0xED) last = 0x9F;
  if (lead == 0xF0) first = 0x90;
  if (lead == 0xF4) last = 0x8F;
  if (!is_between(text[1], first, last)) return 0;
  for (size_t i = 2; i < length; i++) {
    if (!is_between(text[i], 0x80, 0xBF)) return 0;
  }
  return length;
}

const char *soloist_utf8(const char *text, size_t *size) {
  const unsigned char *bytes = (const unsigned char *)text;
  size_t bad = 0;
  for (size_t i = 0; i < *size;) {
    size_t length = character(bytes + i, *size - i);
    bad += length == 0;
    i += length > 0 ? length : 1;
  }
  if (bad == 0) return text;

  char *repaired = soloist_alloc(*size + bad * (REPLACEMENT_BYTES - 1) + 1);
  size_t written = 0;
  for (size_t i = 0; i < *size;) {
    size_t length = character(bytes + i, *size - i);
    if (length > 0) {
      memcpy(repaired + written, text + i, length);
      written += length;
      i += length;
    } else {
      memcpy(repaired + written, REPLACEMENT, REPLACEMENT_BYTES);
      written += REPLACEMENT_BYTES;
      i++;
    }
  }
  repaired[written] = 0;
  *size = written;
  return repaired;
}
