/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_PROFILE_JSON_H
#define PORTAL_PROFILE_JSON_H

#include <jansson.h>

struct seal_answer;

/* seald's fields of a profile and of a certificate (plugin/seald/profile-fields.h)
 * as openapi.json describes them: a new object. */
json_t *portal_profile_json(const struct seal_answer *row);
json_t *portal_certificate_json(const struct seal_answer *row);

#endif
