/* What parcels and lines know of one peer, each for the other: what one has confirmed neither sends again. */
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "links/links.h"
#include "node/parcel_inside.h"

#define READ_NOTE "parcels-read"
#define READ_KEPT 512 /* parcels remembered as read */

static bool is_same(const struct book *a, const struct book *b)
{
	return a->has_instance && b->has_instance &&
	       memcmp(a->instance, b->instance, SYNC_INSTANCE_SIZE) == 0;
}

static bool recall(struct node *n, const char *peer, struct book *by_line, int64_t *last)
{
	struct buf memory = {0};
	bool known =
	    links_recall(n->links, peer, &memory, last) && book_load(by_line, buf_str(&memory), memory.len);
	buf_free(&memory);
	return known;
}

static void amend(struct node *n, const char *peer, const struct book *by_line)
{
	struct buf memory = {0};
	book_save(by_line, &memory);
	links_amend(n->links, peer, &memory);
	buf_free(&memory);
}

/* Where those were with two instances of it, from the one that was heard last. */
void parcel_known_of(struct node *n, const struct parcel_note *note, const char *peer, struct book *by_line,
    struct parcel_options *o)
{
	int64_t last = 0;
	bool line = recall(n, peer, by_line, &last);
	bool parcel = note->known.has_instance;
	bool same = line && is_same(by_line, &note->known);
	if (parcel && (!line || same || note->heard >= last))
		o->known[0] = &note->known;
	if (line && (!parcel || same || note->heard < last))
		o->known[1] = by_line;
}

void parcel_reduce(struct node *n, struct book *known)
{
	for (size_t i = 0; i < known->n; i++) {
		struct history *h = NULL;
		struct err err = {0};
		if (store_history(n->store, known->ledgers[i]->name, &h, &err) == 0 && h)
			history_maximal(h, &known->ledgers[i]->known);
	}
}

void parcel_is_under_way(struct node *n, const char *peer, const struct strs *ledgers)
{
	struct book by_line = {0};
	int64_t last;
	if (ledgers->n && recall(n, peer, &by_line, &last)) {
		for (size_t i = 0; i < ledgers->n; i++) {
			struct book_ledger *l = book_at(&by_line, ledgers->items[i]);
			l->unsure = true;
			l->fresh = false;
		}
		amend(n, peer, &by_line);
	}
	book_free(&by_line);
}

void parcel_confirmed(struct node *n, const char *peer, const struct book *known)
{
	struct book by_line = {0};
	int64_t last;
	if (recall(n, peer, &by_line, &last) && is_same(&by_line, known)) {
		for (size_t i = 0; i < known->n; i++) {
			const struct oids *ids = &known->ledgers[i]->known;
			struct book_ledger *l = book_at(&by_line, known->ledgers[i]->name);
			for (size_t k = 0; k < ids->n; k++)
				if (!oids_has(&l->known, &ids->items[k]))
					oids_add(&l->known, &ids->items[k]);
			l->fresh = false;
		}
		parcel_reduce(n, &by_line);
		amend(n, peer, &by_line);
	}
	book_free(&by_line);
}

/* It counts for one instance of the peer, as the line's does; where there has been no line, whichever it is. */
void node_parcel_known_of(struct node *n, const char *peer, const struct buf *by_lines, struct buf *out)
{
	struct book all = {0};
	struct parcel_note note;
	bool line = by_lines->len && book_load(&all, by_lines->data, by_lines->len);
	parcel_note_load(n, peer, &note);
	for (size_t i = 0; (!line || is_same(&all, &note.known)) && i < note.known.n; i++) {
		const struct oids *ids = &note.known.ledgers[i]->known;
		struct book_ledger *l = book_at(&all, note.known.ledgers[i]->name);
		for (size_t k = 0; k < ids->n; k++)
			if (!oids_has(&l->known, &ids->items[k]))
				oids_add(&l->known, &ids->items[k]);
		l->fresh = false;
	}
	book_save(&all, out);
	parcel_note_free(&note);
	book_free(&all);
}

/* ---- which were read ---- */

void parcel_remember_read(struct node *n, const char *id)
{
	struct buf text = {0}, kept = {0};
	struct err err = {0};
	int rc = store_note_read(n->store, READ_NOTE, &text, &err);
	buf_printf(&kept, "%s %lld\n", id, (long long)sys_now());
	char *rest = NULL;
	unsigned lines = 1;
	for (char *line = text.data ? strtok_r(text.data, "\n", &rest) : NULL; line && lines < READ_KEPT;
	     line = strtok_r(NULL, "\n", &rest), lines++)
		if (strncmp(line, id, COVER_ID_HEX) != 0)
			buf_printf(&kept, "%s\n", line);
	if (rc == 0)
		rc = store_note_write(n->store, READ_NOTE, kept.data, kept.len, &err);
	if (rc)
		log_err(LOG_WARNING, "parcel", &err);
	buf_free(&text);
	buf_free(&kept);
}

int node_parcel_known(struct node *n, struct control_request *req, struct err *err)
{
	struct buf text = {0};
	int rc = store_note_read(n->store, READ_NOTE, &text, err);
	for (size_t i = 0; rc == 0 && i < req->args.words.n; i++) {
		const char *id = req->args.words.items[i];
		const char *line = strlen(id) == COVER_ID_HEX ? strstr(buf_str(&text), id) : NULL;
		if (line)
			control_output(req, line, strcspn(line, "\n") + 1);
	}
	buf_free(&text);
	return rc;
}
