#include "sync/parcel_note.h"

#include <stdlib.h>
#include <string.h>

#include "sync/frame.h"
#include "sync/replay.h"

#define NOTE_VERSION 1
#define PLACE_MAX 255

void parcel_put_refusals(const struct sync_refusal *refusals, size_t n, struct buf *out)
{
	wire_put_number(out, n);
	for (size_t i = 0; i < n; i++) {
		const struct sync_refusal *r = &refusals[i];
		wire_put_string(out, r->ledger);
		wire_put_oid(out, &r->id);
		wire_put_string(out, r->rule);
		wire_put_string(out, r->record);
		wire_put_string(out, r->field);
		wire_put_string(out, r->sentence);
	}
}

struct sync_refusal *parcel_get_refusals(struct wire_reader *in, struct arena *arena, size_t *n)
{
	size_t count = wire_count(in, PARCEL_REFUSALS_MAX);
	struct sync_refusal *list = arena_alloc(arena, (count + 1) * sizeof *list);
	for (size_t i = 0; i < count && !in->bad; i++) {
		struct sync_refusal *r = &list[i];
		r->ledger = wire_string(in, REPLAY_NAME_MAX, arena);
		wire_oid(in, &r->id);
		r->rule = wire_string(in, PLACE_MAX, arena);
		r->record = wire_string(in, PLACE_MAX, arena);
		r->field = wire_string(in, PLACE_MAX, arena);
		r->sentence = wire_string(in, FRAME_TEXT_MAX, arena);
	}
	*n = in->bad ? 0 : count;
	return list;
}

void parcel_note_read(struct parcel_note *note, const void *bytes, size_t len)
{
	struct wire_reader in;
	size_t n;
	*note = (struct parcel_note){0};
	wire_reader_init(&in, bytes, len);
	if (len == 0 || wire_byte(&in) != NOTE_VERSION)
		return;
	note->number = wire_number(&in);
	int64_t heard = wire_signed(&in);
	struct sync_refusal *refusals = parcel_get_refusals(&in, &note->arena, &n);
	if (in.bad)
		return;
	note->heard = heard;
	note->refusals = refusals;
	note->n_refusals = n;
	if (wire_left(&in))
		book_load(&note->known, in.at, wire_left(&in));
}

void parcel_note_print(const struct parcel_note *note, struct buf *out)
{
	buf_putc(out, NOTE_VERSION);
	wire_put_number(out, note->number);
	wire_put_signed(out, note->heard);
	parcel_put_refusals(note->refusals, note->n_refusals, out);
	if (note->known.has_instance)
		book_save(&note->known, out);
}

void parcel_note_free(struct parcel_note *note)
{
	book_free(&note->known);
	arena_free(&note->arena);
	*note = (struct parcel_note){0};
}

static const char *cut(struct arena *arena, const char *text, size_t max)
{
	size_t len = text ? strlen(text) : 0;
	if (len > max)
		for (len = max; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	return arena_dup_len(arena, text ? text : "", len);
}

void parcel_note_refuse(struct parcel_note *note, const struct sync_refusal *r)
{
	struct arena *a = &note->arena;
	if (note->n_refusals == PARCEL_REFUSALS_MAX)
		return;
	struct sync_refusal *grown = arena_alloc(a, (note->n_refusals + 1) * sizeof *grown);
	if (note->n_refusals)
		memcpy(grown, note->refusals, note->n_refusals * sizeof *grown);
	grown[note->n_refusals++] = (struct sync_refusal){cut(a, r->ledger, REPLAY_NAME_MAX), r->id,
	    cut(a, r->rule, PLACE_MAX), cut(a, r->record, PLACE_MAX), cut(a, r->field, PLACE_MAX),
	    cut(a, r->sentence, FRAME_TEXT_MAX)};
	note->refusals = grown;
}
