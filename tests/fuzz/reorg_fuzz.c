/* room: registry */
/* Two tables with a line "--" between them: what was before is told without loops, each end a day before what follows;
 * loaded, every record is whole; parted, each draft can be read again. */
#include <stdlib.h>
#include <string.h>

#include "registry/drafts.h"
#include "registry/timeline.h"

#define SIZE_MAX_TRIED 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(struct arena *arena, const struct enrol_tables *t)
{
	struct timeline line;
	timeline_make(arena, t->units, t->moves, &line);
	for (size_t i = 0; i < line.n; i++) {
		const struct span *s = line.spans[i];
		if (!s->code || !s->level || !s->superior || s->from > s->to)
			abort();
		if ((s->to != INT32_MAX) != (s->n_next > 0) || (i < t->units->n) != (s->row != NULL))
			abort();
		for (size_t k = 0; k < s->n_next; k++)
			if (s->next[k].unit == s || s->next[k].unit->to <= s->to)
				abort();
	}
}

static void check_drafts(struct arena *arena, const struct registry *r, const struct enrol_tables *t)
{
	struct drafts d;
	struct err err = {0};
	drafts_make(r, "0", t, &d);
	for (size_t i = 0; i < d.n; i++) {
		struct unit_list units;
		struct reorg_list moves;
		if (unit_list_read(arena, "d.csv", buf_str(&d.items[i].units), d.items[i].units.len,
			UNIT_LIST_FULL, &units, &err) ||
		    reorg_list_read(
			arena, "d.csv", buf_str(&d.items[i].moves), d.items[i].moves.len, &moves, &err))
			abort();
	}
	drafts_free(&d);
}

static void check_load(struct arena *arena, const struct registry *r, const struct enrol_tables *t)
{
	struct config me;
	struct enrol_load l;
	struct err err = {0};
	config_init(&me);
	me.unit = "0";
	me.level = "central";
	me.rank = 0;
	me.admitted = true;
	int rc = enrol_load(r, &me, NULL, t, 20000, arena, &l, &err);
	for (size_t i = 0; rc == 0 && i < l.n_ended; i++)
		if (record_check(&l.ended[i].edit.record, &err) < 0)
			abort();
	if (rc < 0 && (!err.msg || !err.line))
		abort();
	config_free(&me);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct err err = {0};
	struct unit_list units;
	struct reorg_list moves;
	const char *text = (const char *)data, *gap = size ? memmem(data, size, "\n--\n", 4) : NULL;
	if (!gap || size > SIZE_MAX_TRIED)
		return 0;
	size_t first = (size_t)(gap - text) + 1;
	int rc = unit_list_read(&arena, "u.csv", text, first, UNIT_LIST_FULL, &units, &err);
	if (rc == 0)
		rc = reorg_list_read(&arena, "m.csv", gap + 4, size - first - 3, &moves, &err);
	if (rc < 0 && (!err.msg || !err.line || !err.column))
		abort();
	if (rc == 0) {
		const struct enrol_tables both = {&units, &moves};
		struct registry *r = registry_new();
		check_line(&arena, &both);
		check_drafts(&arena, r, &both);
		check_load(&arena, r, &both);
		registry_free(r);
	}
	arena_free(&arena);
	return 0;
}
