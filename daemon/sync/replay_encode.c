#include "sync/replay_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sync/squeeze.h"
#include "sync/wire.h"

static unsigned find_earlier(const struct change *const *changes, size_t i, const struct oid *id)
{
	for (size_t j = i; j-- > 0;)
		if (oid_eq(&changes[j]->id, id) && strcmp(changes[j]->ledger, changes[i]->ledger) == 0)
			return (unsigned)j;
	return NOT_EARLIER;
}

static void find_bases(const struct change *const *changes, size_t n, struct replay_base *bases)
{
	for (size_t i = 0; i < n; i++) {
		const struct oids *heads = &changes[i]->heads;
		for (size_t k = 0; k < heads->n && !bases[i].some; k++)
			if (find_earlier(changes, i, &heads->items[k]) == NOT_EARLIER)
				bases[i] = (struct replay_base){true, heads->items[k]};
		if (!bases[i].some && heads->n)
			bases[i] = bases[find_earlier(changes, i, &heads->items[0])];
	}
}

static void put_heads(
    const struct replay_io *io, const struct change *const *changes, size_t i, struct buf *out)
{
	const struct change *c = changes[i];
	wire_put_number(out, c->heads.n);
	for (size_t k = 0; k < c->heads.n; k++) {
		const struct oid *id = &c->heads.items[k];
		unsigned earlier = find_earlier(changes, i, id);
		if (earlier != NOT_EARLIER) {
			wire_put_number(out, i - earlier + 1);
		} else if (io->short_ok(io->ctx, c->ledger, id)) {
			wire_put_number(out, 1);
			buf_add(out, id->b, REPLAY_PREFIX);
		} else {
			wire_put_number(out, 0);
			wire_put_oid(out, id);
		}
	}
	if (c->heads.n > 1)
		buf_add(out, c->parent.b, SYNC_CHECK_SIZE);
}

/* ---- names ---- */

/* A word: used lately, 40 hex digits, or new. */
static void put_word(struct replay_session *rs, const char *word, size_t len, struct buf *out)
{
	char hex[OID_HEX + 1];
	struct oid id;
	if (len == OID_HEX) {
		memcpy(hex, word, OID_HEX);
		hex[OID_HEX] = '\0';
		if (oid_parse(&id, hex)) {
			wire_put_number(out, WORD_HEX);
			wire_put_oid(out, &id);
			return;
		}
	}
	size_t number = recent_use(&rs->words, word, len);
	wire_put_number(out, number ? number + WORD_HEX : WORD_NEW);
	if (!number) {
		wire_put_number(out, len);
		buf_add(out, word, len);
	}
}

static bool ends_in_yaml(const char *name, size_t len)
{
	return len >= strlen(YAML) && memcmp(name + len - strlen(YAML), YAML, strlen(YAML)) == 0;
}

/* A path or the name of a ledger: its words between slashes, without its ending. */
static void put_name(struct replay_session *rs, const char *name, struct buf *out)
{
	size_t len = strlen(name), words = 1;
	bool yaml = ends_in_yaml(name, len);
	len -= yaml ? strlen(YAML) : 0;
	for (size_t i = 0; i < len; i++)
		words += name[i] == '/';
	wire_put_number(out, words << 1 | (yaml ? 1 : 0));
	for (size_t start = 0, i = 0; i <= len; i++) {
		if (i < len && name[i] != '/')
			continue;
		put_word(rs, name + start, i - start, out);
		start = i + 1;
	}
}

static void put_ledger(struct replay_session *rs, const char *name, struct buf *out)
{
	size_t number = recent_use(&rs->ledgers, name, strlen(name));
	wire_put_number(out, number);
	if (!number)
		put_name(rs, name, out);
}

static void put_path(struct replay_session *rs, const struct change_record *r, struct buf *out)
{
	size_t number = recent_use(&rs->paths, r->path, strlen(r->path));
	wire_put_number(out, number << 1 | (r->text ? 0 : 1));
	if (!number)
		put_name(rs, r->path, out);
}

static void put_optional(struct replay_session *rs, const char *word, struct buf *out)
{
	put_word(rs, word ? word : "", word ? strlen(word) : 0, out);
}

static void put_writer(struct replay_session *rs, const struct change *c, struct buf *out)
{
	struct buf key = {0};
	replay_writer_key(c, &key);
	size_t number = recent_use(&rs->writers, key.data, key.len);
	buf_free(&key);
	wire_put_number(out, number);
	if (number)
		return;
	wire_put_oid(out, &c->grant);
	put_optional(rs, c->unit, out);
	put_optional(rs, c->station, out);
	put_optional(rs, c->agency, out);
	wire_put_number(out, (uint64_t)c->rank);
	wire_put_number(out, (uint64_t)c->rule);
}

static void put_claim(struct replay_session *rs, const struct change *c, struct buf *out)
{
	buf_putc(out, (char)c->claim);
	size_t number = recent_use(&rs->bases, c->claim_basis.b, OID_SIZE);
	wire_put_number(out, number);
	if (!number)
		wire_put_oid(out, &c->claim_basis);
}

static void put_settles(const struct change *c, struct buf *out)
{
	wire_put_number(out, c->n_settles);
	for (size_t i = 0; i < c->n_settles; i++) {
		struct oid id = {{0}};
		oid_parse(&id, c->settles[i]);
		wire_put_oid(out, &id);
	}
}

static unsigned head_flags(const struct change *const *changes, size_t i)
{
	const struct change *c = changes[i];
	unsigned flags = 0;
	if (i && strcmp(c->ledger, changes[i - 1]->ledger) == 0)
		flags |= HEAD_SAME_LEDGER;
	if (i && c->heads.n == 1 && find_earlier(changes, i, &c->heads.items[0]) == i - 1)
		flags |= HEAD_FOLLOWS;
	if (c->body)
		flags |= HEAD_BODY;
	if (c->claim != CLAIM_NONE)
		flags |= HEAD_CLAIM;
	if (c->n_settles)
		flags |= HEAD_SETTLES;
	return flags;
}

static void put_head(struct replay_session *rs, const struct replay_io *io,
    const struct change *const *changes, size_t i, struct buf *out)
{
	const struct change *c = changes[i];
	unsigned flags = head_flags(changes, i);
	buf_putc(out, (char)flags);
	if (!(flags & HEAD_SAME_LEDGER))
		put_ledger(rs, c->ledger, out);
	if (!(flags & HEAD_FOLLOWS))
		put_heads(io, changes, i, out);
	wire_put_signed(out, c->time - rs->last_time);
	rs->last_time = c->time;
	put_writer(rs, c, out);
	if (flags & HEAD_CLAIM)
		put_claim(rs, c, out);
	if (flags & HEAD_SETTLES)
		put_settles(c, out);
	wire_put_number(out, c->n_records);
	for (size_t k = 0; k < c->n_records; k++)
		put_path(rs, &c->records[k], out);
}

static void put_plain(const struct change *c, struct buf *plain)
{
	buf_add(plain, c->subject, strlen(c->subject) + 1);
	if (c->body)
		buf_add(plain, c->body, strlen(c->body) + 1);
	for (size_t k = 0; k < c->n_records; k++) {
		if (!c->records[k].text)
			continue;
		buf_add(plain, c->records[k].text, c->records[k].len);
		buf_putc(plain, '\0');
	}
}

void replay_encode(struct replay_session *rs, const struct replay_io *io, const struct change *changes,
    size_t n, struct buf *out)
{
	assert(n && n <= REPLAY_CHANGES_MAX);
	const struct change **list = mem_alloc(n * sizeof *list);
	struct replay_base *bases = mem_alloc(n * sizeof *bases);
	struct buf plain = {0}, dictionary = {0};
	for (size_t i = 0; i < n; i++)
		list[i] = &changes[i];
	buf_putc(out, rs->fresh ? BATCH_FRESH : 0);
	rs->fresh = false;
	wire_put_number(out, n);
	for (size_t i = 0; i < n; i++) {
		put_head(rs, io, list, i, out);
		put_plain(list[i], &plain);
	}
	for (size_t i = 0; i < n; i++)
		buf_add(out, changes[i].signature, sizeof changes[i].signature);
	find_bases(list, n, bases);
	replay_dictionary(rs, io, list, bases, n, &dictionary);
	squeeze(&dictionary, &plain, out);
	replay_remember(rs, &plain);
	buf_free(&dictionary);
	buf_free(&plain);
	free(bases);
	free(list);
}
