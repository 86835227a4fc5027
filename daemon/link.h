/*
 * daemon/link.h - one open line to one peer: net below, the protocol step in the middle, the store above. The only file
 * that knows all three.
 *
 * Order of actions (sync/sync.h): each is finished before the next is taken; what comes in is durable, and its receipts
 * written, before the acknowledgement leaves.
 */
#ifndef TUYEN_LINK_H
#define TUYEN_LINK_H

#include "base/table.h"
#include "net/redial.h"
#include "registry/rate.h"
#include "node.h"
#include "sync/sync.h"

struct link;
struct net_line;

/* What is remembered of one instance of a peer from one line to the next. Owned by links/links.c. */
struct link_peer {
	char *id; /* "31", "cong-an@11383" */
	char *
	    name; /* the same while it has not said which instance it is, and of the superior; else "11383#0" */
	char *note; /* where the memory is kept on disk, after our own instance; NULL: nowhere */
	unsigned char instance[8]; /* as it said last; zeros before */
	/* A superior whose key nobody has vouched for yet: the directives of the units above are taken from it, and nothing
	 * is given but the names of those ledgers and of their heads. */
	bool unproven;
	size_t came_back; /* changes of our own that we did not have, not yet told of */
	struct buf memory; /* of the protocol step; also on disk */
	struct oids
	    refused; /* changes of ours that this peer refused: neither they nor what is built on them is sent */
	struct oids
	    unwanted; /* the same for good, and not told again: what it took back itself (node/heal.h) */
	struct err refusal; /* the last refusal, for status */
	struct rate_late late; /* of ours there, or of theirs here, waits for another day */
	bool untold; /* nobody who waited for an exchange was told of it yet */
	struct err error; /* why the last line ended */
	unsigned again; /* it was busy: seconds after which it asked to be called again; 0: it was not */
	int64_t last_contact;
	int64_t turn; /* sys_ticks: since when `turns` are counted */
	unsigned turns; /* times that it was another instance than before */
	uint64_t changes_in, changes_out;
	struct sync_pace in, out; /* of the last line that had much to do */
};

struct link_calls {
	/* What is remembered of the instance that its hello names, where that is not peer->memory. */
	void (*memory)(void *ctx, struct link *l, const unsigned char instance[8], struct buf *out);
	/* It has said hello under the right name. May close other links, not this one. */
	void (*met)(void *ctx, struct link *l, const unsigned char instance[8]);
	void (*exchanged)(void *ctx, struct link *l, uint64_t token, bool equal, unsigned refused);
	/* Bytes have come; while much goes the other way, its acknowledgements. */
	void (*heard)(void *ctx, struct link *l);
	void (*ended)(void *ctx, struct link *l, const struct err *why); /* the link is gone after it */
};

/* Take over an open line. `up`: we dialled our superior. Begins to speak when the loop next turns. */
struct link *link_open(struct node *n, struct link_peer *peer, bool up, struct net_line *line,
    const struct link_calls *calls, void *ctx);
void link_close(struct link *l); /* no callback; accepts NULL */
void link_moved(struct link *l);
void link_retry(struct link *l); /* what was parked here may be welcome now */
void link_request(struct link *l, uint64_t token);
struct link_peer *link_peer(const struct link *l);
void link_set_peer(struct link *l, struct link_peer *peer); /* it is this instance of the same node */
bool link_is_up(const struct link *l);
void link_traffic(const struct link *l, uint64_t *in, uint64_t *out, bool *equal); /* bytes */
void link_changes(const struct link *l, uint64_t *in, uint64_t *out); /* of this line alone */
/* How it stands between this node and a peer: `l` is its open line, or NULL, and then it is by what is remembered. */
struct link_load {
	bool told; /* `coming` is known */
	struct sync_load waiting, coming;
	struct sync_pace in, out;
};
void link_load(struct node *n, struct link_peer *peer, bool up, const struct link *l, struct link_load *out);
const char *link_far(const struct link *l);
enum redial_why link_end(const struct link *l); /* within `ended`: what that means for whoever dials again */

#endif
