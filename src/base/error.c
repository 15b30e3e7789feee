/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int seal_error_set(struct seal_error *err, enum seal_error_code code,
		   const char *fmt, ...)
{
	va_list args;

	err->code = code;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -1;
}

int seal_error_memory(struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_MEMORY, "out of memory");
}

const char *seal_error_code_name(enum seal_error_code code)
{
	static const char *const names[] = {
		[SEAL_ERR_NONE] = "none",
		[SEAL_ERR_MEMORY] = "memory",
		[SEAL_ERR_INPUT] = "input",
		[SEAL_ERR_REFUSED] = "refused",
		[SEAL_ERR_NOTFOUND] = "not-found",
		[SEAL_ERR_LIMIT] = "limit",
		[SEAL_ERR_CRYPTO] = "crypto",
		[SEAL_ERR_DAMAGED] = "damaged",
		[SEAL_ERR_FULL] = "full",
		[SEAL_ERR_IO] = "io"
	};

	return names[code];
}
