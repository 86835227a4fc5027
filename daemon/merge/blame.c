#include "merge/blame.h"

#include "merge/rule.h"

static const char *const lost[] = {[FATE_STANDS] = NULL,
    [FATE_RANK] = "rank",
    [FATE_SEAL] = "seal",
    [FATE_OWNER] = "owner",
    [FATE_LEAD] = "lead"};

static struct blame_write write_of(const struct entry *e)
{
	return (struct blame_write){.change = e->by->id,
	    .writer = e->by->writer,
	    .rank = e->by->rank,
	    .value = e->value,
	    .seal = e->seal};
}

void blame_record(const struct history *h, const char *ledger, const char *record,
    void (*visit)(void *ctx, const struct blame_field *f), void *ctx)
{
	const struct record_type *type = type_by_path(ledger, record);
	const struct log *log = type ? log_of(h, record) : NULL;
	struct oids tips;
	struct arena arena = {0};
	history_tips(h, &tips);
	struct past past = past_of(h, &arena, &tips);
	for (size_t i = 0; log && i < log->n_fields; i++) {
		struct verdict v = rule_resolve(&arena, type, log->fields[i], &past);
		struct blame_write *writes = arena_alloc(&arena, (v.n + 1) * sizeof *writes);
		for (size_t k = 0; k < v.n; k++) {
			writes[k] = write_of(v.stands[k].write);
			writes[k].lost = lost[v.stands[k].fate];
		}
		const struct blame_field f = {log->fields[i]->name, v.value, v.disputed, writes, v.n};
		visit(ctx, &f);
	}
	oids_free(&tips);
	arena_free(&arena);
}

bool blame_conflict(
    struct history *h, const char *id, const char **record, const char **field, struct blame_write *out)
{
	struct about about;
	if (!losing_find(h, id, &about))
		return false;
	const struct log *log = log_at(h, about.record);
	*record = log->path;
	for (size_t i = 0; i < log->n_fields; i++)
		for (size_t k = 0; log->fields[i]->word == about.field && k < log->fields[i]->n; k++)
			if (log->fields[i]->writes[k]->by->at == about.change) {
				*field = log->fields[i]->name;
				*out = write_of(log->fields[i]->writes[k]);
			}
	return true;
}
