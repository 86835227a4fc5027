/*
 * plan/claim.h - the claims by which ties are broken (DESIGN 5, step 4): "my agency owns these figures", "my agency
 * leads this task". A claim is judged by the plan as it stood at the change it names, never by today's.
 */
#ifndef TUYEN_PLAN_CLAIM_H
#define TUYEN_PLAN_CLAIM_H

#include "record/change.h"
#include "record/record.h"
#include "registry/registry.h"

/* How a record stood at a change of a ledger. ERR_PARKED: that change has not arrived; ERR_NOT_FOUND: no such record. */
struct claim_source {
	void *ctx;
	int (*read)(void *ctx, const char *ledger, const struct oid *change, const char *path,
	    struct arena *arena, struct record *out, struct err *err);
	/* Of a unit that has moved, what rests on a plan of a former superior that never arrives is believed. NULL: it
	 * is parked. */
	const struct registry *registry;
};

/* 0 if the change claims nothing or what it claims is so. ERR_REFUSED with rule "claim"; ERR_PARKED. */
int claim_check(const struct claim_source *source, const struct change *c, const struct change_texts *texts,
    size_t n, struct err *err);

#endif
