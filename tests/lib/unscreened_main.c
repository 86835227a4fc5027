/*
 * unscreened - signs a change as a node would, and asks no screen: what a node of another make may send.
 *
 *   unscreened NODE LEDGER PATH FIELD VALUE
 *
 * Sets one field of one record in the store of a node whose daemon is down. Prints the id of the change.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"
#include "registry/config.h"
#include "store/tx.h"

static int fail(const struct err *err)
{
	struct buf text = {0};
	err_format(err, NULL, &text);
	fprintf(stderr, "unscreened: %s\n", buf_str(&text));
	buf_free(&text);
	return 1;
}

static int write_field(
    struct store *s, const struct config *me, const struct key *key, char *const *words, struct err *err)
{
	struct arena arena = {0};
	struct record r;
	struct buf text = {0};
	struct err absent = {0};
	struct tx *tx = NULL;
	struct oid id;
	if (store_record(s, words[0], NULL, words[1], &arena, &r, &absent) != 0)
		record_init(&r, &arena, type_by_path(words[0], words[1]));
	record_put(&r, words[2], words[3]);
	record_print(&r, &text);
	struct change_record record = {words[1], buf_str(&text), text.len};
	struct change c = {.ledger = words[0], .subject = "unscreened", .records = &record, .n_records = 1};
	c.claim = CLAIM_NONE;
	struct tx_writer writer = {
	    key, me->unit, me->station, me->agency, me->rank, me->grant, INT64_C(1782867600)};
	int rc = tx_begin(s, &tx, err);
	if (rc == 0)
		rc = tx_write(tx, &writer, &c, &id, err);
	if (rc == 0)
		rc = tx_commit(tx, err);
	char hex[OID_HEX + 1];
	if (rc == 0)
		puts((oid_hex(&id, hex), hex));
	tx_destroy(tx);
	buf_free(&text);
	arena_free(&arena);
	return rc;
}

int main(int argc, char **argv)
{
	struct config me;
	struct key *key = NULL;
	struct store *store = NULL;
	struct err err = {0};
	struct buf path = {0};
	if (argc != 6) {
		fputs("usage: unscreened NODE LEDGER PATH FIELD VALUE\n", stderr);
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
	if (rc == 0)
		rc = write_field(store, &me, key, argv + 2, &err);
	store_close(store);
	key_free(key);
	config_free(&me);
	buf_free(&path);
	return rc ? fail(&err) : 0;
}
