/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "child-wait.h"
#include "plugin/seald/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/error.h"
#include "plugin/seald/answer.h"
#include "plugin/seald/command.h"
#include "plugin/seald/keeper.h"
#include "store/store.h"

/* a client that takes no byte for this long is given up */
#define WRITE_TIMEOUT_MSECS (60 * 1000)

struct seald_worker {
	struct child_wait *wait;
	seald_worker_done_t *done;
	void *context;
};

static unsigned int worker_count;

/*
 * In the forked process
 */

static void worker_write(const void *_data, size_t size, void *context)
{
	const unsigned char *data = _data;
	int fd = *(const int *)context;
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	ssize_t ret;

	/* the socket stays non-blocking: that flag is shared with the parent */
	while (size > 0) {
		ret = write(fd, data, size);
		if (ret > 0) {
			data += ret;
			size -= ret;
		} else if (ret < 0 && errno == EAGAIN) {
			if (poll(&pfd, 1, WRITE_TIMEOUT_MSECS) <= 0)
				_exit(1);
		} else if (ret == 0 || errno != EINTR) {
			_exit(1);	/* the client is gone */
		}
	}
}

/* Nothing of the parent's may live on: not its signal pipe, nor its listening
 * sockets, which would keep a restarted Dovecot from listening. Moves the client
 * to descriptor 0; what is logged goes to 2. */
static void worker_detach(int fd)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD };
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(signals); i++)
		(void)signal(signals[i], SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (dup2(fd, STDIN_FILENO) < 0)
		_exit(1);
	closefrom(STDERR_FILENO + 1);
	seald_keeper_forked();
}

static void worker_run(const struct seald_command *command, const char *id,
		       const char *const *args, struct event *event)
{
	static const int fd = STDIN_FILENO;
	struct seald_answer answer;
	struct seal_error err;
	struct seald_request request = {
		.command = command, .args = args, .answer = &answer,
		.now = time(NULL),
	};

	seald_answer_init(&answer, id, worker_write, (void *)&fd);
	request.store = seald_keeper_open_own(&err);
	if (request.store == NULL)
		seald_answer_fail(&answer, &err);
	else
		seald_command_run(&request, event);
	seal_store_close(&request.store);
	seald_answer_deinit(&answer);
}

/*
 * In seald
 */

static void worker_ended(const struct child_wait_status *status,
			 struct seald_worker *worker)
{
	bool ok = WIFEXITED(status->status) && WEXITSTATUS(status->status) == 0;
	seald_worker_done_t *done = worker->done;
	void *context = worker->context;

	if (WIFSIGNALED(status->status))
		i_error("A worker process was killed by signal %d",
			WTERMSIG(status->status));
	worker_count--;
	child_wait_free(&worker->wait);
	i_free(worker);
	if (done != NULL)
		done(ok, context);
}

struct seald_worker *
seald_worker_new(int fd, const struct seald_command *command, const char *id,
		 const char *const *args, struct event *event,
		 seald_worker_done_t *done, void *context,
		 struct seal_error *err)
{
	struct seald_worker *worker;
	pid_t pid;

	if (worker_count >= SEALD_WORKERS_MAX) {
		(void)seal_error_set(err, SEAL_ERR_LIMIT,
			"%u commands are reading the whole store already: "
			"try again when one has ended", worker_count);
		return NULL;
	}
	pid = fork();
	if (pid < 0) {
		(void)seal_error_set(err, SEAL_ERR_IO, "fork() failed: %s",
				     strerror(errno));
		return NULL;
	}
	if (pid == 0) {
		worker_detach(fd);
		worker_run(command, id, args, event);
		_exit(0);
	}
	worker = i_new(struct seald_worker, 1);
	worker->done = done;
	worker->context = context;
	worker->wait = child_wait_new_with_pid(pid, worker_ended, worker);
	worker_count++;
	return worker;
}

void seald_worker_forget(struct seald_worker **_worker)
{
	struct seald_worker *worker = *_worker;

	/* it is still to be waited for and counted */
	if (worker != NULL)
		worker->done = NULL;
	*_worker = NULL;
}
