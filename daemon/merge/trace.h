/* merge/trace.h - who ever wrote a field: what a figure, a version or a receipt goes back to. Pure. */
#ifndef TUYEN_MERGE_TRACE_H
#define TUYEN_MERGE_TRACE_H

#include "merge/history.h"

struct trace_write {
	struct oid change;
	const char *writer; /* "11383", "cong-an@11383" */
	const char *value; /* canonical; NULL: absent */
	bool seal; /* written by a seal, not by hand */
};

/* Every write of the field, those since replaced or overruled too; what has seen another comes after it. What is
 * given lives as long as the history. */
void trace_field(const struct history *h, const char *record, const char *field,
    void (*visit)(void *ctx, const struct trace_write *w), void *ctx);

#endif
