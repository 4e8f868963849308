/*
 * Inferscope's add-on for ONNX Runtime: sees session creation and runs where they enter the library.
 *
 *   table.c  the three entries of the library's table of functions that are ours, and what they do
 *   clock.c  the clock that the library's profiler reads, finer while a run is traced
 *   addon.c  N-API: what JavaScript sees
 *
 * One JavaScript environment (the main thread, a worker) is one thread, and the binding's calls are synchronous: what a call
 * leaves behind is per thread and needs no lock. On threads without an environment every call passes straight through.
 */
#pragma once
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "../../native/elf.h"
#include "../../native/environment.h"

/* How a run is traced: with the times that ONNX Runtime measures, or finer ones. */
enum arm { ARM_OFF, ARM_MICROS, ARM_NANOS };

/* Indices of the doubles shared with JavaScript (src/engines/onnxruntime/session/addon.ts has the same list). */
enum slot {
  SLOT_ARM,          /* JavaScript writes: enum arm for the next run of this thread, which resets it */
  SLOT_RUN_COUNT,    /* runs that reached the library */
  SLOT_RUN_START,    /* start of the last one, nanoseconds from the environment's origin */
  SLOT_RUN_END,
  SLOT_RUN_FAILED,   /* 1: the library gave an error */
  SLOT_RUN_TRACED,   /* enum arm of the last run, ARM_OFF when it was not traced */
  SLOT_REFUSED,      /* armed runs that went untraced, because no options could be made for them */
  SLOT_CREATE_COUNT, /* sessions that were created */
  SLOT_CREATE_START,
  SLOT_CREATE_END,
  SLOT_CREATE_FAILED,
  SLOT_READINGS,     /* of the clock by a traced run; the first of them follow */
  SLOT_READING_0,
  SLOT_SIZE = SLOT_READING_0 + 8,
};
#define KEPT_READINGS (SLOT_SIZE - SLOT_READING_0)


/* State of one environment; `slots` is NULL on threads without one. */
struct thread_state {
  double *slots;
  int64_t origin_nanos;   /* CLOCK_MONOTONIC */
  char prefix[PATH_MAX];  /* of the files that traced runs write */
  int running;            /* a run within a run (a custom operation's) passes through */
  enum arm clock;         /* how the profiler's clock runs for this thread just now */
  int64_t clock_monotonic, clock_wall; /* the moment at which that began, on both clocks */
};
extern __thread struct thread_state thread_state;


/* What could be reached: bits. */
enum reach {
  REACHES_RUNS = 1,   /* creation and runs come to us */
  REACHES_KERNELS = 2, /* a run can be profiled alone: ONNX Runtime 1.25 and later */
  REACHES_NANOS = 4,  /* the profiler's clock is ours */
  MANY_LIBRARIES = 8, /* another library than the one that is ours was loaded, too, and is left alone */
};

/* Makes the library of a binding that is loaded ours. May be called again. */
int attach(void);

/* The library's version as it says it, "" before attach() found one. */
const char *library_version(void);

/* Puts our clock into the place where the library at this address looks for its own; 0 when it has none. */
int take_clock(const void *library_base, void *handle);

/*
 * Until end_clock() the first readings of this thread are kept, which tell where the profile begins on our own clock. As
 * ARM_NANOS the clock runs a thousand times faster, too: the profiler's microseconds are nanoseconds.
 */
void start_clock(struct thread_state *state, enum arm arm);
void end_clock(struct thread_state *state);
