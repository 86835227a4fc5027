/*
 * many - a long history in a short time, for measuring.
 *
 *   many NODE CHANGES[@FROM] LEDGER...
 *   many NODE CHANGESxRECORDSxFIELDS[+SALT] LEDGER...
 *
 * Signs CHANGES changes as the node would (its daemon is down), in turn over the ledgers: figures of a report each. FROM
 * is the number of the first, so that a history that goes on is not the same again. In the second form each change writes
 * so many figures into so many reports that no other of them writes: two nodes with two SALTs disagree about all of
 * them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"
#include "registry/config.h"
#include "store/tx.h"

#define BATCH 500 /* changes a transaction */

#define RECORDS_MAX 512

struct work {
	size_t changes, from;
	size_t records, fields, salt; /* records 0: the first form */
};

static const char *figures(struct arena *arena, const char *ledger, size_t i)
{
	struct record r;
	struct buf text = {0};
	size_t own = 0; /* no two ledgers have the same figures */
	for (const char *c = ledger; *c; c++)
		own = own * 31 + (unsigned char)*c;
	record_init(&r, arena, type_by_name("report"));
	record_put(&r, "state", "draft");
	record_put(&r, "note", ledger); /* else the same change would stand in all of them */
	for (size_t k = 0; k < 10; k++)
		record_put(&r, arena_printf(arena, "values.I%zu", k),
		    arena_printf(arena, "%zu", (i + own % 9973) * (k + 7) % 997));
	record_print(&r, &text);
	const char *copy = arena_dup(arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

static const char *salted(struct arena *arena, const struct work *work, size_t i)
{
	struct record r;
	struct buf text = {0};
	record_init(&r, arena, type_by_name("report"));
	for (size_t k = 0; k < work->fields; k++)
		record_put(&r, arena_printf(arena, "values.I%zu", k),
		    arena_printf(arena, "%zu", (i + k) % 997 * 100 + work->salt));
	record_print(&r, &text);
	const char *copy = arena_dup(arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

static int write_one(struct tx *tx, const struct tx_writer *w, const struct work *work, const char *ledger,
    size_t i, struct err *err)
{
	struct arena arena = {0};
	struct oid id;
	struct change_record records[RECORDS_MAX];
	struct change c = {.ledger = ledger, .subject = "report: set", .records = records};
	c.claim = CLAIM_NONE;
	if (!work->records)
		records[c.n_records++] =
		    (struct change_record){arena_printf(&arena, "reports/%s/p.%zu/2026-%02zu.yaml", w->unit,
					       i / 200 % 9, i / 12 % 12 + 1),
			figures(&arena, ledger, i), 0};
	for (size_t k = i * work->records; c.n_records < work->records; k++)
		records[c.n_records++] = (struct change_record){
		    arena_printf(&arena, "reports/%s/p.%zu/2026-%02zu.yaml", ledger + 8, k / 12, k % 12 + 1),
		    salted(&arena, work, k), 0};
	for (size_t k = 0; k < c.n_records; k++)
		records[k].len = strlen(records[k].text);
	int rc = tx_write(tx, w, &c, &id, err);
	arena_free(&arena);
	return rc;
}

/* CHANGES[@FROM] or CHANGESxRECORDSxFIELDS[+SALT] */
static struct work read_work(const char *text)
{
	struct work work = {0};
	if (sscanf(text, "%zux%zux%zu+%zu", &work.changes, &work.records, &work.fields, &work.salt) < 3)
		sscanf(text, "%zu@%zu", &work.changes, &work.from);
	if (work.records > RECORDS_MAX)
		work.records = RECORDS_MAX;
	return work;
}

static int write_all(struct store *s, const struct tx_writer *w, const struct work *work,
    char *const *ledgers, size_t n_ledgers, struct err *err)
{
	size_t i = work->from, n = i + work->changes;
	int rc = 0;
	while (rc == 0 && i < n) {
		struct tx *tx = NULL;
		rc = tx_begin(s, &tx, err);
		for (size_t end = i + BATCH; rc == 0 && i < n && i < end; i++)
			rc = write_one(tx, w, work, ledgers[i % n_ledgers], i / n_ledgers, err);
		if (rc == 0)
			rc = tx_commit(tx, err);
		tx_destroy(tx);
	}
	return rc;
}

int main(int argc, char **argv)
{
	struct config me;
	struct key *key = NULL;
	struct store *store = NULL;
	struct err err = {0};
	struct buf path = {0}, why = {0};
	if (argc < 4) {
		fputs("usage: many NODE CHANGES[@FROM]|CHANGESxRECORDSxFIELDS[+SALT] LEDGER...\n", stderr);
		return 2;
	}
	int rc = config_load(argv[1], &me, &err);
	buf_printf(&path, "%s/key", argv[1]);
	if (rc == 0)
		rc = key_load(buf_str(&path), &key, &err);
	buf_cut(&path, strlen(argv[1]));
	buf_puts(&path, "/store.git");
	if (rc == 0)
		rc = store_open(buf_str(&path), &store, &err);
	if (rc == 0) {
		struct tx_writer w = {
		    key, me.unit, me.station, me.agency, me.rank, me.grant, INT64_C(1782867600)};
		const struct work work = read_work(argv[2]);
		rc = write_all(store, &w, &work, argv + 3, (size_t)argc - 3, &err);
	}
	if (rc) {
		err_format(&err, NULL, &why);
		fprintf(stderr, "many: %s\n", buf_str(&why));
	}
	store_close(store);
	key_free(key);
	config_free(&me);
	buf_free(&path);
	buf_free(&why);
	return rc ? 1 : 0;
}
