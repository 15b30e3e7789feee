/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_FALSE_SEALD_H
#define SEAL_TESTS_FALSE_SEALD_H

/* A child process that plays a script on a socket, in seald's place. */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELLO "VERSION\tmail-seal\t1\t0\n"

/* What it does, one connection per entry: reads the greeting and a request (a line),
 * writes the answer, and so on for each of the answers. "" closes without an answer,
 * "~" is silent, "%" silent for a moment. NULL ends. */
struct false_seald {
	const char *connections[3][3];
};

static inline int false_seald_listen(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const struct sockaddr *any = (const void *)&addr;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)unlink(path);
	strcpy(addr.sun_path, path);
	if (fd < 0 || bind(fd, any, sizeof(addr)) < 0 ||
	    listen(fd, 8) < 0)
		abort();
	return fd;
}

/* copy may be NULL. */
static inline void false_seald_read(FILE *f, unsigned int count, FILE *copy)
{
	int c;

	while (count > 0 && (c = getc(f)) != EOF) {
		if (copy != NULL)
			(void)putc(c, copy);
		if (c == '\n')
			count--;
	}
}

/* Returns whether there was anything to send. */
static inline bool false_seald_send(int fd, const char *answer)
{
	size_t len;

	if (*answer == '\0')
		return false;
	for (; *answer != '\0'; answer += len) {
		len = strcspn(answer, "~%");
		if (write(fd, answer, len) != (ssize_t)len)
			_exit(1);
		if (answer[len] == '~')
			sleep(30);
		if (answer[len] == '%') {
			usleep(80000);
			len++;
		}
	}
	return true;
}

static inline void false_seald_serve(int listen_fd,
				     const struct false_seald *script,
				     const char *asked)
{
	FILE *copy = asked == NULL ? NULL : fopen(asked, "w");
	unsigned int c, a;

	for (c = 0; c < 3 && script->connections[c][0] != NULL; c++) {
		int fd = accept(listen_fd, NULL, NULL);
		FILE *f = fdopen(fd, "r");

		for (a = 0; a < 3 && script->connections[c][a] != NULL; a++) {
			false_seald_read(f, a == 0 ? 2 : 1, copy);
			if (copy != NULL && fclose(copy) != 0)
				_exit(1);
			copy = NULL;
			if (!false_seald_send(fd, script->connections[c][a]))
				break;
		}
		fclose(f);
	}
	_exit(0);
}

/* asked: a file that receives the greeting and the first request; NULL: none */
static inline pid_t false_seald_start(const char *path,
				      const struct false_seald *script,
				      const char *asked)
{
	int fd = false_seald_listen(path);
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0)
		false_seald_serve(fd, script, asked);
	close(fd);
	return pid;
}

static inline void false_seald_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0)
		;
}

#endif
