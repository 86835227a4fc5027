#include "registry/inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "record/text.h"

#define REPLACED_MAX 8 /* reorganisations in a row that rights are followed through */
#define REPLACED_STEPS 4096

int registry_rank(const char *text)
{
	return text && *text && strlen(text) <= 4 && strspn(text, "0123456789") == strlen(text) ? atoi(text)
												: -1;
}

const char *registry_parent(const struct registry *r, const char *id)
{
	const struct registry_unit *u = registry_unit(r, id);
	return u ? u->parent : NULL;
}

void registry_above(const struct registry *r, const char *unit, struct strs *out)
{
	const char *line[REGISTRY_DEPTH_MAX];
	size_t n = 0;
	for (const char *id = registry_parent(r, unit); id && n < REGISTRY_DEPTH_MAX;
	     id = registry_parent(r, id))
		line[n++] = id;
	while (n)
		strs_add(out, line[--n]);
}

bool registry_is_above(const struct registry *r, const char *upper, const char *lower)
{
	const char *id = registry_parent(r, lower);
	for (int depth = 0; id && depth < REGISTRY_DEPTH_MAX; depth++, id = registry_parent(r, id))
		if (strcmp(id, upper) == 0)
			return true;
	return false;
}

/* Any of those who registered it, or of those above them. */
static bool was_above(const struct registry *r, const char *upper, const char *lower, int depth)
{
	const struct unit *u = table_get(&r->units, lower);
	for (size_t i = 0; u && depth < REGISTRY_DEPTH_MAX && i < u->n_claims; i++) {
		const char *issuer = u->claims[i]->issuer;
		if (strcmp(issuer, lower) == 0 || !registry_belongs(u, issuer))
			continue;
		if (strcmp(issuer, upper) == 0 || was_above(r, upper, issuer, depth + 1))
			return true;
	}
	if (u && registry_was_over(u, upper))
		return true;
	for (size_t i = 0; u && depth < REGISTRY_DEPTH_MAX && i < u->n_moves; i++) {
		const struct move *m = u->moves[i];
		for (size_t k = 0; m->counts && k < m->past.n; k++)
			if (strcmp(m->past.items[k], upper) == 0 ||
			    was_above(r, upper, m->past.items[k], depth + 1))
				return true;
	}
	return false;
}

bool registry_was_above(const struct registry *r, const char *upper, const char *lower)
{
	return strcmp(upper, lower) != 0 && was_above(r, upper, lower, 0);
}

/* What replaced it as a whole, by the word of a superior whose unit it is or was, and what replaced that. `steps` bounds
 * the search, whatever somebody's records say. */
static bool replaces(
    const struct registry *r, const char *unit, const char *ended, int depth, unsigned *steps)
{
	const struct unit *u = table_get(&r->units, ended);
	for (size_t i = 0; u && depth < REPLACED_MAX && i < u->n_claims; i++) {
		const struct registration *c = u->claims[i];
		for (size_t k = 0; registry_belongs(u, c->issuer) && k < c->whole.n && *steps; k++) {
			--*steps;
			if (strcmp(c->whole.items[k], unit) == 0 ||
			    replaces(r, unit, c->whole.items[k], depth + 1, steps))
				return true;
		}
	}
	return false;
}

bool registry_replaces(const struct registry *r, const char *unit, const char *ended)
{
	unsigned steps = REPLACED_STEPS;
	return strcmp(unit, ended) != 0 && replaces(r, unit, ended, 0, &steps);
}

static bool has_successors(const struct unit *u)
{
	for (size_t i = 0; i < u->n_claims; i++)
		if (u->claims[i]->whole.n)
			return true;
	return false;
}

void registry_replaced_by(const struct registry *r, const char *unit, struct strs *out)
{
	for (size_t i = 0; i < r->units.n; i++) {
		const struct unit *u = r->units.rows[i].value;
		if (has_successors(u) && registry_replaces(r, unit, u->id))
			strs_add(out, u->id);
	}
	strs_sort(out);
}

static bool is_claimed_by(const struct unit *u, const char *superior)
{
	for (size_t i = 0; i < u->n_claims; i++)
		if (strcmp(u->claims[i]->issuer, superior) == 0)
			return true;
	return false;
}

const char *registry_moved_here(const struct registry *r, const char *superior, const char *typed)
{
	size_t len = strlen(typed);
	for (size_t i = 0; i < r->units.n; i++) {
		const struct unit *u = r->units.rows[i].value;
		if (str_is(u->moved_to, superior) && !is_claimed_by(u, superior) &&
		    strncmp(u->id, typed, len) == 0 && (!u->id[len] || u->id[len] == '.'))
			return u->id;
	}
	return NULL;
}

void registry_below(const struct registry *r, const char *top, bool stations, struct strs *out)
{
	for (size_t i = 0; i < r->units.n; i++) {
		const struct unit *u = r->units.rows[i].value;
		if (!u->present || (u->view.station && !stations))
			continue;
		if (!top || registry_is_above(r, top, u->view.id))
			strs_add(out, u->view.id);
	}
	strs_sort(out);
}

#define SHOWN_MAX 6 /* candidates that an error names */

struct search {
	const struct registry_unit *found;
	size_t n;
	struct buf names;
};

static void search_add(struct search *s, const struct registry_unit *u)
{
	s->found = u;
	if (s->n++ < SHOWN_MAX)
		buf_printf(&s->names, "%s%s (%s)", s->n > 1 ? ", " : "", u->id, u->name);
	else if (s->n == SHOWN_MAX + 1)
		buf_puts(&s->names, ", …");
}

static int search_end(struct search *s, const char *text, const struct registry_unit **out, struct err *err)
{
	int rc = 0;
	*out = s->found;
	if (s->n > 1) {
		rc = err_set(err, ERR_AMBIGUOUS, N_("'%1' fits several units: %2"), text, buf_str(&s->names));
		err_hint(err, N_("write the id of one of them"));
	}
	buf_free(&s->names);
	return rc;
}

static void search_code(const struct registry *r, const char *code, struct search *s)
{
	for (size_t i = 0; i < r->units.n; i++) {
		const struct unit *u = r->units.rows[i].value;
		if (u->present && !u->view.station && strcmp(u->view.code, code) == 0)
			search_add(s, &u->view);
	}
}

/* "cong-an@<code or name of a unit>" */
static void search_station(const struct registry *r, const char *text, struct search *s)
{
	const char *at = strchr(text, '@');
	for (size_t i = 0; at && i < r->units.n; i++) {
		const struct unit *u = r->units.rows[i].value;
		const struct registry_unit *v = &u->view;
		if (!u->present || !v->station || strlen(v->station) != (size_t)(at - text) ||
		    strncmp(v->station, text, (size_t)(at - text)) != 0)
			continue;
		const struct registry_unit *home = registry_unit(r, v->parent);
		if (home && (strcmp(home->code, at + 1) == 0 || text_fold_eq(home->name, at + 1)))
			search_add(s, v);
	}
}

static void search_name(const struct registry *r, const char *text, struct search *s)
{
	for (size_t i = 0; i < r->units.n; i++) {
		const struct unit *u = r->units.rows[i].value;
		if (u->present && text_fold_eq(u->view.name, text))
			search_add(s, &u->view);
	}
}

/* Ids, codes and folded names, each pointing back at its unit. */
static int not_found(const struct registry *r, const char *text, struct err *err)
{
	struct strs words = {0};
	const struct registry_unit **whose =
	    mem_alloc((3 * r->units.n + 1) * sizeof(const struct registry_unit *));
	struct buf folded = {0};
	for (size_t i = 0; i < r->units.n; i++) {
		const struct unit *u = r->units.rows[i].value;
		if (!u->present)
			continue;
		const struct registry_unit *v = &u->view;
		buf_cut(&folded, 0);
		text_fold(v->name, &folded);
		const char *const own[] = {v->id, v->code, buf_str(&folded)};
		for (int k = 0; k < 3; k++) {
			whose[words.n] = v;
			strs_add(&words, own[k]);
		}
	}
	buf_cut(&folded, 0);
	text_fold(text, &folded);
	const char *near = nearest_word(buf_str(&folded), (const char *const *)words.items, words.n);
	const struct registry_unit *hit = NULL;
	for (size_t i = 0; near && !hit && i < words.n; i++)
		if (words.items[i] == near)
			hit = whose[i];
	int rc;
	if (hit) {
		rc = err_set(err, ERR_NOT_FOUND, N_("there is no unit '%1'; did you mean %2 (%3)?"), text,
		    hit->id, hit->name);
	} else {
		rc = err_set(err, ERR_NOT_FOUND, N_("there is no unit '%1' here"), text);
		err_hint(err, N_("`tuyen unit list` shows the units"));
	}
	buf_free(&folded);
	strs_free(&words);
	free(whose);
	return rc;
}

int registry_resolve(
    const struct registry *r, const char *text, const struct registry_unit **out, struct err *err)
{
	static void (*const ways[])(const struct registry *, const char *, struct search *) = {
	    search_code, search_station, search_name};
	*out = registry_unit(r, text);
	if (*out)
		return 0;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct search s = {0};
		ways[i](r, text, &s);
		if (s.n)
			return search_end(&s, text, out, err);
	}
	return not_found(r, text, err);
}

static bool has_code(const struct registry_unit *u, const char *text)
{
	return strcmp(u->code, text) == 0;
}

static bool has_name(const struct registry_unit *u, const char *text)
{
	return text_fold_eq(u->name, text);
}

/* The one unit, no station, of which this is true and which is valid on the day; NULL if there is none, or several. */
static const struct registry_unit *only_one(const struct registry *r, const char *text, day_t day,
    bool (*is)(const struct registry_unit *u, const char *text))
{
	const struct registry_unit *found = NULL;
	for (size_t i = 0; i < r->units.n; i++) {
		const struct unit *u = r->units.rows[i].value;
		if (!u->present || u->view.station || !registry_valid_on(&u->view, day) ||
		    !is(&u->view, text))
			continue;
		if (found)
			return NULL;
		found = &u->view;
	}
	return found;
}

/* "11383@2025-06-30": as of that day, whatever day is asked for. NULL: no day stands there; the caller frees it. */
static char *without_day(const char *text, day_t *day)
{
	const char *at = strrchr(text, '@');
	struct err none = {0};
	if (!at || at == text || date_parse(at + 1, day, &none) < 0)
		return NULL;
	return mem_dup_len(text, (size_t)(at - text));
}

int registry_resolve_on(
    const struct registry *r, const char *text, day_t day, const struct registry_unit **out, struct err *err)
{
	char *bare = without_day(text, &day);
	const char *name = bare ? bare : text;
	*out = only_one(r, name, day, has_code);
	if (!*out && !registry_unit(r, name))
		*out = only_one(r, name, day, has_name);
	int rc = *out ? 0 : registry_resolve(r, name, out, err);
	free(bare);
	return rc;
}
