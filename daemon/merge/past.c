#include "merge/past.h"

#include <string.h>

bool past_has(const struct past *p, const struct node *node)
{
	return node->chain < p->n && p->counts[node->chain] >= node->place;
}

static void join(struct past *p, const struct node *node)
{
	for (size_t c = 0; c < node->n_clock; c++)
		if (node->clock[c] > p->counts[c])
			p->counts[c] = node->clock[c];
}

/* Along a chain the rule never falls. */
static int highest(const struct history *h, const struct past *p)
{
	int rule = 1;
	for (size_t c = 0; c < p->n; c++) {
		int last = p->counts[c] ? node_at(h, h->chains[c].items[p->counts[c] - 1])->rule : 1;
		rule = last > rule ? last : rule;
	}
	return rule;
}

struct past past_of(const struct history *h, struct arena *arena, const struct oids *ids)
{
	struct past p = {arena_alloc(arena, h->n_chains * sizeof *p.counts), h->n_chains, 1};
	for (size_t i = 0; i < ids->n; i++) {
		const struct node *node = history_node(h, &ids->items[i]);
		if (node)
			join(&p, node);
	}
	if (h->n_raised)
		p.rule = highest(h, &p);
	return p;
}

struct past past_of_node(struct arena *arena, const struct node *node, int rule)
{
	struct past p = {arena_alloc(arena, node->n_clock * sizeof *p.counts), node->n_clock, rule};
	memcpy(p.counts, node->clock, node->n_clock * sizeof *p.counts);
	return p;
}

struct past past_common(struct arena *arena, const struct past *a, const struct node *b)
{
	size_t n = a->n < b->n_clock ? a->n : b->n_clock;
	struct past p = {arena_alloc(arena, n * sizeof *p.counts), n, a->rule};
	for (size_t c = 0; c < n; c++)
		p.counts[c] = a->counts[c] < b->clock[c] ? a->counts[c] : b->clock[c];
	return p;
}

/* Along a chain "has seen node" is first false, then true. */
static unsigned first_that_saw(
    const struct history *h, const struct chain *chain, unsigned n, const struct node *node)
{
	unsigned low = 0, high = n;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (node_has_seen(node_at(h, chain->items[middle]), node))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct past past_before_known(
    const struct history *h, struct arena *arena, const struct past *p, const struct node *node)
{
	struct past out = {arena_alloc(arena, p->n * sizeof *out.counts), p->n, p->rule};
	for (size_t c = 0; c < p->n; c++)
		out.counts[c] = first_that_saw(h, &h->chains[c], p->counts[c], node);
	join(&out, node);
	return out;
}
