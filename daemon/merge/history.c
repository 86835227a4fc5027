#include "merge/history.h"

#include <stdlib.h>
#include <string.h>

#include "merge/conflict.h"
#include "merge/graph.h"
#include "merge/merge.h"
#include "merge/past.h"

struct numbers {
	unsigned *items;
	size_t n;
};

struct history *history_new(void)
{
	return mem_alloc(sizeof(struct history));
}

static void free_log(struct log *log)
{
	for (size_t i = 0; i < log->fields.n; i++)
		free(((struct field *)log->fields.rows[i].value)->writes);
	table_free(&log->fields);
	free(log->about);
}

void history_free(struct history *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->nodes.n; i++) {
		struct node *node = h->nodes.rows[i].value;
		oids_free(&node->heads);
		free(node->touched);
	}
	for (size_t i = 0; i < h->logs.n; i++)
		free_log(h->logs.rows[i].value);
	for (size_t i = 0; i < h->chains_of.n; i++)
		free(((struct numbers *)h->chains_of.rows[i].value)->items);
	for (size_t i = 0; i < h->n_chains; i++)
		free(h->chains[i].items);
	free(h->chains);
	table_free(&h->nodes);
	table_free(&h->logs);
	table_free(&h->chains_of);
	table_free(&h->losing);
	arena_free(&h->arena);
	free(h);
}

struct node *history_node(const struct history *h, const struct oid *id)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	return table_get(&h->nodes, hex);
}

bool node_has_seen(const struct node *young, const struct node *old)
{
	return old->chain < young->n_clock && young->clock[old->chain] >= old->place;
}

/* The node's clock without itself: all that its heads have seen. */
static void look_back(struct history *h, struct node *node)
{
	struct past seen = past_of(h, &h->arena, &node->heads);
	node->clock = seen.counts;
	node->n_clock = seen.n;
	for (size_t i = 0; i < node->heads.n; i++) {
		unsigned above = history_node(h, &node->heads.items[i])->generation + 1;
		if (above > node->generation)
			node->generation = above;
	}
}

static struct numbers *chains_of(struct history *h, const char *writer)
{
	void **at = table_at(&h->chains_of, writer);
	if (!*at)
		*at = arena_alloc(&h->arena, sizeof(struct numbers));
	return *at;
}

/* The writer's chain whose last change the node has seen, else a new one. */
static unsigned find_chain(struct history *h, const struct node *node)
{
	struct numbers *own = chains_of(h, node->writer);
	for (size_t i = 0; i < own->n; i++) {
		unsigned c = own->items[i];
		if (c < node->n_clock && node->clock[c] == h->chains[c].n)
			return c;
	}
	struct chain fresh = {0};
	VEC_PUSH(h->chains, h->n_chains, fresh);
	unsigned c = (unsigned)h->n_chains - 1;
	VEC_PUSH(own->items, own->n, c);
	return c;
}

static void place(struct history *h, struct node *node)
{
	node->chain = find_chain(h, node);
	struct chain *chain = &h->chains[node->chain];
	VEC_PUSH(chain->items, chain->n, node);
	node->place = (unsigned)chain->n;
	if (node->chain >= node->n_clock) {
		unsigned *wider = arena_alloc(&h->arena, (node->chain + 1) * sizeof *wider);
		if (node->n_clock)
			memcpy(wider, node->clock, node->n_clock * sizeof *wider);
		node->clock = wider;
		node->n_clock = node->chain + 1;
	}
	node->clock[node->chain] = node->place;
}

static struct field *field_at(struct history *h, struct log *log, const char *name)
{
	void **at = table_at(&log->fields, name);
	if (!*at) {
		struct field *field = arena_alloc(&h->arena, sizeof *field);
		field->log = log;
		field->name = arena_dup(&h->arena, name);
		*at = field;
	}
	return *at;
}

static void set_losing(struct log *log, struct entry *losing)
{
	log->losing = losing;
	struct log *target = losing->field->log;
	VEC_PUSH(target->about, target->n_about, log);
}

/* A write becomes known by the id that its conflict would have. */
static void index_losing(struct history *h, struct entry *e)
{
	char id[41], path[64];
	merge_conflict_id(e->field->log->path, e->field->name, &e->by->id, id);
	*table_at(&h->losing, id) = e;
	merge_conflict_path(id, path);
	struct log *log = table_get(&h->logs, path);
	if (log && !log->losing)
		set_losing(log, e);
}

static void index_all(struct history *h)
{
	h->has_losing = true;
	for (size_t i = 0; i < h->logs.n; i++) {
		struct log *log = h->logs.rows[i].value;
		for (size_t j = 0; j < log->fields.n; j++) {
			struct field *field = log->fields.rows[j].value;
			for (size_t k = 0; k < field->n; k++)
				index_losing(h, field->writes[k]);
		}
	}
}

static struct log *log_at(struct history *h, const char *path)
{
	void **at = table_at(&h->logs, path);
	if (*at)
		return *at;
	struct log *log = arena_alloc(&h->arena, sizeof *log);
	log->path = arena_dup(&h->arena, path);
	*at = log;
	char id[41];
	if (!conflict_id_of_path(path, id))
		return log;
	if (!h->has_losing)
		index_all(h);
	struct entry *losing = table_get(&h->losing, id);
	if (losing && !log->losing)
		set_losing(log, losing);
	return log;
}

/* Values repeat (seals, presence): share the text of the write before. */
static const char *keep_value(struct history *h, const struct field *field, const char *value)
{
	const char *last = field->n ? field->writes[field->n - 1]->value : NULL;
	if (value && last && strcmp(value, last) == 0)
		return last;
	return arena_dup(&h->arena, value);
}

static void put(struct history *h, struct node *node, struct field *field, const char *value, bool seal)
{
	struct entry *last = field->n ? field->writes[field->n - 1] : NULL;
	if (last && last->by == node) {
		last->value = keep_value(h, field, value);
		last->seal = last->seal || seal;
		return;
	}
	struct entry *e = arena_alloc(&h->arena, sizeof *e);
	*e = (struct entry){field, node, keep_value(h, field, value), seal};
	VEC_PUSH(field->writes, field->n, e);
	if (h->has_losing)
		index_losing(h, e);
}

static bool is_written(const struct node *node, const struct field *field)
{
	return field->n && field->writes[field->n - 1]->by == node;
}

static bool was_seen(const struct node *node, const struct field *field)
{
	for (size_t i = 0; i < field->n; i++)
		if (node_has_seen(node, field->writes[i]->by))
			return true;
	return false;
}

/* Adding and sealing: what the writer saw written here and does not write himself, he writes as absent. */
static void put_rest(struct history *h, struct node *node, struct log *log, bool seal)
{
	for (size_t i = 0; i < log->fields.n; i++) {
		struct field *field = log->fields.rows[i].value;
		if (!is_written(node, field) && was_seen(node, field))
			put(h, node, field, NULL, seal);
	}
}

static void touch(struct node *node, struct log *log)
{
	for (size_t i = 0; i < node->n_touched; i++)
		if (node->touched[i] == log)
			return;
	VEC_PUSH(node->touched, node->n_touched, log);
}

static void put_writes(struct history *h, struct node *node, const struct history_change *c)
{
	for (size_t i = 0; i < c->n_writes; i++) {
		const struct write *w = &c->writes[i];
		struct log *log = log_at(h, w->record);
		put(h, node, field_at(h, log, w->field), w->value, w->seal);
		touch(node, log);
	}
	for (size_t i = 0; i < c->n_writes; i++)
		if (c->writes[i].all)
			put_rest(h, node, log_at(h, c->writes[i].record), c->writes[i].seal);
}

int history_add(struct history *h, const struct history_change *c, struct err *err)
{
	char hex[OID_HEX + 1], missing[OID_HEX + 1];
	oid_hex(&c->id, hex);
	if (table_get(&h->nodes, hex))
		return 0;
	for (size_t i = 0; i < c->heads.n; i++) {
		if (history_has(h, &c->heads.items[i]))
			continue;
		oid_hex(&c->heads.items[i], missing);
		err_set(err, ERR_PARKED, "change %1 builds on %2, which has not arrived", hex, missing);
		err_hint(err, "it is kept aside and taken up as soon as a sync brings the other");
		return ERR_PARKED;
	}
	struct node *node = arena_alloc(&h->arena, sizeof *node);
	node->id = c->id;
	oids_copy(&node->heads, &c->heads);
	oids_sort(&node->heads);
	node->writer = arena_dup(&h->arena, c->writer);
	node->rank = c->rank;
	node->claim = c->claim;
	look_back(h, node);
	place(h, node);
	*table_at(&h->nodes, hex) = node;
	put_writes(h, node, c);
	return 0;
}

static void unindex_losing(struct history *h, const struct entry *e)
{
	char id[41], path[64];
	merge_conflict_id(e->field->log->path, e->field->name, &e->by->id, id);
	void **at = table_at(&h->losing, id);
	if (*at != e)
		return;
	*at = NULL;
	merge_conflict_path(id, path);
	struct log *log = table_get(&h->logs, path), *target = e->field->log;
	if (!log || log->losing != e)
		return;
	log->losing = NULL;
	for (size_t i = 0; i < target->n_about; i++)
		if (target->about[i] == log)
			target->about[i--] = target->about[--target->n_about];
}

static void take_back(struct history *h, const struct node *node, struct log *log)
{
	for (size_t i = 0; i < log->fields.n; i++) {
		struct field *field = log->fields.rows[i].value;
		if (!is_written(node, field))
			continue;
		if (h->has_losing)
			unindex_losing(h, field->writes[field->n - 1]);
		field->n--;
	}
}

void history_drop_last(struct history *h)
{
	struct node *node = h->nodes.rows[h->nodes.n - 1].value;
	struct chain *chain = &h->chains[node->chain];
	for (size_t i = 0; i < node->n_touched; i++)
		take_back(h, node, node->touched[i]);
	if (--chain->n == 0) {
		free(chain->items);
		h->n_chains--;
		chains_of(h, node->writer)->n--;
	}
	oids_free(&node->heads);
	free(node->touched);
	table_drop_last(&h->nodes);
}

bool history_has(const struct history *h, const struct oid *id)
{
	return history_node(h, id) != NULL;
}

size_t history_count(const struct history *h)
{
	return h->nodes.n;
}

bool history_seen(const struct history *h, const struct oid *young, const struct oid *old)
{
	const struct node *a = history_node(h, young), *b = history_node(h, old);
	return a && b && node_has_seen(a, b);
}

void history_maximal(const struct history *h, struct oids *list)
{
	struct oids kept = {0};
	oids_sort(list);
	struct node **nodes = mem_alloc((list->n + 1) * sizeof *nodes);
	for (size_t i = 0; i < list->n; i++)
		nodes[i] = history_node(h, &list->items[i]);
	for (size_t i = 0; i < list->n; i++) {
		bool maximal = nodes[i] != NULL;
		for (size_t j = 0; maximal && j < list->n; j++)
			maximal = i == j || !nodes[j] || !node_has_seen(nodes[j], nodes[i]);
		if (maximal)
			oids_add(&kept, &list->items[i]);
	}
	free(nodes);
	oids_free(list);
	*list = kept;
}

void history_tips(const struct history *h, struct oids *out)
{
	*out = (struct oids){0};
	for (size_t c = 0; c < h->n_chains; c++)
		oids_add(out, &h->chains[c].items[h->chains[c].n - 1]->id);
	history_maximal(h, out);
}

static int by_generation(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
	if (x->generation != y->generation)
		return x->generation < y->generation ? -1 : 1;
	return oid_cmp(&x->id, &y->id);
}

void history_between(
    const struct history *h, const struct oids *have, const struct oids *heads, struct oids *out)
{
	struct arena arena = {0};
	struct past from = past_of(h, &arena, have), to = past_of(h, &arena, heads);
	struct node **found = NULL;
	size_t n = 0;
	for (size_t c = 0; c < h->n_chains; c++)
		for (unsigned i = from.counts[c]; i < to.counts[c]; i++)
			VEC_PUSH(found, n, h->chains[c].items[i]);
	if (n)
		qsort(found, n, sizeof *found, by_generation);
	*out = (struct oids){0};
	for (size_t i = 0; i < n; i++)
		oids_add(out, &found[i]->id);
	free(found);
	arena_free(&arena);
}
