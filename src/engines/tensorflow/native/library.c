/*
 * Finds the real TF_* functions behind a caller.
 *
 * By call site, not once: a process may hold two copies of tfjs-node with two TensorFlow libraries, and a session of
 * one must never reach the functions of the other. A call site's library is looked up once and kept in a small table
 * that is read without a lock.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define MAX_SITES 32

struct site {
  _Atomic(void *) address;
  const struct library *library;
};

static struct site sites[MAX_SITES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Fills `library` from a handle's own dependencies; 0 when TensorFlow is not among them. */
static int read_functions(void *handle, struct library *library) {
  library->session_run = (session_run_fn *)dlsym(handle, "TF_SessionRun");
  library->execute = (execute_fn *)dlsym(handle, "TFE_Execute");
  library->load_session = (load_session_fn *)dlsym(handle, "TF_LoadSessionFromSavedModel");
  *(void **)&library->new_buffer = dlsym(handle, "TF_NewBuffer");
  *(void **)&library->delete_buffer = dlsym(handle, "TF_DeleteBuffer");
  *(void **)&library->new_status = dlsym(handle, "TF_NewStatus");
  *(void **)&library->delete_status = dlsym(handle, "TF_DeleteStatus");
  *(void **)&library->get_code = dlsym(handle, "TF_GetCode");
  *(void **)&library->message = dlsym(handle, "TF_Message");
  *(void **)&library->set_config = dlsym(handle, "TF_SetConfig");
  return library->session_run && library->session_run != TF_SessionRun && library->execute &&
         library->execute != TFE_Execute && library->load_session && library->new_buffer && library->delete_buffer &&
         library->get_code;
}

#define MAX_NAMES 8

struct names {
  char name[MAX_NAMES][4096];
  int count;
};

static int note_name(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  struct names *names = data;
  const char *name = info->dlpi_name;
  if (name && strstr(name, "libtensorflow") && strlen(name) < sizeof names->name[0]) {
    strcpy(names->name[names->count++], name);
  }
  return names->count == MAX_NAMES;
}

/* Last resort: any loaded library of that name. Opened after the walk, because the walk holds the loader's lock. */
static int search_loaded(struct library *library) {
  struct names *names = calloc(1, sizeof *names);
  int found = 0;
  if (!names) return 0;
  dl_iterate_phdr(note_name, names);
  for (int i = 0; i < names->count && !found; i++) {
    void *handle = dlopen(names->name[i], RTLD_LAZY | RTLD_NOLOAD);
    found = handle && read_functions(handle, library);
  }
  free(names);
  return found;
}

static const struct library *find_library(void *call_site) {
  struct library *library = calloc(1, sizeof *library);
  if (!library) abort();
  /* The handle stays open: while the table knows the call site, its address must not be reused. */
  Dl_info info;
  void *handle = dladdr(call_site, &info) && info.dli_fname ? dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD) : NULL;
  if (handle && read_functions(handle, library)) return library;
  if (read_functions(RTLD_NEXT, library)) return library;
  if (search_loaded(library)) return library;
  fputs("inferscope: a TensorFlow function was called, but no TensorFlow library is loaded\n", stderr);
  abort();
}

const struct library *library_of(void *call_site) {
  for (int i = 0; i < MAX_SITES; i++) {
    void *address = atomic_load_explicit(&sites[i].address, memory_order_acquire);
    if (address == call_site) return sites[i].library;
    if (!address) break;
  }
  pthread_mutex_lock(&lock);
  const struct library *library = NULL;
  int i = 0;
  for (; i < MAX_SITES && sites[i].address; i++) {
    if (sites[i].address == call_site) library = sites[i].library;
  }
  if (!library) {
    library = find_library(call_site);
    if (i < MAX_SITES) {
      sites[i].library = library;
      atomic_store_explicit(&sites[i].address, call_site, memory_order_release);
    }
  }
  pthread_mutex_unlock(&lock);
  return library;
}
