/* What JavaScript sees: an array of shared numbers, functions that move bytes, two that turn standard error, two that end a process that hears no signal. Context-aware. */
#include <fcntl.h>
#include <node_api.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "session.h"

/* take(): the metadata of the last traced run as an ArrayBuffer, or undefined. It can be taken once. */
static napi_value take(napi_env env, napi_callback_info info) {
  (void)info;
  struct thread_state *state = &thread_state;
  napi_value result = NULL;
  if (!state->trace) return NULL;
  void *data;
  if (napi_create_arraybuffer(env, state->trace->length, &data, &result) != napi_ok) result = NULL;
  else if (state->trace->length) memcpy(data, state->trace->data, state->trace->length);
  drop_trace(state);
  return result;
}

/* attach(): redirects bindings that are loaded already; gives the number of functions that now come to us. */
static napi_value attach(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  return napi_create_int32(env, redirect_loaded_bindings(), &result) == napi_ok ? result : NULL;
}

/* now(): nanoseconds from this environment's origin, the clock of all shared numbers. */
static napi_value now(napi_env env, napi_callback_info info) {
  (void)info;
  return nanos_since(env, thread_state.origin_nanos);
}

/* pipeStderr(): from now on what is written to descriptor 2 goes into a pipe; gives [its reading end, a copy of the old 2]. */
static napi_value pipe_stderr(napi_env env, napi_callback_info info) {
  (void)info;
  int ends[2], saved = -1;
  napi_value result, number;
  if (pipe2(ends, O_CLOEXEC) != 0) return NULL;
  if ((saved = fcntl(2, F_DUPFD_CLOEXEC, 3)) < 0 || dup2(ends[1], 2) < 0) {
    close(ends[0]);
    close(ends[1]);
    if (saved >= 0) close(saved);
    return NULL;
  }
  close(ends[1]);
  if (napi_create_array_with_length(env, 2, &result) != napi_ok) return NULL;
  if (napi_create_int32(env, ends[0], &number) == napi_ok) napi_set_element(env, result, 0, number);
  if (napi_create_int32(env, saved, &number) == napi_ok) napi_set_element(env, result, 1, number);
  return result;
}

/* restoreStderr(saved): descriptor 2 is the old one again; the pipe has no writer any more. */
static napi_value restore_stderr(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  int saved;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1) return NULL;
  if (napi_get_value_int32(env, argument, &saved) != napi_ok) return NULL;
  dup2(saved, 2);
  return NULL;
}

/* What a process says when a signal has to end it, because nothing in it hears the signal. */
static char last_words[1024];
static size_t last_words_length;
static int last_exit_code;
static long patience_millis;
/* What libuv does with SIGINT and SIGTERM. */
static struct sigaction heard_by[2];

static void end_in(long millis) {
  struct itimerval timer = {{0, 0}, {millis / 1000, millis % 1000 * 1000}};
  setitimer(ITIMER_REAL, &timer, NULL);
}

/* SIGALRM: time is up. Only what POSIX allows in a signal handler; the exit handlers would wait for blocked threads. */
static void on_late(int signal) {
  (void)signal;
  if (write(2, last_words, last_words_length) < 0) _exit(last_exit_code);
  _exit(last_exit_code);
}

static void on_end_signal(int signal, siginfo_t *info, void *context) {
  struct itimerval left;
  if (getitimer(ITIMER_REAL, &left) == 0 && left.it_value.tv_sec == 0 && left.it_value.tv_usec == 0) end_in(patience_millis);
  struct sigaction *next = &heard_by[signal == SIGTERM];
  if (next->sa_flags & SA_SIGINFO) next->sa_sigaction(signal, info, context);
  else if (next->sa_handler != SIG_DFL && next->sa_handler != SIG_IGN) next->sa_handler(signal);
}

/*
 * guardSignals(lastWords, millis, exitCode): from the next SIGINT or SIGTERM on the process has `millis` until it ends, unless
 * JavaScript hears of it and calls endIn(0). Called after process.on(), which sets the handlers that are kept here.
 */
static napi_value guard_signals(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  int32_t millis, exit_code;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 3) return NULL;
  if (napi_get_value_int32(env, arguments[1], &millis) != napi_ok || napi_get_value_int32(env, arguments[2], &exit_code) != napi_ok) return NULL;
  if (napi_get_value_string_utf8(env, arguments[0], last_words, sizeof last_words, &last_words_length) != napi_ok) return NULL;
  patience_millis = millis;
  last_exit_code = exit_code;
  struct sigaction late = {.sa_handler = on_late, .sa_flags = SA_RESTART};
  sigfillset(&late.sa_mask);
  sigaction(SIGALRM, &late, NULL);
  for (int index = 0; index < 2; index++) {
    int number = index ? SIGTERM : SIGINT;
    struct sigaction old, ours = {.sa_sigaction = on_end_signal, .sa_flags = SA_RESTART | SA_SIGINFO};
    sigfillset(&ours.sa_mask);
    if (sigaction(number, NULL, &old) != 0 || ((old.sa_flags & SA_SIGINFO) && old.sa_sigaction == on_end_signal)) continue;
    heard_by[index] = old;
    sigaction(number, &ours, NULL);
  }
  return NULL;
}

/* endIn(millis): the process ends then, with its last words; 0: it does not. */
static napi_value end_in_millis(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  int32_t millis;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) == napi_ok && count == 1 && napi_get_value_int32(env, argument, &millis) == napi_ok) end_in(millis);
  return NULL;
}

/* Copies a Uint8Array argument; an absent or empty one clears. */
static napi_value set_bytes(napi_env env, napi_callback_info info, struct bytes *target) {
  size_t argc = 1, length = 0;
  napi_value argument;
  void *data = NULL, *copy = NULL;
  bool typed = false;
  napi_get_cb_info(env, info, &argc, &argument, NULL, NULL);
  if (argc == 1) napi_is_typedarray(env, argument, &typed);
  if (typed) {
    napi_typedarray_type type;
    napi_get_typedarray_info(env, argument, &type, &length, &data, NULL, NULL);
    if (type != napi_uint8_array) length = 0;
  }
  if (length && !(copy = malloc(length))) return NULL;
  if (length) memcpy(copy, data, length);
  free(target->data);
  target->data = copy;
  target->length = length;
  return NULL;
}

static napi_value set_session_config(napi_env env, napi_callback_info info) {
  return set_bytes(env, info, &thread_state.session_config);
}

static napi_value set_run_options(napi_env env, napi_callback_info info) {
  return set_bytes(env, info, &thread_state.run_options);
}

/* The environment ends (on its own thread): from now on its calls pass straight through. */
static void leave(void *unused) {
  (void)unused;
  struct thread_state *state = &thread_state;
  drop_trace(state);
  free(state->session_config.data);
  free(state->run_options.data);
  memset(state, 0, sizeof *state);
}

NAPI_MODULE_INIT() {
  napi_value slots;
  int is_first = thread_state.slots == NULL;
  if (!shared_slots(env, SLOT_SIZE, &thread_state.slots, &thread_state.origin_nanos, leave, &slots)) {
    napi_throw_error(env, NULL, "the session add-on could not set up its shared memory");
    return NULL;
  }
  if (is_first) thread_state.slots[SLOT_CONFIG_STATUS] = -1;
  napi_property_descriptor properties[] = {
      {"slots", NULL, NULL, NULL, NULL, slots, napi_enumerable, NULL},
      {"take", NULL, take, NULL, NULL, NULL, napi_enumerable, NULL},
      {"attach", NULL, attach, NULL, NULL, NULL, napi_enumerable, NULL},
      {"now", NULL, now, NULL, NULL, NULL, napi_enumerable, NULL},
      {"setSessionConfig", NULL, set_session_config, NULL, NULL, NULL, napi_enumerable, NULL},
      {"pipeStderr", NULL, pipe_stderr, NULL, NULL, NULL, napi_enumerable, NULL},
      {"restoreStderr", NULL, restore_stderr, NULL, NULL, NULL, napi_enumerable, NULL},
      {"guardSignals", NULL, guard_signals, NULL, NULL, NULL, napi_enumerable, NULL},
      {"endIn", NULL, end_in_millis, NULL, NULL, NULL, napi_enumerable, NULL},
      {"setRunOptions", NULL, set_run_options, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}
