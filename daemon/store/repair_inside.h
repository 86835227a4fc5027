/* store/repair_inside.h - what the files of repair share. Nobody else includes it. */
#ifndef TUYEN_STORE_REPAIR_INSIDE_H
#define TUYEN_STORE_REPAIR_INSIDE_H

#include "store/objects.h"
#include "store/repair.h"

#define RESCUE "refs/rescue/"

struct repair {
	struct store *s;
	int lock;
	struct arena arena;
	struct objects objects;
	git_odb_backend *loose; /* writes files, whatever a database believes to have */
	struct strs expected;
	struct repair_ledger *ledgers;
	size_t n_ledgers;
	struct oids lost; /* objects that ledgers need */
	struct repair_state state;
};

/* The entry of a ledger, made if it is new. Borrowed until the next one. */
struct repair_ledger *repair_hurt(struct repair *r, const char *name);
/* Has this unit changes that no ref reaches, and that could be those of this ledger? */
bool repair_has_stray(struct repair *r, const char *ledger);
int repair_write(struct repair *r, const struct oid *id, git_odb_object *object, struct err *err);
/* Put a ledger's ref there, whatever it says now; a zero id: away. */
int repair_set_ref(struct store *s, const char *ledger, const struct oid *id, struct err *err);

#endif
