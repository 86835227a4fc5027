/* cli/conflict_walk.h - the parts of the walk through conflicts: the walk itself (conflict_walk.c), what the keys do
 * (conflict_choose.c), what is told and asked below a screen (conflict_tell.c). */
#ifndef TUYEN_CLI_CONFLICT_WALK_H
#define TUYEN_CLI_CONFLICT_WALK_H

#include "plan/walk.h"
#include "reader.h"

struct walking {
	struct cli *cli;
	struct reader *r;
	struct conflict_items all;
	struct walk walk;
	size_t at, page; /* which conflict, which page of it */
	bool whole; /* its long form */
	bool ended; /* broken off: nothing is written */
	bool over; /* through, or enough */
	struct err *err;
};

/* A screen a conflict, one key a choice, until it is over or ended. */
void conflict_choose(struct walking *w);
void conflict_choose_undo(struct walking *w);

/* A sentence below what stands: template, then arguments. */
#define conflict_tell(...) conflict_tell_words((const char *const[]){__VA_ARGS__, NULL})
void conflict_tell_words(const char *const *msg_and_args);
void conflict_tell_err(const struct err *err);
void conflict_tell_wait(struct walking *w); /* until it was read */
/* The next key after a question; 0: ended. */
int conflict_tell_key(struct walking *w, const char *question);
/* A line typed after a question; false: nothing was typed, or it ended. */
bool conflict_tell_line(struct walking *w, const char *question, struct buf *out);

const char *conflict_tell_number(struct walking *w, size_t n); /* the reader's arena */

#endif
