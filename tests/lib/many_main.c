/*
 * many - a long history in a short time, for measuring.
 *
 *   many NODE CHANGES[@FROM] LEDGER...
 *
 * Signs CHANGES changes as the node would (its daemon is down), in turn over the ledgers: figures of a report each. FROM
 * is the number of the first, so that a history that goes on is not the same again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"
#include "registry/config.h"
#include "store/tx.h"

#define BATCH 500 /* changes a transaction */

static int write_one(struct tx *tx, const struct tx_writer *w, const char *ledger, size_t i, struct err *err)
{
	struct arena arena = {0};
	struct record r;
	struct buf text = {0};
	struct oid id;
	size_t own = 0; /* no two ledgers have the same figures */
	for (const char *c = ledger; *c; c++)
		own = own * 31 + (unsigned char)*c;
	const char *path =
	    arena_printf(&arena, "reports/%s/p.%zu/2026-%02zu.yaml", w->unit, i / 200 % 9, i / 12 % 12 + 1);
	record_init(&r, &arena, type_by_path(ledger, path));
	record_put(&r, "state", "draft");
	record_put(&r, "note", ledger); /* else the same change would stand in all of them */
	for (size_t k = 0; k < 10; k++)
		record_put(&r, arena_printf(&arena, "values.I%zu", k),
		    arena_printf(&arena, "%zu", (i + own % 9973) * (k + 7) % 997));
	record_print(&r, &text);
	struct change_record record = {path, buf_str(&text), text.len};
	struct change c = {.ledger = ledger, .subject = "report: set", .records = &record, .n_records = 1};
	c.claim = CLAIM_NONE;
	int rc = tx_write(tx, w, &c, &id, err);
	buf_free(&text);
	arena_free(&arena);
	return rc;
}

static int write_all(struct store *s, const struct tx_writer *w, const char *range, char *const *ledgers,
    size_t n_ledgers, struct err *err)
{
	char *from;
	size_t n = strtoul(range, &from, 10), i = *from == '@' ? strtoul(from + 1, NULL, 10) : 0;
	int rc = 0;
	for (n += i; rc == 0 && i < n;) {
		struct tx *tx = NULL;
		rc = tx_begin(s, &tx, err);
		for (size_t end = i + BATCH; rc == 0 && i < n && i < end; i++)
			rc = write_one(tx, w, ledgers[i % n_ledgers], i / n_ledgers, err);
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
		fputs("usage: many NODE CHANGES[@FROM] LEDGER...\n", stderr);
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
		rc = write_all(store, &w, argv[2], argv + 3, (size_t)argc - 3, &err);
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
