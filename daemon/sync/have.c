/* What the peer has, and what it does not take. */
#include <stdlib.h>
#include <string.h>

#include "sync/inside.h"

bool have_takes(struct sync *s, const char *ledger)
{
	struct book_ledger *l = book_at(&s->book, ledger);
	if (!s->world.accepts(s->world.ctx, ledger)) {
		s->decline_due |= !l->declined_here;
		s->digest_old |= !l->declined_here;
		l->declined_here = true;
		return false;
	}
	s->digest_old |= !l->met || !l->accepted;
	l->met = l->accepted = true;
	return true;
}

/* A partial have adds to what is remembered of the peer, a full one replaces it: it is said when the digests differ
 * and no memory explains it (the peer's store was restored from an older copy). */
static void set_known(struct sync *s, struct book_ledger *l, const struct oids *ids, bool replace)
{
	if (replace)
		book_set(&l->known, &l->given);
	for (size_t i = 0; i < ids->n; i++)
		if (s->world.has(s->world.ctx, l->name, &ids->items[i]) &&
		    !oids_has(&l->known, &ids->items[i]))
			oids_add(&l->known, &ids->items[i]);
	book_set(&l->sent, &l->known);
	ack_add_flying(s, l);
	l->unsure = l->asked = l->fresh = l->clean = false;
}

/* The peer has what is not here, and does not say which of what is here it has: one end was put back from an older copy,
 * or both have begun apart. It answers that when it has heard what we have; once a line, and then we go ahead. */
static void doubt(struct sync *s, struct book_ledger *l, const struct oids *ids)
{
	bool more = false;
	struct oids lacking = {0};
	for (size_t i = 0; i < ids->n && !more; i++)
		more = !s->world.has(s->world.ctx, l->name, &ids->items[i]);
	if (!more || l->doubted || !l->shared)
		return;
	s->world.between(s->world.ctx, l->name, &l->sent, &lacking);
	l->doubted = l->unsure = lacking.n != 0;
	oids_free(&lacking);
}

static void hear_ledger(struct sync *s, const struct frame_ledger *m, bool reply, bool full)
{
	struct book_ledger *l = book_at(&s->book, m->name);
	if (!l->shared && !have_takes(s, m->name))
		return;
	s->digest_old |= !l->met;
	l->met = true;
	l->mark = true;
	l->reply |= reply;
	set_known(s, l, &m->ids, full);
	if (full)
		doubt(s, l, &m->ids);
	sync_look_at(s, l);
}

void have_hear(struct sync *s, struct heard *h)
{
	struct frame_have m;
	if (frame_get_have(h->bytes, h->len, &h->arena, &m, &h->err))
		return;
	bool wanted = m.flags & FRAME_HAVE_WANTED, partial = m.flags & FRAME_HAVE_PARTIAL;
	for (size_t i = 0; i < m.n; i++) {
		hear_ledger(s, &m.ledgers[i], wanted && partial, !partial);
		if (s->book.n > LEDGERS_KNOWN_MAX) {
			err_set(&h->err, ERR_PEER, N_("the peer speaks of too many ledgers"));
			break;
		}
	}
	const struct oids none = {0};
	for (size_t i = 0; i < s->book.n; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		if (!l->mark && !partial) /* of what it declines it says nothing */
			set_known(s, l, &none, !l->declined_there);
		l->mark = false;
	}
	if (!partial) {
		s->book.acquainted = true;
		s->have_due |= wanted;
	}
	s->memory_old = true;
}

void have_hear_decline(struct sync *s, struct heard *h)
{
	struct frame_decline m;
	if (frame_get_decline(h->bytes, h->len, &h->arena, &m, &h->err))
		return;
	for (size_t i = 0; i < m.n; i++) {
		struct book_ledger *l = book_find(&s->book, m.names[i]);
		if (l)
			l->mark = true;
	}
	for (size_t i = 0; i < s->book.n; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		if (l->declined_there != l->mark) {
			l->declined_there = l->mark;
			l->clean = false;
			book_set(&l->sent, &l->known);
			ack_add_flying(s, l);
			s->digest_old = true;
			sync_look_at(s, l);
		}
		l->mark = false;
	}
}
