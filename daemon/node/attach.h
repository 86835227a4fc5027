/*
 * daemon/node/attach.h - the attachments of a node: which the ledgers name, which are here, which are on their way.
 *
 * What records name is kept in memory, ledger by ledger from when a line first shares it, and follows the ledgers by
 * what differs. What is on its way grows in spool/attachments/<id>.part, and goes on from there after any cut; what
 * somebody asked for has a file <id>.ask. What a command hands in grows in spool/incoming.
 */
#ifndef TUYEN_NODE_ATTACH_H
#define TUYEN_NODE_ATTACH_H

#include "node.h"
#include "store/attach.h"

struct control_request;

/* Also clears away what commands that were killed left. */
int node_attach_open(struct node *n, struct err *err);
void node_attach_close(struct node *n);

void node_attach_moved(struct node *n); /* some ledger has moved */
unsigned node_attach_moves(const struct node *n); /* how often */
/* These ledgers, which a line shares, may have moved: follow them. */
void node_attach_look(struct node *n, const struct strs *shared);

struct attach_wanted {
	unsigned char id[HASH_SIZE];
	uint64_t size, have;
};
/* The i-th attachment that is wanted of a line: named in one of its ledgers, not here, and not coming by another line.
 * `line` is any pointer that stands for it. */
bool node_attach_wanted(
    struct node *n, const void *line, const struct strs *shared, size_t i, struct attach_wanted *out);
/* Is it here, and named in one of the ledgers that a line shares? Then its peer may have it. What is named and not
 * here is asked for elsewhere from then on. */
bool node_attach_serves(struct node *n, const struct strs *shared, const unsigned char id[HASH_SIZE]);

/* The next bytes of one have come by this line. Durable from time to time; when it is whole it is checked and kept,
 * and *whole set. On an error it is not wanted for now, or from the beginning. */
int node_attach_part(struct node *n, const void *line, const struct attach_wanted *at, const void *bytes,
    size_t len, bool *whole, struct err *err);
/* How this node stands to it towards a line that shares these ledgers (enum sync_stand). */
unsigned node_attach_stand(struct node *n, const struct strs *shared, const unsigned char id[HASH_SIZE]);
/* Bytes of it up to there were given to a peer; the peer has told how it stands to it. */
void node_attach_gave(
    struct node *n, const void *line, const char *peer, const unsigned char id[HASH_SIZE], uint64_t upto);
void node_attach_stands(struct node *n, const char *peer, const unsigned char id[HASH_SIZE], unsigned stand);
/* The i-th that this unit has attached and the peer is not known to have. */
bool node_attach_unsure(
    struct node *n, const char *peer, const struct strs *shared, size_t i, unsigned char id[HASH_SIZE]);
void node_attach_ended(struct node *n, const void *line); /* others may fetch what it did */

/* Answers to commands (node/requests.h): the bytes of a file, in pieces; and what is done with it. */
int node_attach_put(struct node *n, struct control_request *req, struct err *err);
int node_attach_add(struct node *n, struct control_request *req, struct err *err);
int node_attach_remove(struct node *n, struct control_request *req, struct err *err);
int node_attach_fetch(struct node *n, struct control_request *req, struct err *err);
/* For `status` and `attach list`: what is not here, and what is here and not where it is to go, as JSON. */
int node_attach_tell(struct node *n, struct control_request *req, struct err *err);

#endif
