#include "node/load.h"

#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "base/table.h"
#include "control/control.h"
#include "node/edits.h"

static int write_load(struct node *n, const struct enrol_load *load, struct err *err)
{
	struct node_edits w;
	node_edits_begin(&w, n, "unit: load a table");
	for (size_t i = 0; i < load->n; i++)
		if (load->rows[i].fate != ENROL_OTHER)
			node_edits_put(&w, &load->rows[i].edit);
	for (size_t i = 0; i < load->n_ended; i++)
		node_edits_put(&w, &load->ended[i].edit);
	return node_edits_end(&w, n, err);
}

/* "Lê Chân, phuong" */
static void name_and_type(const struct record *r, struct buf *out)
{
	const char *type = record_get(r, "type");
	buf_printf(out, "%s%s%s", record_get(r, "name"), type ? ", " : "", type ? type : "");
}

static void tell_row(struct control_request *req, const struct enrol_loaded *l)
{
	struct buf is = {0}, was = {0};
	if (l->fate == ENROL_ADDED) {
		name_and_type(&l->edit.record, &is);
		control_say(req, N_("added: %1 (%2)"), l->edit.id, buf_str(&is));
	} else if (l->fate == ENROL_CHANGED) {
		name_and_type(&l->edit.record, &is);
		name_and_type(l->before, &was);
		control_say(req, N_("changed: %1 (%2); it was: %3"), l->edit.id, buf_str(&is), buf_str(&was));
	}
	buf_free(&is);
	buf_free(&was);
}

#define OTHERS_SHOWN 80

/* "01 (126), 04 (56)": whose rows the others are, and how many. */
static void count_others(const struct enrol_load *load, struct buf *out)
{
	struct table counts = {0};
	for (size_t i = 0; i < load->n; i++) {
		const char *parent = load->rows[i].row->cell[UNIT_PARENT].text;
		if (load->rows[i].fate != ENROL_OTHER)
			continue;
		void **place = table_at(&counts, *parent ? parent : "-");
		*place = (void *)((uintptr_t)*place + 1);
	}
	for (size_t i = 0; i < counts.n && i < OTHERS_SHOWN; i++)
		buf_printf(out, "%s%s (%zu)", i ? ", " : "", counts.rows[i].key,
		    (size_t)(uintptr_t)counts.rows[i].value);
	if (counts.n > OTHERS_SHOWN)
		buf_puts(out, ", …");
	table_free(&counts);
}

/* "11383 (whole), 11050 (part)" */
static void successors(const struct record *r, struct buf *out)
{
	struct arena arena = {0};
	const char *id;
	for (size_t i = 0; record_next_key(r, "replaced_by", &i, &id);)
		buf_printf(out, "%s%s (%s)", out->len ? ", " : "", id,
		    record_get(r, arena_printf(&arena, "replaced_by.%s", id)));
	arena_free(&arena);
}

static void tell_ended(struct control_request *req, const struct enrol_loaded *l)
{
	struct buf next = {0};
	const char *name = record_get(&l->edit.record, "name"), *to = record_get(&l->edit.record, "valid_to");
	successors(&l->edit.record, &next);
	if (l->fate == ENROL_ADDED)
		control_say(req, N_("added: %1 (%2), which ended on %3; replaced by %4"), l->edit.id, name,
		    to, buf_str(&next));
	else if (l->fate == ENROL_CHANGED)
		control_say(
		    req, N_("ended: %1 (%2) on %3; replaced by %4"), l->edit.id, name, to, buf_str(&next));
	buf_free(&next);
}

static void tell_moves(struct control_request *req, const struct enrol_load *load)
{
	char count[7][24];
	const size_t all[7] = {load->ended_count[ENROL_ADDED], load->ended_count[ENROL_CHANGED],
	    load->ended_count[ENROL_SAME], load->retyped, load->foreign, load->given};
	for (int i = 0; i < 7; i++)
		snprintf(count[i], sizeof count[i], "%zu", all[i]);
	for (size_t i = 0; i < load->n_ended; i++)
		tell_ended(req, &load->ended[i]);
	control_say(req, N_("%1 ended units added, %2 changed, %3 as before"), count[0], count[1], count[2]);
	if (load->retyped)
		control_say(req,
		    N_("%1 units go on under another name or kind, as the table of units has them"),
		    count[3]);
	if (load->foreign)
		control_say(req, N_("%1 lines of moves belong to other superiors"), count[4]);
	if (load->given)
		control_note(req, true,
		    N_("%1 lines say that a unit which goes on gave a part of itself away; nothing is "
		       "written of that"),
		    (const char *const[]){count[5]}, 1);
}

static void tell_load(
    struct control_request *req, const struct enrol_load *load, const struct enrol_tables *tables, bool dry)
{
	char count[4][24];
	struct buf others = {0};
	for (int i = 0; i < 4; i++)
		snprintf(count[i], sizeof count[i], "%zu", load->count[i]);
	for (size_t i = 0; i < load->n; i++)
		tell_row(req, &load->rows[i]);
	if (load->count[ENROL_OTHER]) {
		count_others(load, &others);
		control_say(req, N_("belongs to another superior's ledger: %1 rows, under %2"),
		    count[ENROL_OTHER], buf_str(&others));
	}
	control_say(req, N_("%1 units added, %2 changed, %3 as before"), count[ENROL_ADDED],
	    count[ENROL_CHANGED], count[ENROL_SAME]);
	if (tables->moves)
		tell_moves(req, load);
	if (dry)
		control_say(req, N_("--dry-run: nothing of this was written"));
	buf_free(&others);
}

/* Option moves-text: the table of moves, whose name is `moves`. */
static int read_tables(const struct args *a, struct arena *arena, struct unit_list *units,
    struct reorg_list *moves, struct enrol_tables *out, struct err *err)
{
	const char *text = args_word(a, 0), *source = args_get(a, "source");
	const char *moved = args_get(a, "moves-text"), *name = args_get(a, "moves");
	*out = (struct enrol_tables){.units = units};
	int rc = unit_list_read(arena, source ? source : "-", text, strlen(text), UNIT_LIST_FULL, units, err);
	if (rc || !moved)
		return rc;
	out->moves = moves;
	return reorg_list_read(arena, name ? name : "-", moved, strlen(moved), moves, err);
}

int node_unit_load(struct node *n, struct control_request *req, struct err *err)
{
	bool dry = args_has(&req->args, "dry-run");
	struct arena arena = {0};
	struct unit_list units;
	struct reorg_list moves;
	struct enrol_tables tables;
	struct enrol_load load;
	struct record levels;
	int rc = node_admitted(n, err);
	if (rc == 0)
		rc = read_tables(&req->args, &arena, &units, &moves, &tables, err);
	if (rc == 0)
		rc = enrol_load(n->registry, &n->config, node_edits_levels(n, &arena, &levels), &tables,
		    date_of_time(sys_now()), &arena, &load, err);
	if (rc == 0 && !dry)
		rc = write_load(n, &load, err);
	if (rc == 0)
		tell_load(req, &load, &tables, dry);
	arena_free(&arena);
	return rc;
}
