/* A new change: its writes are made complete and its clock found, then it is packed and taken up (take.c). */
#include <stdlib.h>
#include <string.h>

#include "merge/conflict.h"
#include "merge/merge.h"
#include "merge/pack.h"
#include "merge/past.h"

/* A change on its way in. */
struct draft {
	struct history *h;
	struct arena arena;
	struct node node;
	struct past seen; /* all that its heads have */
	struct written {
		const char *path;
		const struct log *log; /* NULL: nobody has written on it */
		struct written_field {
			const char *name, *value;
			bool seal;
		} * fields;
		size_t n;
		struct about losing;
		bool has_losing;
	} * records;
	size_t n;
};

static void draft_free(struct draft *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->records[i].fields);
	free(d->records);
	arena_free(&d->arena);
}

/* The writer's chain whose last change it has seen, else a new one. */
static unsigned find_chain(const struct history *h, const struct past *seen, unsigned writer)
{
	for (unsigned c = 0; c < h->n_chains; c++)
		if (h->chains[c].writer == writer && seen->counts[c] == h->chains[c].n)
			return c;
	return (unsigned)h->n_chains;
}

static struct written *written_at(struct draft *d, const char *path)
{
	for (size_t i = d->n; i-- > 0;)
		if (strcmp(d->records[i].path, path) == 0)
			return &d->records[i];
	struct written fresh = {.path = path, .log = log_of(d->h, path)};
	VEC_PUSH(d->records, d->n, fresh);
	return &d->records[d->n - 1];
}

static struct written_field *field_in(const struct written *r, const char *name)
{
	for (size_t i = r->n; i-- > 0;)
		if (strcmp(r->fields[i].name, name) == 0)
			return &r->fields[i];
	return NULL;
}

static void put(struct written *r, const char *name, const char *value, bool seal)
{
	struct written_field *there = field_in(r, name), fresh = {name, value, seal};
	if (there) {
		there->value = value;
		there->seal = there->seal || seal;
	} else {
		VEC_PUSH(r->fields, r->n, fresh);
	}
}

static bool was_seen(const struct draft *d, const struct field *field)
{
	for (size_t i = 0; i < field->n; i++)
		if (past_has(&d->seen, field->writes[i]->by))
			return true;
	return false;
}

/* Adding and sealing: what the writer saw written here and does not write himself, he writes as absent. */
static void put_rest(const struct draft *d, struct written *r, bool seal)
{
	for (size_t i = 0; r->log && i < r->log->n_fields; i++) {
		const struct field *field = r->log->fields[i];
		if (!field_in(r, field->name) && was_seen(d, field))
			put(r, field->name, NULL, seal);
	}
}

static void put_writes(struct draft *d, const struct history_change *c)
{
	char id[41];
	for (size_t i = 0; i < c->n_writes; i++) {
		const struct write *w = &c->writes[i];
		put(written_at(d, w->record), w->field, w->value, w->seal);
	}
	for (size_t i = 0; i < c->n_writes; i++)
		if (c->writes[i].all)
			put_rest(d, written_at(d, c->writes[i].record), c->writes[i].seal);
	for (size_t i = 0; i < d->n; i++)
		if (!d->records[i].log && conflict_id_of_path(d->records[i].path, id))
			d->records[i].has_losing = losing_find(d->h, id, &d->records[i].losing);
}

/* The number of a text; a new one is a word until the change has been taken up in its place. */
static unsigned word_of(struct draft *d, const char *text)
{
	unsigned word = words_find(&d->h->words, text);
	if (word != WORDS_NONE)
		return word;
	words_add(&d->h->words, text);
	return (unsigned)d->h->words.n - 1;
}

static void pack_record(struct draft *d, const struct written *r, struct pack_out *out)
{
	unsigned word = word_of(d, r->path), n = (unsigned)d->h->n;
	struct word path = d->h->words.items[word];
	pack_put_word(out, word);
	pack_put_number(out, path.last ? n - (path.last - 1) : 0);
	if (path.last) {
		pack_put_number(out, path.offset);
	} else {
		pack_put_number(out, r->has_losing ? n - r->losing.change : 0);
		if (r->has_losing) {
			pack_put_word(out, r->losing.record);
			pack_put_word(out, r->losing.field);
		}
	}
	pack_put_number(out, (unsigned)r->n);
	for (size_t i = 0; i < r->n; i++) {
		pack_put_word(out, word_of(d, r->fields[i].name));
		pack_put_value(out, r->fields[i].value, r->fields[i].seal);
	}
}

/* Its clock: what its heads have seen, and itself. */
static void pack_clock(struct draft *d, unsigned chain, struct pack_out *out)
{
	unsigned n = (unsigned)d->h->n_chains;
	while (n > 0 && !d->seen.counts[n - 1])
		n--;
	if (n <= chain)
		n = chain + 1;
	pack_put_number(out, n);
	for (unsigned c = 0; c < n; c++) {
		unsigned seen = c < d->h->n_chains ? d->seen.counts[c] : 0;
		pack_put_number(out, seen + (c == chain));
	}
}

static void pack(struct draft *d, const struct history_change *c, struct pack_out *out)
{
	unsigned generation = 0;
	struct oids heads = {0};
	oids_copy(&heads, &c->heads);
	oids_sort(&heads);
	for (size_t i = 0; i < heads.n; i++) {
		unsigned above = history_node(d->h, &heads.items[i])->generation + 1;
		generation = above > generation ? above : generation;
	}
	pack_begin(out, &c->id, c->claim, c->rule ? c->rule : 1, c->rank);
	unsigned writer = word_of(d, c->writer), chain = find_chain(d->h, &d->seen, writer);
	pack_put_word(out, writer);
	pack_put_number(out, chain);
	pack_put_number(out, generation);
	pack_put_number(out, (unsigned)heads.n);
	for (size_t i = 0; i < heads.n; i++)
		pack_put_number(out, (unsigned)d->h->n - (history_find(d->h, &heads.items[i]) - 1));
	pack_clock(d, chain, out);
	pack_put_number(out, (unsigned)d->n);
	for (size_t i = 0; i < d->n; i++)
		pack_record(d, &d->records[i], out);
	pack_end(out);
	oids_free(&heads);
}

static int check_added(const struct history *h, const struct history_change *c, struct err *err)
{
	char hex[OID_HEX + 1], missing[OID_HEX + 1];
	oid_hex(&c->id, hex);
	for (size_t i = 0; i < c->heads.n; i++) {
		if (history_has(h, &c->heads.items[i]))
			continue;
		oid_hex(&c->heads.items[i], missing);
		err_set(err, ERR_PARKED, "change %1 builds on %2, which has not arrived", hex, missing);
		err_hint(err, "it is kept aside and taken up as soon as a sync brings the other");
		return ERR_PARKED;
	}
	if (c->rule > MERGE_RULE) {
		err_set(err, ERR_PARKED, "change %1 follows a newer merge rule than this program knows", hex);
		err_hint(err, "upgrade tuyen on this node");
		return ERR_PARKED;
	}
	return 0;
}

int history_add(struct history *h, const struct history_change *c, struct err *err)
{
	struct draft d = {.h = h};
	size_t words = h->words.n;
	struct pack_out out = {.words = &h->words, .known = words};
	if (history_has(h, &c->id))
		return 0;
	int rc = check_added(h, c, err);
	if (rc)
		return rc;
	d.seen = past_of(h, &d.arena, &c->heads);
	put_writes(&d, c);
	pack(&d, c, &out);
	/* Until here the new words were borrowed of the caller. */
	words_cut(&h->words, words);
	size_t len = out.bytes.len;
	unsigned char *bytes = (unsigned char *)mem_dup_len(out.bytes.data, len);
	if (take_packed(h, bytes, len)) {
		cache_added(h);
		losing_added(h);
	} else {
		free(bytes);
		rc = err_set(err, ERR_INPUT, "a change is too long for the history of a ledger");
	}
	buf_free(&out.bytes);
	draft_free(&d);
	return rc;
}
