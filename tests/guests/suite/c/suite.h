// The orchestrators, by the file that they are in.
#ifndef SUITE_H
#define SUITE_H

#include "inputs.h"

// steps.c
soloist_value *hello_cities(soloist_context *ctx, soloist_value *input);
soloist_value *fan_out(soloist_context *ctx, soloist_value *input);
soloist_value *retry(soloist_context *ctx, soloist_value *input);
soloist_value *child(soloist_context *ctx, soloist_value *input);
soloist_value *doubled(soloist_context *ctx, soloist_value *input);
soloist_value *http(soloist_context *ctx, soloist_value *input);
soloist_value *chain(soloist_context *ctx, soloist_value *input);
soloist_value *counter(soloist_context *ctx, soloist_value *input);

// failures.c
soloist_value *fails(soloist_context *ctx, soloist_value *input);
soloist_value *catches(soloist_context *ctx, soloist_value *input);
soloist_value *throws(soloist_context *ctx, soloist_value *input);
soloist_value *child_fails(soloist_context *ctx, soloist_value *input);
soloist_value *cancels(soloist_context *ctx, soloist_value *input);

// events.c
soloist_value *approval(soloist_context *ctx, soloist_value *input);
soloist_value *events(soloist_context *ctx, soloist_value *input);
soloist_value *send_one(soloist_context *ctx, soloist_value *input);
soloist_value *race(soloist_context *ctx, soloist_value *input);

// knows.c
soloist_value *status(soloist_context *ctx, soloist_value *input);
soloist_value *logs(soloist_context *ctx, soloist_value *input);
soloist_value *readings(soloist_context *ctx, soloist_value *input);
soloist_value *context(soloist_context *ctx, soloist_value *input);

#endif
