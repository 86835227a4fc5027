/*
 * Nodes and logs, made of what is packed when they are asked for. A log goes back from the last change that wrote on
 * its record to the first, then takes their writes in the order in which they came.
 */
#include <stdlib.h>
#include <string.h>

#include "merge/conflict.h"
#include "merge/pack.h"

struct cache {
	struct arena arena;
	struct node **nodes; /* by change */
	size_t nodes_room;
	struct log **logs; /* by word */
	unsigned *places; /* by word: where the field of this name stood in the log that was filled last */
	size_t words_room;
	struct log **made;
	size_t n_made;
};

static size_t room_for(size_t n)
{
	size_t room = 16;
	while (room < n)
		room *= 2;
	return room;
}

/* Zeroed room; what is never touched costs nothing. */
static void *wider(void *old, size_t had, size_t room, size_t size)
{
	char *fresh = mem_alloc(room * size);
	if (had)
		memcpy(fresh, old, had * size);
	free(old);
	return fresh;
}

/* What is asked for is no change of the history: so it may be made by who only reads. */
static struct cache *cache_of(const struct history *h)
{
	struct history *own = (struct history *)h;
	if (!h->cache)
		own->cache = mem_alloc(sizeof *h->cache);
	struct cache *c = h->cache;
	if (c->nodes_room < h->n) {
		size_t room = room_for(h->n);
		c->nodes = wider(c->nodes, c->nodes_room, room, sizeof(struct node *));
		c->nodes_room = room;
	}
	if (c->words_room < h->words.n) {
		size_t room = room_for(h->words.n);
		c->logs = wider(c->logs, c->words_room, room, sizeof(struct log *));
		c->places = wider(c->places, c->words_room, room, sizeof *c->places);
		c->words_room = room;
	}
	return c;
}

void cache_free(struct history *h)
{
	struct cache *c = h->cache;
	if (!c)
		return;
	for (size_t i = 0; i < c->n_made; i++) {
		for (size_t k = 0; k < c->made[i]->n_fields; k++)
			free(c->made[i]->fields[k]->writes);
		free(c->made[i]->fields);
		free(c->made[i]->about);
	}
	free(c->made);
	free(c->nodes);
	free(c->logs);
	free(c->places);
	arena_free(&c->arena);
	free(c);
	h->cache = NULL;
}

/* ---- nodes ---- */

static void fill_touched(struct cache *c, struct pack_in *in, unsigned n, struct node *node)
{
	node->touched = arena_alloc(&c->arena, n * sizeof *node->touched);
	for (unsigned i = 0; i < n; i++) {
		struct pack_record r;
		pack_get_record(in, &r);
		node->touched[node->n_touched++] = r.path;
		pack_pass_fields(in, &r);
	}
}

struct node *node_at(const struct history *h, unsigned change)
{
	struct cache *c = cache_of(h);
	struct pack_head head;
	if (c->nodes[change])
		return c->nodes[change];
	struct pack_in in = history_packed_at(h, change);
	struct node *node = arena_alloc(&c->arena, sizeof *node);
	pack_get_head(&in, &head);
	node->id = head.id;
	node->writer = h->words.items[head.writer].text;
	node->rank = head.rank;
	node->rule = head.rule;
	node->claim = head.claim;
	node->at = change;
	node->chain = head.chain;
	node->generation = head.generation;
	node->n_clock = head.n_clock;
	node->clock = arena_alloc(&c->arena, head.n_clock * sizeof *node->clock);
	for (unsigned i = 0; i < head.n_clock; i++)
		node->clock[i] = pack_number(&head.clock);
	node->place = node->clock[node->chain];
	fill_touched(c, &in, head.n_records, node);
	c->nodes[change] = node;
	return node;
}

/* ---- logs ---- */

static struct field *field_at(const struct history *h, struct log *log, unsigned name)
{
	struct cache *c = h->cache;
	unsigned place = c->places[name];
	if (place < log->n_fields && log->fields[place]->word == name)
		return log->fields[place];
	for (place = 0; place < log->n_fields && log->fields[place]->word != name; place++)
		;
	c->places[name] = place;
	if (place < log->n_fields)
		return log->fields[place];
	struct field *field = arena_alloc(&c->arena, sizeof *field);
	*field = (struct field){.log = log, .name = h->words.items[name].text, .word = name};
	VEC_PUSH(log->fields, log->n_fields, field);
	return field;
}

static void take_writes(const struct history *h, struct log *log, unsigned change, unsigned offset)
{
	struct node *by = node_at(h, change);
	struct pack_in in = history_packed_at(h, change);
	struct pack_record r;
	struct pack_field f;
	in.at += offset;
	pack_get_record(&in, &r);
	for (unsigned i = 0; i < r.n_fields; i++) {
		pack_get_field(&in, &f);
		struct field *field = field_at(h, log, f.name);
		struct entry *e = arena_alloc(&h->cache->arena, sizeof *e);
		*e = (struct entry){field, by, f.value, f.seal};
		VEC_PUSH(field->writes, field->n, e);
	}
}

struct step {
	unsigned change, offset;
};

static void fill_log(const struct history *h, struct log *log)
{
	const struct word *path = &h->words.items[log->word];
	struct step *steps = NULL, at = {path->last - 1, path->offset};
	size_t n = 0;
	for (;;) {
		struct pack_in in = history_packed_at(h, at.change);
		struct pack_record r;
		VEC_PUSH(steps, n, at);
		in.at += at.offset;
		pack_get_record(&in, &r);
		if (r.back == 0)
			break;
		at = (struct step){at.change - r.back, r.back_offset};
	}
	while (n-- > 0)
		take_writes(h, log, steps[n].change, steps[n].offset);
	free(steps);
}

static struct entry *entry_by(const struct log *log, unsigned name, unsigned change)
{
	for (size_t i = 0; i < log->n_fields; i++) {
		const struct field *field = log->fields[i];
		for (size_t k = 0; field->word == name && k < field->n; k++)
			if (field->writes[k]->by->at == change)
				return field->writes[k];
	}
	return NULL;
}

static void tie(const struct history *h, struct log *log)
{
	const struct word *path = &h->words.items[log->word];
	const struct about *losing = path->losing ? &h->abouts[path->losing - 1] : NULL;
	if (losing)
		log->losing = entry_by(log_at(h, losing->record), losing->field, losing->change);
	for (unsigned i = path->about; i; i = h->abouts[i - 1].next) {
		struct log *about = log_at(h, h->abouts[i - 1].conflict);
		VEC_PUSH(log->about, log->n_about, about);
	}
}

struct log *log_at(const struct history *h, unsigned word)
{
	struct cache *c = cache_of(h);
	if (!h->words.items[word].last)
		return NULL;
	if (c->logs[word])
		return c->logs[word];
	struct log *log = arena_alloc(&c->arena, sizeof *log);
	*log = (struct log){.path = h->words.items[word].text, .word = word};
	c->logs[word] = log;
	VEC_PUSH(c->made, c->n_made, log);
	fill_log(h, log);
	tie(h, log);
	return log;
}

struct log *log_of(const struct history *h, const char *path)
{
	unsigned word = words_find(&h->words, path);
	return word == WORDS_NONE ? NULL : log_at(h, word);
}

struct field *log_field(const struct log *log, const char *name)
{
	for (size_t i = 0; log && i < log->n_fields; i++)
		if (strcmp(log->fields[i]->name, name) == 0)
			return log->fields[i];
	return NULL;
}

/* A conflict that is written on for the first time is tied to what it is about. */
static void tie_conflict(const struct history *h, unsigned word)
{
	unsigned losing = h->words.items[word].losing;
	if (!losing)
		return;
	struct log *target = h->cache->logs[h->abouts[losing - 1].record];
	struct log *conflict = log_at(h, word);
	for (size_t i = 0; target && i < target->n_about; i++)
		if (target->about[i] == conflict)
			return;
	if (target)
		VEC_PUSH(target->about, target->n_about, conflict);
}

static void tie_new(const struct history *h, struct pack_in in, unsigned n)
{
	while (n-- > 0) {
		struct pack_record r;
		pack_get_record(&in, &r);
		if (!r.back)
			tie_conflict(h, r.path);
		pack_pass_fields(&in, &r);
	}
}

void cache_added(struct history *h)
{
	struct pack_in in = history_packed_at(h, (unsigned)h->n - 1);
	struct pack_head head;
	if (!h->cache)
		return;
	struct cache *c = cache_of(h);
	pack_get_head(&in, &head);
	struct pack_in records = in;
	for (unsigned i = 0; i < head.n_records; i++) {
		struct pack_record r;
		pack_get_record(&in, &r);
		if (c->logs[r.path])
			take_writes(h, c->logs[r.path], (unsigned)h->n - 1, r.offset);
		pack_pass_fields(&in, &r);
	}
	tie_new(h, records, head.n_records);
}

static void drop_writes(const struct history *h, struct log *log, struct pack_in in, unsigned n)
{
	while (n-- > 0) {
		struct pack_field f;
		pack_get_field(&in, &f);
		field_at(h, log, f.name)->n--;
	}
	for (; log->n_fields && log->fields[log->n_fields - 1]->n == 0; log->n_fields--)
		free(log->fields[log->n_fields - 1]->writes);
}

/* Does something hang on it that links logs? */
static bool is_tied(const struct history *h)
{
	return h->n_orphans || (h->n_abouts && h->abouts[h->n_abouts - 1].made_by == h->n - 1);
}

void cache_dropped(struct history *h)
{
	struct cache *c = h->cache;
	struct pack_in in = history_packed_at(h, (unsigned)h->n - 1);
	struct pack_head head;
	if (!c)
		return;
	if (is_tied(h)) {
		cache_free(h);
		return;
	}
	c = cache_of(h);
	pack_get_head(&in, &head);
	c->nodes[h->n - 1] = NULL;
	for (unsigned i = 0; i < head.n_records; i++) {
		struct pack_record r;
		pack_get_record(&in, &r);
		struct log *log = c->logs[r.path];
		if (log && r.back)
			drop_writes(h, log, in, r.n_fields);
		if (!r.back)
			c->logs[r.path] = NULL;
		pack_pass_fields(&in, &r);
	}
}
