/*
 * plan/incident_list.h - what a node has seen go wrong, for the people there: counted, bounded, of its own memory alone. Pure.
 *
 * One entry stands for all that are alike in kind, unit, rule, ledger, record and field. When the list is full the
 * oldest entry goes of whoever has most: nobody pushes out what others did. Nothing of a refused content is kept: the
 * sentence is a template with arguments, as base/err.h has it, and the caller has masked it (screen_err).
 */
#ifndef TUYEN_PLAN_INCIDENT_LIST_H
#define TUYEN_PLAN_INCIDENT_LIST_H

#include <stdint.h>

#include "base/err.h"
#include "base/oid.h"
#include "record/record.h"

#define INCIDENT_LIST_MAX 1000
#define INCIDENT_ID 10 /* hex digits */

/* One thing that happened. */
struct incident {
	/* "refused": a change that we refused, or one of ours that `unit`, our superior, refused and that stays here;
	 * "healed": a change of ours that our superior refused, and that was taken out here;
	 * "lost": what must be entered again: it was in it, or built on it and could not be issued again;
	 * "flagged": taken in, for it was admitted elsewhere, but it looks like a person's data;
	 * "stranger": a line with a key that is not admitted, or is no longer;
	 * "twin": one key at work in two nodes; "held": changes wait to be confirmed;
	 * "flagged": personal data in what was taken in, as another had to refuse it;
	 * "restored": a peer, or this node, has gone back to an older state; "moved": it stands elsewhere. */
	const char *kind;
	const char *unit; /* who it was: "11383", "cong-an@11383"; NULL where not known */
	const char *rule, *ledger, *record,
	    *field; /* NULL where there is none; absent ones are taken from err */
	struct oid change; /* zero where there is none */
	const struct err *err; /* the sentence; may be NULL */
};

enum incident_word {
	INCIDENT_KIND,
	INCIDENT_UNIT,
	INCIDENT_RULE,
	INCIDENT_LEDGER,
	INCIDENT_RECORD,
	INCIDENT_FIELD, /* up to here they tell one entry from another */
	INCIDENT_MSG,
	INCIDENT_HINT,
	INCIDENT_ARG,
	INCIDENT_WORDS = INCIDENT_ARG + ERR_ARGS
};

struct incident_entry {
	char id[INCIDENT_ID + 1]; /* the same as long as the entry stands */
	char *word[INCIDENT_WORDS]; /* "" where there is none */
	struct oid change; /* of the last time */
	int64_t first, last; /* seconds */
	uint64_t count;
};

/* Zero-initialise; in order of the first time. */
struct incident_list {
	struct incident_entry *items;
	size_t n;
};
void incident_list_free(struct incident_list *l);

/* True: it is a new entry; false: one that was there counts one more. */
bool incident_list_add(struct incident_list *l, const struct incident *i, int64_t now);
/* The entry whose id begins so; NULL if there is none, or several. */
const struct incident_entry *incident_list_find(const struct incident_list *l, const char *prefix);
void incident_list_remove(struct incident_list *l, const struct incident_entry *e);

/* A record was written here: what was lost of it and stands in it again is struck off. True if anything was. */
bool incident_list_entered(
    struct incident_list *l, const char *ledger, const char *path, const struct record *now);

/* The sentence, to be shown: borrows the entry's memory. */
void incident_list_sentence(const struct incident_entry *e, struct err *out);

/* As it is kept on the disk, and back; lines that make no sense are left out. */
void incident_list_print(const struct incident_list *l, struct buf *out);
void incident_list_read(struct incident_list *l, const char *bytes, size_t len);

#endif
