/*
 * daemon/node/parcel.h - parcels: what a line would carry, in a file on a stick (schema/wire.md, "Parcels").
 *
 * The command reads and writes the files, for the stick is its user's; the daemon makes what stands in them and judges what
 * comes. A parcel to be read is handed over in portions first, then taken: opened, judged and stored batch by batch as the
 * loop turns, so that lines and other commands go on.
 */
#ifndef TUYEN_NODE_PARCEL_H
#define TUYEN_NODE_PARCEL_H

#include "node.h"

struct control_request;
struct parcels;

/* Reading that goes on is ended, and its asker told. Accepts a node without. */
void node_parcels_close(struct node *n);

/* `parcel write`. Words: the addressee. Options full; attachments: bytes of them at most; room: bytes of all at most, as far as
 * attachments can be left out. The output is the id, a line; the size of what follows in bytes, a line; the cover. */
int node_parcel_write(struct node *n, struct control_request *req, struct err *err);
/* Words: that id. The output is the next portion of the content; none at its end. */
int node_parcel_more(struct node *n, struct control_request *req, struct err *err);
/* Words: a name of the command's choice for what it hands over, and the next portion in base64. */
int node_parcel_put(struct node *n, struct control_request *req, struct err *err);
/* Words: that name, and the parcel's id. Option more: it is only a part, and what follows is handed over and taken under the same
 * name. True: finished later. */
bool node_parcel_take(struct node *n, struct control_request *req, struct err *err);
/* Words: ids of parcels. The output is a line for each that was read here: id and seconds. */
int node_parcel_known(struct node *n, struct control_request *req, struct err *err);

/* What a peer is known to have, as the memory of a book: by the memory of its lines, or by its parcels where they know more. */
void node_parcel_known_of(struct node *n, const char *peer, const struct buf *by_lines, struct buf *out);

#endif
