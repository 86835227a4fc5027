#include "plan/conflict_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

#define DAY 86400

struct filling {
	const struct view *v;
	struct arena *arena;
	struct conflict_filter *out;
	struct err *err;
};

static const char *const states[] = {"open", "overruled", "disputed", "objected", "settled", NULL};
static const char *const whys[] = {"rank", "equal", "seal", "owner", "lead", NULL};

static int take_unit(struct filling *f, const char *value)
{
	const struct registry_unit *u;
	int rc = registry_resolve_on(f->v->registry, value, date_of_time(f->v->now), &u, f->err);
	if (rc == 0)
		f->out->unit = arena_dup(f->arena, u->id);
	return rc;
}

static int take_plan(struct filling *f, const char *value)
{
	return view_plan(f->v, value, f->arena, &f->out->issuer, &f->out->plan, f->err);
}

static int take_period(struct filling *f, const char *value)
{
	f->out->period = arena_dup(f->arena, value);
	return 0;
}

static int take_record(struct filling *f, const char *value)
{
	f->out->record = arena_dup(f->arena, value);
	return 0;
}

static int take_field(struct filling *f, const char *value)
{
	f->out->field = arena_dup(f->arena, value);
	return 0;
}

static int take_choice(
    struct filling *f, const char *key, const char *value, const char *const *known, const char **out)
{
	size_t n = 0;
	for (; known[n]; n++)
		if (strcmp(known[n], value) == 0)
			*out = known[n];
	if (*out && strcmp(*out, value) == 0)
		return 0;
	struct buf words = {0};
	for (size_t i = 0; i < n; i++)
		buf_printf(&words, "%s%s", i ? ", " : "", known[i]);
	err_set(f->err, ERR_USAGE, N_("'%1' is no %2 of a conflict"), value, key, buf_str(&words));
	err_hint(f->err, N_("it is one of: %3"));
	buf_free(&words);
	return ERR_USAGE;
}

static int take_state(struct filling *f, const char *value)
{
	return take_choice(f, "state", value, states, &f->out->state);
}

static int take_why(struct filling *f, const char *value)
{
	return take_choice(f, "why", value, whys, &f->out->why);
}

static int take_days(struct filling *f, const char *key, const char *value, int64_t *out)
{
	char *end;
	long days = strtol(value, &end, 10);
	if (end == value || *end || days < 0 || days > 100000)
		return err_set(
		    f->err, ERR_USAGE, N_("%1 takes a whole number of days, not '%2'"), key, value);
	*out = days;
	return 0;
}

static int take_older(struct filling *f, const char *value)
{
	return take_days(f, "older", value, &f->out->older);
}

static int take_newer(struct filling *f, const char *value)
{
	return take_days(f, "newer", value, &f->out->newer);
}

static int take_mine(struct filling *f, const char *value)
{
	if (*value && strcmp(value, "yes") != 0)
		return err_set(f->err, ERR_USAGE, N_("'%1' takes no value"), "mine");
	f->out->mine = true;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct filling *f, const char *value);
} keys[] = {
    {"unit", take_unit},
    {"plan", take_plan},
    {"period", take_period},
    {"record", take_record},
    {"field", take_field},
    {"state", take_state},
    {"why", take_why},
    {"older", take_older},
    {"newer", take_newer},
    {"mine", take_mine},
};
#define N_KEYS (sizeof keys / sizeof *keys)

static int no_key(struct filling *f, const char *key)
{
	struct buf words = {0};
	for (size_t i = 0; i < N_KEYS; i++)
		buf_printf(&words, "%s%s", i ? ", " : "", keys[i].name);
	err_set(f->err, ERR_USAGE, N_("--where knows no '%1'"), key, buf_str(&words));
	err_hint(f->err, N_("it knows %2; as in --where unit=11383,state=disputed"));
	buf_free(&words);
	return ERR_USAGE;
}

static int take_pair(struct filling *f, const char *pair)
{
	size_t len = strcspn(pair, "=");
	const char *key = arena_dup_len(f->arena, pair, len), *value = pair[len] ? pair + len + 1 : "";
	for (size_t i = 0; i < N_KEYS; i++) {
		if (strcmp(keys[i].name, key) != 0)
			continue;
		if (!*value && strcmp(key, "mine") != 0)
			return err_set(f->err, ERR_USAGE, N_("'%1' needs a value"), key);
		return keys[i].take(f, value);
	}
	return no_key(f, key);
}

int conflict_filter_read(const struct view *v, const struct args *a, struct arena *arena,
    struct conflict_filter *out, struct err *err)
{
	struct filling f = {v, arena, out, err};
	struct strs pairs = {0};
	int rc = 0;
	*out = (struct conflict_filter){.older = -1, .newer = -1};
	for (size_t i = 0; rc == 0 && i < N_KEYS; i++)
		if (args_has(a, keys[i].name))
			rc = keys[i].take(&f, args_get(a, keys[i].name));
	args_list(a, "where", &pairs);
	for (size_t i = 0; rc == 0 && i < pairs.n; i++)
		rc = take_pair(&f, pairs.items[i]);
	strs_free(&pairs);
	return rc;
}

static bool fits_unit(const struct view *v, const char *unit, const char *ledger)
{
	const char *slash = strchr(ledger, '/');
	return slash && (strcmp(slash + 1, unit) == 0 || view_is_above(v, unit, slash + 1));
}

/* The path itself, without ".yaml" too, or a folder above it. */
static bool fits_record(const char *wanted, const char *record)
{
	size_t len = strlen(wanted);
	while (len && wanted[len - 1] == '/')
		len--;
	return strncmp(record, wanted, len) == 0 &&
	       (!record[len] || record[len] == '/' || strcmp(record + len, ".yaml") == 0);
}

static bool fits_age(const struct view *v, const struct conflict_filter *f, const struct conflict_item *c)
{
	if (f->older < 0 && f->newer < 0)
		return true;
	int64_t days = (v->now - conflict_since(v, c)) / DAY;
	return (f->older < 0 || days >= f->older) && (f->newer < 0 || days <= f->newer);
}

static bool is_or_any(const char *wanted, const char *is)
{
	return !wanted || str_is(wanted, is);
}

bool conflict_filter_fits(
    const struct view *v, const struct conflict_filter *f, const struct conflict_item *c)
{
	bool state =
	    !f->state || (strcmp(f->state, "open") == 0 ? conflict_is_open(c) : str_is(f->state, c->state));
	return state && is_or_any(f->issuer, c->issuer) && is_or_any(f->plan, c->plan) &&
	       is_or_any(f->period, c->period) && is_or_any(f->field, c->field) &&
	       is_or_any(f->why, c->why) && (!f->record || fits_record(f->record, c->record)) &&
	       (!f->unit || fits_unit(v, f->unit, c->ledger)) && (!f->mine || conflict_is_mine(v, c)) &&
	       fits_age(v, f, c);
}

int conflict_select(const struct view *v, const struct conflict_filter *f, struct arena *arena,
    struct conflict_items *out, struct err *err)
{
	size_t n = 0;
	int rc = conflict_list(v, NULL, arena, out, err);
	for (size_t i = 0; rc == 0 && i < out->n; i++)
		if (conflict_filter_fits(v, f, &out->items[i]))
			out->items[n++] = out->items[i];
	out->n = n;
	return rc;
}
