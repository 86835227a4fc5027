/*
 * Attachments on the line, after everything else. Whoever wants one asks for a range of it and goes on asking as the
 * pieces come. What was asked for is all that can stand in the way of a directive, so it is no more than the line
 * carries in about a second; and as a cut loses it, never more than 48 KB.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sync/inside.h"

#define FETCH_FIRST 8192
#define FETCH_MIN 4096
#define FETCH_MAX (48 * 1024)
#define FETCH_QUICK 700 /* ms until the first piece of a range: as soon as this widens the window */
#define FETCH_SLOW 2000 /* and as late as this narrows it */
#define RANGES_MAX 64 /* that a peer may have asked for */
#define AT_ONCE (64 * 1024) /* bytes said before the driver looks at its queue again */
#define AGAIN 50 /* ms until pieces are said for which there was no room */
#define IDS_MAX 4096 /* absent or missed ones that are remembered */
#define QUESTIONS_MAX 256 /* asked on one line */

static bool ids_has(const struct blob_ids *list, const unsigned char *id)
{
	for (size_t i = 0; i < list->n; i++)
		if (memcmp(list->items[i].b, id, SYNC_BLOB_ID) == 0)
			return true;
	return false;
}

static void ids_add(struct blob_ids *list, const unsigned char *id)
{
	if (list->n == IDS_MAX || ids_has(list, id))
		return;
	list->items = mem_grow(list->items, list->n + 1, sizeof *list->items);
	memcpy(list->items[list->n++].b, id, SYNC_BLOB_ID);
}

static void ids_drop(struct blob_ids *list, const unsigned char *id)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->n; i++)
		if (memcmp(list->items[i].b, id, SYNC_BLOB_ID) != 0)
			list->items[kept++] = list->items[i];
	list->n = kept;
}

void blob_open(struct sync *s, const struct sync_blobs *world)
{
	s->blobs.on = world != NULL;
	if (world)
		s->blobs.world = *world;
	s->blobs.window = FETCH_FIRST;
	s->blobs.look = s->blobs.wonder = true;
}

void blob_free(struct sync *s)
{
	free(s->blobs.absent.items);
	free(s->blobs.missed.items);
	free(s->blobs.ranges);
	free(s->blobs.asked_of.items);
	free(s->blobs.questions.items);
}

void blob_moved(struct sync *s)
{
	s->blobs.look = s->blobs.moved = s->blobs.wonder = true;
}

int64_t blob_next_tick(const struct sync *s)
{
	bool now = s->greeted && !s->storing && (s->blobs.n_ranges || s->blobs.questions.n) &&
		   s->unacked < s->window;
	return now ? s->now + AGAIN : INT64_MAX;
}

bool blob_awaiting(const struct sync *s)
{
	const struct blobs *b = &s->blobs;
	return b->fetching && b->heard && b->asked > b->now.have;
}

static unsigned stand(const struct blobs *b, const unsigned char *id)
{
	return b->on ? b->world.stand(b->world.ctx, id) : 0;
}

/* ---- what the peer asks for ---- */

static void put_notice(struct sync *s, const unsigned char *id, unsigned flags)
{
	struct frame_notice m = {.flags = flags};
	memcpy(m.id, id, SYNC_BLOB_ID);
	frame_put_notice(speak_out(s), &m);
}

static void hear_want(struct sync *s, const void *p, size_t len, struct err *err)
{
	struct blobs *b = &s->blobs;
	struct frame_want m;
	if (frame_get_want(p, len, &m, err) != 0)
		return;
	if (b->n_ranges == RANGES_MAX) {
		err_set(err, ERR_PEER, N_("the peer asks for too much at once"));
		return;
	}
	struct blob_range range = {.at = m.at, .end = m.at + m.len};
	memcpy(range.id, m.id, SYNC_BLOB_ID);
	VEC_PUSH(b->ranges, b->n_ranges, range);
}

static void drop_ranges(struct blobs *b, const unsigned char *id)
{
	size_t kept = 0;
	for (size_t i = 0; i < b->n_ranges; i++)
		if (memcmp(b->ranges[i].id, id, SYNC_BLOB_ID) != 0)
			b->ranges[kept++] = b->ranges[i];
	b->n_ranges = kept;
}

/* The next piece of a range, appended to `bytes`; *size is that of the whole attachment. */
static bool read_piece(struct blobs *b, const struct blob_range *range, struct buf *bytes, uint64_t *size)
{
	if (!b->on || !b->world.size(b->world.ctx, range->id, size) || range->at >= *size)
		return false;
	uint64_t end = range->end < *size ? range->end : *size;
	size_t len = end - range->at < SYNC_PIECE_MAX ? (size_t)(end - range->at) : SYNC_PIECE_MAX;
	return b->world.read(b->world.ctx, range->id, range->at, len, bytes) && bytes->len == len;
}

static void say_pieces(struct sync *s)
{
	struct blobs *b = &s->blobs;
	size_t said = 0;
	while (b->n_ranges && said < AT_ONCE && (!b->on || b->world.room(b->world.ctx))) {
		struct blob_range *range = &b->ranges[0];
		struct frame_piece m = {.at = range->at};
		struct buf bytes = {0};
		uint64_t size = 0;
		memcpy(m.id, range->id, SYNC_BLOB_ID);
		if (read_piece(b, range, &bytes, &size)) {
			m.bytes = bytes.data;
			m.len = bytes.len;
			frame_put_piece(speak_out(s), &m);
			range->at += m.len;
			said += m.len;
			if (range->at >= range->end || range->at >= size)
				memmove(b->ranges, b->ranges + 1, --b->n_ranges * sizeof *b->ranges);
		} else {
			put_notice(s, m.id, stand(b, m.id) & ~(unsigned)SYNC_BLOB_HERE);
			ids_add(&b->missed, m.id);
			drop_ranges(b, m.id);
		}
		buf_free(&bytes);
	}
}

/* What the peer asked for in vain has come. */
static void say_here(struct sync *s)
{
	struct blobs *b = &s->blobs;
	uint64_t size;
	b->moved = false;
	for (size_t i = 0; b->on && i < b->missed.n;) {
		unsigned char id[SYNC_BLOB_ID];
		memcpy(id, b->missed.items[i].b, SYNC_BLOB_ID);
		if (b->world.size(b->world.ctx, id, &size)) {
			put_notice(s, id, SYNC_BLOB_HERE);
			ids_drop(&b->missed, id);
		} else {
			i++;
		}
	}
}

/* ---- who has what ---- */

static void ask_once(struct sync *s)
{
	struct blobs *b = &s->blobs;
	unsigned char id[SYNC_BLOB_ID];
	b->wonder = false;
	for (size_t i = 0; b->asked_of.n < QUESTIONS_MAX && b->world.unsure(b->world.ctx, i, id); i++) {
		if (ids_has(&b->asked_of, id))
			continue;
		ids_add(&b->asked_of, id);
		put_notice(s, id, SYNC_BLOB_HERE | FRAME_NOTICE_QUESTION);
	}
}

static void answer(struct sync *s)
{
	struct blobs *b = &s->blobs;
	while (b->questions.n && (!b->on || b->world.room(b->world.ctx))) {
		const unsigned char *id = b->questions.items[--b->questions.n].b;
		put_notice(s, id, stand(b, id));
	}
}

/* ---- what we ask for ---- */

static bool find_wanted(struct blobs *b, struct sync_blob *out)
{
	bool found = false;
	for (size_t i = 0; !found && b->world.want(b->world.ctx, i, out); i++)
		found = !ids_has(&b->absent, out->id);
	return found;
}

/* The one that is coming goes on as long as it is wanted at all. */
static bool still_wanted(struct blobs *b)
{
	struct sync_blob one;
	for (size_t i = 0; b->world.want(b->world.ctx, i, &one); i++)
		if (memcmp(one.id, b->now.id, SYNC_BLOB_ID) == 0)
			return true;
	return false;
}

static void choose(struct blobs *b)
{
	b->look = false;
	if (b->fetching && still_wanted(b))
		return;
	b->probing = false;
	b->fetching = find_wanted(b, &b->now) && b->now.have < b->now.size;
	b->asked = b->now.have;
}

static void ask(struct sync *s)
{
	struct blobs *b = &s->blobs;
	if (b->look && !b->keeping)
		choose(b);
	if (!b->fetching)
		return;
	uint64_t open = b->asked - b->now.have, room = b->window > open ? b->window - open : 0;
	uint64_t left = b->now.size - b->asked, len = left < room ? left : room;
	if (len == 0 || (open && len < left && len < b->window / 2))
		return;
	struct frame_want m = {.at = b->asked, .len = (size_t)len};
	memcpy(m.id, b->now.id, SYNC_BLOB_ID);
	frame_put_want(speak_out(s), &m);
	if (!b->probing) {
		b->probing = true;
		b->probe = b->asked;
		b->probe_at = s->now;
	}
	b->asked += len;
}

static void adapt(struct sync *s, uint64_t at, size_t len)
{
	struct blobs *b = &s->blobs;
	if (!b->probing || at + len <= b->probe)
		return;
	int64_t took = s->now - b->probe_at;
	b->probing = false;
	if (took < FETCH_QUICK)
		b->window = b->window * 2 < FETCH_MAX ? b->window * 2 : FETCH_MAX;
	else if (took > FETCH_SLOW)
		b->window = b->window / 2 > FETCH_MIN ? b->window / 2 : FETCH_MIN;
}

static void hear_piece(struct sync *s, const void *p, size_t len, struct err *err)
{
	struct blobs *b = &s->blobs;
	struct frame_piece m;
	if (frame_get_piece(p, len, &m, err) != 0)
		return;
	/* Of one that is not wanted any more some may still have been on its way. */
	if (!b->fetching || memcmp(m.id, b->now.id, SYNC_BLOB_ID) != 0 || m.at != b->now.have ||
	    m.len > b->asked - b->now.have)
		return;
	adapt(s, m.at, m.len);
	struct action_node *node = sync_push(s, SYNC_DO_PIECE);
	node->action.piece = b->now;
	buf_add(&node->bytes, m.bytes, m.len);
	b->now.have += m.len;
	b->keeping++;
}

static void hear_notice(struct sync *s, const void *p, size_t len, struct err *err)
{
	struct blobs *b = &s->blobs;
	struct frame_notice m;
	if (frame_get_notice(p, len, &m, err) != 0)
		return;
	struct action_node *node = sync_push(s, SYNC_DO_STAND);
	memcpy(node->action.piece.id, m.id, SYNC_BLOB_ID);
	node->action.stand = m.flags & ~(unsigned)FRAME_NOTICE_QUESTION;
	if (m.flags & FRAME_NOTICE_QUESTION)
		ids_add(&b->questions, m.id);
	if (m.flags & SYNC_BLOB_HERE) {
		ids_drop(&b->absent, m.id);
	} else {
		ids_add(&b->absent, m.id);
		if (b->fetching && memcmp(m.id, b->now.id, SYNC_BLOB_ID) == 0)
			b->fetching = false;
	}
	b->look = true;
}

void blob_kept(struct sync *s, bool kept)
{
	struct blobs *b = &s->blobs;
	assert(b->keeping);
	b->keeping--;
	bool all = b->fetching && b->now.have == b->now.size && !b->keeping;
	if (!kept || all) {
		b->fetching = false;
		b->look = true;
	}
	/* Whoever gave it learns that it has arrived. */
	if (kept && all && stand(b, b->now.id) & SYNC_BLOB_HERE)
		put_notice(s, b->now.id, SYNC_BLOB_HERE);
}

int blob_hear(struct sync *s, unsigned type, const void *p, size_t len, struct err *err)
{
	s->blobs.heard = true;
	if (type == FRAME_WANT)
		hear_want(s, p, len, err);
	else if (type == FRAME_PIECE)
		hear_piece(s, p, len, err);
	else
		hear_notice(s, p, len, err);
	return err->code;
}

void blob_speak(struct sync *s, bool quiet)
{
	if (!s->greeted)
		return;
	if (s->blobs.moved)
		say_here(s);
	if (s->blobs.on && s->blobs.wonder && quiet && s->equal)
		ask_once(s);
	if (s->blobs.on)
		ask(s);
	if (quiet) {
		answer(s);
		say_pieces(s);
	}
}
