/* SPDX-License-Identifier: MIT */
#include "base/no-core.h"

#include <sys/prctl.h>
#include <sys/resource.h>

int seal_no_core(void)
{
	static const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) < 0 ? -1 : 0;
}
