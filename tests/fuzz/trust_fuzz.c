/* room: registry */
/* What the ledgers of a centre, two cities and a commune may say of units, moves and handovers: any records, in any
 * order, by anybody. Each is judged as it would be on arrival and then believed all the same, for a hostile superior
 * may have let it in. Ranks and rings must not make the registry go round, nor give two units one key for a line. */
#include <stdlib.h>
#include <string.h>

#include "record/change.h"
#include "registry/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_TRIED 4096
#define RECORDS_MAX 24

static const char *const issuers[] = {"0", "31", "01", "11383"};
static const char *const paths[] = {"units/0.yaml", "units/31.yaml", "units/01.yaml", "units/11383.yaml",
    "units/00004.yaml", "units/a@11383.yaml", "moves/11383.yaml", "moves/31.yaml", "moves/00004.yaml",
    "handovers/9.yaml", "handovers/31.yaml"};
#define N(list) (sizeof(list) / sizeof *(list))

static bool never(void *ctx, const char *ledger, const struct oid *change)
{
	(void)ctx, (void)ledger;
	return change->b[0] & 1;
}

static bool seen(void *ctx, const char *ledger, const struct oid *young, const struct oid *old)
{
	(void)ctx, (void)ledger;
	return memcmp(young, old, sizeof *young) < 0;
}

static void visit(void *ctx, const struct registry_grant *g)
{
	struct registry_past past = {NULL, never, seen};
	struct registry_doubt why;
	const struct registry_grant *same;
	registry_trust_why(g, "reports/11383", &g->change, &past, &why);
	same = g->active ? registry_by_key(ctx, g->key) : g;
	if (same && same->active != g->active)
		abort();
}

/* As a change of this one record it is judged; what the checks say must have a rule or wait. */
static void judge(struct registry *r, const char *issuer, const char *path, const char *text, size_t len)
{
	struct err err = {0};
	struct buf ledger = {0};
	buf_printf(&ledger, "directives/%s", issuer);
	static const struct oid zero;
	const struct registry_grant *g = registry_grant(r, &zero, issuer, NULL);
	struct change c = {
	    .ledger = buf_str(&ledger), .unit = issuer, .rank = g ? g->rank : 0, .subject = "x"};
	const struct change_texts t = {.path = path, .after = text, .after_len = len};
	if (g && registry_check(r, g, &c, &t, 1, &err) == ERR_REFUSED && !err.rule)
		abort();
	ERR_CLEAR(&err);
	registry_admission(r, &c, &t, 1, &err);
	buf_free(&ledger);
}

static void look_around(struct registry *r)
{
	struct strs list = {0};
	registry_grants(r, visit, r);
	registry_below(r, NULL, true, &list);
	for (size_t i = 0; i < list.n; i++) {
		struct strs above = {0};
		registry_above(r, list.items[i], &above);
		for (size_t k = 0; k < N(issuers); k++) {
			registry_was_above(r, issuers[k], list.items[i]);
			registry_replaces(r, issuers[k], list.items[i]);
		}
		strs_free(&above);
	}
	strs_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct registry *r = registry_new();
	struct arena arena = {0};
	struct err err = {0};
	unsigned char key[KEY_PUBLIC_SIZE] = {9};
	const char *at = (const char *)data, *end = at + size;
	registry_set_anchor(r, "0", key, &err);
	for (int n = 0; size <= SIZE_MAX_TRIED && n < RECORDS_MAX && end - at > 3; n++) {
		const char *issuer = issuers[(unsigned char)at[0] % N(issuers)];
		const char *path = paths[(unsigned char)at[1] % N(paths)];
		struct registry_source source = {issuer, {{0}}, NULL};
		struct record rec;
		const char *stop = memchr(at + 3, 0, (size_t)(end - at - 3));
		stop = stop ? stop : end;
		memset(&source.change, at[2], sizeof source.change);
		ERR_CLEAR(&err);
		if (record_read(&rec, &arena, type_by_path("directives/0", path), "fuzz", at + 3,
			(size_t)(stop - at - 3), &err) == 0) {
			struct buf text = {0};
			record_print(&rec, &text);
			judge(r, issuer, path, buf_str(&text), text.len);
			ERR_CLEAR(&err);
			registry_feed(r, &source, path, &rec, &err);
			buf_free(&text);
		}
		at = stop < end ? stop + 1 : end;
	}
	look_around(r);
	arena_free(&arena);
	registry_free(r);
	return 0;
}
