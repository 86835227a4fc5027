/* Acknowledgements of the peer: what has landed, what was refused or lost, and how much may be on its way from now on. */
#include <stdlib.h>
#include <string.h>

#include "sync/inside.h"

/* What is on its way counts as sent. */
void ack_add_flying(struct sync *s, struct book_ledger *l)
{
	for (size_t i = 0; i < s->n_flying; i++)
		for (size_t k = 0; k < s->flying[i].n; k++)
			if (s->flying[i].items[k].ledger == l)
				oids_add(&l->sent, &s->flying[i].items[k].id);
	for (int k = 0; k < PART_KINDS; k++)
		if (s->parts_out[k].active && s->parts_out[k].flight.ledger == l)
			oids_add(&l->sent, &s->parts_out[k].flight.id);
}

static void tell_refusal(
    struct sync *s, const struct flight *f, const char *ledger, const struct frame_exception *e)
{
	struct action_node *node = sync_push(s, SYNC_DO_REFUSED);
	node->action.refusal = (struct sync_refusal){arena_dup(&node->arena, ledger), f->id,
	    arena_dup(&node->arena, e->rule), arena_dup(&node->arena, e->record),
	    arena_dup(&node->arena, e->field), arena_dup(&node->arena, e->sentence)};
	s->x.refused += s->x.active;
	if (!oids_has(&s->refused, &f->id))
		oids_add(&s->refused, &f->id);
}

static void land(struct sync *s, const struct flight *f, const struct frame_exception *e)
{
	if (!f->ledger) /* both ends have been equal since */
		return;
	f->ledger->flying = false;
	s->memory_old = true;
	if (!e) {
		book_saw(&f->ledger->known, &f->id, &f->heads);
		return;
	}
	if (e->status == FRAME_REFUSED)
		tell_refusal(s, f, f->ledger->name, e);
	else if (e->status == FRAME_PARKED && !oids_has(&s->parked, &f->id))
		oids_add(&s->parked, &f->id);
}

/* The peer could not read it: what it has must be learnt anew; its have is on the way. */
void ack_lost(const struct flight *f)
{
	if (!f->ledger)
		return;
	f->ledger->flying = false;
	f->ledger->unsure = f->ledger->asked = f->ledger->wary = true;
	f->ledger->clean = false;
	book_set(&f->ledger->sent, &f->ledger->known);
}

/* After one batch is lost, those coded after it cannot be read either: they are as good as lost now. */
static void lose_the_rest(struct sync *s)
{
	replay_session_refresh(s->out_session);
	for (size_t i = 0; i < s->n_flying; i++) {
		if (s->flying[i].alone)
			continue;
		s->flying[i].doomed = true;
		for (size_t k = 0; k < s->flying[i].n; k++) {
			ack_lost(&s->flying[i].items[k]);
			s->flying[i].items[k].ledger = NULL;
		}
	}
	part_stop(s, true);
}

/* Who waits least waits for the line alone: the time beyond that a batch has waited behind others. */
static void adapt_window(struct sync *s, const struct flight_batch *batch)
{
	int64_t took = s->now - batch->sent_at;
	if (s->window_fixed)
		return;
	bool alone =
	    s->window == WINDOW_MIN && batch->before <= WINDOW_MIN && batch->sent_at >= s->narrowed_at;
	if (!s->timed || took < s->quickest || alone)
		s->quickest = took;
	s->timed = true;
	int64_t waited = took - s->quickest;
	if (waited < WAIT_LITTLE && batch->before >= s->window / 2) {
		s->window += 2 * batch->bytes;
		if (s->window > WINDOW_MAX)
			s->window = WINDOW_MAX;
	} else if (waited > WAIT_MUCH && batch->sent_at >= s->narrowed_at) {
		size_t fits =
		    s->window * (size_t)(s->quickest + (WAIT_LITTLE + WAIT_MUCH) / 2) / (size_t)took;
		s->window = fits > s->window / 2 ? fits : s->window / 2;
		if (s->window < WINDOW_MIN)
			s->window = WINDOW_MIN;
		s->narrowed_at = s->now;
	}
}

static void land_batch(
    struct sync *s, struct heard *h, const struct frame_ack *m, size_t *position, size_t *next)
{
	struct flight_batch batch = s->flying[0];
	memmove(s->flying, s->flying + 1, --s->n_flying * sizeof *s->flying);
	s->unacked -= batch.bytes;
	pace_add(&s->counts.out, s->now - (batch.sent_at > s->paced_at ? batch.sent_at : s->paced_at),
	    m->lost ? 0 : batch.bytes);
	s->paced_at = s->now;
	adapt_window(s, &batch);
	for (size_t i = 0; i < batch.n; i++, (*position)++) {
		const struct frame_exception *e = NULL;
		while (*next < m->n && m->exceptions[*next].position < *position)
			(*next)++;
		if (*next < m->n && m->exceptions[*next].position == *position)
			e = &m->exceptions[*next];
		if (m->lost)
			ack_lost(&batch.items[i]);
		else
			land(s, &batch.items[i], e);
		oids_free(&batch.items[i].heads);
	}
	free(batch.items);
	if (!m->lost) {
		s->lost_in_a_row = batch.n ? 0 : s->lost_in_a_row;
	} else if (!batch.doomed) {
		if (++s->lost_in_a_row > LOST_MAX)
			err_set(&h->err, ERR_PEER, N_("the peer cannot read what it says it has"));
		if (!batch.alone)
			lose_the_rest(s);
	}
}

static void hear_late(struct sync *s, const struct frame_late *late)
{
	struct action_node *node = sync_push(s, SYNC_DO_LATE);
	node->action.late =
	    (struct sync_late){arena_dup(&node->arena, late->writer), late->most, late->bytes};
	s->late_peer = s->late_heard = true;
}

void ack_hear(struct sync *s, struct heard *h)
{
	struct frame_ack m;
	size_t position = 0, next = 0;
	if (frame_get_ack(h->bytes, h->len, &h->arena, &m, &h->err))
		return;
	if (m.batches > s->n_flying) {
		err_set(&h->err, ERR_PEER, N_("the peer acknowledged what was not sent"));
		return;
	}
	for (size_t i = 0; i < m.batches; i++)
		land_batch(s, h, &m, &position, &next);
	if (m.late.writer)
		hear_late(s, &m.late);
	/* What is still on its way keeps its ledgers marked. */
	for (size_t i = 0; i < s->n_flying; i++)
		for (size_t k = 0; k < s->flying[i].n; k++)
			if (s->flying[i].items[k].ledger)
				s->flying[i].items[k].ledger->flying = true;
	for (int k = 0; k < PART_KINDS; k++)
		if (s->parts_out[k].active)
			s->parts_out[k].flight.ledger->flying = true;
}
