/* See elf.h. */
#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf.h"

struct dynamic {
  const ElfW(Sym) *symbols;
  const char *strings;
  const ElfW(Rela) *tables[2];
  size_t counts[2];
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

struct range read_only_of(const struct dl_phdr_info *object) {
  struct range read_only = {0, 0};
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[i];
    if (header->p_type != PT_GNU_RELRO) continue;
    read_only.start = object->dlpi_addr + header->p_vaddr;
    read_only.end = read_only.start + header->p_memsz;
  }
  return read_only;
}

int write_slot(void **slot, void *value, struct range read_only) {
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

void each_import(const struct dl_phdr_info *object, int (*visit)(const char *name, void **slot, void *data), void *data) {
#if defined(__x86_64__) || defined(__aarch64__)
  uintptr_t base = object->dlpi_addr;
  const ElfW(Dyn) *dynamic_section = NULL;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    if (object->dlpi_phdr[i].p_type == PT_DYNAMIC) dynamic_section = (const void *)(base + object->dlpi_phdr[i].p_vaddr);
  }
  if (!dynamic_section) return;
  struct dynamic dynamic = read_dynamic(base, dynamic_section);
  if (!dynamic.symbols || !dynamic.strings) return;
  for (int table = 0; table < 2; table++) {
    for (size_t i = 0; dynamic.tables[table] && i < dynamic.counts[table]; i++) {
      const ElfW(Rela) *relocation = &dynamic.tables[table][i];
      const ElfW(Sym) *symbol = &dynamic.symbols[ELF64_R_SYM(relocation->r_info)];
      if (symbol->st_shndx != SHN_UNDEF) continue;
      if (visit(dynamic.strings + symbol->st_name, (void **)(base + relocation->r_offset), data)) return;
    }
  }
#else
  (void)object;
  (void)visit;
  (void)data;
#endif
}
