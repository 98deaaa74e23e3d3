// CRC-32 of texts: an activity that computes, and an orchestrator that asks for many at once.

#include "soloist.h"

enum { BYTES_AT_ONCE = 8 };

// The polynomial of IEEE 802.3, its bits reversed.
static const uint32_t POLYNOMIAL = 0xEDB88320u;

// table[k][b]: what byte b does to the checksum when k bytes follow it.
static uint32_t table[BYTES_AT_ONCE][256];

static void fill_table(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
    table[0][byte] = crc;
  }
  for (int k = 1; k < BYTES_AT_ONCE; k++) {
    for (int byte = 0; byte < 256; byte++) {
      uint32_t crc = table[k - 1][byte];
      table[k][byte] = crc >> 8 ^ table[0][crc & 0xFF];
    }
  }
}

// Eight bytes a step: the tables let their parts be computed side by side.
static uint32_t crc32(const unsigned char *bytes, size_t size) {
  uint32_t crc = 0xFFFFFFFFu;
  for (; size >= BYTES_AT_ONCE; bytes += BYTES_AT_ONCE, size -= BYTES_AT_ONCE) {
    uint32_t mixed = 0;
    for (int i = 0; i < BYTES_AT_ONCE; i++) {
      unsigned char byte = i < 4 ? bytes[i] ^ (unsigned char)(crc >> 8 * i) : bytes[i];
      mixed ^= table[BYTES_AT_ONCE - 1 - i][byte];
    }
    crc = mixed;
  }
  while (size-- > 0) crc = crc >> 8 ^ table[0][(crc ^ *bytes++) & 0xFF];
  return ~crc;
}

static const char *in_hexadecimal(uint32_t number) {
  char *digits = (char *)soloist_alloc(9);
  for (int i = 0; i < 8; i++) digits[i] = "0123456789abcdef"[number >> (28 - 4 * i) & 0xF];
  digits[8] = 0;
  return digits;
}

static soloist_value *checksum(soloist_activity_context *ctx, soloist_value *input) {
  (void)ctx;
  const char *text = soloist_to_string(input, NULL);
  if (!text) {
    soloist_failure failure = {SOLOIST_INVALID_INPUT, "the input is not a string", NULL, true};
    return soloist_fail_with(&failure);
  }
  if (table[0][1] == 0) fill_table();
  size_t size = soloist_length(input);
  soloist_value *answer = soloist_object();
  soloist_set(answer, "crc32", soloist_string(in_hexadecimal(crc32((const unsigned char *)text, size))));
  return soloist_set(answer, "bytes", soloist_integer((int64_t)size));
}

static soloist_value *checksums(soloist_context *ctx, soloist_value *texts) {
  size_t count = soloist_size(texts);
  soloist_task *tasks = (soloist_task *)soloist_alloc(count * sizeof *tasks);
  for (size_t i = 0; i < count; i++) {
    tasks[i] = soloist_call_activity(ctx, "checksum", soloist_item(texts, i), NULL);
  }
  return soloist_try_await_all(ctx, tasks, count);
}

SOLOIST_ORCHESTRATORS({"checksums", checksums});
SOLOIST_ACTIVITIES({"checksum", checksum});
