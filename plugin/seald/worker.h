/* SPDX-License-Identifier: MIT */
#ifndef SEALD_WORKER_H
#define SEALD_WORKER_H

struct event;
struct seal_error;
struct seald_command;

/* Commands that read the whole store (a million users: minutes) run in a forked
 * process, so that deliveries are answered meanwhile. */

#define SEALD_WORKERS_MAX 4

struct seald_worker;

/* Called when the worker has ended; ok: its answer was sent to the last line. */
typedef void seald_worker_done_t(bool ok, void *context);

/* Forks a process that runs the command and writes the answer to fd. The caller
 * must not use fd before done() is called. NULL with err filled: SEAL_ERR_LIMIT
 * (too many of them), SEAL_ERR_IO (fork). */
struct seald_worker *
seald_worker_new(int fd, const struct seald_command *command, const char *id,
		 const char *const *args, struct event *event,
		 seald_worker_done_t *done, void *context,
		 struct seal_error *err);
/* Forgets the worker, which ends by itself; done() is not called. Accepts NULL,
 * leaves NULL. */
void seald_worker_forget(struct seald_worker **worker);

#endif
