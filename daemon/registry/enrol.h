/*
 * registry/enrol.h - how a node comes into the registry: the request and the welcome, and the unit records they lead
 * to. Pure; files and stores are the caller's.
 *
 *   subordinate                               superior
 *   enrol_request      -- request.yaml -->    enrol_read_request, enrol_admit; write the unit record; feed the registry;
 *   enrol_read_welcome,                       enrol_welcome
 *   enrol_take        <-- welcome.yaml --
 *
 * Both files are canonical YAML whose last line is `signature:`, over the bytes before it. A
 * request proves that whoever wrote it holds the key; that the key is the right one is for two people to compare over
 * a telephone (enrol_fingerprint). The welcome pins superior and anchor.
 */
#ifndef TUYEN_REGISTRY_ENROL_H
#define TUYEN_REGISTRY_ENROL_H

#include "record/record.h"
#include "registry/config.h"
#include "registry/registry.h"
#include "registry/reorg_list.h"
#include "registry/unit_list.h"

#define ENROL_REQUEST_FORMAT "tuyen-request/1"
#define ENROL_WELCOME_FORMAT "tuyen-welcome/1"
#define ENROL_SIZE_MAX (64 * 1024)
/* Level of a node that is being made again and has not been told yet; as a request to recover says it. */
#define ENROL_UNKNOWN "unknown"

struct enrol_request {
	const char *unit; /* code (or id) as its people typed it */
	const char *station, *agency; /* or NULL */
	const char *level, *name;
	const char *address; /* where it listens itself, or NULL */
	bool
	    recover; /* it is a new machine for a unit whose old one is lost; its level may be ENROL_UNKNOWN */
	unsigned char key[KEY_PUBLIC_SIZE];
	bool anchor; /* a root that is to be put under a superior; then: */
	int rank; /* that it has, and keeps */
	unsigned char anchor_key[KEY_PUBLIC_SIZE]; /* its first key, under which it wrote as an anchor */
	bool has_reserve;
	unsigned char reserve[KEY_PUBLIC_SIZE];
};

struct enrol_welcome {
	const char *code; /* the `unit` of the request */
	const char *unit; /* the id it was given */
	const char *station; /* or NULL */
	const char *level, *name; /* as registered; NULL unless it was asked to recover */
	unsigned char key[KEY_PUBLIC_SIZE]; /* whom it was written for */
	struct oid grant;
	int rank;
	struct config_peer superior; /* address NULL: none known */
	struct config_peer anchor;
	const char *const *above; /* as in struct config */
	size_t n_above;
};

/* A record to be written into directives/<me>. */
struct enrol_edit {
	const char *id; /* "11383", "cong-an@11383" */
	const char *path; /* "units/11383.yaml" */
	struct record record;
	bool changed; /* false: the registry says so already; write nothing */
	const char *const *lost; /* rows of `keys` that enrol_readmit narrowed: "k1" */
	size_t n_lost;
};

/* What `unit add` says of a unit without a node. */
struct enrol_unit {
	const char *code, *name, *level;
	const char *type, *identifier; /* or NULL */
	const char *valid_from, *valid_to; /* dates, or NULL */
	const char *follows; /* the id of a unit that ends before it; NULL */
};

enum enrol_fate { ENROL_OTHER, ENROL_ADDED, ENROL_CHANGED, ENROL_SAME };

/* What loading a table makes of one of its rows. */
struct enrol_loaded {
	const struct unit_row *row; /* NULL: of a unit that has ended, by the table of moves */
	enum enrol_fate fate; /* ENROL_OTHER: it belongs to the ledger of another superior */
	const struct record *before; /* of a unit that is changed */
	struct enrol_edit edit; /* set unless ENROL_OTHER */
};

struct enrol_load {
	struct enrol_loaded *rows; /* one for every row of the table, in its order */
	size_t n, count[4]; /* count: by fate */
	struct enrol_loaded *ended; /* units of this superior that have ended */
	size_t n_ended, ended_count[4];
	size_t retyped; /* lines that say of a unit here that it goes on under another name or kind */
	size_t foreign; /* lines of the table of moves that belong to other superiors */
	size_t given; /* lines by which a unit that goes on gave a part of itself away */
};

/* What is loaded. */
struct enrol_tables {
	const struct unit_list *units;
	const struct reorg_list *moves; /* or NULL */
};

/* Write a request from what init put into the configuration. */
int enrol_request(
    const struct config *me, const struct key *key, bool recover, struct buf *out, struct err *err);
/* Read one; `file` is for messages. ERR_INPUT with its place; ERR_REFUSED "signature". Strings are the arena's. */
int enrol_read_request(struct arena *arena, const char *file, const char *bytes, size_t len,
    struct enrol_request *out, struct err *err);

/*
 * What admitting makes of the registry. `levels` is the record levels.yaml (NULL while it has not arrived: the levels
 * that enrol_genesis writes). A unit that was added before keeps what was said of it and gets the key; a new one gets
 * an id. ERR_REFUSED: the level does not rank below `me` (a station: not its unit, or another level), or the unit has
 * another active key. The same key again: changed is false.
 */
int enrol_admit(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_request *request, day_t today, struct arena *arena, struct enrol_edit *out,
    struct err *err);
/* The same for a unit whose old machine is lost: its other active keys become `state` ("retired" or "suspended", NULL:
 * enrol_admit) in the same change. The caller adds the heads that this vouches for (edit->lost). */
int enrol_readmit(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_request *request, day_t today, const char *state, struct arena *arena,
    struct enrol_edit *out, struct err *err);
/* The direct subordinate of `me` that has this code or id and has not ended; *out NULL if there is none.
 * ERR_AMBIGUOUS. */
int enrol_find(const struct registry *r, const char *me, const char *typed, day_t today,
    const struct registry_unit **out, struct err *err);
/* Register a unit without a node. The same again: changed is false. */
int enrol_add(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_unit *unit, struct arena *arena, struct enrol_edit *out, struct err *err);

/*
 * What tables make of the registry: the rows whose parent is this unit are its direct subordinates, which are
 * registered, or have their name and type brought up to date; what the table leaves blank stays. What went into them
 * by the table of moves (registry/timeline.h) is registered with its last day and its successors; where the registry
 * has it already, that is added. The units that are still there come first when ids are given. Keys are never touched.
 * All or nothing: ERR_INPUT or ERR_REFUSED with the place in the table. Memory is the arena's.
 */
int enrol_load(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_tables *tables, day_t today, struct arena *arena, struct enrol_load *out,
    struct err *err);

/* The welcome for an admitted key, once the registry was fed with the change that admitted it. The same bytes every
 * time. ERR_NOT_FOUND if the registry does not know the key. */
int enrol_welcome(const struct registry *r, const struct config *me, const struct key *my_key,
    const struct enrol_request *request, struct buf *out, struct err *err);
int enrol_read_welcome(struct arena *arena, const char *file, const char *bytes, size_t len,
    struct enrol_welcome *out, struct err *err);
/* May this node, which believes what `r` holds, take the anchor that a welcome names for its own? Then the welcome is made
 * to name the one that is pinned: a unit may know its anchor, others the one that this was put under. */
void enrol_know_anchor(const struct registry *r, const struct config *me, struct enrol_welcome *welcome);
/* Take a welcome into the configuration of the node it was written for (`my_key`: its public key). `address` (may be
 * NULL) overrides the superior's. A root is none from then on: it keeps its own anchor pinned, and me->handover says to
 * whom it must hand over. ERR_REFUSED: for another node, against the anchor that is pinned already, or with another rank
 * than a root has. */
int enrol_take(struct config *me, const struct enrol_welcome *welcome,
    const unsigned char my_key[KEY_PUBLIC_SIZE], const char *address, struct err *err);

/* The first change of a root: levels.yaml and units/<root>.yaml for directives/<root>. Fills me->rank, root, admitted
 * and anchor; its reserve key, where there is one, stands in me->anchor before. */
int enrol_genesis(struct config *me, const unsigned char key[KEY_PUBLIC_SIZE], struct arena *arena,
    struct enrol_edit *levels, struct enrol_edit *unit, struct err *err);

/* What a root that was put under a superior says of it in its own ledger: handovers/<anchor>.yaml. */
int enrol_handover(const struct config *me, struct arena *arena, struct enrol_edit *out, struct err *err);
/* Another key in the record of a unit, active. */
int enrol_let_in(
    struct record *unit, struct arena *arena, const unsigned char key[KEY_PUBLIC_SIZE], struct err *err);

/* What two people compare: "bai chong ... (SHA256:...)". */
void enrol_fingerprint(const unsigned char key[KEY_PUBLIC_SIZE], struct buf *out);

#endif
