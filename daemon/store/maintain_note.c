#include "store/maintain_note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"

#define PURGE "purge"
#define LAST "maintained"

int maintain_purge_read(struct store *s, struct buf *due, struct err *err)
{
	return store_note_read(s, PURGE, due, err);
}

int maintain_purge_done(struct store *s, const struct buf *due, struct err *err)
{
	struct buf now = {0};
	int rc = maintain_purge_read(s, &now, err);
	bool same = now.len && now.len == due->len && memcmp(now.data, due->data, now.len) == 0;
	if (rc == 0 && same)
		rc = store_note_write(s, PURGE, "", 0, err);
	buf_free(&now);
	return rc;
}

bool store_purge_due(struct store *s)
{
	struct buf due = {0};
	struct err none = {0};
	bool is = maintain_purge_read(s, &due, &none) == 0 && due.len > 0;
	buf_free(&due);
	return is;
}

int store_purge_ask(struct store *s, struct err *err)
{
	unsigned char word[16];
	sys_random(word, sizeof word);
	return store_note_write(s, PURGE, word, sizeof word, err);
}

int maintain_last_write(struct store *s, const struct maintain_report *did, struct err *err)
{
	struct buf text = {0};
	buf_printf(&text, "%" PRId64 " %d %zu %zu %zu %zu %zu %zu\n", sys_now(), did->full, did->packs,
	    did->packed, did->merged, did->made, did->removed, did->pruned);
	int rc = store_note_write(s, LAST, text.data, text.len, err);
	buf_free(&text);
	return rc;
}

bool store_maintain_last(struct store *s, int64_t *at, struct maintain_report *did)
{
	struct buf text = {0};
	struct err none = {0};
	int full = 0;
	*did = (struct maintain_report){0};
	bool is = store_note_read(s, LAST, &text, &none) == 0 &&
		  sscanf(buf_str(&text), "%" SCNd64 " %d %zu %zu %zu %zu %zu %zu", at, &full, &did->packs,
		      &did->packed, &did->merged, &did->made, &did->removed, &did->pruned) == 8;
	did->full = full;
	buf_free(&text);
	return is;
}
