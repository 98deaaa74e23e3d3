// A test is a function; what it claims is a CHECK. The first that does not hold ends the program.
#ifndef TEST_H
#define TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/internal.h"

#define CHECK(claim)                                                  \
  do {                                                                \
    if (!(claim)) {                                                   \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #claim); \
      exit(1);                                                        \
    }                                                                 \
  } while (0)

#define CHECK_TEXT(found, wanted)                                                                    \
  do {                                                                                               \
    const char *found_ = (found), *wanted_ = (wanted);                                               \
    if (!found_ || strcmp(found_, wanted_) != 0) {                                                   \
      fprintf(stderr, "%s:%d: %s\n  is     %s\n  not    %s\n", __FILE__, __LINE__, #found,           \
              found_ ? found_ : "NULL", wanted_);                                                    \
      exit(1);                                                                                       \
    }                                                                                                \
  } while (0)

// Runs a test and frees what it made, as the end of a run does.
#define RUN(test)        \
  do {                   \
    test();              \
    soloist_run_over();  \
    tests_run++;         \
  } while (0)

extern int tests_run;

void values(void);
void json(void);
void texts(void);
void orchestrators(void);
void activities(void);

#endif
