#include "sync/replay.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "sync/replay_inside.h"
#include "sync/wire.h"

/* Words of paths and ledgers that a session knows from the beginning, the likeliest last. */
static const char *const first_words[] = {"levels", "calendars", "indicators", "plan", "tasks", "plans",
    "units", "difficulties", "receipts", "conflicts", "directives", "acks", "progress", "reports"};

struct replay_session *replay_session_new(void)
{
	struct replay_session *rs = mem_alloc(sizeof *rs);
	recent_init(&rs->ledgers, LEDGERS_RECENT);
	recent_init(&rs->writers, WRITERS_RECENT);
	recent_init(&rs->bases, BASES_RECENT);
	recent_init(&rs->paths, PATHS_RECENT);
	recent_init(&rs->words, WORDS_RECENT);
	for (size_t i = 0; i < sizeof first_words / sizeof *first_words; i++)
		recent_use(&rs->words, first_words[i], strlen(first_words[i]));
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
	recent_free(&rs->words);
	buf_free(&rs->history);
	free(rs);
}

void replay_session_refresh(struct replay_session *rs)
{
	rs->fresh = true;
	buf_free(&rs->history);
}

void replay_remember(struct replay_session *rs, const struct buf *plain)
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

struct old_texts {
	const struct replay_io *io;
	struct buf *dictionary;
	size_t limit, lookups;
	struct table
	    seen; /* records whose text already stands in the dictionary or will stand in the stream */
};

/* False when the dictionary is full, or enough has been looked up. */
static bool add_old_text(
    struct old_texts *o, const char *ledger, const struct replay_base *base, const char *path)
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
    const struct replay_base *bases, size_t n, struct buf *dictionary)
{
	struct old_texts o = {io, dictionary, dictionary->len + REPLAY_OLD_TEXTS, 0, {0}};
	bool more = true;
	for (size_t i = 0; i < n && more; i++)
		for (size_t k = 0; k < changes[i]->n_records && more; k++)
			more = add_old_text(&o, changes[i]->ledger, &bases[i], changes[i]->records[k].path);
	table_free(&o.seen);
}

void replay_dictionary(const struct replay_session *rs, const struct replay_io *io,
    const struct change *const *changes, const struct replay_base *bases, size_t n, struct buf *out)
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

void replay_writer_key(const struct change *c, struct buf *key)
{
	wire_put_oid(key, &c->grant);
	wire_put_string(key, c->unit);
	wire_put_string(key, c->station);
	wire_put_string(key, c->agency);
	wire_put_number(key, (uint64_t)c->rank);
	wire_put_number(key, (uint64_t)c->rule);
}
