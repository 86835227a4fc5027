/*
 * daemon/links/inside.h - what the files of links/links.h share: links/links.c (who is connected), links/dial.c (dialling the superior),
 * links/up.c (whether it is the superior), links/peers.c (what is remembered of whom), links/wait.c (who waits for an exchange), links/state.c (how they are),
 * links/policy.c (when the line upwards may be open).
 */
#ifndef TUYEN_LINKS_INSIDE_H
#define TUYEN_LINKS_INSIDE_H

#include "link.h"
#include "links/links.h"
#include "net/line.h"
#include "net/watch.h"
#include "registry/policy.h"
#include "sync/instances.h"
#include "sync/turns.h"

#define PROOF_ASKS 3 /* with a fork on both sides the first exchange only shows what each has */
#define BUSY_MOST 300000 /* ms of the longest pause that a superior may ask for */
#define DIAL_TRIES 3 /* beside each other, while nothing answers */

/* One open line. */
struct line {
	struct link *link;
	unsigned char key[KEY_PUBLIC_SIZE]; /* that the far end has proved */
	bool met; /* it has said which instance it is */
	uint64_t probe; /* token of an exchange that shows whether it lives; 0: none */
	bool in_turn; /* from below: in its first exchange */
	bool leftover; /* another line of this very instance has come; dead, unless it answers */
};

struct links {
	struct node *node;
	struct net *net;
	struct net
	    *fresh; /* with the key that is to follow ours: for dialling; NULL while it was not needed */
	struct net **former; /* with keys that we had; their last lines may still be enrolling somebody */
	size_t n_former;
	bool dial_fresh; /* our key was refused: dial with the one that is to follow it */
	struct err
	    refusal; /* what was said to our key then: it tells people more than what is said to the other */
	bool rekey; /* the node has another key: all lines begin anew when the loop next turns */
	struct net_listener *listener;
	struct line *open;
	size_t n_open;
	struct table peers; /* name -> struct link_peer */
	struct instances instances;
	struct wait *waits;
	uint64_t next_token;
	struct turns turns; /* of lines from below */
	size_t came_back; /* changes of our own, since we began */
	/* Upwards. */
	struct net_line *tries[DIAL_TRIES]; /* under way, the oldest first */
	size_t n_tries;
	uv_timer_t *redial;
	unsigned failed[REDIAL_KINDS]; /* tries, one after the other, each kind by itself */
	int64_t next_dial; /* sys_ticks of the next try, 0: none due */
	struct net_watch *watch; /* of network and clock */
	uv_timer_t *life; /* the time that the line upwards has to show that it lives, after a change */
	const struct link
	    *doubted; /* that line, and the bytes that had come on it; compared, never followed */
	uint64_t heard;
	uv_timer_t *proof; /* the time that an unproven superior has */
	unsigned proof_asks; /* exchanges that it was asked for once more, where one ended unequal */
	bool proof_over; /* it has had its exchange, or its time */
	/* What the line upwards may cost (links/policy.c). */
	struct policy policy;
	uv_timer_t *turn;
	int64_t asked_until; /* sys_ticks; a person wants it open */
	struct {
		int32_t day; /* as date_of_time; 0: not read yet */
		uint64_t bytes, saved; /* of that day; of which on disk */
		uint64_t counted; /* of the line that is open */
		uint64_t spare; /* by the exchange that is allowed beyond the budget */
		int64_t next; /* when one is allowed, seconds */
	} spent;
	/* Ledgers have moved: tell every line when the loop next turns. */
	uv_timer_t *wake;
	uv_timer_t *again; /* exchanges that somebody waits for ended unequal */
};

/* links/links.c */
const char *links_superior(const struct links *s); /* id; NULL: none */
struct line *links_line(const struct links *s, const struct link *l);
struct line *links_named(const struct links *s, const char *name); /* NULL: no such line is open */
struct line *links_upward(const struct links *s);
void links_begin(struct links *s, struct link_peer *peer, bool up, struct net_line *line,
    const unsigned char key[KEY_PUBLIC_SIZE]);
int links_net(struct links *s, const struct key *key, struct net **out, struct err *err);
void links_drop(struct links *s, struct line *line); /* closes it, without a call */
void links_wake(struct links *s); /* look at all lines when the loop next turns */
uv_timer_t *links_timer(struct links *s);
void links_free_timer(uv_timer_t *timer);

/* The node behind a name, if it is a direct subordinate of ours or a station of our unit. */
bool links_is_below(const struct links *s, const char *id);

/* links/dial.c */
void links_dial(struct links *s); /* unless a line is open or being dialled */
void links_dial_now(struct links *s); /* what has failed before does not count any more */
void links_dial_stop(struct links *s); /* no try is under way, and none is due */
/* The line to the superior ended so: where it does not admit our key, the next try is with the other one we have. */
void links_refused(struct links *s, const struct err *why);
void links_redial_later(struct links *s, enum redial_why why);
void links_redial_in(struct links *s, unsigned seconds); /* it was busy, and asked so */
void links_forgive(struct links *s); /* what failed before does not count any more */
void links_changed(void *ctx, enum net_change what); /* of net_watch_start */

/* links/up.c */
bool links_may_answer(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE]); /* admit, of net/line.h */
/* Somebody has answered who holds this key: the line begins, as what he is. */
void links_answered(struct links *s, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE]);
/* May the line to the superior go on? False: it was dropped. */
bool links_check_up(struct links *s, struct line *line);
void links_proof_over(struct links *s);
void links_not_superior(struct links *s); /* says so, for status and log */

/* links/policy.c */
int links_policy_load(struct links *s, struct err *err);
bool links_may(struct links *s); /* the line upwards be open now */
int64_t links_closed_until(struct links *s); /* seconds; 0: it may be open */
void links_asked(struct links *s); /* a person wants it open */
void links_count(struct links *s, const struct line *line); /* what it has carried, where there is a budget */
void links_policy_look(struct links *s); /* open or close what may be, or may not */
void links_policy_later(struct links *s); /* the same when the loop next turns */
void links_policy_exchanged(struct links *s); /* the line upwards has ended an exchange */

/* links/peers.c */
int links_peers_load(struct links *s, struct err *err);
void links_peers_free(struct links *s);
/* A peer that has not said which instance it is; of the superior, whichever it is. */
struct link_peer *links_peer(struct links *s, const char *id);
struct link_peer *links_unproven(struct links *s);
/* Short handshakes (net/tls.h): offer what was kept of the superior; keep what a line gives; for a listener. */
void links_tls_offer(struct links *s, struct net_line *line);
void links_tls_keep(struct links *s, const struct net_line *line, bool up);
bool links_tls_recall(void *ctx, const unsigned char *id, struct tls_memory *out);
struct link_peer *links_known(struct links *s, const struct instance *it); /* as it was left */
/* The callbacks of link.h. */
void links_memory(void *ctx, struct link *l, const unsigned char instance[INSTANCE_SIZE], struct buf *out);
void links_met(void *ctx, struct link *l, const unsigned char instance[INSTANCE_SIZE]);
void links_probed(struct links *s, struct line *line); /* it lives */
void links_heard(struct links *s, const struct line *line); /* its line ends */

/* links/wait.c */
void links_wait_begun(struct links *s, struct line *line); /* whoever waits for it asks */
void links_wait_exchanged(struct links *s, struct link *l, uint64_t token, bool equal, unsigned refused);
void links_wait_again(uv_timer_t *timer); /* of links.again */
void links_wait_lost(struct links *s, const char *name); /* nobody will exchange on this line any more */
void links_wait_end_all(struct links *s, const struct err *err);

#endif
