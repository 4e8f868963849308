#include "environment.h"

#include <string.h>
#include <time.h>

/* The numbers of this thread's environment, kept alive for it. */
static __thread napi_ref slots_ref;

int64_t monotonic_nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void forget(void *unused) {
  (void)unused;
  slots_ref = NULL;
}

int shared_slots(napi_env env, size_t count, double **numbers, int64_t *origin_nanos, void (*end)(void *), napi_value *slots) {
  if (slots_ref && napi_get_reference_value(env, slots_ref, slots) == napi_ok && *slots) return 1;
  napi_value buffer;
  void *data;
  if (napi_create_arraybuffer(env, count * sizeof(double), &data, &buffer) != napi_ok) return 0;
  if (napi_create_typedarray(env, napi_float64_array, count, buffer, 0, slots) != napi_ok) return 0;
  if (napi_create_reference(env, *slots, 1, &slots_ref) != napi_ok) return 0;
  if (napi_add_env_cleanup_hook(env, forget, NULL) != napi_ok || napi_add_env_cleanup_hook(env, end, NULL) != napi_ok) return 0;
  memset(data, 0, count * sizeof(double));
  *origin_nanos = monotonic_nanos();
  *numbers = data;
  return 1;
}

napi_value nanos_since(napi_env env, int64_t origin_nanos) {
  napi_value result;
  double nanos = (double)(monotonic_nanos() - origin_nanos);
  return napi_create_double(env, nanos, &result) == napi_ok ? result : NULL;
}
