/* SPDX-License-Identifier: MIT */
#ifndef SEALD_CONNECTION_H
#define SEALD_CONNECTION_H

#include "plugin/seald/command.h"

/* The processes that ask. Requests of one connection are answered in turn. */

void seald_connections_init(void);
void seald_connections_deinit(void);

/* Takes over the socket. */
void seald_connection_new(int fd, enum seald_listener listener);

/* Dovecot is being reloaded, and another seald has taken over: lets each
 * connection go as soon as it has had an answer. A client whose connection ends
 * before the first byte of an answer asks again, there. */
void seald_connections_drain(void);

#endif
