/* SPDX-License-Identifier: MIT */
#include "enrol/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/wipe.h"

/* In front of each piece, so that it is known how much there is to wipe */
struct head {
	_Alignas(max_align_t) size_t size;
};

void *enrol_memory_alloc(size_t size)
{
	struct head *head;

	if (size > SIZE_MAX - sizeof(*head))
		return NULL;
	head = malloc(sizeof(*head) + size);
	if (head == NULL)
		return NULL;
	head->size = size;
	return head + 1;
}

void *enrol_memory_calloc(size_t count, size_t size)
{
	void *data;

	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	data = enrol_memory_alloc(count * size);
	if (data != NULL)
		memset(data, 0, count * size);
	return data;
}

/* Not realloc(): it could leave a copy behind that nobody wipes. */
void *enrol_memory_realloc(void *old, size_t size)
{
	struct head *head = old;
	void *data = enrol_memory_alloc(size);

	if (old == NULL || data == NULL)
		return data;
	head--;
	memcpy(data, old, head->size < size ? head->size : size);
	enrol_memory_free(old);
	return data;
}

char *enrol_memory_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = enrol_memory_alloc(size);

	if (copy != NULL)
		memcpy(copy, text, size);
	return copy;
}

void enrol_memory_free(void *data)
{
	struct head *head = data;

	if (head == NULL)
		return;
	head--;
	seal_wipe(head, sizeof(*head) + head->size);
	free(head);
}
