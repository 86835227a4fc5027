/*
 * daemon/node/keys.h - keys over time (schema/trust.md): what a superior does with those of its subordinates and
 * stations, and how a node changes its own.
 *
 * A rotation, so that a crash at any point leaves a node that works: NODE/key.new is written; the request for it goes
 * out under the old key; the superior's answer comes back; key.new is copied over key; the grant goes into tuyen.conf;
 * key.new is removed. node_keys_follow goes on from wherever that stopped.
 */
#ifndef TUYEN_NODE_KEYS_H
#define TUYEN_NODE_KEYS_H

#include "node.h"

#define NODE_KEY "key"
#define NODE_KEY_NEW "key.new"

struct control_request;

/* `unit suspend`, `unit retire`. Words: the unit. */
int node_unit_suspend(struct node *n, struct control_request *req, struct err *err);
int node_unit_retire(struct node *n, struct control_request *req, struct err *err);
/* `unit rotate`: approve the key that a unit asks for. Words: the unit. */
int node_unit_rotate(struct node *n, struct control_request *req, struct err *err);
/* `key rotate`: ask for a new one. */
int node_key_rotate(struct node *n, struct control_request *req, struct err *err);

/* Take up what the registry says of the own key: another key that the superior has put in its place, or another grant
 * for the same. *changed: the key is another one, so lines must begin anew. At start, and when directives have moved. */
int node_keys_follow(struct node *n, bool *changed, struct err *err);

#endif
