/* The functions that stand in front of TensorFlow's. Each calls the real one exactly once, whatever happens here. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session.h"

#define EXPORT __attribute__((visibility("default")))
#define INVALID_ARGUMENT 3

__thread struct thread_state thread_state;

/*
 * RunOptions { trace_level: SOFTWARE_TRACE } and the same with output_partition_graphs. Never FULL_TRACE: it opens a
 * device profiler, and the user's run fails when another one is open.
 */
static const unsigned char TRACE[] = {0x08, 0x01};
static const unsigned char TRACE_WITH_GRAPH[] = {0x08, 0x01, 0x28, 0x01};

void drop_trace(struct thread_state *state) {
  if (state->trace) state->trace_library->delete_buffer(state->trace);
  state->trace = NULL;
}

/* Trace options and the caller's own, one after the other: concatenation merges protocol buffers. */
static TF_Buffer merged_options(const struct thread_state *state, int level) {
  const unsigned char *trace = level == 2 ? TRACE_WITH_GRAPH : TRACE;
  size_t trace_length = level == 2 ? sizeof TRACE_WITH_GRAPH : sizeof TRACE;
  TF_Buffer merged = {NULL, 0, NULL};
  unsigned char *data = malloc(state->run_options.length + trace_length);
  if (!data) return merged;
  if (state->run_options.length) memcpy(data, state->run_options.data, state->run_options.length);
  memcpy(data + state->run_options.length, trace, trace_length);
  merged.data = data;
  merged.length = state->run_options.length + trace_length;
  return merged;
}

static void note_start(struct thread_state *state) {
  struct timespec wall;
  clock_gettime(CLOCK_REALTIME, &wall);
  state->slots[SLOT_RUN_START] = (double)(monotonic_nanos() - state->origin_nanos);
  state->slots[SLOT_RUN_SECONDS] = (double)wall.tv_sec;
  state->slots[SLOT_RUN_NANOS] = (double)wall.tv_nsec;
}

static void note_end(struct thread_state *state, const struct library *real, const void *status) {
  state->slots[SLOT_RUN_END] = (double)(monotonic_nanos() - state->origin_nanos);
  state->slots[SLOT_RUN_STATUS] = real->get_code(status);
  state->slots[SLOT_RUN_COUNT] += 1;
}

/* A session may forbid the optimised graph; that check comes before anything runs, so running again is safe. */
static int graph_was_refused(const struct library *real, int level, const void *status) {
  return level == 2 && real->message && real->get_code(status) == INVALID_ARGUMENT &&
         strstr(real->message(status), "output_partition_graphs") != NULL;
}

EXPORT void TF_SessionRun(void *session, const TF_Buffer *run_options, const void *inputs, void *const *input_values,
                          int ninputs, const void *outputs, void **output_values, int noutputs,
                          const void *const *targets, int ntargets, TF_Buffer *run_metadata, void *status) {
  const struct library *real = library_of(__builtin_return_address(0));
  struct thread_state *state = &thread_state;
  /* A caller with options of its own keeps them. */
  int ours = state->slots != NULL && run_options == NULL && run_metadata == NULL;
  int level = ours ? (int)state->slots[SLOT_ARM] : 0;
  TF_Buffer plain = {state->run_options.data, state->run_options.length, NULL};
  const TF_Buffer *untraced = ours && plain.length ? &plain : run_options;
  TF_Buffer options = {NULL, 0, NULL};
  if (level) {
    state->slots[SLOT_ARM] = 0;
    options = merged_options(state, level);
  }
  TF_Buffer *metadata = options.data ? real->new_buffer() : NULL;
  if (!metadata) {
    free((void *)options.data);
    real->session_run(session, untraced, inputs, input_values, ninputs, outputs, output_values, noutputs, targets,
                      ntargets, run_metadata, status);
    return;
  }
  if (state->trace) state->slots[SLOT_LOST] += 1;
  drop_trace(state);
  note_start(state);
  real->session_run(session, &options, inputs, input_values, ninputs, outputs, output_values, noutputs, targets,
                    ntargets, metadata, status);
  note_end(state, real, status);
  free((void *)options.data);
  state->trace = metadata;
  state->trace_library = real;
  if (graph_was_refused(real, level, status)) {
    drop_trace(state);
    real->session_run(session, untraced, inputs, input_values, ninputs, outputs, output_values, noutputs, targets,
                      ntargets, run_metadata, status);
  }
}

EXPORT void TFE_Execute(void *op, void **retvals, int *num_retvals, void *status) {
  const struct library *real = library_of(__builtin_return_address(0));
  double *slots = thread_state.slots;
  if (!slots || !slots[SLOT_EAGER_ON]) {
    real->execute(op, retvals, num_retvals, status);
    return;
  }
  int64_t start = monotonic_nanos();
  real->execute(op, retvals, num_retvals, status);
  double duration = (double)(monotonic_nanos() - start);
  slots[SLOT_EAGER_COUNT] += 1;
  slots[SLOT_EAGER_START] = (double)(start - thread_state.origin_nanos);
  slots[SLOT_EAGER_NANOS] = duration;
  slots[SLOT_EAGER_TOTAL] += duration;
}

/* A configuration that TensorFlow refuses must not fail the user's load: it gets a status of its own. */
static void apply_config(const struct library *real, struct thread_state *state, const void *session_options) {
  void *own_status = real->new_status();
  real->set_config((void *)session_options, state->session_config.data, state->session_config.length, own_status);
  state->slots[SLOT_CONFIG_STATUS] = real->get_code(own_status);
  real->delete_status(own_status);
}

EXPORT void *TF_LoadSessionFromSavedModel(const void *session_options, const TF_Buffer *run_options,
                                          const char *export_dir, const char *const *tags, int tags_len, void *graph,
                                          TF_Buffer *meta_graph_def, void *status) {
  const struct library *real = library_of(__builtin_return_address(0));
  struct thread_state *state = &thread_state;
  if (state->slots && state->session_config.length && session_options && real->set_config && real->new_status &&
      real->delete_status) {
    apply_config(real, state, session_options);
  }
  return real->load_session(session_options, run_options, export_dir, tags, tags_len, graph, meta_graph_def, status);
}
