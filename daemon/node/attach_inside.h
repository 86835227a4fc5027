/* daemon/node/attach_inside.h - shared by attach.c (what comes) and attach_ask.c (what commands ask). */
#ifndef TUYEN_NODE_ATTACH_INSIDE_H
#define TUYEN_NODE_ATTACH_INSIDE_H

#include "base/table.h"
#include "node/attach.h"

#define ATTACH_DAMAGED_MAX \
	3 /* times that one came damaged: then it is left until the daemon begins anew, or it is asked for */

/* A row of a record. */
struct attach_row {
	char *path, *name;
	char hex[ATTACH_HEX + 1];
	const char *type;
	uint64_t size;
	bool ours; /* of a directive: it is addressed to this unit, or one below */
};

struct attach_ledger {
	struct oid tip;
	struct attach_row *rows;
	size_t n;
};

/* What is known of one attachment, named or not. */
struct attach_file {
	bool here, asked;
	uint64_t have, synced; /* bytes of the part */
	const void *line; /* that brings it; NULL: none */
	unsigned damaged;
};

struct attachments {
	struct table ledgers; /* name -> struct attach_ledger */
	struct table files; /* hex -> struct attach_file */
};

struct attach_file *attach_file(struct node *n, const char *hex);
void attach_look(struct node *n, const char *ledger);
bool attach_is_named(struct node *n, const char *hex); /* by any ledger that was looked at */
char *attach_path(
    const struct node *n, const char *hex, const char *end); /* of spool/attachments; buf_take'n */
char *attach_incoming(const struct node *n, const char *token);
/* Is it wanted by this node's policy? */
bool attach_is_wanted(struct node *n, const struct attach_row *row);
/* Map a file; *bytes NULL when it is empty. */
int attach_map(const char *path, const void **bytes, size_t *len, struct err *err);
void attach_unmap(const void *bytes, size_t len);

#endif
