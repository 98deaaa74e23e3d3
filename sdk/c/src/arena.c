#include <stdlib.h>
#include <string.h>

#include "internal.h"

// Chunks are kept small: a waiting orchestrator stays in the host's memory with all of them.
enum { CHUNK_BYTES = 4096, ALIGNMENT = 8 };

typedef struct chunk {
  struct chunk *next;
  size_t used;
  size_t size;
  // The widest type, so that what follows is aligned for all.
  _Alignas(ALIGNMENT) unsigned char bytes[];
} chunk;

static chunk *chunks;

void (*soloist_panic_log)(const char *message);

_Noreturn void soloist_panic(const char *message) {
  if (soloist_panic_log) soloist_panic_log(message);
  abort();
}

void *soloist_heap(size_t size) {
  void *memory = malloc(size > 0 ? size : 1);
  if (!memory) soloist_panic("out of memory");
  return memory;
}

void *soloist_alloc(size_t size) {
  if (size > SIZE_MAX / 2) soloist_panic("out of memory");
  size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (!chunks || chunks->size - chunks->used < size) {
    size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
    chunk *fresh = soloist_heap(sizeof(chunk) + room);
    fresh->used = 0;
    fresh->size = room;
    // What is larger than a chunk fills its own; the rest of the chunk in use would be lost behind it.
    if (chunks && size > CHUNK_BYTES) {
      fresh->next = chunks->next;
      chunks->next = fresh;
      fresh->used = size;
      return fresh->bytes;
    }
    fresh->next = chunks;
    chunks = fresh;
  }
  void *memory = chunks->bytes + chunks->used;
  chunks->used += size;
  return memory;
}

char *soloist_arena_text(const char *bytes, size_t size) {
  char *text = soloist_alloc(size + 1);
  if (size > 0) memcpy(text, bytes, size);
  text[size] = 0;
  return text;
}

void soloist_arena_free(void) {
  while (chunks) {
    chunk *next = chunks->next;
    free(chunks);
    chunks = next;
  }
}
