/* cli/tree.h - whole directories that a verb makes beside their place and then moves there, or takes away again. */
#ifndef TUYEN_CLI_TREE_H
#define TUYEN_CLI_TREE_H

#include "base/err.h"

/* Where a node is being made: inside its directory, so that moving it into place is a rename. */
struct tree {
	char *dir; /* the node's directory */
	char *stage; /* DIR/.making-<hex> */
	char *top; /* the first directory on the way to DIR that was not there; NULL: all were */
};

/* Refuses a directory in which something of a node stands already. tree_end is always legal. */
int tree_begin(struct tree *t, const char *dir, struct err *err);
/* Move what was made into place, overwriting nothing; tuyen.conf goes last. */
int tree_commit(struct tree *t, struct err *err);
/* Takes away what was not moved, and directories that were made for it. */
void tree_end(struct tree *t);

/* run/ and spool/, empty. */
int tree_make_places(const struct tree *t, struct err *err);
char *tree_path(const struct tree *t, const char *name); /* stage/name; the caller frees it */

#endif
