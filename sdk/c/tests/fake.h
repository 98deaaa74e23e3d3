// A host for the tests: it notes what is asked, and answers what the test has put in.
#ifndef FAKE_H
#define FAKE_H

#include <stdbool.h>
#include <stddef.h>

enum { FAKE_TASKS_MAX = 8 };

typedef struct fake_answer {
  // JSON, or NULL for the failure.
  const char *json;
  const char *error_type, *message, *details;
  bool non_retriable;
} fake_answer;

typedef struct fake_host {
  // What was asked, a line each.
  char asked[4096];
  fake_answer answers[FAKE_TASKS_MAX];
  unsigned tasks;
  // The task that stands earliest in history.
  unsigned earliest;
  const char *function_name;
  const char *parent;
  double now;
} fake_host;

extern fake_host fake;

// A host of which nobody has asked anything, and under whose `function_name` the next run is.
void fake_reset(const char *function_name);

// How a run of the export ended; the texts live until the next one.
typedef struct fake_end {
  const char *output;
  const char *error_type, *message, *details;
  bool non_retriable;
} fake_end;

fake_end fake_orchestrate(const char *function_name, const char *input);
fake_end fake_act(const char *function_name, const char *input);

// Of fake_activity.c: as the export, with texts to be freed.
bool fake_act_raw(const char *input, char **output, char *failure[3], bool *non_retriable);
// A copy of a text that the guest frees; NULL where it is empty, as the host does.
char *fake_given(const char *text);

#endif
