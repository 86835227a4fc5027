#include "sync/replay_inside.h"

#include <string.h>

#include "sync/squeeze.h"
#include "sync/wire.h"

struct decoder {
	struct replay_session *rs;
	const struct replay_io *io;
	struct arena *arena;
	struct wire_reader r;
	struct sync_received *changes;
	struct replay_base *bases;
	const struct change **list;
	bool *has_body;
	size_t n, at;
	bool lost; /* a head is not here */
	bool waiting;
};

/* A word by its number, NULL when it is new (number 0) or there is none (bad). */
static const struct buf *get_recent(struct decoder *d, struct recent *words)
{
	size_t number = wire_count(&d->r, words->max);
	const struct buf *word = number ? recent_take(words, number) : NULL;
	d->r.bad |= number && !word;
	return word;
}

/* Append one word to the `*len` bytes of `name`, which holds REPLAY_NAME_MAX + 1. */
static void get_word(struct decoder *d, char *name, size_t *len)
{
	struct recent *words = &d->rs->words;
	size_t number = wire_count(&d->r, words->max + WORD_HEX);
	char hex[OID_HEX + 1];
	const unsigned char *bytes = NULL;
	size_t n = 0;
	if (number == WORD_HEX) {
		struct oid id;
		wire_oid(&d->r, &id);
		oid_hex(&id, hex);
		bytes = (const unsigned char *)hex;
		n = OID_HEX;
	} else if (number == WORD_NEW) {
		n = wire_count(&d->r, REPLAY_NAME_MAX);
		bytes = wire_bytes(&d->r, n);
		if (bytes && memchr(bytes, 0, n))
			bytes = NULL;
		if (bytes)
			recent_use(words, bytes, n);
	} else {
		const struct buf *word = recent_take(words, number - WORD_HEX);
		bytes = word ? (const unsigned char *)word->data : NULL;
		n = word ? word->len : 0;
	}
	if (!bytes || *len + n > REPLAY_NAME_MAX) {
		d->r.bad = true;
		return;
	}
	memcpy(name + *len, bytes, n);
	*len += n;
	name[*len] = '\0';
}

static void get_name(struct decoder *d, char name[REPLAY_NAME_MAX + 1])
{
	size_t n = wire_count(&d->r, REPLAY_NAME_MAX << 1 | 1), len = 0;
	bool yaml = n & 1;
	name[0] = '\0';
	d->r.bad |= n >> 1 == 0;
	for (size_t i = 0; i < n >> 1 && !d->r.bad; i++) {
		if (i && len < REPLAY_NAME_MAX)
			name[len++] = '/';
		get_word(d, name, &len);
	}
	if (yaml && len + strlen(YAML) <= REPLAY_NAME_MAX)
		memcpy(name + len, YAML, strlen(YAML) + 1);
	else if (yaml)
		d->r.bad = true;
	d->r.bad |= !*name;
}

static const char *get_optional(struct decoder *d)
{
	char word[REPLAY_NAME_MAX + 1] = "";
	size_t len = 0;
	get_word(d, word, &len);
	return len ? arena_dup_len(d->arena, word, len) : NULL;
}

static const char *none_if_empty(const char *word)
{
	return *word ? word : NULL;
}

static void get_new_writer(struct decoder *d, struct change *c)
{
	struct buf key = {0};
	wire_oid(&d->r, &c->grant);
	c->unit = get_optional(d);
	c->station = get_optional(d);
	c->agency = get_optional(d);
	c->rank = (int)wire_count(&d->r, RANK_MAX);
	c->rule = (int)wire_count(&d->r, RULE_MAX);
	d->r.bad |= !c->unit;
	if (d->r.bad)
		return;
	replay_writer_key(c, &key);
	recent_use(&d->rs->writers, key.data, key.len);
	buf_free(&key);
}

static void get_writer(struct decoder *d, struct change *c)
{
	const struct buf *word = get_recent(d, &d->rs->writers);
	struct wire_reader r;
	if (!word) {
		get_new_writer(d, c);
		return;
	}
	wire_reader_init(&r, word->data, word->len);
	wire_oid(&r, &c->grant);
	c->unit = wire_string(&r, REPLAY_NAME_MAX, d->arena);
	c->station = none_if_empty(wire_string(&r, REPLAY_NAME_MAX, d->arena));
	c->agency = none_if_empty(wire_string(&r, REPLAY_NAME_MAX, d->arena));
	c->rank = (int)wire_count(&r, RANK_MAX);
	c->rule = (int)wire_count(&r, RULE_MAX);
}

static void get_ledger(struct decoder *d, struct change *c, unsigned flags)
{
	char name[REPLAY_NAME_MAX + 1];
	c->ledger = "";
	if (flags & HEAD_SAME_LEDGER) {
		d->r.bad |= d->at == 0;
		c->ledger = d->at ? d->changes[d->at - 1].change.ledger : "";
		return;
	}
	const struct buf *word = get_recent(d, &d->rs->ledgers);
	if (word) {
		c->ledger = arena_dup_len(d->arena, word->data, word->len);
		return;
	}
	get_name(d, name);
	if (d->r.bad)
		return;
	recent_use(&d->rs->ledgers, name, strlen(name));
	c->ledger = arena_dup(d->arena, name);
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
	struct replay_base *base = &d->bases[d->at];
	if (!base->some)
		*base = (struct replay_base){true, *id};
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
	const struct buf *word = get_recent(d, &d->rs->bases);
	if (word) {
		memcpy(c->claim_basis.b, word->data, OID_SIZE);
		return;
	}
	wire_oid(&d->r, &c->claim_basis);
	if (!d->r.bad)
		recent_use(&d->rs->bases, c->claim_basis.b, OID_SIZE);
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

static void get_record(struct decoder *d, struct change_record *record)
{
	struct recent *paths = &d->rs->paths;
	char name[REPLAY_NAME_MAX + 1];
	size_t code = wire_count(&d->r, PATHS_RECENT << 1 | 1);
	if (d->r.bad)
		return;
	record->text = code & 1 ? NULL : "";
	if (code >> 1) {
		const struct buf *word = recent_take(paths, code >> 1);
		record->path = word ? arena_dup_len(d->arena, word->data, word->len) : NULL;
	} else {
		get_name(d, name);
		record->path = d->r.bad ? NULL : arena_dup(d->arena, name);
		if (record->path)
			recent_use(paths, name, strlen(name));
	}
	d->r.bad |= !record->path;
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
	replay_dictionary(d->rs, d->io, d->list, d->bases, d->n, &dictionary);
	if (squeeze_undo(&dictionary, d->r.at, wire_left(&d->r), REPLAY_PLAIN_MAX, &plain))
		share_out(d, &plain);
	else
		d->r.bad = true;
	replay_remember(d->rs, &plain);
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
	d->lost = d->waiting = rs->fresh;
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
	*out = (struct replay_batch){d.changes, d.n, d.lost, d.waiting};
	return 0;
}
