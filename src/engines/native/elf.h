/*
 * What a loaded ELF object imports, and where: each imported function has a slot in the object's global offset table, named
 * by a relocation. Shared by the add-ons of the engines.
 */
#pragma once
#include <link.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The published binary is built on one machine and runs on others: the functions that moved into libc itself with
 * glibc 2.34 are asked for by the version that every glibc since the first for this processor has.
 */
#if defined(__GLIBC__) && defined(__x86_64__)
#define OLDEST_GLIBC "GLIBC_2.2.5"
#elif defined(__GLIBC__) && defined(__aarch64__)
#define OLDEST_GLIBC "GLIBC_2.17"
#endif
#ifdef OLDEST_GLIBC
__asm__(".symver dladdr,dladdr@" OLDEST_GLIBC);
__asm__(".symver dlopen,dlopen@" OLDEST_GLIBC);
__asm__(".symver dlsym,dlsym@" OLDEST_GLIBC);
#endif

struct range {
  uintptr_t start, end;
};

/* Pages that the loader made read-only after relocation (RELRO); empty where it made none so. */
struct range read_only_of(const struct dl_phdr_info *object);

/* Writes one slot of an object; read-only pages are opened for the moment of the write. 0 when that failed. */
int write_slot(void **slot, void *value, struct range read_only);

/*
 * Calls `visit` with each slot of a function that the object imports, until it gives non-zero. Other processors than x86-64
 * and 64-bit ARM lay relocations out differently: nothing is visited there.
 */
void each_import(const struct dl_phdr_info *object, int (*visit)(const char *name, void **slot, void *data), void *data);
