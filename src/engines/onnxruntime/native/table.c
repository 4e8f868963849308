/*
 * ONNX Runtime's C API is one table of functions that every caller shares; entries keep their places for ever, new ones are
 * added at its end (the library asserts it). Three entries are replaced in place, so it does not matter whether the binding
 * was loaded before us, and no copy of a table has to know how long this version's is. Each of ours calls the real one
 * exactly once, whatever happens here.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx.h"

/* Places in the table (onnxruntime_c_api.h, struct OrtApi). */
enum entry {
  CREATE_SESSION = 7,
  CREATE_SESSION_FROM_ARRAY = 8,
  RUN = 9,
  CREATE_RUN_OPTIONS = 39,
  SET_VERBOSITY = 40,
  SET_SEVERITY = 41,
  SET_TAG = 42,
  GET_VERBOSITY = 43,
  GET_SEVERITY = 44,
  GET_TAG = 45,
  RELEASE_STATUS = 93,
  RELEASE_RUN_OPTIONS = 97,
  ENABLE_RUN_PROFILING = 415,
};
/* The first version whose table has the last of them. */
#define RUN_PROFILING_SINCE 25

struct api_base {
  const void *(*get_api)(uint32_t version);
  const char *(*version)(void);
};

typedef void *create_fn(const void *env, const char *path, const void *options, void **session);
typedef void *create_from_array_fn(const void *env, const void *data, size_t length, const void *options, void **session);
typedef void *run_fn(void *session, const void *options, const char *const *input_names, const void *const *inputs,
                     size_t input_count, const char *const *output_names, size_t output_count, void **outputs);

/* The library that is ours, written once under the lock before its first entry is replaced. */
static struct {
  void **table;
  const char *version;
  int reach;
  create_fn *create;
  create_from_array_fn *create_from_array;
  run_fn *run;
  /* Absent before RUN_PROFILING_SINCE. */
  void *(*enable_run_profiling)(void *options, const char *prefix);
  void *(*create_run_options)(void **options);
  void (*release_run_options)(void *options);
  void (*release_status)(void *status);
  void *(*get_number[2])(const void *options, int *value);
  void *(*set_number[2])(void *options, int value);
  void *(*get_tag)(const void *options, const char **tag);
  void *(*set_tag)(void *options, const char *tag);
} real;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* 1 where the library gave no error. */
static int fine(void *status) {
  if (status) real.release_status(status);
  return status == NULL;
}

static int copy_options(const void *theirs, void *own) {
  int number;
  const char *tag;
  for (int which = 0; which < 2; which++) {
    if (!fine(real.get_number[which](theirs, &number)) || !fine(real.set_number[which](own, number))) return 0;
  }
  return fine(real.get_tag(theirs, &tag)) && fine(real.set_tag(own, tag ? tag : ""));
}

/*
 * Options of our own with profiling, which hold what the caller's do as far as the binding of Node.js can set it; JavaScript
 * arms no run that asks for more. The caller's are not changed: the binding shares one object among the runs of a session.
 */
static void *profiling_options(const struct thread_state *state, const void *theirs) {
  void *own = NULL;
  if (!real.enable_run_profiling || !state->prefix[0] || !fine(real.create_run_options(&own)) || !own) return NULL;
  if ((!theirs || copy_options(theirs, own)) && fine(real.enable_run_profiling(own, state->prefix))) return own;
  real.release_run_options(own);
  return NULL;
}

static void *our_run(void *session, const void *options, const char *const *input_names, const void *const *inputs,
                     size_t input_count, const char *const *output_names, size_t output_count, void **outputs) {
  struct thread_state *state = &thread_state;
  double *slots = state->slots;
  if (!slots || state->running)
    return real.run(session, options, input_names, inputs, input_count, output_names, output_count, outputs);
  enum arm arm = (enum arm)slots[SLOT_ARM];
  slots[SLOT_ARM] = ARM_OFF;
  void *own = arm ? profiling_options(state, options) : NULL;
  if (arm && !own) slots[SLOT_REFUSED] += 1;
  slots[SLOT_READINGS] = 0;
  state->running = 1;
  int64_t start = monotonic_nanos();
  if (own) start_clock(state, arm);
  void *status = real.run(session, own ? own : options, input_names, inputs, input_count, output_names, output_count, outputs);
  end_clock(state);
  int64_t end = monotonic_nanos();
  state->running = 0;
  if (own) real.release_run_options(own);
  slots[SLOT_RUN_TRACED] = own ? arm : ARM_OFF;
  slots[SLOT_RUN_START] = (double)(start - state->origin_nanos);
  slots[SLOT_RUN_END] = (double)(end - state->origin_nanos);
  slots[SLOT_RUN_FAILED] = status != NULL;
  slots[SLOT_RUN_COUNT] += 1;
  return status;
}

static void note_creation(struct thread_state *state, int64_t start, const void *status) {
  double *slots = state->slots;
  if (!slots) return;
  slots[SLOT_CREATE_START] = (double)(start - state->origin_nanos);
  slots[SLOT_CREATE_END] = (double)(monotonic_nanos() - state->origin_nanos);
  slots[SLOT_CREATE_FAILED] = status != NULL;
  slots[SLOT_CREATE_COUNT] += 1;
}

static void *our_create(const void *env, const char *path, const void *options, void **session) {
  int64_t start = monotonic_nanos();
  void *status = real.create(env, path, options, session);
  note_creation(&thread_state, start, status);
  return status;
}

static void *our_create_from_array(const void *env, const void *data, size_t length, const void *options, void **session) {
  int64_t start = monotonic_nanos();
  void *status = real.create_from_array(env, data, length, options, session);
  note_creation(&thread_state, start, status);
  return status;
}

#define MAX_BINDINGS 32

struct bindings {
  char name[MAX_BINDINGS][PATH_MAX];
  int count;
};

static int note_binding(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  struct bindings *bindings = data;
  const char *name = info->dlpi_name;
  size_t length = name ? strlen(name) : 0;
  if (length > 5 && length < PATH_MAX && !strcmp(name + length - 5, ".node")) strcpy(bindings->name[bindings->count++], name);
  return bindings->count == MAX_BINDINGS;
}

/* Whether a function lies in the object that starts at `base`. */
static int lies_in(const void *function, const void *base) {
  Dl_info info;
  return dladdr(function, &info) && info.dli_fbase == base;
}

/* The segment that the loader closed after relocation, of the object that holds `address`. */
struct holder {
  uintptr_t address;
  struct range read_only;
};

static int find_holder(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  struct holder *holder = data;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    if (info->dlpi_phdr[i].p_type != PT_LOAD || holder->address < start || holder->address >= start + info->dlpi_phdr[i].p_memsz) continue;
    holder->read_only = read_only_of(info);
    return 1;
  }
  return 0;
}

/* Entries are only taken for what they should be where each is a function of this library. */
static int is_table_of(void *const *table, const void *base, int has_run_profiling) {
  static const int always[] = {CREATE_SESSION, CREATE_SESSION_FROM_ARRAY, RUN,          CREATE_RUN_OPTIONS, SET_VERBOSITY,
                               SET_SEVERITY,   SET_TAG,                   GET_VERBOSITY, GET_SEVERITY,       GET_TAG,
                               RELEASE_STATUS, RELEASE_RUN_OPTIONS};
  for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
    if (!lies_in(table[always[i]], base)) return 0;
  }
  return !has_run_profiling || lies_in(table[ENABLE_RUN_PROFILING], base);
}

static void read_table(void **table, int has_run_profiling) {
  real.table = table;
  real.create = (create_fn *)table[CREATE_SESSION];
  real.create_from_array = (create_from_array_fn *)table[CREATE_SESSION_FROM_ARRAY];
  real.run = (run_fn *)table[RUN];
  *(void **)&real.create_run_options = table[CREATE_RUN_OPTIONS];
  *(void **)&real.release_run_options = table[RELEASE_RUN_OPTIONS];
  *(void **)&real.release_status = table[RELEASE_STATUS];
  *(void **)&real.get_number[0] = table[GET_VERBOSITY];
  *(void **)&real.set_number[0] = table[SET_VERBOSITY];
  *(void **)&real.get_number[1] = table[GET_SEVERITY];
  *(void **)&real.set_number[1] = table[SET_SEVERITY];
  *(void **)&real.get_tag = table[GET_TAG];
  *(void **)&real.set_tag = table[SET_TAG];
  if (has_run_profiling) *(void **)&real.enable_run_profiling = table[ENABLE_RUN_PROFILING];
}

static int replace_entries(void) {
  struct holder holder = {(uintptr_t)real.table, {0, 0}};
  dl_iterate_phdr(find_holder, &holder);
  int written = write_slot(real.table + CREATE_SESSION, (void *)our_create, holder.read_only);
  written += write_slot(real.table + CREATE_SESSION_FROM_ARRAY, (void *)our_create_from_array, holder.read_only);
  written += write_slot(real.table + RUN, (void *)our_run, holder.read_only);
  return written == 3;
}

/* Makes the library behind one binding ours. */
static void take_library(void *handle, const struct api_base *base) {
  const char *version = base->version();
  unsigned major = 0, minor = 0;
  if (!version || sscanf(version, "%u.%u", &major, &minor) != 2 || major != 1) return;
  /* The library gives its newest table for its own version, and for every older one that it still knows. */
  void **table = (void **)base->get_api(minor);
  Dl_info info;
  if (!table || !dladdr(*(void *const *)&base->get_api, &info)) return;
  int has_run_profiling = minor >= RUN_PROFILING_SINCE;
  if (!is_table_of(table, info.dli_fbase, has_run_profiling)) return;
  read_table(table, has_run_profiling);
  real.version = version;
  if (!replace_entries()) return;
  real.reach = REACHES_RUNS;
  if (!has_run_profiling) return;
  real.reach |= REACHES_KERNELS;
  if (take_clock(info.dli_fbase, handle)) real.reach |= REACHES_NANOS;
}

static void look_at_binding(const char *name) {
  void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
  if (!handle) return;
  const struct api_base *(*get_base)(void);
  *(void **)&get_base = dlsym(handle, "OrtGetApiBase");
  if (!get_base) {
    dlclose(handle);
    return;
  }
  /* The handle stays open: the library must not go while its table holds our functions. */
  const struct api_base *base = get_base();
  static const struct api_base *taken;
  if (!taken) {
    taken = base;
    take_library(handle, base);
  } else {
    if (base != taken) real.reach |= MANY_LIBRARIES;
    dlclose(handle);
  }
}

int attach(void) {
  struct bindings *bindings = calloc(1, sizeof *bindings);
  if (!bindings) return real.reach;
  /* Opened after the walk, because the walk holds the loader's lock. */
  dl_iterate_phdr(note_binding, bindings);
  pthread_mutex_lock(&lock);
  /* The binding of onnxruntime-node first: other packages bring libraries of their own. */
  for (int turn = 0; turn < 2; turn++) {
    for (int i = 0; i < bindings->count; i++) {
      if ((strstr(bindings->name[i], "onnxruntime_binding") != NULL) == (turn == 0)) look_at_binding(bindings->name[i]);
    }
  }
  int reach = real.reach;
  pthread_mutex_unlock(&lock);
  free(bindings);
  return reach;
}

const char *library_version(void) { return real.version ? real.version : ""; }
