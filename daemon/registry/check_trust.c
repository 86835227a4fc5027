/* What the records that hand trust on are judged by, beyond the rights to their fields (schema/trust.md). */
#include "registry/inside.h"

#include <stdio.h>
#include <string.h>

/* Its own zero grant, or a key that its own record let in later. */
bool check_is_anchor(const struct check *k)
{
	const struct registry_grant *g = k->grant;
	if (g->station || oid_eq(&g->change, &registry_reserve))
		return false;
	return oid_is_zero(&g->change) ||
	       (anchor_was(k->r, g->unit) && strcmp(g->ledger + strlen("directives/"), g->unit) == 0);
}

/* A line once said stays: what it vouches for never ceases to be good. */
int check_vouched(struct check *k, const struct check_record *rec)
{
	const char *line;
	struct registry_vouch v;
	bool unit = strcmp(rec->type->name, "unit") == 0;
	for (size_t i = 0; rec->before && record_next_key(rec->before, "vouched", &i, &line);)
		if (!record_get(rec->after, arena_printf(&k->arena, "vouched.%s", line)))
			return check_refuse(k, "keys", rec->path, "vouched",
			    N_("%1 may not take back in %2 what was vouched for"), k->writer, rec->path);
	for (size_t i = 0; record_next_key(rec->after, "vouched", &i, &line);) {
		const char *head = unit ? line + strcspn(line, " ") : line;
		const char *row = arena_printf(&k->arena, "keys.%.*s", (int)strcspn(line, " "), line);
		if (unit && *head)
			head++;
		if ((unit && !check_column(k, rec->after, row, "key")) ||
		    !registry_vouch_read(&k->arena, head, &v))
			return check_refuse(k, "form", rec->path, "vouched",
			    N_("%1 vouches in %2 by a line that names no key, ledger and change: %3"),
			    k->writer, rec->path, line);
	}
	return 0;
}

/* Of the unit itself and of those who stood between it and the writer; nobody lends his voice to his equals. */
static int check_grants(struct check *k, const struct check_record *rec)
{
	char hex[OID_HEX + 1], writer[136], rank[8];
	const char *line;
	for (size_t i = 0; record_next_key(rec->after, "grants", &i, &line);)
		if (sscanf(line, "%40s %135s %7s", hex, writer, rank) != 3 || strchr(writer, '@') ||
		    registry_rank(rank) <= k->rank)
			return check_refuse(k, "unit", rec->path, "grants",
			    N_("%1 may carry in %2 no grants but of units below it"), k->writer, rec->path);
	return check_vouched(k, rec);
}

/* Who is above whom is not seen alike everywhere, so admission asks for that (registry_admission), and where a move is
 * known to come from somebody who is not above both, it has no effect. */
int check_move(struct check *k, const struct check_record *rec)
{
	char id[65] = "";
	type_path_part(rec->type, rec->path, 0, id);
	const char *from = record_get(rec->after, "from"), *to = record_get(rec->after, "to");
	if (!rec->after || !from || !to)
		return check_refuse(k, "unit", rec->path, NULL,
		    N_("%1 may not take back the move of %2; move it again"), k->writer, id);
	if (strcmp(k->owner, id) == 0 || strcmp(to, id) == 0 || strcmp(from, to) == 0)
		return check_refuse(k, "unit", rec->path, NULL,
		    N_("%1 may not move %2 from %3 to %4: that is no move"), k->writer, id, from, to);
	return check_grants(k, rec);
}

int check_handover(struct check *k, const struct check_record *rec)
{
	if (check_is_anchor(k) && rec->after && !rec->before)
		return 0;
	return check_refuse(k, "anchor", rec->path, NULL,
	    N_("%1 may not write %2: an anchor hands over once, and nobody else"), k->writer, rec->path);
}

struct reserved {
	const struct record_type *type;
	bool good;
};

/* Keys and what is vouched for; of conflicts, which a change closes and opens by the rule, what the rule writes. */
static void visit_reserve(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct reserved *s = ctx;
	const struct field_type *top = NULL;
	(void)old_value;
	(void)new_value;
	if (strcmp(s->type->name, "unit") == 0)
		s->good &= strncmp(field, "keys.", 5) == 0 || strncmp(field, "vouched.", 8) == 0;
	else
		s->good &= type_field(s->type, field, &top) && top && top->writers == WRITER_RULE;
}

static int reserve_may_write(struct check *k, const struct change_texts *t, bool *good)
{
	const char *own = arena_printf(&k->arena, "units/%s.yaml", k->grant->unit);
	struct reserved s = {type_by_path(k->change->ledger, t->path), true};
	const struct record *before, *after;
	if (!s.type || (strcmp(t->path, own) != 0 && strcmp(s.type->name, "conflict") != 0)) {
		*good = false;
		return 0;
	}
	int rc = check_parse(k, s.type, t->path, t->before, t->before_len, &before);
	if (rc == 0)
		rc = check_parse(k, s.type, t->path, t->after, t->after_len, &after);
	if (rc == 0)
		record_diff(before, after, visit_reserve, &s);
	*good &= s.good;
	return rc;
}

/* The reserve key can only replace the active one. */
int check_reserve(struct check *k)
{
	if (!oid_eq(&k->grant->change, &registry_reserve))
		return 0;
	bool good = strcmp(k->owner, k->grant->unit) == 0 && k->change->n_settles == 0 &&
		    strncmp(k->change->ledger, "directives/", 11) == 0;
	size_t i = 0;
	for (int rc = 0; good && i < k->n_texts; i += good)
		if ((rc = reserve_may_write(k, &k->texts[i], &good)) < 0)
			return rc;
	if (good)
		return 0;
	return check_refuse(k, "right", i < k->n_texts ? k->texts[i].path : NULL, NULL,
	    N_("the reserve key of %1 may do nothing but replace its active key"), k->grant->unit);
}
