/*
 * daemon/node/parcel_inside.h - what the files of node/parcel.h share: node/parcel.c (who the other is, writing, handing
 * over), node/parcel_open.c (whose a parcel is), node/parcel_take.c (reading), node/parcel_memory.c (what parcels and lines
 * know of a peer).
 */
#ifndef TUYEN_NODE_PARCEL_INSIDE_H
#define TUYEN_NODE_PARCEL_INSIDE_H

#include "node/parcel.h"
#include "registry/cover.h"
#include "sync/parcel_note.h"

#define PARCEL_CHUNK 4096 /* bytes of content sealed together */
#define PARCEL_FILE_MAX (PARCEL_BYTES_MAX + (16u << 20))
#define PARCEL_HANDED_MAX 4 /* handed over at one time */

/* The two ends, as a line between them would have them. */
struct parcel_world {
	struct node *node;
	char peer[COVER_NAME_MAX + 1];
	bool up; /* the other is our superior */
	bool unproven; /* it has not shown that it is: only directives of the units above are taken */
};

/* ERR_REFUSED: the other is neither the superior, nor directly below, nor a station of this node. */
int parcel_world_of(struct node *n, const char *peer, struct parcel_world *out, struct err *err);
struct sync_world parcel_sync_world(struct parcel_world *w);

/* What this node keeps of the other. */
void parcel_note_load(struct node *n, const char *peer, struct parcel_note *note);
int parcel_note_save(struct node *n, const char *peer, const struct parcel_note *note, struct err *err);

/* What the addressee is known to have, from its parcels and from lines with it; it points into `note` and `by_line`. */
void parcel_known_of(struct node *n, const struct parcel_note *note, const char *peer, struct book *by_line,
    struct parcel_options *o);
/* Only the newest of what is known need be kept. */
void parcel_reduce(struct node *n, struct book *known);
/* Changes of these ledgers went into a parcel: the next line with the peer asks what it has of them. */
void parcel_is_under_way(struct node *n, const char *peer, const struct strs *ledgers);
/* By a parcel of the peer; the next line with it does not send that again. */
void parcel_confirmed(struct node *n, const char *peer, const struct book *known);

/* A parcel for this node, opened. */
struct parcel_opened {
	struct cover cover;
	struct parcel_world world;
	unsigned char secret[SEAL_SECRET_SIZE];
	bool ended_key; /* the writer's key is good no more: its word counts for nothing */
};
int parcel_open(
    struct node *n, const char *id, const struct buf *bytes, struct parcel_opened *out, struct err *err);
/* Once more, now that directives have come: sets world.unproven and ended_key. */
int parcel_check_writer(struct parcel_opened *t, struct err *err);

bool parcel_grant_is_of(const struct registry_grant *g, const char *id);

/* What a command has handed over. */
struct handed {
	char *name;
	struct buf bytes;
};
struct taking;
struct parcels {
	struct handed handed[PARCEL_HANDED_MAX]; /* oldest first */
	size_t n;
	struct taking *taking; /* one at a time; NULL: none */
};
struct parcels *parcels_of(struct node *n);
void parcel_taking_stop(struct taking *t); /* tells the asker that the daemon ends */

#endif
