/*
 * `tuyen log --graph`: who had seen whom, drawn beside the changes of a ledger, the newest first. A lane leads down to each
 * change that is still to come; "." is where one begins (the change above had seen several), "'" where two end in one change.
 */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "say.h"

struct lanes {
	struct oid *items; /* which change each leads to; zero: free */
	size_t n;
};

static size_t lane_of(const struct lanes *l, const struct oid *id, size_t from)
{
	while (from < l->n && !oid_eq(&l->items[from], id))
		from++;
	return from;
}

static size_t free_lane(struct lanes *l)
{
	size_t i = 0;
	while (i < l->n && !oid_is_zero(&l->items[i]))
		i++;
	if (i == l->n) {
		struct oid none = {{0}};
		VEC_PUSH(l->items, l->n, none);
	}
	return i;
}

static void trim(struct buf *row)
{
	while (row->len && row->data[row->len - 1] == ' ')
		buf_cut(row, row->len - 1);
}

/* One lane turns into another: a stroke between the two, and `corner` where it does. */
static void print_turn(const struct lanes *l, size_t lane, size_t other, char corner)
{
	struct buf row = {0};
	size_t low = lane < other ? lane : other, high = lane < other ? other : lane;
	for (size_t i = 0; i < l->n; i++) {
		bool taken = !oid_is_zero(&l->items[i]), between = i > low && i < high;
		buf_printf(&row, "%c%c",
		    i == other ? corner
		    : taken    ? '|'
		    : between  ? '-'
			       : ' ',
		    i >= low && i < high ? '-' : ' ');
	}
	trim(&row);
	say_out("%1", buf_str(&row));
	buf_free(&row);
}

static void print_change(const struct lanes *l, size_t lane, const char *text)
{
	struct buf row = {0};
	for (size_t i = 0; i < l->n; i++)
		buf_printf(&row, "%c ", i == lane ? '*' : oid_is_zero(&l->items[i]) ? ' ' : '|');
	buf_puts(&row, text);
	say_out("%1", buf_str(&row));
	buf_free(&row);
}

static void take_lanes(struct lanes *l, size_t lane, const struct oids *heads)
{
	l->items[lane] = heads->n ? heads->items[0] : (struct oid){{0}};
	for (size_t i = 1; i < heads->n; i++) {
		if (lane_of(l, &heads->items[i], 0) < l->n)
			continue;
		size_t fresh = free_lane(l);
		l->items[fresh] = heads->items[i];
		print_turn(l, lane, fresh, '.');
	}
	while (l->n && oid_is_zero(&l->items[l->n - 1]))
		l->n--;
}

void graph_draw(const struct graph_change *changes, size_t n, long limit)
{
	struct lanes l = {0};
	while (n > 0 && limit-- != 0) {
		const struct graph_change *c = &changes[--n];
		size_t lane = lane_of(&l, &c->id, 0);
		if (lane == l.n)
			lane = free_lane(&l);
		for (size_t other = lane_of(&l, &c->id, lane + 1); other < l.n;
		     other = lane_of(&l, &c->id, other)) {
			print_turn(&l, lane, other, '\'');
			l.items[other] = (struct oid){{0}};
		}
		l.items[lane] = c->id;
		print_change(&l, lane, c->text);
		take_lanes(&l, lane, &c->heads);
	}
	free(l.items);
}
