/*
 * sync/inside.h - the state of one line, shared by sync.c (events and actions), receive.c, ack.c and have.c (what the
 * peer says), speak.c (what is to be said), part.c (long batches) and blob.c (attachments). Not for other rooms.
 */
#ifndef TUYEN_SYNC_INSIDE_H
#define TUYEN_SYNC_INSIDE_H

#include "sync/book.h"
#include "sync/frame.h"
#include "sync/replay.h"
#include "sync/sync.h"

#define BLIND_BYTES 4096 /* changes sent before the peer has spoken, when they are all there is */
#define BLIND_CHANGES 16 /* with more than this, only one batch is sent blind */
#define BATCH_BYTES 900 /* what a batch weighs on a slow line, so that a cut costs little */
#define BATCH_BYTES_MAX 16384
#define BATCH_OF_WINDOW 32 /* a batch is at most this part of the window */
#define WINDOW_FIRST 8192
#define WINDOW_MIN 4096
#define WINDOW_MAX (512 * 1024)
#define WAIT_LITTLE 500 /* ms that a batch waits behind others: less than this widens the window */
#define WAIT_MUCH 1000 /* and more than this narrows it */
#define PART_LONG 4096 /* a change that weighs more in a batch of its own goes in parts */
#define PART_BYTES \
	2048 /* of a part on a slow line, that whatever is to be said meanwhile has little before it */
#define PART_BYTES_MAX FRAME_PART_MAX
#define PART_IN_MEMORY (64 * 1024) /* bytes of one that may be in memory though the driver has kept them */
#define PART_HEAD 64 /* bytes that may stand around them */
#define PART_OF_WINDOW 4
#define LEDGERS_KNOWN_MAX (2 * FRAME_LEDGERS_MAX)
#define ACK_BATCHES 4 /* batches acknowledged at once */
#define ALIVE 15000 /* ms: a long message is coming in or being stored; say that we are there */
#define COMMON_MAX 8 /* ids of common ground in a have, for each ledger and kind */
#define LOST_MAX 8 /* batches lost one after the other before the line is given up */
#define ROUNDS_MAX 16 /* asks in one exchange */
#define PACE_MS 60000 /* of work that the pace is taken over, at least */
#define WAITING_AGAIN 30000 /* ms after which it is said again how much waits */
#define WAITING_MAX ((uint64_t)1 << 40) /* what a peer says beyond that is no figure */
#define WAITING_MUCH 16384 /* bytes that are worth saying so */

/* A change on its way. */
struct flight {
	struct book_ledger *ledger;
	struct oid id;
	struct oids heads;
};

struct flight_batch {
	struct flight *items;
	size_t n, bytes;
	size_t before; /* bytes on their way when it left, its own included */
	int64_t sent_at;
	bool doomed; /* coded after one that the peer could not read */
	bool alone; /* a part: coded without regard to the others */
};

/* A batch in parts that is being said, one of each kind at most; and how much of which one the peer has kept. */
struct part_out {
	bool active, begun;
	struct buf bytes;
	size_t at;
	unsigned char digest[SYNC_DIGEST_SIZE];
	struct flight flight; /* the change in it */
	struct frame_kept there; /* bytes 0: nothing */
};

/* One that is coming, or has come so far. */
struct part_in {
	bool active, whole; /* whole: it is being stored */
	size_t before; /* bytes of it that the driver has kept already; they are not in memory */
	struct buf bytes;
	size_t total;
	unsigned char digest[SYNC_DIGEST_SIZE];
};

/* One message, being heard. */
struct heard {
	const unsigned char *bytes;
	size_t len;
	struct arena arena;
	struct err err;
};

/* Bytes of an attachment that the peer has asked for. */
struct blob_range {
	unsigned char id[SYNC_BLOB_ID];
	uint64_t at, end;
};

struct blob_ids {
	struct {
		unsigned char b[SYNC_BLOB_ID];
	} * items;
	size_t n;
};

struct blobs {
	struct sync_blobs world;
	bool on; /* attachments pass on this line */
	bool look; /* what is wanted may be another one now */
	bool heard; /* the peer knows these messages */
	bool fetching, probing;
	struct sync_blob now; /* being fetched; `have` with what the driver has not kept yet */
	uint64_t asked, probe; /* end of what was asked for; beginning of a range whose coming is timed */
	int64_t probe_at;
	size_t window, keeping;
	struct blob_ids absent; /* the peer does not have these */
	struct blob_range *ranges; /* for the peer */
	size_t n_ranges;
	struct blob_ids missed; /* the peer asked for these, and they were not here */
	bool moved; /* perhaps one of them is now */
	bool wonder; /* there may be some of which it is not known whether the peer has them */
	struct blob_ids asked_of; /* the peer was asked how it stands to these */
	struct blob_ids questions; /* that the peer has asked, not answered yet */
};

struct action_node {
	struct sync_action action;
	struct buf bytes;
	struct arena arena;
};

struct sync {
	struct sync_world world;
	enum sync_role role;
	unsigned char instance[SYNC_INSTANCE_SIZE];
	char *unit, *station;
	bool mute;
	struct book book;
	struct buf saved; /* the memory as last given to the driver */
	bool saved_durable;
	int64_t now;

	struct action_node **queue; /* taken from `queue_at` on */
	size_t n_queue, queue_at;
	struct action_node *current;
	bool closed;

	/* From the peer. */
	struct buf in;
	size_t in_at;
	bool greeted;
	struct replay_session *in_session;
	bool storing;
	struct arena store_arena;
	struct sync_received *store; /* what the driver was given */
	size_t n_store;
	size_t *store_position; /* in the batch */
	size_t store_total; /* changes of the batch, declined ones included */
	struct part_in parts_in[PART_KINDS];
	size_t n_keeping; /* SYNC_DO_PART that the driver has not done with */
	unsigned char peer_digest[SYNC_DIGEST_SIZE];
	bool digest_heard; /* one was, on this line */
	unsigned parked_here; /* changes of the peer that we parked */
	bool directives_moved; /* since then: what they wait for may have come */

	/* To the peer. */
	bool hello_said;
	struct replay_session *out_session;
	struct flight_batch *flying;
	size_t n_flying, unacked, window;
	unsigned lost_in_a_row;
	bool window_fixed;
	bool timed; /* some batch has been acknowledged: `quickest` is the least ms that it took */
	int64_t quickest, narrowed_at;
	bool parts; /* the peer knows them */
	struct part_out parts_out[PART_KINDS];
	struct frame_ack ack; /* being gathered; exceptions are ours */
	size_t ack_changes;
	struct arena ack_arena;
	bool decline_due, pong_due, note_due;
	bool first_have_said; /* at a first meeting */
	bool have_due, have_wanted; /* a full have is to be said; and the peer's is wanted */
	bool answer_due;
	uint64_t answer_number;
	struct oids refused; /* by the peer, in this session, with what is built on them */
	struct oids parked; /* by the peer, since it last moved */

	int64_t hold_since, hold_until; /* changes of our own wait for company; 0: none do */

	/* Our view of the world. */
	bool view_old;
	bool moved, urgent; /* heads, since sync_local asked last; of directives */
	bool digest_old;
	bool memory_old, durable; /* the driver is to be given the memory; it is worth writing to disk */
	unsigned char digest[SYNC_DIGEST_SIZE];
	bool equal;

	/* Our exchange. */
	struct {
		bool active, asked, have_said;
		uint64_t number; /* of the last ask */
		const struct action_node *ask; /* with which it leaves; may be gone */
		unsigned char digest[SYNC_DIGEST_SIZE]; /* asked with */
		unsigned rounds, refused;
		uint64_t *tokens;
		size_t n_tokens;
	} x;
	uint64_t *waiting; /* tokens for the next exchange */
	size_t n_waiting;

	struct blobs blobs;

	int64_t last_in, last_out, last_ping, await_since;
	bool awaiting, pinged;
	struct sync_state counts;
	bool late_here; /* changes of the peer were parked for that */
	bool late_peer,
	    late_heard; /* the peer has parked changes of ours for that; how much waits is to be said */
	bool waiting_said;
	int64_t waiting_said_at, paced_at;
};

/* sync.c */
struct action_node *sync_push(struct sync *s, enum sync_action_kind kind);
void sync_close(struct sync *s, const struct err *err);
void sync_exchange_start(struct sync *s);
void sync_exchange_end(struct sync *s, bool equal);
/* Read the world again: who shares what, and all heads. */
void sync_look(struct sync *s);
bool sync_look_at(struct sync *s, struct book_ledger *l); /* true: it has moved */
/* Both ends have the same heads: what we hold is what the peer holds. */
void sync_agree(struct sync *s);
/* Fill the book from what was remembered. */
bool sync_recall(struct sync *s, const void *memory, size_t len);

/* receive.c */
void receive_frames(struct sync *s); /* as many as there are, until a STORE */
void receive_stored(struct sync *s, const struct sync_result *results);
void receive_batch(
    struct sync *s, struct replay_session *session, const void *bytes, size_t len, struct err *err);
/* A batch could not be read for want of what it rests on; `waiting`: because an earlier one was lost. */
void receive_lost(struct sync *s, size_t changes, bool waiting);

/* ack.c */
void ack_hear(struct sync *s, struct heard *h);
void ack_lost(const struct flight *f); /* the peer could not read it */
void ack_add_flying(struct sync *s, struct book_ledger *l); /* what is on its way counts as sent */

/* have.c */
void have_hear(struct sync *s, struct heard *h);
void have_hear_decline(struct sync *s, struct heard *h);
bool have_takes(struct sync *s, const char *ledger); /* of a ledger the peer has spoken of */

/* part.c: long batches, which go in parts */
int part_kind(const struct book_ledger *l);
void part_open(struct sync *s, const struct sync_options *options);
void part_free(struct sync *s);
void part_met(struct sync *s, const struct frame_hello *m);
size_t part_kept(const struct sync *s, struct frame_kept out[PART_KINDS]); /* for the hello */
/* Code a change as one that goes in parts; false if it is too short for that. */
bool part_code(struct sync *s, const struct change *c, struct buf *coded);
void part_begin(struct sync *s, struct book_ledger *l, const struct change *c, struct buf *coded);
size_t part_size(const struct sync *s); /* bytes of one, at the pace of the line */
bool part_active(const struct sync *s, int kind);
bool part_say(struct sync *s, int kind); /* as much as there is room for; true when nothing of it is left */
/* No more of them is said on this line; `again`: they are still to be sent. */
void part_stop(struct sync *s, bool again);
int part_hear(struct sync *s, const void *p, size_t len, struct err *err);
void part_forget(struct sync *s); /* what came in parts has been stored, or cannot be */

/* digest.c */
bool sync_counts(const struct book_ledger *l); /* stands in the digest */
bool sync_digest_is(struct sync *s, const unsigned char digest[SYNC_DIGEST_SIZE]);
/* The peer's, which is not ours: it may tell what it has of ledgers that are unsure. */
void digest_heard(struct sync *s, const unsigned char digest[SYNC_DIGEST_SIZE]);
bool digest_may_tell(const struct book_ledger *l);
bool digest_may_tell_any(const struct sync *s);

/* hold.c */
void hold_look(struct sync *s); /* look at the world: something may have been written here */
bool hold_lasts(struct sync *s); /* are changes not to be sent yet? */
int64_t hold_next_tick(const struct sync *s);

/* waiting.c */
void pace_add(struct sync_pace *p, int64_t ms, uint64_t bytes);
void waiting_heard(struct sync *s, size_t changes, size_t bytes);
bool waiting_late(struct sync *s, struct frame_waiting *m); /* to be said because the peer lets it wait? */
bool waiting_due(struct sync *s, struct frame_waiting *m); /* worth saying now? */

/* speak.c */
void speak(struct sync *s);
bool speak_changes(struct sync *s); /* true when nothing is left to send */
void speak_ack(struct sync *s);
void speak_ping(struct sync *s, enum frame_type type);
struct buf *speak_out(struct sync *s); /* what is said now */
const struct replay_io *speak_io(struct sync *s, struct replay_io *io);

/* blob.c: attachments */
void blob_open(struct sync *s, const struct sync_blobs *world);
void blob_free(struct sync *s);
void blob_moved(struct sync *s); /* ledgers have moved: look again */
int blob_hear(struct sync *s, unsigned type, const void *p, size_t len, struct err *err);
void blob_speak(struct sync *s, bool quiet); /* quiet: nothing else waits to be sent */
int64_t blob_next_tick(const struct sync *s);
bool blob_awaiting(const struct sync *s);
void blob_kept(struct sync *s, bool kept);

#endif
