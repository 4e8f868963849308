/*
 * Redirects bindings that were loaded before this add-on.
 *
 * A binding loaded after us finds our functions first, because we are in the global scope. One that is loaded already
 * may have bound its TF_* functions (first use, LD_BIND_NOW, -z now): each such function has one slot in the binding's
 * global offset table, and writing our address there has the same effect.
 */
#include <string.h>

#include "session.h"

static void *ours_for(const char *name) {
  if (!strcmp(name, "TF_SessionRun")) return (void *)TF_SessionRun;
  if (!strcmp(name, "TFE_Execute")) return (void *)TFE_Execute;
  if (!strcmp(name, "TF_LoadSessionFromSavedModel")) return (void *)TF_LoadSessionFromSavedModel;
  return NULL;
}

struct redirection {
  struct range read_only;
  int count;
};

static int redirect_import(const char *name, void **slot, void *data) {
  struct redirection *redirection = data;
  void *ours = ours_for(name);
  if (ours) redirection->count += write_slot(slot, ours, redirection->read_only);
  return 0;
}

static int redirect_object(struct dl_phdr_info *info, size_t size, void *count) {
  (void)size;
  size_t length = info->dlpi_name ? strlen(info->dlpi_name) : 0;
  if (length < 5 || strcmp(info->dlpi_name + length - 5, ".node") != 0) return 0;
  struct redirection redirection = {read_only_of(info), 0};
  each_import(info, redirect_import, &redirection);
  *(int *)count += redirection.count;
  return 0;
}

int redirect_loaded_bindings(void) {
  int count = 0;
  dl_iterate_phdr(redirect_object, &count);
  return count;
}
