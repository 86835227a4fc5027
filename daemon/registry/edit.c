#include "registry/edit.h"

#include <string.h>

#include "base/nearest.h"
#include "record/text.h"
#include "registry/inside.h"

#define IDS_TRIED 1000 /* "11383.2" to "11383.1000" */

/* What genesis writes into levels.yaml, from which the root may go on. */
static const struct {
	const char *id, *rank, *name;
} first_levels[] = {
    {"central", "0", "Trung ương"},
    {"province", "1", "Tỉnh, thành phố trực thuộc trung ương"},
    {"district", "2", "Quận, huyện, thị xã, thành phố thuộc tỉnh"},
    {"commune", "3", "Xã, phường, đặc khu"},
};
#define N_LEVELS (sizeof first_levels / sizeof *first_levels)

int edit_set(struct record *rec, const char *const *pairs, struct err *err)
{
	for (; *pairs; pairs += 2) {
		int rc = record_set(rec, pairs[0], pairs[1], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int edit_levels(struct arena *arena, struct record *out, struct err *err)
{
	record_init(out, arena, type_by_name("levels"));
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < N_LEVELS; i++) {
		const char *const pairs[] = {arena_printf(arena, "levels.%s.rank", first_levels[i].id),
		    first_levels[i].rank, arena_printf(arena, "levels.%s.name", first_levels[i].id),
		    first_levels[i].name, NULL};
		rc = edit_set(out, pairs, err);
	}
	return rc;
}

static int no_level(const struct record *levels, const char *level, struct err *err)
{
	struct strs names = {0};
	struct buf all = {0};
	const char *name;
	for (size_t i = 0; record_next_key(levels, "levels", &i, &name);) {
		buf_printf(&all, "%s%s", names.n ? ", " : "", name);
		strs_add(&names, name);
	}
	const char *near = nearest_word(level, (const char *const *)names.items, names.n);
	err_set(err, ERR_INPUT,
	    near ? N_("there is no level '%1'; did you mean %2?")
		 : N_("there is no level '%1'; there are %2"),
	    level, near ? near : buf_str(&all));
	buf_free(&all);
	strs_free(&names);
	return ERR_INPUT;
}

int edit_rank(const struct record *levels, struct arena *arena, const char *level, int *rank, struct err *err)
{
	struct record own;
	int rc = 0;
	if (!levels) {
		rc = edit_levels(arena, &own, err);
		levels = &own;
	}
	if (rc < 0)
		return rc;
	*rank = registry_rank(record_get(levels, arena_printf(arena, "levels.%s.rank", level)));
	if (*rank >= 0)
		return 0;
	return no_level(levels, level, err);
}

int edit_allowed(const struct config *me, struct err *err)
{
	char node[136];
	config_node(me, node);
	if (me->station) {
		err_set(err, ERR_REFUSED, N_("%1 is a station; it has nobody below it"), node);
		err_hint(err, N_("the node of the unit itself admits units and stations"));
		return ERR_REFUSED;
	}
	if (!me->admitted || me->rank < 0) {
		err_set(err, ERR_REFUSED, N_("%1 has no superior yet, so it cannot admit anybody"), node);
		err_hint(err, N_("take its own welcome first with `tuyen join`"));
		return ERR_REFUSED;
	}
	return 0;
}

void edit_start(struct enrol_edit *out, struct arena *arena, const char *id, const struct record *old)
{
	out->id = arena_dup(arena, id);
	out->path = arena_printf(arena, "units/%s.yaml", id);
	out->changed = true;
	record_init(&out->record, arena, type_by_name("unit"));
	for (size_t i = 0; old && i < old->n; i++)
		record_put(&out->record, arena_dup(arena, old->fields[i].path),
		    arena_dup(arena, old->fields[i].value));
}

const char *edit_free_id(const struct registry *r, const char *me, struct arena *arena, const char *code,
    struct table *taken, struct err *err)
{
	const char *id = registry_moved_here(r, me, code);
	for (int i = 1; !id && i <= IDS_TRIED; i++) {
		const char *next = i > 1 ? arena_printf(arena, "%s.%d", code, i) : code;
		if (!registry_unit(r, next) && !(taken && table_get(taken, next)))
			id = next;
	}
	if (id && text_is_id(id)) {
		if (taken)
			*table_at(taken, id) = taken;
		return id;
	}
	err_set(err, ERR_INPUT, N_("there is no id left for the code %1"), code);
	return NULL;
}

int edit_add_key(
    struct record *rec, struct arena *arena, const unsigned char key[KEY_PUBLIC_SIZE], struct err *err)
{
	char text[KEY_TEXT_SIZE];
	int n = 1;
	while (record_get(rec, arena_printf(arena, "keys.k%d.key", n)))
		n++;
	key_text(key, text);
	const char *const pairs[] = {arena_printf(arena, "keys.k%d.key", n), text,
	    arena_printf(arena, "keys.k%d.state", n), "active", NULL};
	return edit_set(rec, pairs, err);
}

int edit_refuse_level(const struct config *me, const char *who, const char *level, struct err *err)
{
	err_set(err, ERR_REFUSED, N_("%1 has the level %2, which does not rank below %3 (%4)"), who, level,
	    me->unit, me->level);
	err_hint(err, N_("a unit admits only units of lower levels, and its own stations"));
	err_rule(err, "rank", NULL, NULL);
	return ERR_REFUSED;
}
