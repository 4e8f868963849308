/* What JavaScript sees: an array of shared numbers and four functions. Context-aware. */
#include <node_api.h>
#include <string.h>

#include "onnx.h"

/* The numbers of this thread's environment, kept alive for it. */
static __thread napi_ref slots_ref;

/* attach(): what of the library of the loaded binding comes to us, bits of `enum reach`. */
static napi_value js_attach(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  return napi_create_int32(env, attach(), &result) == napi_ok ? result : NULL;
}

/* version(): of the library that attach() found, '' before. */
static napi_value js_version(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  return napi_create_string_utf8(env, library_version(), NAPI_AUTO_LENGTH, &result) == napi_ok ? result : NULL;
}

/* now(): nanoseconds from this environment's origin, the clock of all shared numbers. */
static napi_value js_now(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  double nanos = (double)(monotonic_nanos() - thread_state.origin_nanos);
  return napi_create_double(env, nanos, &result) == napi_ok ? result : NULL;
}

/* setPrefix(path): where traced runs of this thread write; too long a path is none. */
static napi_value js_set_prefix(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1, length = 0;
  struct thread_state *state = &thread_state;
  state->prefix[0] = 0;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1) return NULL;
  if (napi_get_value_string_utf8(env, argument, state->prefix, sizeof state->prefix, &length) != napi_ok) return NULL;
  /* ONNX Runtime adds a date and an ending of its own. */
  if (length + 64 >= sizeof state->prefix) state->prefix[0] = 0;
  return NULL;
}

/* The environment ends (on its own thread): from now on its calls pass straight through. */
static void leave(void *unused) {
  (void)unused;
  memset(&thread_state, 0, sizeof thread_state);
  slots_ref = NULL;
}

/* A second load in the same environment (two copies of the package) shares the first one's numbers. */
static int shared_slots(napi_env env, napi_value *slots) {
  if (slots_ref && napi_get_reference_value(env, slots_ref, slots) == napi_ok && *slots) return 1;
  napi_value buffer;
  void *data;
  if (napi_create_arraybuffer(env, SLOT_SIZE * sizeof(double), &data, &buffer) != napi_ok) return 0;
  if (napi_create_typedarray(env, napi_float64_array, SLOT_SIZE, buffer, 0, slots) != napi_ok) return 0;
  if (napi_create_reference(env, *slots, 1, &slots_ref) != napi_ok) return 0;
  if (napi_add_env_cleanup_hook(env, leave, NULL) != napi_ok) return 0;
  memset(data, 0, SLOT_SIZE * sizeof(double));
  thread_state.origin_nanos = monotonic_nanos();
  thread_state.slots = data;
  return 1;
}

NAPI_MODULE_INIT() {
  napi_value slots;
  if (!shared_slots(env, &slots)) {
    napi_throw_error(env, NULL, "the add-on for ONNX Runtime could not set up its shared memory");
    return NULL;
  }
  napi_property_descriptor properties[] = {
      {"slots", NULL, NULL, NULL, NULL, slots, napi_enumerable, NULL},
      {"attach", NULL, js_attach, NULL, NULL, NULL, napi_enumerable, NULL},
      {"version", NULL, js_version, NULL, NULL, NULL, napi_enumerable, NULL},
      {"now", NULL, js_now, NULL, NULL, NULL, napi_enumerable, NULL},
      {"setPrefix", NULL, js_set_prefix, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}
