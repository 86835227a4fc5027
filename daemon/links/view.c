#include "links/view.h"

#include <string.h>

#include "base/log.h"
#include "node/shared.h"
#include "node/part.h"

static bool is_hidden(const struct link_view *v, const char *ledger)
{
	struct strs open = {0};
	if (!v->peer->unproven)
		return false;
	node_shared_above(v->node, &open);
	bool hidden = !strs_has(&open, ledger);
	strs_free(&open);
	return hidden;
}

static void world_shared(void *ctx, struct strs *out)
{
	struct link_view *v = ctx;
	if (v->peer->unproven)
		node_shared_above(v->node, out);
	else
		node_shared(v->node, v->peer->id, v->up, out);
}

static bool world_accepts(void *ctx, const char *ledger)
{
	struct link_view *v = ctx;
	return !is_hidden(v, ledger) && node_accepts(v->node, v->peer->id, v->up, ledger);
}

/* A ledger that cannot be read here does not stop the others; `status` and whoever waits for an exchange say why. */
static void unreadable(struct link_view *v, const char *ledger, const struct err *why)
{
	bool known = v->peer->error.code == why->code && v->peer->error.msg == why->msg;
	if (!known)
		log_err(LOG_ERROR, ledger, why);
	v->peer->error = *why;
}

struct history *link_view_history(struct link_view *v, const char *ledger)
{
	struct history *h = NULL;
	struct err err = {0};
	if (store_history(v->node->store, ledger, &h, &err) != 0)
		unreadable(v, ledger, &err);
	return h;
}

/* Of what this peer refused, that which stands in this ledger. */
static void refused_in(const struct link_view *v, const struct history *h, struct oids *out)
{
	const struct oids *const lists[] = {&v->peer->refused, &v->peer->unwanted};
	for (size_t k = 0; h && k < 2; k++)
		for (size_t i = 0; i < lists[k]->n; i++)
			if (history_has(h, &lists[k]->items[i]))
				oids_add(out, &lists[k]->items[i]);
}

/* What was refused is not sent again, nor is anything that has seen it. */
static void drop_refused(const struct history *h, const struct oids *refused, struct oids *list)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->n; i++) {
		bool tainted = false;
		for (size_t k = 0; !tainted && k < refused->n; k++)
			tainted = history_seen(h, &list->items[i], &refused->items[k]);
		if (!tainted)
			list->items[kept++] = list->items[i];
	}
	list->n = kept;
}

static void ledger_heads(struct link_view *v, const char *ledger, struct oids *out)
{
	struct err err = {0};
	if (store_ledger_heads(v->node->store, ledger, out, &err) != 0)
		unreadable(v, ledger, &err);
}

/* What this peer refused does not count between us, or every exchange from now on would end unequal. */
static void world_heads(void *ctx, const char *ledger, struct oids *out)
{
	struct link_view *v = ctx;
	ledger_heads(v, ledger, out);
	bool any = v->peer->refused.n || v->peer->unwanted.n;
	struct history *h = any ? link_view_history(v, ledger) : NULL;
	struct oids refused = {0};
	refused_in(v, h, &refused);
	if (refused.n) {
		struct oids heads = *out, all = {0}, none = {0};
		history_between(h, &none, &heads, &all);
		drop_refused(h, &refused, &all);
		history_maximal(h, &all);
		oids_free(&heads);
		*out = all;
	}
	oids_free(&refused);
}

/* Then no history need be loaded: a line that opens with nothing to say costs nothing. */
static bool has_all(const struct oids *have, const struct oids *heads)
{
	for (size_t i = 0; i < heads->n; i++)
		if (!oids_has(have, &heads->items[i]))
			return false;
	return true;
}

static void world_between(void *ctx, const char *ledger, const struct oids *have, struct oids *out)
{
	struct link_view *v = ctx;
	struct oids heads = {0}, refused = {0};
	ledger_heads(v, ledger, &heads);
	struct history *h = has_all(have, &heads) ? NULL : link_view_history(v, ledger);
	if (h)
		history_between(h, have, &heads, out);
	refused_in(v, h, &refused);
	if (refused.n)
		drop_refused(h, &refused, out);
	oids_free(&heads);
	oids_free(&refused);
}

static bool world_has(void *ctx, const char *ledger, const struct oid *id)
{
	struct oids heads = {0};
	if (is_hidden(ctx, ledger))
		return false;
	ledger_heads(ctx, ledger, &heads);
	bool is_head = oids_has(&heads, id);
	oids_free(&heads);
	struct history *h = is_head ? NULL : link_view_history(ctx, ledger);
	return is_head || (h && history_has(h, id));
}

static int world_change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	struct link_view *v = ctx;
	return store_change(v->node->store, ledger, id, arena, out, err);
}

static bool world_text(
    void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *out)
{
	struct link_view *v = ctx;
	struct err err = {0};
	/* Only what stands in this very ledger: a peer may name any id. */
	return world_has(v, ledger, change) &&
	       store_read(v->node->store, ledger, change, path, out, &err) == 0;
}

static void world_memory(void *ctx, const unsigned char instance[SYNC_INSTANCE_SIZE], struct buf *out)
{
	struct link_view *v = ctx;
	v->memory(v->ctx, instance, out);
}

static void world_kept(void *ctx, bool directives, size_t len, struct buf *out)
{
	struct link_view *v = ctx;
	node_part_read(v->node, v->peer->id, directives, len, out);
}

void link_view_world(struct link_view *v, struct sync_world *out)
{
	*out = (struct sync_world){v, world_shared, world_accepts, world_heads, world_between, world_has,
	    world_change, world_text, world_memory, world_kept};
}
