/* daemon/node/attach_inside.h - shared by attach.c (what comes), attach_peers.c (what peers have), attach_ask.c (what
 * commands ask) and attach_tell.c (how it stands). */
#ifndef TUYEN_NODE_ATTACH_INSIDE_H
#define TUYEN_NODE_ATTACH_INSIDE_H

#include <uv.h>

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

/* How fast something goes: since the line that carries it began. */
struct attach_pace {
	const void *line; /* NULL: it does not move */
	int64_t since; /* sys_ticks */
	uint64_t from; /* byte */
};
/* Bytes up to `at` have moved on this line. */
void attach_moves(struct attach_pace *p, const void *line, uint64_t at);
int64_t attach_seconds(const struct attach_pace *p, uint64_t at, uint64_t size); /* left; -1: not known */

/* What is known of one attachment, named or not. */
struct attach_file {
	bool here, asked;
	uint64_t have, synced; /* bytes of the part */
	const void *line; /* that brings it; NULL: none */
	struct attach_pace pace;
	unsigned damaged;
};

/* What one peer has of one attachment. */
struct attach_peer {
	uint64_t gone; /* bytes, on the last line that asked for it */
	uint64_t keeps; /* bytes, by its last parcel */
	unsigned stand; /* enum sync_stand */
	bool told; /* since this daemon began */
	struct attach_pace pace;
};

struct attachments {
	struct table ledgers; /* name -> struct attach_ledger */
	struct table files; /* hex -> struct attach_file */
	struct table peers; /* "hex peer" -> struct attach_peer */
	unsigned moves; /* of ledgers */
	bool disk_full; /* nothing is fetched for a while */
	uv_timer_t *again; /* until then; NULL while that never happened */
};

/* The row that names it in one of these ledgers; NULL: none. */
const struct attach_row *attach_find(const struct node *n, const struct strs *ledgers, const char *hex);
int attach_ask(struct node *n, const char *hex, struct err *err); /* fetch it, wherever it may be */

/* attach_peers.c */
void attach_peers_load(struct node *n);
const struct attach_peer *attach_peer_known(
    const struct node *n, const char *hex, const char *peer); /* or NULL */
void attach_peer_keeps(struct node *n, const char *hex, const char *peer, uint64_t bytes);
void attach_peers_ended(struct node *n, const void *line);
void attach_disk_full(struct node *n);

void attach_forget_part(struct node *n, const char *hex, bool ask_too);
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
