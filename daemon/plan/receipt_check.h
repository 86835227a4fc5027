/*
 * plan/receipt_check.h - is a receipt what it says: does the change that it names stand in the ledger, seen by whoever
 * wrote the receipt, and did the report stand there, submitted, in that version?
 */
#ifndef TUYEN_PLAN_RECEIPT_CHECK_H
#define TUYEN_PLAN_RECEIPT_CHECK_H

#include "record/change.h"
#include "record/record.h"

struct receipt_source {
	void *ctx;
	/* Has the change being checked seen this one? */
	bool (*seen)(void *ctx, const struct oid *change);
	/* How a record of its ledger stood at a change. ERR_NOT_FOUND: not at all. */
	int (*read)(void *ctx, const struct oid *change, const char *path, struct arena *arena,
	    struct record *out, struct err *err);
};

/* The receipts that a change of a reports ledger writes; 0 where it writes none. ERR_REFUSED with rule "receipt". */
int receipt_check(const struct receipt_source *source, const struct change *c,
    const struct change_texts *texts, size_t n, struct err *err);

#endif
