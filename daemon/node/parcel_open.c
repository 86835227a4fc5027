/* Whose a parcel is, and whether this node can open it. */
#include <string.h>

#include "base/sys.h"
#include "node/keys.h"
#include "node/parcel_inside.h"
#include "node/trust.h"

struct asked {
	const unsigned char *key;
	const char *id;
	bool his, others; /* a grant, good or not, of the unit it names, or of another, has this key */
};

static void look_at_grant(void *ctx, const struct registry_grant *g)
{
	struct asked *a = ctx;
	if (memcmp(g->key, a->key, KEY_PUBLIC_SIZE) != 0)
		return;
	if (parcel_grant_is_of(g, a->id))
		a->his = true;
	else
		a->others = true;
}

/* Is the key on the cover that of the unit on the cover? Towards a superior as on a line: one that nobody knows may
 * still bring the directives in which it is granted. */
int parcel_check_writer(struct parcel_opened *t, struct err *err)
{
	struct node *n = t->world.node;
	const struct cover *c = &t->cover;
	const struct registry_grant *g = node_trust_welcome(n, c->key);
	struct asked a = {.key = c->key, .id = c->from};
	registry_grants(n->registry, look_at_grant, &a);
	bool good = g && parcel_grant_is_of(g, c->from);
	bool pinned = str_is(n->config.superior.unit, c->from) && !a.his && !a.others &&
		      memcmp(c->key, n->config.superior.key, KEY_PUBLIC_SIZE) == 0;
	t->ended_key = !good && a.his;
	t->world.unproven = t->world.up && !good && !pinned;
	if (good || pinned || a.his || (t->world.up && !a.others))
		return 0;
	err_set(
	    err, ERR_REFUSED, N_("nobody here knows the key that this parcel of %1 is signed with"), c->from);
	err_hint(
	    err, N_("nothing was taken; ask %1 which key it has, and admit it if it was not admitted yet"));
	return err->code;
}

static bool open_with(struct parcel_opened *t, const struct key *key)
{
	unsigned char context[SEAL_CONTEXT_SIZE];
	cover_context(&t->cover, context);
	for (size_t i = 0; i < t->cover.n_boxes; i++)
		if (seal_unbox(key, t->cover.boxes[i], context, t->secret))
			return true;
	return false;
}

/* It may be sealed to the key that is to follow ours, which it brings the approval of. */
static int open_box(struct parcel_opened *t, struct err *err)
{
	struct buf path = {0};
	struct err none = {0};
	struct key *next = NULL;
	bool opened = open_with(t, t->world.node->key);
	buf_printf(&path, "%s/" NODE_KEY_NEW, t->world.node->dir);
	if (!opened && sys_exists(buf_str(&path)) && key_load(buf_str(&path), &next, &none) == 0)
		opened = open_with(t, next);
	key_free(next);
	buf_free(&path);
	if (opened)
		return 0;
	err_set(err, ERR_REFUSED, N_("this parcel is sealed to a key of %1 that this node does not have"),
	    t->cover.to, t->cover.from);
	err_hint(err, N_("ask %2 to write it again: there an older or a newer key of %1 may be known"));
	return err->code;
}

int parcel_open(
    struct node *n, const char *id, const struct buf *bytes, struct parcel_opened *out, struct err *err)
{
	char self[136];
	config_node(&n->config, self);
	int rc = cover_read(id, buf_str(bytes), bytes->len, &out->cover, err);
	if (rc)
		return rc;
	if (strcmp(out->cover.from, self) == 0)
		return err_set(err, ERR_REFUSED, N_("this parcel was written by %1 itself"), self);
	if (strcmp(out->cover.to, self) != 0)
		return err_set(
		    err, ERR_REFUSED, N_("this parcel is for %1, not for %2"), out->cover.to, self);
	rc = parcel_world_of(n, out->cover.from, &out->world, err);
	if (rc == 0)
		rc = parcel_check_writer(out, err);
	return rc ? rc : open_box(out, err);
}
