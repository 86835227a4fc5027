/*
 * daemon/node.h - a running node: owns the store, the registry, the lines and the socket, and does what is asked.
 *
 * Everything happens on the thread of one libuv loop. The parts: node.c opens, closes and writes; node/arrival.c
 * judges and stores what comes in; node/requests.c answers commands, node/units.c those about units; links/links.c keeps the
 * lines up; link.c drives the protocol on one of them.
 */
#ifndef TUYEN_NODE_H
#define TUYEN_NODE_H

#include <uv.h>

#include "plan/view.h"
#include "registry/config.h"
#include "store/tx.h"

struct links;
struct node_enrol;
struct joining;
struct incidents;
struct heal;
struct control_server;
struct upkeep_timer;
struct parcels;
struct attachments;
struct rate_desk;

struct node {
	char *dir;
	uv_loop_t *loop;
	struct config config;
	struct key *key;
	struct store *store;
	struct registry *registry;
	bool registry_is_partial; /* the store is damaged: node/repair.h */
	unsigned char instance[8]; /* random, made with the store; a peer remembers us by it */
	struct links *links;
	struct node_enrol *desk; /* node/enrol.h */
	struct joining *joining; /* node/join.h: one that is going on, or NULL */
	struct incidents *incidents; /* node/incidents.h */
	struct heal *heal; /* node/heal.h */
	struct upkeep_timer *upkeep; /* node/upkeep.h */
	struct parcels *parcels; /* node/parcel.h: NULL while there are none */
	struct attachments *attachments; /* node/attach.h */
	struct rate_desk *rate; /* node/rate.h */
	struct control_server *control;
	uv_timer_t *left; /* node/left.h */
};

/* Open the node in `dir`: configuration, key, store, registry, then socket and lines. */
int node_open(const char *dir, uv_loop_t *loop, struct node **out, struct err *err);
/* Closes lines and socket; memory of handles goes as the loop runs out. Accepts NULL. */
void node_close(struct node *n);

/* Read all units and grants anew: a ledger of directives has lost changes. */
int node_load_registry(struct node *n, struct err *err);
/* Read tuyen.conf again (after `join`) and bring lines in step with it. */
int node_reload(struct node *n, struct err *err);

/* What the plan room sees, now. */
void node_view(struct node *n, struct view *out);

/* Sign and store what an operation wants, in one transaction: all or nothing. Refused before anything is written if
 * any node would refuse it on arrival. */
int node_write(struct node *n, struct outcome *o, struct err *err);

/* Is what a change claims for its agency so, by the plan at the change it names? See plan/claim.h. */
int node_check_claim(
    struct node *n, const struct change *c, const struct change_texts *texts, size_t count, struct err *err);

/* Ledgers have moved: the registry reads units anew, the lines send. */
void node_moved(struct node *n, const struct strs *ledgers);

/* May this node write at all? ERR_REFUSED while it was not admitted by a superior. */
int node_admitted(const struct node *n, struct err *err);

#endif
