/* The content of a parcel as it is fetched: of the attachments one piece is held at a time. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "node/parcel_inside.h"

struct parcel_sending {
	struct node *node;
	struct cover cover;
	unsigned char secret[SEAL_SECRET_SIZE];
	struct seal_piece piece;
	struct buf plain;
	size_t at; /* in plain */
	struct parcel_picks picks;
	size_t i; /* of picks */
	struct attach_reader *reader; /* of that one; NULL: not opened, or unreadable */
	bool opened, failed;
};

struct parcel_sending *parcel_send(struct node *n, const struct cover *c,
    const unsigned char secret[SEAL_SECRET_SIZE], struct buf *frames, struct parcel_picks *picks,
    uint64_t *size)
{
	struct parcel_sending *s = mem_alloc(sizeof *s);
	uint64_t plain = frames->len;
	s->node = n;
	s->cover = *c;
	memcpy(s->secret, secret, sizeof s->secret);
	s->piece = (struct seal_piece){s->secret, s->cover.context, 0, false};
	s->plain = *frames;
	s->picks = *picks;
	*frames = (struct buf){0};
	*picks = (struct parcel_picks){0};
	for (size_t i = 0; i < s->picks.n; i++)
		plain += parcel_pieces_size(s->picks.items[i].from, s->picks.items[i].upto);
	*size = plain + (plain + PARCEL_CHUNK - 1) / PARCEL_CHUNK * SEAL_TAG_SIZE;
	return s;
}

const char *parcel_send_id(const struct parcel_sending *s)
{
	return s->cover.id;
}

bool parcel_send_failed(const struct parcel_sending *s)
{
	return s->failed;
}

static void give_up(struct parcel_sending *s, const struct err *err)
{
	log_err(LOG_WARNING, "parcel", err);
	attach_close(s->reader);
	s->reader = NULL;
	s->failed = true;
}

/* The next piece behind what is there already. False: there is none. */
static bool add_piece(struct parcel_sending *s)
{
	if (s->i == s->picks.n)
		return false;
	struct parcel_pick *p = &s->picks.items[s->i];
	struct parcel_piece piece = {.at = p->from};
	struct buf bytes = {0};
	struct err err = {0};
	if (!s->opened && attach_open(s->node->store, p->hex, &s->reader, &err) != 0)
		give_up(s, &err);
	s->opened = true;
	hex_decode(p->hex, piece.id, sizeof piece.id);
	piece.len = parcel_piece_at(p->from, p->upto);
	if (s->reader && attach_read(s->reader, p->from, piece.len, &bytes, &err) != 0)
		give_up(s, &err);
	piece.bytes = s->reader ? bytes.data : NULL;
	parcel_put_piece(&s->plain, &piece);
	buf_free(&bytes);
	p->from += piece.len;
	if (p->from == p->upto) {
		attach_close(s->reader);
		s->reader = NULL;
		s->opened = false;
		s->i++;
	}
	return true;
}

/* More than a cut must be there to know that it is not the last. */
static void fill(struct parcel_sending *s)
{
	if (s->plain.len - s->at > PARCEL_CHUNK || s->i == s->picks.n)
		return;
	memmove(s->plain.data, s->plain.data + s->at, s->plain.len - s->at);
	buf_cut(&s->plain, s->plain.len - s->at);
	s->at = 0;
	while (s->plain.len <= PARCEL_CHUNK && add_piece(s))
		;
}

void parcel_send_next(struct parcel_sending *s, size_t about, struct buf *out)
{
	while (!s->piece.last && out->len < about) {
		fill(s);
		size_t left = s->plain.len - s->at, len = left < PARCEL_CHUNK ? left : PARCEL_CHUNK;
		s->piece.last = left <= PARCEL_CHUNK;
		seal_close(&s->piece, s->plain.data + s->at, len, out);
		s->piece.number++;
		s->at += len;
	}
}

void parcel_send_free(struct parcel_sending *s)
{
	if (!s)
		return;
	memset(s->secret, 0, sizeof s->secret);
	attach_close(s->reader);
	buf_free(&s->plain);
	free(s->picks.items);
	free(s);
}
