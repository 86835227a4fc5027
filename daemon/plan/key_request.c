#include "plan/key_request.h"

#include <string.h>

#include "record/date.h"

#define ID_DIGITS 12

struct known {
	const unsigned char *key;
	bool any;
};

static void look(void *ctx, const struct registry_grant *g)
{
	struct known *k = ctx;
	k->any |= memcmp(g->key, k->key, KEY_PUBLIC_SIZE) == 0;
}

static bool is_known(const struct registry *r, const unsigned char *key)
{
	struct known k = {key, false};
	registry_grants(r, look, &k);
	return k.any;
}

/* The change that wrote a request last. */
static int writer_of(const struct view *v, const char *ledger, const char *path, struct arena *arena,
    struct change *out, struct err *err)
{
	struct view_write *writes = NULL;
	size_t n = 0;
	int rc = v->writes(v->ctx, ledger, path, "key", arena, &writes, &n, err);
	if (rc == 0 && n == 0)
		rc = ERR_NOT_FOUND;
	return rc ? rc : v->change(v->ctx, ledger, &writes[n - 1].change, arena, out, err);
}

static bool read_one(
    const struct view *v, const char *ledger, const char *path, struct arena *arena, struct key_request *out)
{
	struct record rec;
	struct change c;
	struct err none = {0};
	*out = (struct key_request){0};
	if (v->read(v->ctx, ledger, path, arena, &rec, &none) != 0 || !record_get(&rec, "key") ||
	    !key_parse(record_get(&rec, "key"), out->key) || is_known(v->registry, out->key) ||
	    writer_of(v, ledger, path, arena, &c, &none) != 0)
		return false;
	char writer[136];
	change_writer(&c, writer);
	out->id = arena_dup(arena, writer);
	out->asked = record_get(&rec, "asked");
	out->grant = registry_grant(v->registry, &c.grant, c.unit, c.station);
	const struct registry_unit *u = registry_unit(v->registry, out->id);
	return out->grant && out->grant->active && u && u->parent && strcmp(u->parent, v->unit) == 0;
}

static void put(struct arena *arena, struct key_requests *out, const struct key_request *r)
{
	struct key_request *grown = arena_alloc(arena, (out->n + 1) * sizeof *grown);
	if (out->n)
		memcpy(grown, out->items, out->n * sizeof *grown);
	size_t at = out->n++;
	for (; at && strcmp(grown[at - 1].asked ? grown[at - 1].asked : "", r->asked ? r->asked : "") > 0;
	     at--)
		grown[at] = grown[at - 1];
	grown[at] = *r;
	out->items = grown;
}

static int read_ledger(const struct view *v, const char *ledger, const char *id, struct arena *arena,
    struct key_requests *out, struct err *err)
{
	struct strs paths = {0};
	struct key_request r;
	int rc = v->list(v->ctx, ledger, "keys/", &paths, err);
	for (size_t i = 0; rc == 0 && i < paths.n; i++)
		if (read_one(v, ledger, paths.items[i], arena, &r) && (!id || strcmp(id, r.id) == 0))
			put(arena, out, &r);
	strs_free(&paths);
	return rc;
}

int key_requests_read(
    const struct view *v, const char *id, struct arena *arena, struct key_requests *out, struct err *err)
{
	struct strs units = {0};
	int rc = 0;
	*out = (struct key_requests){0};
	if (id) {
		const char *at = strchr(id, '@');
		strs_add(&units, at ? at + 1 : id);
	} else if (!v->station) {
		registry_below(v->registry, v->unit, false, &units);
		strs_add(&units, v->unit);
	}
	for (size_t i = 0; rc == 0 && i < units.n; i++) {
		const struct registry_unit *u = registry_unit(v->registry, units.items[i]);
		bool near =
		    u && (strcmp(u->id, v->unit) == 0 || (u->parent && strcmp(u->parent, v->unit) == 0));
		if (near)
			rc = read_ledger(v, arena_printf(arena, "reports/%s", u->id), id, arena, out, err);
	}
	strs_free(&units);
	return rc;
}

int key_request_write(
    const struct view *v, struct outcome *o, const unsigned char key[KEY_PUBLIC_SIZE], struct err *err)
{
	struct arena *arena = &o->arena;
	unsigned char hash[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1], text[KEY_TEXT_SIZE], now[32];
	hash_sha256(key, KEY_PUBLIC_SIZE, hash);
	hex_encode(hash, sizeof hash, hex);
	key_text(key, text);
	date_time_print(v->now, now);
	const char *ledger = arena_printf(arena, "reports/%s", v->unit);
	const char *path = arena_printf(arena, "keys/%.*s.yaml", ID_DIGITS, hex);
	struct record rec;
	bool exists;
	int rc = view_open(v, ledger, path, arena, &rec, &exists, err);
	if (rc || exists)
		return rc;
	rc = record_set(&rec, "key", text, err);
	if (rc == 0)
		rc = record_set(&rec, "asked", now, err);
	if (rc == 0)
		outcome_put(o, outcome_change(o, ledger, "key: ask for a new one", NULL), path, &rec);
	return rc;
}
