#include "sync/inside.h"

#define LEAST 80 /* bytes of a change: its peer has estimated, and what came may have been other changes */
#define SHORT 2048 /* bytes of a record */
#define SAMPLE 64 /* changes of a ledger that are weighed; the others are taken to be like them */

/* Of a short record little is new, of a long text most, and a batch shrinks prose to a third or so. */
static uint64_t weigh_long(const struct change *c)
{
	uint64_t more = 0;
	for (size_t i = 0; i < c->n_records; i++)
		if (c->records[i].text && c->records[i].len > SHORT)
			more += (c->records[i].len - SHORT) / 3;
	return more;
}

/* What a ledger's changes weigh, the first of them looked at. */
static uint64_t weigh(const struct sync_world *world, const char *ledger, const struct oids *ids)
{
	uint64_t bytes = 0, n = 0;
	for (size_t i = 0; i < ids->n && i < SAMPLE; i++) {
		struct arena arena = {0};
		struct change c = {0};
		struct err err = {0};
		if (world->change(world->ctx, ledger, &ids->items[i], &arena, &c, &err) == 0) {
			bytes += replay_estimate(&c) + weigh_long(&c);
			n++;
		}
		arena_free(&arena);
	}
	return n ? bytes * ids->n / n : 0;
}

static void add(const struct sync_world *world, const struct book_ledger *l, const struct oids *have,
    struct sync_load *out)
{
	struct oids ids = {0};
	if (!l->shared || l->declined_there)
		return;
	world->between(world->ctx, l->name, have, &ids);
	out->changes += ids.n;
	out->bytes += weigh(world, l->name, &ids);
	oids_free(&ids);
}

void sync_waiting(const struct sync *s, struct sync_load *out)
{
	*out = (struct sync_load){0};
	if (s->mute || s->equal)
		return;
	for (size_t i = 0; i < s->book.n; i++)
		add(&s->world, s->book.ledgers[i], &s->book.ledgers[i]->known, out);
}

void sync_waiting_by(const struct sync_world *world, const void *memory, size_t len, struct sync_load *out)
{
	struct book book = {0};
	struct strs names = {0};
	*out = (struct sync_load){0};
	if (len)
		book_load(&book, memory, len);
	world->shared(world->ctx, &names);
	for (size_t i = 0; i < names.n; i++) {
		struct book_ledger *l = book_at(&book, names.items[i]);
		if (!l->mark) {
			l->mark = l->shared = true;
			add(world, l, &l->known, out);
		}
	}
	strs_free(&names);
	book_free(&book);
}

/* ---- how fast the line is ---- */

/* The older half counts half, so that a line that has become slow is soon known to be. */
static void age(struct sync_pace *p)
{
	if (p->ms > PACE_MS) {
		p->ms /= 2;
		p->bytes /= 2;
	}
}

void pace_add(struct sync_pace *p, int64_t ms, uint64_t bytes)
{
	p->ms += ms > 0 ? (uint64_t)ms : 0;
	p->bytes += bytes;
	age(p);
}

/* Of what the peer has told to be waiting there, this much is still to come. */
void waiting_heard(struct sync *s, size_t changes, size_t bytes)
{
	struct sync_load *left = &s->counts.coming;
	left->changes -= left->changes > changes ? changes : left->changes;
	left->bytes -= left->bytes > bytes ? bytes : left->bytes;
	if (left->bytes < left->changes * LEAST || left->changes == 0)
		left->bytes = left->changes * LEAST;
}

bool waiting_late(struct sync *s, struct frame_waiting *m)
{
	*m = (struct frame_waiting){{0}};
	if (!s->late_heard || s->n_flying)
		return false;
	s->late_heard = false;
	for (size_t i = 0; i < s->book.n; i++)
		add(&s->world, s->book.ledgers[i], &s->book.ledgers[i]->known, &m->load);
	return true;
}

bool waiting_due(struct sync *s, struct frame_waiting *m)
{
	*m = (struct frame_waiting){{0}};
	if (!s->greeted || (s->waiting_said && s->now < s->waiting_said_at + WAITING_AGAIN))
		return false;
	s->waiting_said = true;
	s->waiting_said_at = s->now;
	for (size_t i = 0; i < s->book.n; i++)
		add(&s->world, s->book.ledgers[i], &s->book.ledgers[i]->sent, &m->load);
	return m->load.bytes > WAITING_MUCH;
}
