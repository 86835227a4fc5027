/*
 * A change in its packed form is checked, then filed: where its id, its words, its chain and its records stand. Every
 * change comes through here, whether it is new (add.c) or of an index that was written before.
 */
#include <stdlib.h>
#include <string.h>

#include "merge/conflict.h"
#include "merge/merge.h"
#include "merge/pack.h"

#define CHANGES_MAX (1u << 30)

struct fresh {
	struct history *h;
	size_t before;
};

static void add_word(void *ctx, struct pack_in *in, unsigned number, const char *text)
{
	struct fresh *f = ctx;
	if (number != f->h->words.n || words_find(&f->h->words, text) != WORDS_NONE)
		in->bad = true;
	else
		words_add(&f->h->words, text);
}

static bool is_word(const struct history *h, unsigned word)
{
	return word < h->words.n;
}

static bool check_head(const struct history *h, struct pack_head *head)
{
	if (history_find(h, &head->id) || !is_word(h, head->writer) || head->chain > h->n_chains)
		return false;
	if (head->chain < h->n_chains && h->chains[head->chain].writer != head->writer)
		return false;
	for (unsigned i = 0; i < head->n_heads; i++) {
		unsigned back = pack_number(&head->heads);
		if (back < 1 || back > h->n)
			return false;
	}
	if (head->chain >= head->n_clock || head->n_clock > h->n_chains + 1)
		return false;
	for (unsigned c = 0; c < head->n_clock; c++) {
		unsigned seen = pack_number(&head->clock);
		size_t there = c < h->n_chains ? h->chains[c].n : 0;
		if (c == head->chain ? seen != there + 1 : seen > there)
			return false;
	}
	return true;
}

static bool check_losing(const struct history *h, const struct pack_record *r)
{
	char id[41], path[64];
	struct oid losing;
	if (r->losing_back > h->n || !is_word(h, r->losing_record) || !is_word(h, r->losing_field) ||
	    !h->words.items[r->losing_record].last)
		return false;
	memcpy(losing.b, history_id(h, (unsigned)h->n - r->losing_back), OID_SIZE);
	merge_conflict_id(
	    h->words.items[r->losing_record].text, h->words.items[r->losing_field].text, &losing, id);
	merge_conflict_path(id, path);
	return strcmp(path, h->words.items[r->path].text) == 0;
}

static bool check_record(const struct history *h, struct pack_in *in)
{
	struct pack_record r;
	if (!pack_get_record(in, &r) || !is_word(h, r.path))
		return false;
	const struct word *path = &h->words.items[r.path];
	if (r.back > h->n || path->last != (r.back ? h->n - r.back + 1 : 0) ||
	    (r.back && path->offset != r.back_offset))
		return false;
	if (r.losing_back && !check_losing(h, &r))
		return false;
	for (unsigned i = 0; i < r.n_fields; i++) {
		struct pack_field f;
		if (!pack_get_field(in, &f) || !is_word(h, f.name))
			return false;
	}
	return true;
}

static bool check(const struct history *h, struct pack_in in)
{
	struct pack_head head;
	if (!pack_get_head(&in, &head) || !check_head(h, &head))
		return false;
	for (unsigned i = 0; i < head.n_records; i++)
		if (!check_record(h, &in))
			return false;
	return in.at == in.end;
}

static void add_about(struct history *h, unsigned conflict, const struct about *losing)
{
	struct about a = *losing;
	struct word *record = &h->words.items[a.record];
	a.conflict = conflict;
	a.made_by = (unsigned)h->n - 1;
	a.next = record->about;
	VEC_PUSH(h->abouts, h->n_abouts, a);
	record->about = (unsigned)h->n_abouts;
	h->words.items[conflict].losing = (unsigned)h->n_abouts;
}

static void file_record(struct history *h, struct pack_in *in)
{
	struct pack_record r;
	char id[41];
	pack_get_record(in, &r);
	pack_pass_fields(in, &r);
	struct word *path = &h->words.items[r.path];
	bool first = !path->last;
	path->last = (unsigned)h->n;
	path->offset = r.offset;
	if (!first || !conflict_id_of_path(path->text, id))
		return;
	const struct about losing = {
	    .change = (unsigned)h->n - 1 - r.losing_back, .record = r.losing_record, .field = r.losing_field};
	if (r.losing_back)
		add_about(h, r.path, &losing);
	else
		h->n_orphans++;
}

static void file_in_chain(struct history *h, const struct pack_head *head)
{
	struct chain fresh = {.writer = head->writer};
	if (head->chain == h->n_chains)
		VEC_PUSH(h->chains, h->n_chains, fresh);
	struct chain *chain = &h->chains[head->chain];
	VEC_PUSH(chain->items, chain->n, (unsigned)h->n - 1);
}

/* What was checked. */
static void file(struct history *h, struct pack_in in)
{
	struct pack_head head;
	VEC_PUSH(h->packed, h->n, in.start);
	history_slot_newest(h);
	pack_get_head(&in, &head);
	h->n_raised += head.rule > 1;
	file_in_chain(h, &head);
	for (unsigned i = 0; i < head.n_records; i++)
		file_record(h, &in);
}

/* The newest change may be the losing write of conflicts that were written on before it came. */
static void adopt_orphans(struct history *h)
{
	struct pack_in in = history_packed_at(h, (unsigned)h->n - 1);
	struct pack_head head;
	pack_get_head(&in, &head);
	for (unsigned i = 0; h->n_orphans && i < head.n_records; i++) {
		struct pack_record r;
		pack_get_record(&in, &r);
		for (unsigned k = 0; k < r.n_fields; k++) {
			struct pack_field f;
			char id[41], path[64];
			pack_get_field(&in, &f);
			merge_conflict_id(
			    h->words.items[r.path].text, h->words.items[f.name].text, &head.id, id);
			merge_conflict_path(id, path);
			unsigned conflict = words_find(&h->words, path);
			if (conflict == WORDS_NONE || !h->words.items[conflict].last ||
			    h->words.items[conflict].losing)
				continue;
			add_about(h, conflict,
			    &(struct about){.change = (unsigned)h->n - 1, .record = r.path, .field = f.name});
			h->n_orphans--;
			history_rest(h);
		}
	}
}

bool take_packed(struct history *h, const unsigned char *bytes, size_t len)
{
	struct fresh fresh = {h, h->words.n};
	struct pack_in in = {.start = bytes, .at = bytes, .end = bytes + len};
	struct pack_in words = in;
	words.fresh = add_word;
	words.ctx = &fresh;
	if (h->n >= CHANGES_MAX || len > PACK_MAX || !check(h, words)) {
		words_cut(&h->words, fresh.before);
		return false;
	}
	file(h, in);
	if (h->n_orphans)
		adopt_orphans(h);
	return true;
}

bool history_take(struct history *h, const void *packed, size_t len)
{
	if (h->n_lent < h->n || !take_packed(h, packed, len))
		return false;
	h->n_lent = h->n;
	history_rest(h);
	return true;
}

/* ---- the newest goes again ---- */

static void count_word(void *ctx, struct pack_in *in, unsigned number, const char *text)
{
	(void)in;
	(void)number;
	(void)text;
	++*(size_t *)ctx;
}

static void unfile_record(struct history *h, struct pack_in *in)
{
	struct pack_record r;
	char id[41];
	pack_get_record(in, &r);
	pack_pass_fields(in, &r);
	struct word *path = &h->words.items[r.path];
	path->last = r.back ? (unsigned)h->n - r.back : 0;
	path->offset = r.back_offset;
	if (!r.back && conflict_id_of_path(path->text, id))
		h->n_orphans--;
}

static void unfile_abouts(struct history *h)
{
	for (; h->n_abouts && h->abouts[h->n_abouts - 1].made_by == h->n - 1; h->n_abouts--) {
		const struct about *a = &h->abouts[h->n_abouts - 1];
		h->words.items[a->record].about = a->next;
		h->words.items[a->conflict].losing = 0;
		h->n_orphans++;
	}
}

void history_drop_last(struct history *h)
{
	size_t fresh = 0;
	struct pack_head head;
	struct pack_in in = history_packed_at(h, (unsigned)h->n - 1);
	in.fresh = count_word;
	in.ctx = &fresh;
	cache_dropped(h);
	pack_get_head(&in, &head);
	h->n_raised -= head.rule > 1;
	unfile_abouts(h);
	for (unsigned i = 0; i < head.n_records; i++)
		unfile_record(h, &in);
	words_cut(&h->words, h->words.n - fresh);
	struct chain *chain = &h->chains[head.chain];
	if (--chain->n == 0) {
		free(chain->items);
		h->n_chains--;
	}
	history_unslot_newest(h);
	if (--h->n >= h->n_lent)
		free((void *)h->packed[h->n]);
	else
		h->n_lent = h->n;
}
