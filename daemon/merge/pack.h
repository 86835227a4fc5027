/*
 * merge/pack.h - one change in few bytes: who wrote it, what it had seen, what it wrote (schema/store.md, "The index").
 *
 * Numbers are unsigned, seven bits a byte, the lowest first. A word is a number: twice its place among the words of the
 * history; one more where it is new, and then its text follows. Texts have their length before them and a NUL after
 * them, so that they can be borrowed as they lie there.
 */
#ifndef TUYEN_MERGE_PACK_H
#define TUYEN_MERGE_PACK_H

#include "merge/graph.h"

#define PACK_MAX (64u * 1024 * 1024) /* bytes of one change */
#define PACK_LENGTH 4 /* its own length, itself included, before all else; lowest byte first */

/* Reading never goes beyond `end`; what cannot be read makes it bad, and all after it zero. */
struct pack_in {
	const unsigned char *start, *at, *end;
	bool bad;
	void (*fresh)(void *ctx, struct pack_in *in, unsigned number, const char *text); /* may be NULL */
	void *ctx;
};

struct pack_head {
	struct oid id;
	enum claim claim;
	int rule;
	int rank;
	unsigned writer, chain, generation;
	unsigned n_heads;
	struct pack_in heads; /* numbers: how many changes back each is */
	unsigned n_clock;
	struct pack_in clock; /* numbers */
	unsigned n_records;
};

struct pack_record {
	unsigned path;
	unsigned offset; /* where it stands */
	unsigned back; /* how many changes back the last one is that wrote on it; 0: none */
	unsigned back_offset;
	unsigned losing_back, losing_record, losing_field; /* first words on a conflict; back 0: not known */
	unsigned n_fields;
};

struct pack_field {
	unsigned name;
	const char *value; /* NULL: absent */
	bool seal;
};

unsigned pack_length(const unsigned char *bytes); /* of the packed form that begins here */
/* Head, then so many records, each followed by its fields. False when it is bad. */
bool pack_get_head(struct pack_in *in, struct pack_head *out);
bool pack_get_record(struct pack_in *in, struct pack_record *out);
bool pack_get_field(struct pack_in *in, struct pack_field *out);
void pack_pass_fields(struct pack_in *in, const struct pack_record *r);
unsigned pack_number(struct pack_in *in);

/* The packed form of a change of a history. */
struct pack_in history_packed_at(const struct history *h, unsigned change);

/* Writing. Words that are new must be given in the order of their numbers; *known is how many there are. */
struct pack_out {
	struct buf bytes;
	const struct words *words;
	size_t known;
};
void pack_put_number(struct pack_out *out, unsigned number);
void pack_put_word(struct pack_out *out, unsigned word);
void pack_put_value(struct pack_out *out, const char *value, bool seal);
void pack_begin(struct pack_out *out, const struct oid *id, enum claim claim, int rule, int rank);
void pack_end(struct pack_out *out); /* fills in the length */

#endif
