/*
 * The profiler of ONNX Runtime counts whole microseconds of std::chrono::system_clock, and many kernels take less. While a
 * run is traced, the clock that its thread sees is a thousand times faster, so that what is counted are nanoseconds. Every
 * other thread, and this one outside of traced runs, gets the real clock from where it came before.
 */
#include <dlfcn.h>
#include <string.h>
#include <time.h>

#include "onnx.h"

/* std::chrono::_V2::system_clock::now(): nanoseconds of the epoch, in a register. */
#define SYSTEM_CLOCK_NOW "_ZNSt6chrono3_V212system_clock3nowEv"

__thread struct thread_state thread_state;

static int64_t (*real_now)(void);

static int64_t our_now(void) {
  struct thread_state *state = &thread_state;
  if (state->clock == ARM_OFF) return real_now();
  int64_t now = monotonic_nanos();
  int count = (int)state->slots[SLOT_READINGS];
  if (count < KEPT_READINGS) state->slots[SLOT_READING_0 + count] = (double)(now - state->origin_nanos);
  state->slots[SLOT_READINGS] = count + 1;
  return state->clock == ARM_NANOS ? state->clock_wall + (now - state->clock_monotonic) * 1000 : real_now();
}

void start_clock(struct thread_state *state, enum arm arm) {
  if (!real_now) return;
  state->clock_wall = real_now();
  state->clock_monotonic = monotonic_nanos();
  state->clock = arm;
}

void end_clock(struct thread_state *state) { state->clock = ARM_OFF; }

struct search {
  const void *library_base;
  struct range read_only;
  int taken;
};

static int take_import(const char *name, void **slot, void *data) {
  struct search *search = data;
  if (strcmp(name, SYSTEM_CLOCK_NOW) != 0) return 0;
  search->taken += write_slot(slot, (void *)our_now, search->read_only);
  return 0;
}

static int take_in_object(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  struct search *search = data;
  if ((const void *)info->dlpi_addr != search->library_base) return 0;
  search->read_only = read_only_of(info);
  each_import(info, take_import, search);
  return 1;
}

int take_clock(const void *library_base, void *handle) {
  struct search search = {library_base, {0, 0}, 0};
  /* Asked for by name: a slot that was not used yet holds the address of the loader's own code. */
  if (!real_now) *(void **)&real_now = dlsym(handle, SYSTEM_CLOCK_NOW);
  if (!real_now) return 0;
  dl_iterate_phdr(take_in_object, &search);
  return search.taken > 0;
}
