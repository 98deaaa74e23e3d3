// What orchestrators and activities of the suite share: how they read their inputs.
#ifndef INPUTS_H
#define INPUTS_H

#include "soloist.h"

// Members of an input, with what stands in for those that are not there.
int64_t integer_of(soloist_value *input, const char *key, int64_t otherwise);
const char *text_of(soloist_value *input, const char *key, const char *otherwise);
// A value to be passed on; null if there is none.
soloist_value *value_of(soloist_value *input, const char *key);
// {key: value}.
soloist_value *object_of(const char *key, soloist_value *value);
// Fails as an input {errorType, message, details, nonRetriable} says.
soloist_value *fail_as(soloist_value *input);

#endif
