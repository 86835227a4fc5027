/*
 * merge/blame.h - where a field comes from: the writes that nobody who saw them has written over, what became of each by
 * the rule (schema/merge.md, "The value of a field"), and so who stands in it and whom he overruled. Pure.
 */
#ifndef TUYEN_MERGE_BLAME_H
#define TUYEN_MERGE_BLAME_H

#include "merge/history.h"

struct blame_write {
	struct oid change;
	const char *writer; /* "11383", "cong-an@11383" */
	int rank;
	const char *value; /* canonical; NULL: absent */
	bool seal; /* written by a seal, not by hand */
	const char *lost; /* why it does not stand: "rank", "seal", "owner", "lead"; NULL: it stands */
};

struct blame_field {
	const char *name; /* "": whether the record is there */
	const char *value; /* what it shows; NULL: absent */
	bool disputed; /* those that stand say different things; it shows their last common value */
	const struct blame_write *writes; /* by change id */
	size_t n;
};

/* Visit each field that was ever written to the record, in the order of first writing, at the newest state. Nothing for a
 * record that nobody wrote. What is given lives during the call. */
void blame_record(const struct history *h, const char *ledger, const char *record,
    void (*visit)(void *ctx, const struct blame_field *f), void *ctx);

/* Of a conflict's id: the write that it is about; false if it is not in the history. What is given lives as long as
 * the history. */
bool blame_conflict(
    struct history *h, const char *id, const char **record, const char **field, struct blame_write *out);

#endif
