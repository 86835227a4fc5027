#include "merge/trace.h"

#include "merge/graph.h"

void trace_field(const struct history *h, const char *record, const char *field,
    void (*visit)(void *ctx, const struct trace_write *w), void *ctx)
{
	const struct field *f = log_field(log_of(h, record), field);
	for (size_t i = 0; f && i < f->n; i++) {
		const struct entry *e = f->writes[i];
		struct trace_write w = {e->by->id, e->by->writer, e->value, e->seal};
		visit(ctx, &w);
	}
}
