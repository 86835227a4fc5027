/*
 * storm N - N subordinates come back to one superior after a power cut, all in one moment, each with one change.
 *
 * The protocol step at both ends of every line and a store in memory; no socket, no clock. All first flights arrive before
 * the superior answers any. Prints as JSON how many lines ended equal, how many changes arrived, the bytes, and the memory
 * of the steps (both ends, so more than a superior has) at the worst moment.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sim/sim_store.h"

#define UP 1 /* the superior's end of a line */

struct end {
	struct line *line;
	struct sim_store *store;
	struct sync *sync;
	struct buf inbox, memory;
	bool equal;
};

struct line {
	char unit[24], ledger[40];
	struct end ends[2];
};

static struct {
	size_t equal, stored, failed, peak;
	uint64_t bytes;
} count;

static size_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

static void w_shared(void *ctx, struct strs *out)
{
	struct end *e = ctx;
	strs_add(out, e->line->ledger);
}

static bool w_accepts(void *ctx, const char *ledger)
{
	struct end *e = ctx;
	return strcmp(ledger, e->line->ledger) == 0;
}

static void w_heads(void *ctx, const char *ledger, struct oids *out)
{
	struct end *e = ctx;
	sim_store_heads(e->store, ledger, out);
}

static void w_between(void *ctx, const char *ledger, const struct oids *have, struct oids *out)
{
	struct end *e = ctx;
	sim_store_between(e->store, ledger, have, out);
}

static bool w_has(void *ctx, const char *ledger, const struct oid *id)
{
	struct end *e = ctx;
	return sim_store_has(e->store, ledger, id);
}

static int w_change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	struct end *e = ctx;
	const struct change *c = sim_store_change(e->store, ledger, id);
	(void)arena;
	if (!c)
		return err_set(err, ERR_NOT_FOUND, "no such change");
	*out = *c;
	return 0;
}

static bool w_text(void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *out)
{
	struct end *e = ctx;
	const char *text = sim_store_text(e->store, ledger, change, path);
	if (text)
		buf_puts(out, text);
	return text != NULL;
}

static void open_end(struct line *l, int side)
{
	struct end *e = &l->ends[side];
	struct sync_world world = {e, w_shared, w_accepts, w_heads, w_between, w_has, w_change, w_text, NULL};
	struct sync_options o = {.role = side == UP ? SYNC_LISTENER : SYNC_DIALER,
	    .unit = side == UP ? "31" : l->unit,
	    .memory = e->memory.data,
	    .memory_len = e->memory.len};
	memcpy(o.instance, side == UP ? "superior" : "below...", SYNC_INSTANCE_SIZE);
	e->equal = false;
	e->sync = sync_open(&world, &o, 1000);
}

static void store(struct end *e, const struct sync_action *a)
{
	struct sync_result *results = mem_alloc(a->n * sizeof *results);
	struct err *errs = mem_alloc(a->n * sizeof *errs);
	size_t n = a->n;
	for (size_t i = 0; i < n; i++) {
		results[i].err = &errs[i];
		results[i].status =
		    sim_store_receive(e->store, &a->changes[i], results, &results[i].id, &errs[i]);
		count.stored += results[i].status == SYNC_STORED;
		count.failed += results[i].status > SYNC_KNOWN;
	}
	sync_stored(e->sync, results, n, 1000);
	free(errs);
	free(results);
}

static void act(struct line *l, int side)
{
	struct end *e = &l->ends[side];
	const struct sync_action *a;
	while (e->sync && (a = sync_next(e->sync))) {
		if (a->kind == SYNC_DO_SEND) {
			buf_add(&l->ends[!side].inbox, a->bytes, a->len);
			count.bytes += a->len;
		} else if (a->kind == SYNC_DO_STORE) {
			store(e, a);
		} else if (a->kind == SYNC_DO_CONFIRMED) {
			buf_free(&e->memory);
			buf_add(&e->memory, a->bytes, a->len);
		} else if (a->kind == SYNC_DO_EXCHANGED) {
			e->equal = a->equal;
		} else if (a->kind == SYNC_DO_CLOSE) {
			count.failed++;
			sync_free(e->sync);
			e->sync = NULL;
		}
	}
}

/* Everything that is on its way to one side of all lines arrives. */
static bool deliver(struct line *lines, size_t n, int side)
{
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		struct end *e = &lines[i].ends[side];
		if (!e->inbox.len || !e->sync)
			continue;
		struct buf bytes = e->inbox;
		e->inbox = (struct buf){0};
		sync_receive(e->sync, bytes.data, bytes.len, 1000);
		buf_free(&bytes);
		act(&lines[i], side);
		any = true;
	}
	return any;
}

static void meet(struct line *lines, size_t n)
{
	size_t before = in_use();
	memset(&count, 0, sizeof count);
	for (size_t i = 0; i < n; i++)
		for (int side = UP; side >= 0; side--)
			open_end(&lines[i], side);
	for (size_t i = 0; i < n; i++)
		act(&lines[i], !UP);
	for (bool any = true; any;) {
		any = deliver(lines, n, UP);
		if (in_use() - before > count.peak)
			count.peak = in_use() - before;
		any = deliver(lines, n, !UP) || any;
	}
	for (size_t i = 0; i < n; i++) {
		count.equal += lines[i].ends[UP].equal && lines[i].ends[!UP].equal;
		for (int side = 0; side < 2; side++) {
			sync_free(lines[i].ends[side].sync);
			lines[i].ends[side].sync = NULL;
		}
	}
}

static void write_one(struct line *l, const char *value)
{
	struct sim_writer w = {.unit = l->unit, .rank = 3};
	struct oid id;
	sim_store_write(l->ends[!UP].store, &w, l->ledger, "reports/31/p/2026-06.yaml", "values.I1", value,
	    1782867600, &id);
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	if (n == 0) {
		fputs("usage: storm N\n", stderr);
		return 2;
	}
	struct line *lines = mem_alloc(n * sizeof *lines);
	struct sim_store *above = sim_store_new();
	for (size_t i = 0; i < n; i++) {
		snprintf(lines[i].unit, sizeof lines[i].unit, "%zu", 10000 + i);
		snprintf(lines[i].ledger, sizeof lines[i].ledger, "reports/%s", lines[i].unit);
		lines[i].ends[0].line = lines[i].ends[1].line = &lines[i];
		lines[i].ends[UP].store = above;
		lines[i].ends[!UP].store = sim_store_new();
		write_one(&lines[i], "1");
	}
	meet(lines, n);
	for (size_t i = 0; i < n; i++)
		write_one(&lines[i], "2");
	meet(lines, n);
	printf(
	    "{\"lines\":%zu,\"equal\":%zu,\"stored\":%zu,\"failed\":%zu,\"bytes\":%llu,\"kb_a_line\":%zu}\n",
	    n, count.equal, count.stored, count.failed, (unsigned long long)count.bytes,
	    count.peak / n / 1024);
	return count.equal == n && count.stored == n ? 0 : 1;
}
