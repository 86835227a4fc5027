/* What the first superior asks beyond validity (schema/trust.md). Nodes further on never ask it. */
#include "registry/inside.h"

#include <string.h>

static int refuse(struct err *err, const char *rule, const char *record, const char *sentence, const char *a,
    const char *b, const char *c)
{
	const char *const words[] = {sentence, a, b, c, NULL};
	err_set_list(err, ERR_REFUSED, words);
	err_rule(err, rule, record, NULL);
	return ERR_REFUSED;
}

/* A unit that is another's, and was not moved here. */
static int check_free(
    const struct registry *r, const char *issuer, const char *path, const char *id, struct err *err)
{
	const struct unit *u = table_get(&r->units, id);
	if (!u || !u->owner || registry_belongs(u, issuer))
		return 0;
	int rc = refuse(
	    err, "unit", path, N_("%1 may not register %2: it belongs to %3"), issuer, id, u->owner->issuer);
	err_hint(err, N_("who is above both moves it: tuyen unit move %2 --to %1"));
	return rc;
}

/* Only who is above both superiors moves a unit. */
static int check_move_by(const struct registry *r, const char *issuer, const struct change_texts *t,
    const char *id, struct err *err)
{
	const char *const field[] = {"from", "to"};
	struct arena arena = {0};
	struct record rec;
	struct err broken = {0};
	bool above = registry_was_above(r, issuer, id);
	if (record_parse(&rec, &arena, type_by_name("move"), t->after, t->after_len, &broken) == 0)
		for (int i = 0; i < 2; i++) {
			const char *who = record_get(&rec, field[i]);
			above =
			    above && who && (strcmp(who, issuer) == 0 || registry_was_above(r, issuer, who));
		}
	arena_free(&arena);
	return above ? 0
		     : refuse(err, "unit", t->path,
			   N_("%1 may not move %2: only who is above both superiors may"), issuer, id, NULL);
}

/* Does the same change move it to its writer? */
static bool moves_here(const char *issuer, const char *id, const struct change_texts *texts, size_t n)
{
	struct arena arena = {0};
	struct record rec;
	struct err broken = {0};
	const char *path = arena_printf(&arena, "moves/%s.yaml", id);
	bool here = false;
	for (size_t i = 0; i < n && !here; i++)
		here = texts[i].after && strcmp(texts[i].path, path) == 0 &&
		       record_parse(&rec, &arena, type_by_name("move"), texts[i].after, texts[i].after_len,
			   &broken) == 0 &&
		       str_is(record_get(&rec, "to"), issuer);
	arena_free(&arena);
	return here;
}

/* Moves, and units that are new in this ledger. */
static int check_record_of(const struct registry *r, const char *issuer, const struct change_texts *texts,
    size_t n, size_t at, struct err *err)
{
	const struct change_texts *t = &texts[at];
	const struct record_type *type = t->after ? type_by_path("directives", t->path) : NULL;
	char id[65];
	if (!type || !type_path_part(type, t->path, 0, id))
		return 0;
	if (strcmp(type->name, "move") == 0)
		return check_move_by(r, issuer, t, id, err);
	if (strcmp(type->name, "unit") != 0 || t->before || moves_here(issuer, id, texts, n))
		return 0;
	return check_free(r, issuer, t->path, id, err);
}

static int check_ended(const struct registry *r, const struct change *c, struct err *err)
{
	const struct registry_unit *u = registry_unit(r, c->unit);
	char day[16];
	if (!u || date_of_time(c->time) <= u->valid_to)
		return 0;
	date_print(u->valid_to, day);
	return refuse(err, "ended", NULL, N_("%1 ended on %2; what it wrote after that is not taken"),
	    c->unit, day, NULL);
}

int registry_admission(const struct registry *r, const struct change *c, const struct change_texts *texts,
    size_t n_texts, struct err *err)
{
	int rc = check_ended(r, c, err);
	for (size_t i = 0; rc == 0 && strncmp(c->ledger, "directives/", 11) == 0 && i < n_texts; i++)
		rc = check_record_of(r, c->ledger + 11, texts, n_texts, i, err);
	return rc;
}
