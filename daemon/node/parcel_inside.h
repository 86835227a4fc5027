/*
 * daemon/node/parcel_inside.h - what the files of node/parcel.h share: node/parcel.c (who the other is, writing, handing
 * over), node/parcel_send.c (the content, portion by portion), node/parcel_open.c (whose a parcel is), node/parcel_take.c
 * and node/parcel_tell.c (reading), node/parcel_attach.c (attachments, both ways), node/parcel_memory.c (what parcels and
 * lines know of a peer).
 */
#ifndef TUYEN_NODE_PARCEL_INSIDE_H
#define TUYEN_NODE_PARCEL_INSIDE_H

#include "node/parcel.h"
#include "registry/cover.h"
#include "store/attach.h"
#include "sync/parcel_note.h"

struct control_request;

#define PARCEL_CHUNK 4096 /* bytes of content sealed together */
#define PARCEL_FILE_MAX (PARCEL_BYTES_MAX + (16u << 20))
#define PARCEL_HANDED_MAX 4 /* handed over at one time */
#define PARCEL_SENDING_MAX 4 /* fetched at one time */
#define PARCEL_PORTION (1u << 20) /* bytes fetched at once */
#define PARCEL_ATTACHMENTS (64u << 20) /* bytes of them in one parcel where nothing else is said */

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

/* ---- attachments ---- */

/* Bytes of one that is here, for a parcel. */
struct parcel_pick {
	char hex[ATTACH_HEX + 1];
	uint64_t from, upto;
};
struct parcel_picks {
	struct parcel_pick *items; /* the shortest first */
	size_t n;
	uint64_t bytes;
	size_t left; /* so many do not go, or not to their end */
	uint64_t left_bytes;
};
/* Those that the other is not known to have; with `full` all that it may have. At most so many bytes. */
void parcel_pick(const struct parcel_world *w, bool full, uint64_t most, struct parcel_picks *out);
/* How this node stands to those that come from the other; free(). */
struct parcel_stand *parcel_stands(const struct parcel_world *w, size_t *n);
void parcel_stands_learn(const struct parcel_world *w, const struct parcel_stand *stands, size_t n);

/* What comes of them. Pieces of one attachment follow each other. */
enum parcel_outcome {
	PARCEL_BLOB_NONE,
	PARCEL_BLOB_HERE,
	PARCEL_BLOB_WHOLE,
	PARCEL_BLOB_PART,
	PARCEL_BLOB_GAP, /* its beginning is not here */
	PARCEL_BLOB_UNNAMED,
	PARCEL_BLOB_LONG,
	PARCEL_BLOB_FAILED,
	PARCEL_BLOB_OUTCOMES,
};
struct parcel_blobs {
	struct parcel_world *world;
	struct strs shared;
	char hex[ATTACH_HEX + 1]; /* the one that comes now */
	enum parcel_outcome now;
	bool stopped; /* nothing can be written any more */
	size_t count[PARCEL_BLOB_OUTCOMES];
};
void parcel_blobs_begin(struct parcel_blobs *b, struct parcel_world *w);
void parcel_blobs_take(struct parcel_blobs *b, const struct parcel_piece *piece, struct control_request *req);
/* Also before it was begun, and twice. */
void parcel_blobs_end(struct parcel_blobs *b);
void parcel_blobs_tell(const struct parcel_blobs *b, struct control_request *req);

/* ---- sending ---- */

/* The content of a parcel, sealed as it is fetched: frames, then attachments. */
struct parcel_sending;
/* Takes over frames and picks. *size: of all that parcel_send_next gives. */
struct parcel_sending *parcel_send(struct node *n, const struct cover *c,
    const unsigned char secret[SEAL_SECRET_SIZE], struct buf *frames, struct parcel_picks *picks,
    uint64_t *size);
/* About so many bytes more; none at its end. */
void parcel_send_next(struct parcel_sending *s, size_t about, struct buf *out);
const char *parcel_send_id(const struct parcel_sending *s);
bool parcel_send_failed(const struct parcel_sending *s); /* some attachment could not be read */
void parcel_send_free(struct parcel_sending *s); /* accepts NULL */

/* ---- reading ---- */

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
	struct parcel_sending *sending[PARCEL_SENDING_MAX]; /* oldest first */
	size_t n_sending;
	struct taking *taking; /* one at a time; NULL: none */
};
struct parcels *parcels_of(struct node *n);
/* What was handed over by that name, and is forgotten; ERR_NOT_FOUND. */
int parcel_handed(struct node *n, const char *name, struct buf *out, struct err *err);
void parcel_remember_read(struct node *n, const char *id);
void parcel_taking_stop(struct taking *t); /* tells the asker that the daemon ends */

#endif
