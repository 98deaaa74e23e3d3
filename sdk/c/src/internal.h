// What the parts of the library share.
#ifndef SOLOIST_INTERNAL_H
#define SOLOIST_INTERNAL_H

#include "../soloist.h"

// Text as it crosses to the host and back: allocated with malloc where its owner changes.
typedef struct soloist_bytes {
  uint8_t *ptr;
  size_t len;
} soloist_bytes;

// --- arena.c

// A copy of the bytes with a zero after them.
char *soloist_arena_text(const char *bytes, size_t size);
// Frees all of it.
void soloist_arena_free(void);
// malloc that traps if there is no memory.
void *soloist_heap(size_t size);

// --- utf8.c

// The text itself if it is UTF-8, else a copy in the arena with U+FFFD in place of what is not. Tells the size.
const char *soloist_utf8(const char *text, size_t *size);

// --- json.c

// Reads JSON text. NULL if it is none, with the reason in `why`; notes no failure.
soloist_value *soloist_read(const char *text, size_t size, const char **why);
// The same for a text that the host gave, which is freed.
soloist_value *soloist_take_json(soloist_bytes text, const char **why);
// Writes JSON text, to be freed. NULL in `ptr` if it nests too deep; notes no failure.
soloist_bytes soloist_write_heap(const soloist_value *value);

// --- run.c

// How a run ended: `output`, or if that is NULL the failure.
typedef struct soloist_end {
  soloist_bytes output;
  const soloist_failure *failure;
} soloist_end;

// The input of a run; NULL with a failure if it cannot be read. Frees the text.
soloist_value *soloist_input(soloist_bytes text);
// What becomes of the value that a function returned.
soloist_end soloist_output(const soloist_value *value);
// The failure under a name that none of the entries has. `names` ends with NULL.
soloist_value *soloist_unknown(const char *name, const char *const *names);
// Forgets the last failure and frees the arena.
void soloist_run_over(void);
// A copy that the host frees.
soloist_bytes soloist_heap_text(const char *text);
// A copy in the arena; frees the text.
const char *soloist_take_text(soloist_bytes text);

// --- orchestrator.c

struct soloist_context {
  // The next execution begins when this run ends.
  bool continued;
};

struct soloist_activity_context {
  // The input: a type must not be empty.
  const soloist_value *input;
};

// Notes the failure in the log, where there is one, and traps. For mistakes in the program that have no other way out.
_Noreturn void soloist_panic(const char *message);
// Set by the orchestrator's export: where soloist_panic writes its message.
extern void (*soloist_panic_log)(const char *message);

#endif
