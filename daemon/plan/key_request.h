/*
 * plan/key_request.h - a node asks that a new key take the place of its own: records keys/<id>.yaml in the reports of its
 * unit, written under the old key (schema/trust.md, "Rotation").
 */
#ifndef TUYEN_PLAN_KEY_REQUEST_H
#define TUYEN_PLAN_KEY_REQUEST_H

#include "plan/view.h"

struct key_request {
	const char *id; /* of the node that asks: "11383", "cong-an@11383" */
	unsigned char key[KEY_PUBLIC_SIZE];
	const char *asked; /* when */
	const struct registry_grant *grant; /* active; under which it asks */
};

struct key_requests {
	struct key_request *items; /* the arena's */
	size_t n;
};

/* Those that wait for this unit's word: of its direct subordinates and its stations (`id`: only of that node), asked
 * under a key that is active, for a key that nobody has had. The latest of a node is the last. */
int key_requests_read(
    const struct view *v, const char *id, struct arena *arena, struct key_requests *out, struct err *err);
/* Ask for this key; none if it was asked for already. */
int key_request_write(
    const struct view *v, struct outcome *o, const unsigned char key[KEY_PUBLIC_SIZE], struct err *err);

#endif
