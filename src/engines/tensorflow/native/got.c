/*
 * Redirects bindings that were loaded before this add-on.
 *
 * A binding loaded after us finds our functions first, because we are in the global scope. One that is loaded already
 * may have bound its TF_* functions (first use, LD_BIND_NOW, -z now): each such function has one slot in the binding's
 * global offset table, named by a relocation, and writing our address there has the same effect.
 */
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "session.h"

struct dynamic {
  const ElfW(Sym) *symbols;
  const char *strings;
  const ElfW(Rela) *tables[2];
  size_t counts[2];
};

struct range {
  uintptr_t start, end;
};

/* glibc stores absolute addresses in a loaded object's dynamic section, musl offsets from its base. */
static uintptr_t absolute(uintptr_t base, uintptr_t value) { return value < base ? base + value : value; }

static struct dynamic read_dynamic(uintptr_t base, const ElfW(Dyn) *entry) {
  struct dynamic found = {0};
  for (; entry->d_tag != DT_NULL; entry++) {
    uintptr_t address = absolute(base, entry->d_un.d_ptr);
    switch (entry->d_tag) {
      case DT_SYMTAB: found.symbols = (const void *)address; break;
      case DT_STRTAB: found.strings = (const void *)address; break;
      case DT_JMPREL: found.tables[0] = (const void *)address; break;
      case DT_RELA: found.tables[1] = (const void *)address; break;
      case DT_PLTRELSZ: found.counts[0] = entry->d_un.d_val / sizeof(ElfW(Rela)); break;
      case DT_RELASZ: found.counts[1] = entry->d_un.d_val / sizeof(ElfW(Rela)); break;
      default: break;
    }
  }
  return found;
}

static void *ours_for(const char *name) {
  if (!strcmp(name, "TF_SessionRun")) return (void *)TF_SessionRun;
  if (!strcmp(name, "TFE_Execute")) return (void *)TFE_Execute;
  if (!strcmp(name, "TF_LoadSessionFromSavedModel")) return (void *)TF_LoadSessionFromSavedModel;
  return NULL;
}

/* Writes one slot; pages that the loader made read-only after relocation are opened for the moment of the write. */
static int write_slot(void **slot, void *value, struct range read_only) {
  if (__atomic_load_n(slot, __ATOMIC_RELAXED) == value) return 1;
  uintptr_t address = (uintptr_t)slot;
  uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
  void *page = (void *)(address & ~(page_size - 1));
  int closed = address >= read_only.start && address < read_only.end;
  if (closed && mprotect(page, page_size, PROT_READ | PROT_WRITE) != 0) return 0;
  __atomic_store_n(slot, value, __ATOMIC_RELEASE);
  if (closed) mprotect(page, page_size, PROT_READ);
  return 1;
}

static int redirect_object(struct dl_phdr_info *info, size_t size, void *count) {
  (void)size;
  size_t length = info->dlpi_name ? strlen(info->dlpi_name) : 0;
  if (length < 5 || strcmp(info->dlpi_name + length - 5, ".node") != 0) return 0;
  uintptr_t base = info->dlpi_addr;
  const ElfW(Dyn) *dynamic_section = NULL;
  struct range read_only = {0, 0};
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    if (header->p_type == PT_DYNAMIC) dynamic_section = (const void *)(base + header->p_vaddr);
    if (header->p_type == PT_GNU_RELRO) {
      read_only.start = base + header->p_vaddr;
      read_only.end = read_only.start + header->p_memsz;
    }
  }
  if (!dynamic_section) return 0;
  struct dynamic dynamic = read_dynamic(base, dynamic_section);
  if (!dynamic.symbols || !dynamic.strings) return 0;
  for (int table = 0; table < 2; table++) {
    for (size_t i = 0; dynamic.tables[table] && i < dynamic.counts[table]; i++) {
      const ElfW(Rela) *relocation = &dynamic.tables[table][i];
      const ElfW(Sym) *symbol = &dynamic.symbols[ELF64_R_SYM(relocation->r_info)];
      if (symbol->st_shndx != SHN_UNDEF) continue;
      void *ours = ours_for(dynamic.strings + symbol->st_name);
      if (ours) *(int *)count += write_slot((void **)(base + relocation->r_offset), ours, read_only);
    }
  }
  return 0;
}

int redirect_loaded_bindings(void) {
#if defined(__x86_64__) || defined(__aarch64__)
  int count = 0;
  dl_iterate_phdr(redirect_object, &count);
  return count;
#else
  return 0; /* other processors lay relocations out differently: only a binding loaded after us is seen */
#endif
}
