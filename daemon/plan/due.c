#include "plan/due.h"

#include <stdlib.h>
#include <string.h>

#include "record/screen.h"

#define STATEMENT "Asked-by: "
#define NOBODY "nobody"

static bool asks_for(const struct directive *d, const struct due_report *p)
{
	return directive_asks(d, p->issuer, p->plan, p->period);
}

const char *due_statement(const struct view *v, const struct due_report *report, struct arena *arena)
{
	struct directives all;
	struct err none = {0};
	struct buf line = {0};
	struct screen_hit hit;
	const char *said = NULL;
	if (directive_read(v, arena, &all, &none) != 0)
		return NULL;
	for (size_t i = 0; i < all.n; i++) {
		const struct directive *d = &all.items[i];
		if (asks_for(d, report) && directive_covers(v, d, report->unit))
			buf_printf(
			    &line, "%s%s/%s %s", line.len ? ", " : STATEMENT, d->issuer, d->id, d->version);
	}
	if (!line.len)
		buf_puts(&line, STATEMENT NOBODY);
	if (!screen_text(buf_str(&line), &hit))
		said = arena_dup(arena, buf_str(&line));
	buf_free(&line);
	return said;
}

/* The line of a change's reason that says what asked for it, behind its first word; NULL: it says nothing. */
static const char *stated(const struct change *c)
{
	const char *at = c->body;
	while (at && strncmp(at, STATEMENT, strlen(STATEMENT)) != 0) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return at ? at + strlen(STATEMENT) : NULL;
}

/* The version of a directive that such a line names; 0: none. */
static long long stated_version(const char *line, const struct directive *d)
{
	size_t issuer = strlen(d->issuer), id = strlen(d->id);
	const char *end = line + strcspn(line, "\n");
	while (line < end) {
		if (strncmp(line, d->issuer, issuer) == 0 && line[issuer] == '/' &&
		    strncmp(line + issuer + 1, d->id, id) == 0 && line[issuer + 1 + id] == ' ')
			return strtoll(line + issuer + id + 2, NULL, 10);
		line += strcspn(line, ",\n");
		line += *line == ',';
		line += *line == ' ';
	}
	return 0;
}

/* The version that the unit had acknowledged when it wrote the change; 0: none. */
static long long acknowledged_version(const struct view *v, const struct due_report *p,
    const struct directive *d, const struct change *c, struct arena *arena)
{
	struct record ack;
	struct err none = {0};
	const char *path = arena_printf(arena, "acks/%s/%s.yaml", d->issuer, d->id);
	const char *ledger = arena_printf(arena, "reports/%s", p->unit);
	if (v->read_at(v->ctx, ledger, &c->id, path, arena, &ack, &none) != 0)
		return 0;
	const char *version = record_get(&ack, "version");
	return version ? strtoll(version, NULL, 10) : 0;
}

/* A directive as one of its versions said. */
static bool version_asks(
    const struct directive *now, const struct record *r, const struct due_report *p, struct arena *arena)
{
	struct directive was = {.state = record_get(r, "state"), .period = record_get(r, "period")};
	const char *plan = record_get(r, "plan"), *slash = plan ? strchr(plan, '/') : NULL;
	was.plan = slash ? slash + 1 : plan;
	was.plan_issuer = slash ? arena_dup_len(arena, plan, (size_t)(slash - plan)) : now->issuer;
	return asks_for(&was, p);
}

/* One version among those that may hold. A version `from` without a date: the unit knew of none. */
static void weigh(const struct directive *d, const char *version, const char *date, long long from,
    struct due *best, bool *free)
{
	day_t day, other;
	struct err none = {0};
	long long number = strtoll(version, NULL, 10);
	if (number < from)
		return;
	if (!date || date_parse_due(date, &day, &none) != 0) {
		*free = *free || number == from;
		return;
	}
	if (best->date && date_parse_due(best->date, &other, &none) == 0 && other >= day)
		return;
	best->date = date;
	best->version = version;
	best->directive = d->id;
}

/* What one directive held the unit to. */
static int known_of(const struct view *v, const struct due_report *p, const struct directive *d,
    long long from, struct arena *arena, struct due *best, struct err *err)
{
	struct view_write *writes;
	size_t n = 0;
	bool is_free = false;
	*best = (struct due){0};
	long long last = d->version ? strtoll(d->version, NULL, 10) : 0;
	if (last <= 1 || from >= last) {
		weigh(d, d->version ? d->version : "1", d->due, 0, best, &is_free);
		return 0;
	}
	int rc = v->writes(v->ctx, d->ledger, d->path, "version", arena, &writes, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct record r;
		if (!writes[i].value)
			continue;
		rc = v->read_at(v->ctx, d->ledger, &writes[i].change, d->path, arena, &r, err);
		if (rc == 0)
			weigh(d, writes[i].value,
			    version_asks(d, &r, p, arena) ? record_get(&r, "due") : NULL, from, best,
			    &is_free);
	}
	if (is_free)
		*best = (struct due){0};
	return rc;
}

int due_known(const struct view *v, const struct due_report *report, const struct change *submitted,
    struct arena *arena, struct due *out, struct err *err)
{
	struct directives all;
	const char *said = stated(submitted);
	*out = (struct due){0};
	int rc = directive_read(v, arena, &all, err);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const struct directive *d = &all.items[i];
		struct due one;
		day_t day, other;
		struct err none = {0};
		if (!asks_for(d, report) || !d->due || !directive_covers(v, d, report->unit))
			continue;
		long long from = acknowledged_version(v, report, d, submitted, arena);
		long long named = said ? stated_version(said, d) : 0;
		from = named > from ? named : from;
		if (said && from == 0)
			continue;
		rc = known_of(v, report, d, from, arena, &one, err);
		if (rc || !one.date || date_parse_due(one.date, &day, &none) != 0 ||
		    (out->date && date_parse_due(out->date, &other, &none) == 0 && other <= day))
			continue;
		*out = one;
		out->directive = arena_printf(arena, "%s/%s", d->issuer, d->id);
	}
	return rc;
}
