/* SPDX-License-Identifier: MIT */
#ifndef SEAL_ENROL_MEMORY_H
#define SEAL_ENROL_MEMORY_H

#include <stddef.h>

/* malloc() and its kin for libraries through whose hands secrets go, and that do not
 * wipe them: here all memory is wiped when it is given back. */

void *enrol_memory_alloc(size_t size);
void *enrol_memory_calloc(size_t count, size_t size);
void *enrol_memory_realloc(void *old, size_t size);
char *enrol_memory_strdup(const char *text);
void enrol_memory_free(void *data);

#endif
