/*
 * registry/config.h - NODE/tuyen.conf: what a node is, where it listens and whom it trusts (tuyen.conf.5).
 *
 * The file is written by init, join and `tuyen config`, always whole and always in one canonical form; a person may
 * edit it while the daemon is down. Unknown keys are refused with the nearest known one.
 */
#ifndef TUYEN_REGISTRY_CONFIG_H
#define TUYEN_REGISTRY_CONFIG_H

#include "base/err.h"
#include "base/key.h"
#include "base/oid.h"

#define CONFIG_FORMAT "tuyen-conf/1"
#define CONFIG_FILE "tuyen.conf"
#define CONFIG_SIZE_MAX (64 * 1024)

/* Another node that this one knows by its key. */
struct config_peer {
	const char *unit; /* NULL: not known yet; then the rest means nothing */
	const char *address; /* "host:port", or NULL */
	unsigned char key[KEY_PUBLIC_SIZE];
	bool has_reserve;
	unsigned char reserve[KEY_PUBLIC_SIZE]; /* of an anchor: the key that may replace its active one */
};

/* Start from config_init or config_load; config_free when done. The strings are the arena's; to set one, give it
 * config_keep()'s copy (or any text that outlives the config). */
struct config {
	struct arena arena;
	const char *unit; /* id of the unit; its code until the superior has given it an id */
	const char *station; /* "cong-an", or NULL for the unit's own node */
	const char *agency; /* what a station speaks for, or NULL */
	const char *level, *name;
	int rank; /* -1 until known (admitted, or root) */
	const char *listen; /* "127.0.0.1:7031", or NULL: does not listen */
	const char *address; /* what subordinates are told; NULL: the same as listen */
	const char *window, *rate, *budget, *lines_max, *rate_changes,
	    *rate_bytes; /* registry/policy.h; NULL: not set */
	bool root; /* this node is the anchor */
	bool admitted; /* root, or a welcome was taken */
	bool paused; /* sync --pause is in force */
	const char *
	    attachments; /* "ask": they are fetched only when somebody asks; NULL or "always": as they come */
	const char
	    *relay; /* to the superior: "whole" or "totals"; NULL: as the registry has it (node/relay.h) */
	const char *attachment_max; /* "16MB"; NULL: ATTACHMENT_MAX */
	struct config_peer superior; /* of the root: none */
	struct config_peer
	    anchor; /* its first key, by which what it wrote is judged for ever; address never set */
	struct config_peer handover; /* of a node that was a root: the anchor it was put under */
	struct oid grant; /* zero: not admitted, or the anchor's own first key */
	const char *const
	    *above; /* ids of the units above its line, root first, the superior last; of a station the last
				   * one is its own unit */
	size_t n_above;
};

void config_init(struct config *c);
void config_free(struct config *c);
const char *config_keep(struct config *c, const char *text); /* a copy in c's arena; NULL gives NULL */

/* Pin the anchor, with its reserve key, in a fresh registry. */
struct registry;
int config_pin(const struct config *c, struct registry *r, struct err *err);
/* A peer with its strings in c's arena. */
struct config_peer config_keep_peer(struct config *c, const struct config_peer *peer);

/* NODE/tuyen.conf. No file: ERR_NOT_FOUND with the hint to run `tuyen init`. */
int config_load(const char *node_dir, struct config *out, struct err *err);
int config_save(
    const struct config *c, const char *node_dir, struct err *err); /* durable when it returns 0 */
/* The same from and to bytes; `file` is for messages. On error out is empty and freed. */
int config_parse(const char *file, const char *bytes, size_t len, struct config *out, struct err *err);
void config_print(const struct config *c, struct buf *out);

/* Is what a person gave (ids, name, addresses) well formed? ERR_INPUT names what is not. config_save asks it too. */
int config_check(const struct config *c, struct err *err);

#define ATTACHMENT_MAX (16 << 20) /* bytes, unless set */
#define ATTACHMENT_MOST (256 << 20)
uint64_t config_attachment_max(const struct config *c); /* bytes */
/* "11383" or "cong-an@11383": this node as people and registry ids name it. */
void config_node(const struct config *c, char out[136]);
/* Where subordinates reach this node: address, else listen; NULL if neither. */
const char *config_reach(const struct config *c);

/* Keys that `tuyen config KEY [VALUE]` may change; each takes effect at once where the daemon runs. One row each in tuyen.conf.5. */
struct config_key {
	const char *name; /* "superior.address" */
	const char *help; /* N_() */
};
extern const struct config_key config_keys[]; /* ended by a NULL name */

/* ERR_NOT_FOUND with the nearest key. *value is NULL when it is not set. */
int config_get(const struct config *c, const char *key, const char **value, struct err *err);
int config_set(struct config *c, const char *key, const char *value, struct err *err); /* NULL or "" clears */

/* "host:port", "[::1]:7031", "*:7031" is not one; port 1-65535. Host and port may be NULL. */
bool config_address(const char *text, char host[256], char port[6]);

#endif
