/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MILTER_CALLBACKS_H
#define SEAL_MILTER_CALLBACKS_H

struct milter_options;

/* Tells libmilter what to call. options must outlive smfi_main(). 0, or -1. */
int milter_register(const struct milter_options *options);

#endif
