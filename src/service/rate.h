/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_RATE_H
#define SEAL_SERVICE_RATE_H

#include <stdbool.h>
#include <time.h>

struct seal_error;
struct seal_rate;

/* How often each user may ask for something: token buckets. Each begins full, with
 * SEAL_RATE_BURST tokens, and gets SEAL_RATE_PER_SECOND back each second. Of who has
 * not asked for longest, nothing is known when there are more than SEAL_RATE_USERS. */
#define SEAL_RATE_BURST 120
#define SEAL_RATE_PER_SECOND 2
#define SEAL_RATE_USERS 4096

/* NULL: SEAL_ERR_MEMORY. */
struct seal_rate *seal_rate_new(struct seal_error *err);
/* Accepts NULL, leaves NULL. */
void seal_rate_free(struct seal_rate **rate);

/* Takes so many tokens, at most SEAL_RATE_BURST, from the user's bucket. 1: done. 0:
 * it has not so many, and none was taken. -1: SEAL_ERR_MEMORY. */
int seal_rate_take(struct seal_rate *rate, const char *user,
		   unsigned int tokens, time_t now, struct seal_error *err);

#endif
