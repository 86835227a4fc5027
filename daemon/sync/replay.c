#include "sync/replay.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "sync/recent.h"
#include "sync/squeeze.h"
#include "sync/wire.h"

enum batch_flag { BATCH_FRESH = 1, BATCH_KNOWN = 1 };
enum head_flag {
	HEAD_SAME_LEDGER = 1,
	HEAD_FOLLOWS = 2,
	HEAD_BODY = 4,
	HEAD_CLAIM = 8,
	HEAD_SETTLES = 16,
	HEAD_KNOWN = 31,
};
enum { LEDGERS_RECENT = 128, WRITERS_RECENT = 128, BASES_RECENT = 64, PATHS_RECENT = 512 };
#define EPOCH 1767225600 /* 2026-01-01: the time before the first change of a session */
#define HEADS_MAX 1024
#define SETTLES_MAX CHANGE_RECORDS_MAX
#define RANK_MAX 255
#define RULE_MAX 65535
#define NOT_EARLIER UINT_MAX
#define YAML ".yaml"

struct replay_session {
	struct recent ledgers, writers, bases, paths;
	struct buf history; /* the end of the plain texts of earlier batches */
	char last_path[REPLAY_NAME_MAX + 1];
	int64_t last_time;
	bool fresh; /* encoder: say so; decoder: wait for it */
};

struct replay_session *replay_session_new(void)
{
	struct replay_session *rs = mem_alloc(sizeof *rs);
	recent_init(&rs->ledgers, LEDGERS_RECENT);
	recent_init(&rs->writers, WRITERS_RECENT);
	recent_init(&rs->bases, BASES_RECENT);
	recent_init(&rs->paths, PATHS_RECENT);
	rs->last_time = EPOCH;
	return rs;
}

void replay_session_free(struct replay_session *rs)
{
	if (!rs)
		return;
	recent_free(&rs->ledgers);
	recent_free(&rs->writers);
	recent_free(&rs->bases);
	recent_free(&rs->paths);
	buf_free(&rs->history);
	free(rs);
}

void replay_session_refresh(struct replay_session *rs)
{
	rs->fresh = true;
	buf_free(&rs->history);
}

static void remember(struct replay_session *rs, const struct buf *plain)
{
	size_t add = plain->len < REPLAY_HISTORY ? plain->len : REPLAY_HISTORY;
	size_t keep = REPLAY_HISTORY - add < rs->history.len ? REPLAY_HISTORY - add : rs->history.len;
	struct buf fresh = {0};
	if (keep)
		buf_add(&fresh, rs->history.data + (rs->history.len - keep), keep);
	if (add)
		buf_add(&fresh, plain->data + (plain->len - add), add);
	buf_free(&rs->history);
	rs->history = fresh;
}

/* ---- the dictionary ---- */

/* Which commit a change's old texts are taken from: its first head outside the batch, else what its first head uses. */
struct base {
	bool some;
	struct oid id;
};

struct old_texts {
	const struct replay_io *io;
	struct buf *dictionary;
	size_t limit, lookups;
	struct table
	    seen; /* records whose text already stands in the dictionary or will stand in the stream */
};

/* False when the dictionary is full, or enough has been looked up. */
static bool add_old_text(struct old_texts *o, const char *ledger, const struct base *base, const char *path)
{
	struct buf key = {0}, text = {0};
	buf_printf(&key, "%s\n%s", ledger, path);
	void **seen = table_at(&o->seen, buf_str(&key));
	buf_free(&key);
	bool first = !*seen;
	*seen = o;
	if (!first || !base->some)
		return true;
	if (o->io->text(o->io->ctx, ledger, &base->id, path, &text)) {
		size_t room = o->limit - o->dictionary->len;
		buf_add(o->dictionary, text.data, text.len < room ? text.len : room);
	}
	buf_free(&text);
	return ++o->lookups < REPLAY_OLD_RECORDS && o->dictionary->len < o->limit;
}

static void add_old_texts(const struct replay_io *io, const struct change *const *changes,
    const struct base *bases, size_t n, struct buf *dictionary)
{
	struct old_texts o = {io, dictionary, dictionary->len + REPLAY_OLD_TEXTS, 0, {0}};
	bool more = true;
	for (size_t i = 0; i < n && more; i++)
		for (size_t k = 0; k < changes[i]->n_records && more; k++)
			more = add_old_text(&o, changes[i]->ledger, &bases[i], changes[i]->records[k].path);
	table_free(&o.seen);
}

static void make_dictionary(const struct replay_session *rs, const struct replay_io *io,
    const struct change *const *changes, const struct base *bases, size_t n, struct buf *out)
{
	buf_puts(out, replay_preamble);
	buf_add(out, rs->history.data, rs->history.len);
	add_old_texts(io, changes, bases, n, out);
}

/* ---- encoding ---- */

static bool is_hex_id(const char *text)
{
	struct oid id;
	return oid_parse(&id, text);
}

static bool word_fits(const char *word)
{
	return !word || (*word && strlen(word) <= REPLAY_NAME_MAX);
}

static bool is_codable(const struct change *c)
{
	bool ok = word_fits(c->ledger) && word_fits(c->unit) && word_fits(c->station) &&
		  word_fits(c->agency) && c->unit && c->rank >= 0 && c->rank <= RANK_MAX && c->rule >= 0 &&
		  c->rule <= RULE_MAX && c->heads.n <= HEADS_MAX && c->n_settles <= SETTLES_MAX &&
		  c->n_records <= CHANGE_RECORDS_MAX &&
		  strlen(c->subject) + (c->body ? strlen(c->body) : 0) <= CHANGE_MESSAGE_MAX;
	for (size_t i = 0; ok && i < c->n_settles; i++)
		ok = is_hex_id(c->settles[i]);
	size_t total = 0;
	for (size_t i = 0; ok && i < c->n_records; i++) {
		const struct change_record *r = &c->records[i];
		ok = word_fits(r->path) && (!i || strcmp(c->records[i - 1].path, r->path) < 0) &&
		     (!r->text || !memchr(r->text, 0, r->len));
		total += r->text ? r->len : 0;
		ok = ok && total <= CHANGE_BYTES_MAX;
	}
	return ok;
}

int replay_check(const struct change *c, struct err *err)
{
	if (is_codable(c))
		return 0;
	char hex[OID_HEX + 1];
	oid_hex(&c->id, hex);
	return err_set(err, ERR_CORRUPT,
	    N_("change %1 of %2 cannot be sent: it is not in the form that travels"), hex, c->ledger);
}

size_t replay_estimate(const struct change *c)
{
	size_t size =
	    64 + 16 + strlen(c->subject) / 2 + (c->body ? strlen(c->body) / 2 : 0) + 20 * c->n_settles;
	for (size_t i = 0; i < c->n_records; i++)
		size += 12 + (c->records[i].text ? c->records[i].len / 12 : 0);
	return size;
}

static unsigned find_earlier(const struct change *const *changes, size_t i, const struct oid *id)
{
	for (size_t j = i; j-- > 0;)
		if (oid_eq(&changes[j]->id, id) && strcmp(changes[j]->ledger, changes[i]->ledger) == 0)
			return (unsigned)j;
	return NOT_EARLIER;
}

static void find_bases(const struct change *const *changes, size_t n, struct base *bases)
{
	for (size_t i = 0; i < n; i++) {
		const struct oids *heads = &changes[i]->heads;
		for (size_t k = 0; k < heads->n && !bases[i].some; k++)
			if (find_earlier(changes, i, &heads->items[k]) == NOT_EARLIER)
				bases[i] = (struct base){true, heads->items[k]};
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

/* A word that may have been used before: its number, or 0 and the word itself. */
static void put_recent(struct recent *words, const struct buf *word, struct buf *out)
{
	size_t number = recent_use(words, buf_str(word), word->len);
	wire_put_number(out, number);
	if (!number)
		buf_add(out, word->data, word->len);
}

static void put_writer(struct replay_session *rs, const struct change *c, struct buf *out)
{
	struct buf word = {0};
	wire_put_oid(&word, &c->grant);
	wire_put_string(&word, c->unit);
	wire_put_string(&word, c->station);
	wire_put_string(&word, c->agency);
	wire_put_number(&word, (uint64_t)c->rank);
	wire_put_number(&word, (uint64_t)c->rule);
	put_recent(&rs->writers, &word, out);
	buf_free(&word);
}

static size_t shared_beginning(const char *a, const char *b)
{
	size_t n = 0;
	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static bool ends_in_yaml(const char *path, size_t len)
{
	return len >= strlen(YAML) && strcmp(path + len - strlen(YAML), YAML) == 0;
}

static void put_path(struct replay_session *rs, const struct change_record *r, struct buf *out)
{
	size_t number = recent_use(&rs->paths, r->path, strlen(r->path));
	wire_put_number(out, number << 1 | (r->text ? 0 : 1));
	if (!number) {
		size_t shared = shared_beginning(r->path, rs->last_path);
		size_t len = strlen(r->path + shared);
		bool yaml = ends_in_yaml(r->path + shared, len);
		len -= yaml ? strlen(YAML) : 0;
		wire_put_number(out, shared);
		wire_put_number(out, len << 1 | (yaml ? 1 : 0));
		buf_add(out, r->path + shared, len);
	}
	memcpy(rs->last_path, r->path, strlen(r->path) + 1);
}

static void put_claim(struct replay_session *rs, const struct change *c, struct buf *out)
{
	struct buf word = {0};
	buf_putc(out, (char)c->claim);
	wire_put_oid(&word, &c->claim_basis);
	put_recent(&rs->bases, &word, out);
	buf_free(&word);
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
	if (!(flags & HEAD_SAME_LEDGER)) {
		struct buf word = {0};
		wire_put_string(&word, c->ledger);
		put_recent(&rs->ledgers, &word, out);
		buf_free(&word);
	}
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
	struct base *bases = mem_alloc(n * sizeof *bases);
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
	make_dictionary(rs, io, list, bases, n, &dictionary);
	squeeze(&dictionary, &plain, out);
	remember(rs, &plain);
	buf_free(&dictionary);
	buf_free(&plain);
	free(bases);
	free(list);
}

/* ---- decoding ---- */

struct decoder {
	struct replay_session *rs;
	const struct replay_io *io;
	struct arena *arena;
	struct wire_reader r;
	struct sync_received *changes;
	struct base *bases;
	const struct change **list;
	bool *has_body;
	size_t n, at;
	bool lost; /* a head is not here */
};

/* Read a word by number, or a new one; `read` consumes a new word's bytes. NULL if there is no such number. */
static const struct buf *get_recent(struct decoder *d, struct recent *words, void (*read)(struct decoder *d))
{
	size_t number = wire_count(&d->r, words->max);
	if (number) {
		const struct buf *word = recent_take(words, number);
		d->r.bad |= !word;
		return word;
	}
	const unsigned char *start = d->r.at;
	read(d);
	if (d->r.bad)
		return NULL;
	recent_use(words, start, (size_t)(d->r.at - start));
	return recent_take(words, 1);
}

static void skip_string(struct decoder *d)
{
	wire_bytes(&d->r, wire_count(&d->r, REPLAY_NAME_MAX));
}

static void skip_oid(struct decoder *d)
{
	wire_bytes(&d->r, OID_SIZE);
}

static void skip_writer(struct decoder *d)
{
	skip_oid(d);
	skip_string(d);
	skip_string(d);
	skip_string(d);
	wire_count(&d->r, RANK_MAX);
	wire_count(&d->r, RULE_MAX);
}

static const char *none_if_empty(const char *word)
{
	return *word ? word : NULL;
}

static void get_writer(struct decoder *d, struct change *c)
{
	const struct buf *word = get_recent(d, &d->rs->writers, skip_writer);
	if (!word)
		return;
	struct wire_reader r;
	wire_reader_init(&r, word->data, word->len);
	wire_oid(&r, &c->grant);
	c->unit = wire_string(&r, REPLAY_NAME_MAX, d->arena);
	c->station = none_if_empty(wire_string(&r, REPLAY_NAME_MAX, d->arena));
	c->agency = none_if_empty(wire_string(&r, REPLAY_NAME_MAX, d->arena));
	c->rank = (int)wire_count(&r, RANK_MAX);
	c->rule = (int)wire_count(&r, RULE_MAX);
	d->r.bad |= r.bad || !*c->unit;
}

static void get_ledger(struct decoder *d, struct change *c, unsigned flags)
{
	if (flags & HEAD_SAME_LEDGER) {
		d->r.bad |= d->at == 0;
		c->ledger = d->at ? d->changes[d->at - 1].change.ledger : "";
		return;
	}
	c->ledger = "";
	const struct buf *word = get_recent(d, &d->rs->ledgers, skip_string);
	if (!word)
		return;
	struct wire_reader r;
	wire_reader_init(&r, word->data, word->len);
	c->ledger = wire_string(&r, REPLAY_NAME_MAX, d->arena);
	d->r.bad |= r.bad || !*c->ledger;
}

static void add_earlier(struct decoder *d, unsigned *list, size_t *n, size_t distance)
{
	unsigned position = (unsigned)(d->at - distance);
	size_t i = *n;
	while (i && list[i - 1] > position) {
		list[i] = list[i - 1];
		i--;
	}
	if (i && list[i - 1] == position)
		d->r.bad = true;
	list[i] = position;
	(*n)++;
}

static void add_head(struct decoder *d, struct change *c, const struct oid *id)
{
	if (!d->io->has(d->io->ctx, c->ledger, id))
		d->lost = true;
	if (oids_has(&c->heads, id))
		d->r.bad = true;
	struct base *base = &d->bases[d->at];
	if (!base->some)
		*base = (struct base){true, *id};
	c->heads.items[c->heads.n++] = *id;
}

static void get_head(struct decoder *d, struct sync_received *s, unsigned *earlier, size_t *first)
{
	size_t number = wire_count(&d->r, d->at + 1);
	struct oid id;
	if (number >= 2) {
		if (*first == SIZE_MAX)
			*first = d->at - (number - 1);
		if (strcmp(d->changes[d->at - (number - 1)].change.ledger, s->change.ledger) != 0)
			d->r.bad = true;
		else
			add_earlier(d, earlier, &s->n_earlier, number - 1);
	} else if (number == 1) {
		const unsigned char *prefix = wire_bytes(&d->r, REPLAY_PREFIX);
		if (prefix && d->io->find(d->io->ctx, s->change.ledger, prefix, &id))
			add_head(d, &s->change, &id);
		else
			d->lost = true;
	} else {
		wire_oid(&d->r, &id);
		if (!d->r.bad)
			add_head(d, &s->change, &id);
	}
}

static void get_heads(struct decoder *d, struct sync_received *s, unsigned flags)
{
	struct change *c = &s->change;
	size_t first = SIZE_MAX;
	size_t n = 1;
	if (!(flags & HEAD_FOLLOWS))
		n = wire_count(&d->r, HEADS_MAX);
	if (n > wire_left(&d->r))
		d->r.bad = true;
	if (d->r.bad)
		return;
	unsigned *earlier = arena_alloc(d->arena, (n + 1) * sizeof *earlier);
	c->heads.items = arena_alloc(d->arena, (n + 1) * sizeof *c->heads.items);
	s->earlier = earlier;
	if (flags & HEAD_FOLLOWS) {
		d->r.bad |= d->at == 0 || strcmp(d->changes[d->at - 1].change.ledger, c->ledger) != 0;
		if (d->at)
			add_earlier(d, earlier, &s->n_earlier, 1);
		first = d->at - 1;
	}
	for (size_t i = 0; !(flags & HEAD_FOLLOWS) && i < n && !d->r.bad; i++)
		get_head(d, s, earlier, &first);
	if (n > 1) {
		const unsigned char *check = wire_bytes(&d->r, SYNC_CHECK_SIZE);
		s->has_parent_check = check != NULL;
		if (check)
			memcpy(s->parent_check, check, SYNC_CHECK_SIZE);
	}
	if (d->r.bad)
		return;
	if (!d->bases[d->at].some && first != SIZE_MAX)
		d->bases[d->at] = d->bases[first];
	if (n == 1 && c->heads.n == 1)
		c->parent = c->heads.items[0];
}

static void sort_heads(struct oids *heads)
{
	for (size_t i = 1; i < heads->n; i++)
		for (size_t k = i; k && oid_cmp(&heads->items[k], &heads->items[k - 1]) < 0; k--) {
			struct oid swap = heads->items[k];
			heads->items[k] = heads->items[k - 1];
			heads->items[k - 1] = swap;
		}
}

static void get_claim(struct decoder *d, struct change *c)
{
	unsigned claim = wire_byte(&d->r);
	if (claim != CLAIM_OWNER && claim != CLAIM_LEAD)
		d->r.bad = true;
	c->claim = (enum claim)claim;
	const struct buf *word = get_recent(d, &d->rs->bases, skip_oid);
	if (word)
		memcpy(c->claim_basis.b, word->data, OID_SIZE);
}

static void get_settles(struct decoder *d, struct change *c)
{
	size_t n = wire_count(&d->r, SETTLES_MAX);
	if (n * OID_SIZE > wire_left(&d->r))
		d->r.bad = true;
	if (d->r.bad)
		return;
	const char **list = arena_alloc(d->arena, (n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++) {
		struct oid id;
		char hex[OID_HEX + 1];
		wire_oid(&d->r, &id);
		oid_hex(&id, hex);
		list[i] = arena_dup(d->arena, hex);
	}
	c->settles = list;
	c->n_settles = n;
}

/* A new path: what it shares with the path before, then the rest. */
static void get_new_path(struct decoder *d)
{
	char *path = d->rs->last_path;
	size_t shared = wire_count(&d->r, strlen(path));
	size_t len = wire_count(&d->r, REPLAY_NAME_MAX << 1 | 1);
	const char *ending = len & 1 ? YAML : "";
	len >>= 1;
	const unsigned char *rest = wire_bytes(&d->r, len);
	if (!rest || shared + len + strlen(ending) > REPLAY_NAME_MAX || memchr(rest, 0, len)) {
		d->r.bad = true;
		return;
	}
	memcpy(path + shared, rest, len);
	memcpy(path + shared + len, ending, strlen(ending) + 1);
	recent_use(&d->rs->paths, path, strlen(path));
}

static void get_record(struct decoder *d, struct change_record *record)
{
	struct replay_session *rs = d->rs;
	size_t code = wire_count(&d->r, PATHS_RECENT << 1 | 1);
	if (d->r.bad)
		return;
	if (code >> 1) {
		const struct buf *word = recent_take(&rs->paths, code >> 1);
		if (!word) {
			d->r.bad = true;
			return;
		}
		memcpy(rs->last_path, word->data, word->len + 1);
	} else {
		get_new_path(d);
	}
	record->path = arena_dup(d->arena, rs->last_path);
	record->text = code & 1 ? NULL : "";
	d->r.bad |= !*record->path;
}

static void get_records(struct decoder *d, struct change *c)
{
	size_t n = wire_count(&d->r, CHANGE_RECORDS_MAX);
	if (n > wire_left(&d->r))
		d->r.bad = true;
	if (d->r.bad)
		return;
	c->records = arena_alloc(d->arena, (n + 1) * sizeof *c->records);
	for (size_t i = 0; i < n && !d->r.bad; i++) {
		get_record(d, &c->records[i]);
		if (!d->r.bad && i && strcmp(c->records[i - 1].path, c->records[i].path) >= 0)
			d->r.bad = true;
	}
	c->n_records = d->r.bad ? 0 : n;
}

static void get_change(struct decoder *d)
{
	struct sync_received *s = &d->changes[d->at];
	struct change *c = &s->change;
	unsigned flags = wire_byte(&d->r);
	d->r.bad |= (flags & ~(unsigned)HEAD_KNOWN) != 0;
	c->claim = CLAIM_NONE;
	get_ledger(d, c, flags);
	get_heads(d, s, flags);
	int64_t delta = wire_signed(&d->r);
	d->r.bad |= __builtin_add_overflow(d->rs->last_time, delta, &c->time);
	d->rs->last_time = c->time;
	get_writer(d, c);
	if (flags & HEAD_CLAIM)
		get_claim(d, c);
	if (flags & HEAD_SETTLES)
		get_settles(d, c);
	get_records(d, c);
	sort_heads(&c->heads);
	d->has_body[d->at] = flags & HEAD_BODY;
	d->list[d->at] = c;
}

/* The next text of the plain stream: up to its NUL. */
static const char *next_text(struct decoder *d, const char **at, const char *end, size_t *len)
{
	const char *nul = memchr(*at, 0, (size_t)(end - *at));
	if (!nul) {
		d->r.bad = true;
		*len = 0;
		return "";
	}
	*len = (size_t)(nul - *at);
	const char *text = arena_dup_len(d->arena, *at, *len);
	*at = nul + 1;
	return text;
}

static void share_out(struct decoder *d, const struct buf *plain)
{
	const char *at = buf_str(plain), *end = at + plain->len;
	for (size_t i = 0; i < d->n && !d->r.bad; i++) {
		struct change *c = &d->changes[i].change;
		size_t subject, body = 0, bytes = 0;
		c->subject = next_text(d, &at, end, &subject);
		if (d->has_body[i])
			c->body = next_text(d, &at, end, &body);
		d->r.bad |= subject + body > CHANGE_MESSAGE_MAX;
		for (size_t k = 0; k < c->n_records && !d->r.bad; k++) {
			if (c->records[k].text)
				c->records[k].text = next_text(d, &at, end, &c->records[k].len);
			bytes += c->records[k].len;
		}
		d->r.bad |= bytes > CHANGE_BYTES_MAX;
	}
	d->r.bad |= at != end;
}

static void get_texts(struct decoder *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const unsigned char *signature = wire_bytes(&d->r, sizeof d->changes[i].change.signature);
		if (signature)
			memcpy(
			    d->changes[i].change.signature, signature, sizeof d->changes[i].change.signature);
	}
	if (d->r.bad || d->lost)
		return;
	struct buf dictionary = {0}, plain = {0};
	make_dictionary(d->rs, d->io, d->list, d->bases, d->n, &dictionary);
	if (squeeze_undo(&dictionary, d->r.at, wire_left(&d->r), REPLAY_PLAIN_MAX, &plain))
		share_out(d, &plain);
	else
		d->r.bad = true;
	remember(d->rs, &plain);
	buf_free(&plain);
	buf_free(&dictionary);
}

static void get_batch(struct decoder *d)
{
	struct replay_session *rs = d->rs;
	unsigned flags = wire_byte(&d->r);
	d->r.bad |= (flags & ~(unsigned)BATCH_KNOWN) != 0;
	if (flags & BATCH_FRESH) {
		rs->fresh = false;
		buf_free(&rs->history);
	}
	d->lost = rs->fresh;
	d->n = wire_count(&d->r, REPLAY_CHANGES_MAX);
	d->r.bad |= d->n == 0;
	d->changes = arena_alloc(d->arena, (d->n + 1) * sizeof *d->changes);
	d->bases = arena_alloc(d->arena, (d->n + 1) * sizeof *d->bases);
	d->list = arena_alloc(d->arena, (d->n + 1) * sizeof *d->list);
	d->has_body = arena_alloc(d->arena, d->n + 1);
	for (d->at = 0; d->at < d->n && !d->r.bad; d->at++)
		get_change(d);
	if (!d->r.bad)
		get_texts(d);
	rs->fresh = d->lost;
}

int replay_decode(struct replay_session *rs, const struct replay_io *io, const void *bytes, size_t len,
    struct arena *arena, struct replay_batch *out, struct err *err)
{
	struct decoder d = {.rs = rs, .io = io, .arena = arena};
	wire_reader_init(&d.r, bytes, len);
	get_batch(&d);
	if (d.r.bad)
		return err_set(err, ERR_PEER, N_("the peer sent changes that cannot be read"));
	*out = (struct replay_batch){d.changes, d.n, d.lost};
	return 0;
}
