/*
 * Inferscope's session add-on: sees the runs that go from tfjs-node's binding to TensorFlow's C API.
 *
 *   interpose.c  the three exported functions that stand in front of TensorFlow's
 *   library.c    finds the real functions for a caller
 *   got.c        redirects a binding that was loaded before us
 *   addon.c      N-API: what JavaScript sees
 *
 * One JavaScript environment (the main thread, a worker) is one thread, and tfjs-node's calls are synchronous, so all
 * state is per thread and needs no lock; only the table of call sites is shared.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "../../native/elf.h"
#include "../../native/environment.h"

/* The layout of TF_Buffer is public (tensorflow/c/tf_buffer.h) and has not changed since 1.0. */
typedef struct {
  const void *data;
  size_t length;
  void (*data_deallocator)(void *data, size_t length);
} TF_Buffer;

typedef void session_run_fn(void *session, const TF_Buffer *run_options, const void *inputs, void *const *input_values,
                            int ninputs, const void *outputs, void **output_values, int noutputs,
                            const void *const *targets, int ntargets, TF_Buffer *run_metadata, void *status);
typedef void execute_fn(void *op, void **retvals, int *num_retvals, void *status);
typedef void *load_session_fn(const void *session_options, const TF_Buffer *run_options, const char *export_dir,
                              const char *const *tags, int tags_len, void *graph, TF_Buffer *meta_graph_def,
                              void *status);

/* The real functions of one TensorFlow library. */
struct library {
  session_run_fn *session_run;
  execute_fn *execute;
  load_session_fn *load_session;
  TF_Buffer *(*new_buffer)(void);
  void (*delete_buffer)(TF_Buffer *);
  void *(*new_status)(void);
  void (*delete_status)(void *);
  int (*get_code)(const void *);
  const char *(*message)(const void *);
  void (*set_config)(void *options, const void *proto, size_t length, void *status);
};

/* Never NULL: a caller without a TensorFlow library cannot exist, and the process ends if it does. */
const struct library *library_of(void *call_site);

/* Points the TF_* slots of `.node` files that are loaded already at us; returns how many slots now do. */
int redirect_loaded_bindings(void);

/* Indices of the doubles shared with JavaScript (src/engines/tensorflow/session/addon.ts has the same list). */
enum slot {
  SLOT_ARM,           /* JavaScript writes: 0 off, 1 trace the next run, 2 with the optimised graph as well */
  SLOT_EAGER_ON,      /* JavaScript writes: 1 measures each eager operation */
  SLOT_EAGER_COUNT,   /* operations measured */
  SLOT_EAGER_START,   /* start of the last one, nanoseconds from the environment's origin */
  SLOT_EAGER_NANOS,   /* duration of the last one */
  SLOT_EAGER_TOTAL,   /* sum of the durations */
  SLOT_RUN_COUNT,     /* session runs seen while armed */
  SLOT_RUN_START,     /* start of the last armed run, nanoseconds from the origin */
  SLOT_RUN_END,
  SLOT_RUN_SECONDS,   /* wall clock at that start, whole seconds of the epoch */
  SLOT_RUN_NANOS,     /* and nanoseconds within the second */
  SLOT_RUN_STATUS,    /* TF_Code of that run */
  SLOT_LOST,          /* traces replaced before JavaScript took them */
  SLOT_CONFIG_STATUS, /* TF_Code of the last session configuration, -1 when none was applied */
  SLOT_SIZE,
};

struct bytes {
  void *data;
  size_t length;
};

/* State of one environment; `slots` is NULL on threads without one. */
struct thread_state {
  double *slots;
  int64_t origin_nanos; /* CLOCK_MONOTONIC */
  TF_Buffer *trace;     /* metadata of the last traced run, until it is taken */
  const struct library *trace_library;
  struct bytes session_config; /* ConfigProto for the sessions loaded next */
  struct bytes run_options;    /* RunOptions for every run */
};
extern __thread struct thread_state thread_state;

void drop_trace(struct thread_state *state);

/* Exported; declared here for got.c. */
session_run_fn TF_SessionRun;
execute_fn TFE_Execute;
load_session_fn TF_LoadSessionFromSavedModel;
