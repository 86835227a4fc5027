/*
 * record/change.h - a change: one signed commit, as its author's words. What the store keeps, the wire carries and
 * the registry judges. Plain data; all memory is the arena's of whoever made it.
 */
#ifndef TUYEN_RECORD_CHANGE_H
#define TUYEN_RECORD_CHANGE_H

#include <stdint.h>
#include "base/err.h"
#include "base/oid.h"

#define CHANGE_RECORDS_MAX 512 /* records that one change may touch */
#define CHANGE_BYTES_MAX (6 * 1024 * 1024) /* of all its record texts together */
#define CHANGE_MESSAGE_MAX 8192
#define CHANGE_CHECK_SIZE 4

/* Right to a tie (DESIGN 5, step 4), strongest first. Claimed by the writer, checked on arrival. */
enum claim { CLAIM_OWNER = 0, CLAIM_LEAD = 1, CLAIM_NONE = 2 };

struct change_record {
	const char *path;
	const char *text; /* canonical text, NULL when the change removes the record */
	size_t len;
};

struct change {
	const char *ledger; /* "reports/11383" */
	struct oid id; /* of the signed commit; zero before it is signed */
	struct oid
	    parent; /* the commit under it: a signed change or a canonical merge; zero for the first of a ledger */
	/* Of a change on its way that stands on a merge: how the merge's id begins at the author's (CHANGE_CHECK_SIZE bytes),
	 * so that a disagreement about merging can be told from a forgery. Else NULL. */
	const unsigned char *parent_check;
	struct oids
	    heads; /* the signed changes that `parent` stands for, sorted; n = 0, 1 or more (a merge) */
	int64_t time; /* seconds, UTC */
	/* Under what it was written: the trailers of its message. */
	const char *unit; /* "11383" */
	const char *station; /* "cong-an", or NULL for the unit's own node */
	const char *agency; /* or NULL */
	int rank;
	int rule; /* rule version */
	struct oid grant; /* the change that put this key into the registry; zero for the anchor */
	enum claim claim;
	struct oid claim_basis; /* the change (plan) on which an owner or lead claim rests; zero if none */
	const char *subject; /* one line */
	const char *body; /* a reason, several lines, or NULL */
	const char *const *settles; /* ids of the conflicts it settles, sorted */
	size_t n_settles;
	unsigned char signature[64]; /* Ed25519, over the SSHSIG of the commit text */
	struct change_record *records; /* sorted by path */
	size_t n_records;
};

/* One record that a change touches, as it stood before (in the parent's state) and as it is after. */
struct change_texts {
	const char *path;
	const char *before, *after; /* canonical texts; NULL = absent */
	size_t before_len, after_len;
};

/* The commit message: subject, blank line, body and blank line if any, then trailers in fixed order:
 *   Tuyen-Unit, Tuyen-Station, Tuyen-Agency, Tuyen-Rank, Tuyen-Rule, Tuyen-Grant (40 hex, or "anchor"),
 *   Tuyen-Claim ("owner <40 hex>" or "lead <40 hex>"), Tuyen-Settles (one line each).
 * Absent ones are left out. The writer sees to it that the subject is one line and the body neither begins nor ends
 * with a line end, both UTF-8 without control characters (record_value of a FIELD_LINE and a FIELD_TEXT gives such),
 * that unit, station, agency and conflicts are ids, and rank and rule 0 to 999. */
void change_message(const struct change *c, struct buf *out);
/* The reverse; anything that change_message would not write is ERR_INPUT. Fills the fields above from the text. */
int change_parse_message(struct change *c, struct arena *arena, const char *message, struct err *err);
/* "cong-an@11383", "11383": how a writer is named to people and in conflicts. */
void change_writer(const struct change *c, char out[136]);
/* The author and committer line: a role account, "11383 <11383@tuyen.invalid>", "cong-an@11383 <cong-an.11383@tuyen.invalid>". */
void change_author(const struct change *c, struct buf *out);

#endif
