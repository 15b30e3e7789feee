/* SPDX-License-Identifier: MIT */
#ifndef SEAL_BASE_NO_CORE_H
#define SEAL_BASE_NO_CORE_H

/* Secrets pass through this process: no core file, and nobody of the same uid may
 * look into it (ptrace, /proc/PID/mem). A change of uid allows the latter anew. 0,
 * or -1 with errno. */
int seal_no_core(void);

#endif
