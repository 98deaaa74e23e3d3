#include <string.h>

#include "internal.h"

const char *soloist_text_of(const char *first, ...) {
  va_list rest;
  size_t size = 0;
  va_start(rest, first);
  for (const char *part = first; part; part = va_arg(rest, const char *)) size += strlen(part);
  va_end(rest);

  char *text = soloist_alloc(size + 1);
  size_t written = 0;
  va_start(rest, first);
  for (const char *part = first; part; part = va_arg(rest, const char *)) {
    size_t length = strlen(part);
    memcpy(text + written, part, length);
    written += length;
  }
  va_end(rest);
  text[written] = 0;
  return text;
}

// Writes `digits` digits of `number`, from the last one on.
static void write_digits(char *place, int digits, int64_t number) {
  while (digits-- > 0) {
    place[digits] = (char)('0' + number % 10);
    number /= 10;
  }
}

const char *soloist_time_text(soloist_timestamp moment) {
  // 9999-12-31T23:59:59.999Z: later years would need a fifth digit.
  const soloist_timestamp last = INT64_C(253402300799999);
  if (moment < 0) moment = 0;
  if (moment > last) moment = last;
  int64_t days = moment / 86400000 + 719468, rest = moment % 86400000;
  // Years are taken from March, so that the leap day ends them.
  int64_t era = days / 146097, day_of_era = days % 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t months_from_march = (5 * day_of_year + 2) / 153;
  int64_t month = months_from_march < 10 ? months_from_march + 3 : months_from_march - 9;
  char *text = soloist_arena_text("0000-00-00T00:00:00.000Z", 24);
  write_digits(text, 4, era * 400 + year_of_era + (month <= 2));
  write_digits(text + 5, 2, month);
  write_digits(text + 8, 2, day_of_year - (153 * months_from_march + 2) / 5 + 1);
  write_digits(text + 11, 2, rest / 3600000);
  write_digits(text + 14, 2, rest / 60000 % 60);
  write_digits(text + 17, 2, rest / 1000 % 60);
  write_digits(text + 20, 3, rest % 1000);
  return text;
}
