/* What JavaScript sees: an array of shared numbers and four functions. Context-aware. */
#include <node_api.h>
#include <string.h>

#include "onnx.h"

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
  return nanos_since(env, thread_state.origin_nanos);
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
}

NAPI_MODULE_INIT() {
  napi_value slots;
  if (!shared_slots(env, SLOT_SIZE, &thread_state.slots, &thread_state.origin_nanos, leave, &slots)) {
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
