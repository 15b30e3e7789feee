/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_SERVER_H
#define PORTAL_SERVER_H

struct master_service_connection;

/* Connections, and requests up to their handler. */

void portal_server_init(void);
/* Ends all connections. */
void portal_server_deinit(void);
/* No new requests; connections end when their request is answered. */
void portal_server_drain(void);
/* Takes a connection of the master's. */
void portal_server_accept(struct master_service_connection *conn);

#endif
