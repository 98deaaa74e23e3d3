#include "test.h"

int tests_run;

int main(void) {
  values();
  json();
  texts();
  orchestrators();
  activities();
  printf("%d tests passed\n", tests_run);
  return 0;
}
