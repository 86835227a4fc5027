/* The first record of a tree, and units without a node. */
#include "registry/edit.h"

#include <string.h>

#include "record/text.h"
#include "registry/inside.h"

static void validity(const struct record *rec, day_t *from, day_t *to)
{
	const char *first = record_get(rec, "valid_from"), *last = record_get(rec, "valid_to");
	struct err ignored = {0};
	*from = INT32_MIN;
	*to = INT32_MAX;
	if (first)
		date_parse(first, from, &ignored);
	if (last)
		date_parse(last, to, &ignored);
}

static bool says_the_same(const struct record *a, const struct record *b)
{
	static const char *const fields[] = {
	    "code", "name", "level", "rank", "type", "identifier", "valid_from", "valid_to"};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *x = record_get(a, fields[i]), *y = record_get(b, fields[i]);
		if (!x != !y || (x && strcmp(x, y) != 0))
			return false;
	}
	return true;
}

/* A direct subordinate of the same code whose time overlaps, or NULL. */
static const struct registry_unit *overlapping(
    const struct registry *r, const char *me, const struct enrol_unit *unit, day_t from, day_t to)
{
	const struct registry_unit *hit = NULL;
	struct strs all = {0};
	registry_below(r, me, false, &all);
	for (size_t i = 0; i < all.n && !hit; i++) {
		const struct registry_unit *u = registry_unit(r, all.items[i]);
		if (strcmp(u->parent, me) == 0 && strcmp(u->code, unit->code) == 0 && u->valid_from <= to &&
		    from <= u->valid_to && !str_is(unit->follows, u->id) &&
		    !registry_moved_here(r, me, u->id))
			hit = u;
	}
	strs_free(&all);
	return hit;
}

int enrol_add(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_unit *unit, struct arena *arena, struct enrol_edit *out, struct err *err)
{
	int rank, rc = edit_allowed(me, err);
	day_t from, to;
	if (rc == 0)
		rc = edit_rank(levels, arena, unit->level, &rank, err);
	if (rc < 0)
		return rc;
	if (rank <= me->rank)
		return edit_refuse_level(me, unit->code, unit->level, err);
	const char *const pairs[] = {"code", unit->code, "name", unit->name, "level", unit->level, "rank",
	    arena_printf(arena, "%d", rank), "type", unit->type, "identifier", unit->identifier, "valid_from",
	    unit->valid_from, "valid_to", unit->valid_to, NULL};
	if (!text_is_id(unit->code) || strchr(unit->code, '@'))
		return err_set(err, ERR_INPUT,
		    N_("%1 must be an id: letters a-z, digits and . _ -, not '%2'"), "code", unit->code);
	edit_start(out, arena, unit->code, NULL);
	if ((rc = edit_set(&out->record, pairs, err)) < 0 || (rc = record_check(&out->record, err)) < 0)
		return rc;
	validity(&out->record, &from, &to);
	if (from > to)
		return err_set(err, ERR_INPUT, N_("%1 would end on %3, before it begins on %2"), unit->code,
		    unit->valid_from, unit->valid_to);
	const struct registry_unit *u = overlapping(r, me->unit, unit, from, to);
	if (u) {
		const struct record *old = registry_record(r, u->id);
		if (!says_the_same(old, &out->record)) {
			err_set(err, ERR_REFUSED, N_("%1 (%2) is registered already, with other particulars"),
			    u->id, u->name);
			err_hint(err, N_("`tuyen unit show %1` shows them"));
			return ERR_REFUSED;
		}
		edit_start(out, arena, u->id, old);
		out->changed = false;
		return 0;
	}
	const char *id = edit_free_id(r, me->unit, arena, unit->code, NULL, err);
	if (!id)
		return ERR_INPUT;
	out->id = arena_dup(arena, id);
	out->path = arena_printf(arena, "units/%s.yaml", id);
	return 0;
}

int enrol_genesis(struct config *me, const unsigned char key[KEY_PUBLIC_SIZE], struct arena *arena,
    struct enrol_edit *levels, struct enrol_edit *unit, struct err *err)
{
	int rank, rc = config_check(me, err);
	char reserve[KEY_TEXT_SIZE];
	if (rc < 0)
		return rc;
	if (me->station) {
		err_set(err, ERR_USAGE, N_("the station %1 cannot be a root"), me->station);
		err_hint(err, N_("leave out --root or --station"));
		return ERR_USAGE;
	}
	levels->id = "levels";
	levels->path = "levels.yaml";
	levels->changed = true;
	rc = edit_levels(arena, &levels->record, err);
	if (rc == 0)
		rc = edit_rank(&levels->record, arena, me->level, &rank, err);
	if (rc < 0)
		return rc;
	edit_start(unit, arena, me->unit, NULL);
	const char *const pairs[] = {"code", me->unit, "name", me->name, "level", me->level, "rank",
	    arena_printf(arena, "%d", rank), "address", config_reach(me), NULL};
	rc = edit_set(&unit->record, pairs, err);
	if (rc == 0)
		rc = edit_add_key(&unit->record, arena, key, err);
	key_text(me->anchor.reserve, reserve);
	if (rc == 0 && me->anchor.has_reserve)
		rc = record_set(&unit->record, "reserve", reserve, err);
	if (rc < 0)
		return rc;
	me->rank = rank;
	me->root = me->admitted = true;
	me->grant = (struct oid){{0}};
	me->superior = (struct config_peer){0};
	me->anchor.unit = me->unit;
	memcpy(me->anchor.key, key, KEY_PUBLIC_SIZE);
	return 0;
}

int enrol_handover(const struct config *me, struct arena *arena, struct enrol_edit *out, struct err *err)
{
	char key[KEY_TEXT_SIZE], reserve[KEY_TEXT_SIZE];
	*out = (struct enrol_edit){.id = me->handover.unit, .changed = true};
	out->path = arena_printf(arena, "handovers/%s.yaml", me->handover.unit);
	record_init(&out->record, arena, type_by_name("handover"));
	key_text(me->handover.key, key);
	key_text(me->handover.reserve, reserve);
	const char *const pairs[] = {"key", key, me->handover.has_reserve ? "reserve" : NULL, reserve, NULL};
	return edit_set(&out->record, pairs, err);
}

/* Its row is named after the key: what two machines let in without knowing of each other stands side by side. */
int enrol_let_in(
    struct record *unit, struct arena *arena, const unsigned char key[KEY_PUBLIC_SIZE], struct err *err)
{
	char text[KEY_TEXT_SIZE];
	const char *row = arena_printf(arena, "keys.r%02x%02x%02x%02x", key[0], key[1], key[2], key[3]);
	key_text(key, text);
	const char *const pairs[] = {
	    arena_printf(arena, "%s.key", row), text, arena_printf(arena, "%s.state", row), "active", NULL};
	return edit_set(unit, pairs, err);
}
