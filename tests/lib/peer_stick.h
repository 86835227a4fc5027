/* peer_stick.h - the hostile node (peer_main.c) by stick: what it would say over a line, sealed into a parcel for the
 * superior; and what is hostile about the parcel itself. */
#ifndef TUYEN_TESTS_PEER_STICK_H
#define TUYEN_TESTS_PEER_STICK_H

#include "peer_bytes.h"
#include "registry/cover.h"

#define STICK_CHUNK 4096
#define STICK_REFUSED 32
#define STICK_END 33

struct stick {
	struct cover cover;
	struct key *key; /* that signs */
	unsigned char secret[SEAL_SECRET_SIZE];
	struct buf file;
};

static void stick_begin(struct peer *p, struct stick *s)
{
	unsigned char id[COVER_ID_SIZE];
	*s = (struct stick){.cover = {.number = 7, .at = sys_now(), .whole = true}, .key = p->key};
	sys_random(id, sizeof id);
	hex_encode(id, sizeof id, s->cover.id);
	config_node(&p->config, s->cover.from);
	snprintf(s->cover.to, sizeof s->cover.to, "%s", p->config.superior.unit);
	sys_random(s->secret, sizeof s->secret);
}

static void stick_cover(struct peer *p, struct stick *s)
{
	struct cover_piece first = {.at = 1, .of = 1};
	unsigned char context[SEAL_CONTEXT_SIZE];
	struct err err = {0};
	memcpy(first.id, s->cover.id, sizeof first.id);
	cover_piece_print(&first, &s->file);
	cover_context(&s->cover, context);
	if (!s->cover.n_boxes &&
	    seal_box(p->config.superior.key, s->secret, context, s->cover.boxes[s->cover.n_boxes++], &err))
		die("box", &err);
	cover_print(&s->cover, s->key, &s->file);
}

static void stick_content(struct peer *p, struct stick *s)
{
	struct seal_piece piece = {s->secret, s->cover.context, 0, false};
	for (size_t at = 0; !piece.last; at += STICK_CHUNK, piece.number++) {
		size_t left = p->out.len - at;
		piece.last = left <= STICK_CHUNK;
		seal_close(&piece, p->out.data + at, piece.last ? left : STICK_CHUNK, &s->file);
	}
}

static void stick_end(struct peer *p, uint64_t changes)
{
	struct buf payload = {0};
	wire_put_number(&payload, changes);
	wire_put_number(&payload, UINT64_MAX);
	frame_put(&p->out, (enum frame_type)STICK_END, &payload);
	buf_free(&payload);
}

/* ---- what stands inside, beyond what a line has ---- */

static void inside_refusals(struct peer *p)
{
	struct buf payload = {0};
	wire_put_number(&payload, (uint64_t)1 << 60);
	frame_put(&p->out, (enum frame_type)STICK_REFUSED, &payload);
	buf_free(&payload);
}

static void inside_counts(struct peer *p)
{
	stick_end(p, UINT64_MAX);
}

/* It claims to refuse what its superior wrote, by the id of its heads. */
static void inside_refuses(struct peer *p)
{
	struct buf payload = {0};
	struct oids heads = {0};
	struct err err = {0};
	store_ledger_heads(p->store, "directives/31", &heads, &err);
	wire_put_number(&payload, heads.n);
	for (size_t i = 0; i < heads.n; i++) {
		wire_put_string(&payload, "directives/31");
		wire_put_oid(&payload, &heads.items[i]);
		for (int k = 0; k < 4; k++)
			wire_put_string(&payload, "HOSTILE");
	}
	frame_put(&p->out, (enum frame_type)STICK_REFUSED, &payload);
	buf_free(&payload);
	oids_free(&heads);
	stick_end(p, 0);
}

static void inside_honest(struct peer *p)
{
	stick_end(p, 0);
}

/* ---- what is wrong with the outside ---- */

static void nothing_sealed(struct peer *p, struct stick *s)
{
	stick_cover(p, s);
}

/* A stranger knows whom it writes to, and in whose name. */
static void by_a_stranger(struct peer *p, struct stick *s)
{
	struct err err = {0};
	if (key_generate(&s->key, &err))
		die("key", &err);
	stick_cover(p, s);
	stick_content(p, s);
	key_free(s->key);
}

static void in_another_name(struct peer *p, struct stick *s)
{
	snprintf(s->cover.from, sizeof s->cover.from, "11050");
	stick_cover(p, s);
	stick_content(p, s);
}

static void from_itself(struct peer *p, struct stick *s)
{
	snprintf(s->cover.from, sizeof s->cover.from, "%s", s->cover.to);
	stick_cover(p, s);
	stick_content(p, s);
}

/* The content of one parcel behind the cover of another, both of one writer and one addressee. */
static void body_of_another(struct peer *p, struct stick *s)
{
	struct stick other;
	struct buf cover = {0};
	stick_begin(p, &other);
	stick_cover(p, &other);
	stick_cover(p, s);
	cover = s->file;
	s->file = (struct buf){0};
	s->cover = other.cover;
	memcpy(s->secret, other.secret, sizeof s->secret);
	stick_content(p, s);
	buf_add(&cover, s->file.data, s->file.len);
	buf_free(&s->file);
	buf_free(&other.file);
	s->file = cover;
}

/* Pieces change places. */
static void out_of_order(struct peer *p, struct stick *s)
{
	char first[STICK_CHUNK + SEAL_TAG_SIZE];
	zeros(p, (size_t)3 * STICK_CHUNK);
	stick_cover(p, s);
	size_t at = s->file.len;
	stick_content(p, s);
	memcpy(first, s->file.data + at, sizeof first);
	memmove(s->file.data + at, s->file.data + at + sizeof first, sizeof first);
	memcpy(s->file.data + at + sizeof first, first, sizeof first);
}

static void boxes_for_nobody(struct peer *p, struct stick *s)
{
	for (; s->cover.n_boxes < COVER_BOXES_MAX; s->cover.n_boxes++)
		sys_random(s->cover.boxes[s->cover.n_boxes], SEAL_BOX_SIZE);
	stick_cover(p, s);
	stick_content(p, s);
}

/* A number that no counter holds, signed as it stands. */
static void number_of_billions(struct peer *p, struct stick *s)
{
	struct buf text = {0}, all = {0};
	unsigned char signature[KEY_SIGNATURE_SIZE];
	char hex[2 * KEY_SIGNATURE_SIZE + 1];
	stick_cover(p, s);
	size_t line = strcspn(s->file.data, "\n") + 1;
	const char *rest = strchr(s->file.data + line, '\n'), *end = strstr(rest, "\nsignature ") + 1;
	buf_puts(&text, "number 99999999999999999999");
	buf_add(&text, rest, (size_t)(end - rest));
	buf_printf(&all, "tuyen-parcel/1 %s\n", s->cover.id);
	buf_add(&all, text.data, text.len);
	key_sign(p->key, all.data, all.len, signature);
	hex_encode(signature, sizeof signature, hex);
	buf_printf(&text, "signature %s\n", hex);
	buf_cut(&s->file, line);
	buf_add(&s->file, text.data, text.len);
	stick_content(p, s);
	buf_free(&text);
	buf_free(&all);
}

static void as_a_file(struct peer *p, struct stick *s)
{
	stick_cover(p, s);
	stick_content(p, s);
}

static const struct stick_row {
	const char *name;
	void (*inside)(struct peer *p); /* after a hello */
	void (*outside)(struct peer *p, struct stick *s);
} stick_rows[] = {
    {"stick-empty", inside_honest, nothing_sealed},
    {"stick-by-stranger", inside_honest, by_a_stranger},
    {"stick-other-name", inside_honest, in_another_name},
    {"stick-from-itself", inside_honest, from_itself},
    {"stick-other-body", inside_honest, body_of_another},
    {"stick-order", inside_honest, out_of_order},
    {"stick-boxes", inside_honest, boxes_for_nobody},
    {"stick-number", inside_honest, number_of_billions},
    {"stick-refusals", inside_refusals, as_a_file},
    {"stick-counts", inside_counts, as_a_file},
    {"stick-refuses", inside_refuses, as_a_file},
};
#define STICK_ROWS (sizeof stick_rows / sizeof *stick_rows)

/* Of a row of this table, or NULL: p->out as it is. To standard output. */
static void stick_put(struct peer *p, const struct stick_row *row)
{
	struct stick s;
	stick_begin(p, &s);
	if (row) {
		hello(p);
		row->inside(p);
	}
	(row ? row->outside : as_a_file)(p, &s);
	fwrite(s.file.data, 1, s.file.len, stdout);
	buf_free(&s.file);
}

#endif
