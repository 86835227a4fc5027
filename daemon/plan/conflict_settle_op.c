/* The words of `conflict settle`. */
#include <stdlib.h>
#include <string.h>

#include "plan/conflict_filter.h"
#include "plan/conflict_settle.h"
#include "plan/writing.h"

static int no_value(struct err *err)
{
	err_set(err, ERR_USAGE, N_("which value is to stand?"));
	err_hint(err, N_("add --take kept, --take other, --take base or --value VALUE"));
	return ERR_USAGE;
}

static int read_choice(const struct args *a, struct outcome *o, struct conflict_choice *out, struct err *err)
{
	out->take = args_get(a, "take");
	out->value = args_get(a, "value");
	if (out->take && out->value)
		return err_set(err, ERR_USAGE, N_("--take and --value exclude each other"));
	if (out->value && args_has(a, "where"))
		return err_set(err, ERR_USAGE, N_("--where settles by a rule (--take), not by --value"));
	if (!out->take && !out->value)
		return no_value(err);
	if (out->take && !conflict_take_is(out->take))
		return conflict_no_take(out->take, err);
	return args_has(a, "reason") ? writing_reason(a, &o->arena, &out->reason, err) : 0;
}

static int pick(const struct view *v, const struct args *a, const struct conflict_items *all,
    struct arena *arena, struct conflict_items *which, struct err *err)
{
	const char *id = args_word(a, 0);
	const struct conflict_item *c;
	struct conflict_filter f;
	int rc = 0;
	if (id && args_has(a, "where"))
		return err_set(err, ERR_USAGE, N_("either the id of a conflict or --where, not both"));
	if (!id && !args_has(a, "where")) {
		err_set(err, ERR_USAGE, N_("the id of a conflict is needed"));
		err_hint(err, N_("'tuyen conflict list' shows what is open"));
		return ERR_USAGE;
	}
	if (id) {
		rc = conflict_find(all, id, &c, err);
		if (rc == 0)
			*which = (struct conflict_items){(struct conflict_item *)c, 1};
		return rc;
	}
	rc = conflict_filter_read(v, a, arena, &f, err);
	which->items = arena_alloc(arena, (all->n + 1) * sizeof *which->items);
	for (size_t i = 0; rc == 0 && i < all->n; i++)
		if (conflict_is_open(&all->items[i]) && conflict_filter_fits(v, &f, &all->items[i]))
			which->items[which->n++] = all->items[i];
	return rc;
}

int conflict_settle_words(const struct view *v, const struct args *a, struct outcome *o,
    struct conflict_settling *out, struct err *err)
{
	struct conflict_choice choice = {0};
	struct conflict_items all = {0}, which = {0};
	*out = (struct conflict_settling){0};
	int rc = read_choice(a, o, &choice, err);
	if (rc == 0)
		rc = conflict_list(v, NULL, &o->arena, &all, err);
	if (rc == 0)
		rc = pick(v, a, &all, &o->arena, &which, err);
	return rc ? rc : conflict_settle(v, &all, &which, &choice, o, out, err);
}

/* One line a reason, with how many. */
static void tell_left(struct outcome *o, const struct conflict_settling *s)
{
	static const char *const codes[] = {"rank", "settled", "several", "unclear", "gone", "words"};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		size_t n = 0;
		const char *first = NULL;
		for (size_t k = 0; k < s->n_left; k++) {
			if (strcmp(s->left[k].code, codes[i]) != 0)
				continue;
			first = n++ ? first : s->left[k].item->id;
		}
		if (n) {
			outcome_warn(o, N_("left as they are: %1 (the first is %2)"),
			    arena_printf(&o->arena, "%zu", n), arena_printf(&o->arena, "%.10s", first));
			outcome_warn(o, conflict_left_why(codes[i]));
		}
	}
}

static void tell_one(struct outcome *o, const struct conflict_settled *f)
{
	const char *value = f->value ? f->value : "-";
	outcome_note(o, N_("settled: %1 of %2 is %3"), *f->first->field ? f->first->field : f->first->record,
	    f->first->record, value);
}

/* Ids and codes need no escapes. */
static void print_json(struct outcome *o, const struct conflict_settling *s)
{
	struct buf *out = &o->output;
	bool first = true;
	buf_puts(out, "{\"settled\": [");
	for (size_t i = 0; i < s->n_fields; i++)
		for (size_t k = 0; k < s->fields[i].n; k++, first = false)
			buf_printf(out, "%s\"%s\"", first ? "" : ", ", s->fields[i].all[k]->id);
	buf_printf(out, "], \"changes\": %zu, \"left\": [", o->n_changes);
	for (size_t i = 0; i < s->n_left; i++)
		buf_printf(out, "%s{\"id\": \"%s\", \"why\": \"%s\"}", i ? ", " : "", s->left[i].item->id,
		    s->left[i].code);
	buf_puts(out, "]}\n");
}

int conflict_op_settle(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct conflict_settling s;
	int rc = conflict_settle_words(v, a, o, &s, err);
	if (rc)
		return rc;
	if (s.n_fields == 0 && s.n_left) {
		err_set(err, ERR_REFUSED, N_("none of these %1 conflicts can be settled so"),
		    arena_printf(&o->arena, "%zu", s.n_left));
		err_hint(err, conflict_left_why(s.left[0].code));
		return ERR_REFUSED;
	}
	if (args_has(a, "json"))
		print_json(o, &s);
	else if (args_word(a, 0))
		tell_one(o, &s.fields[0]);
	else if (s.n_fields == 0)
		outcome_note(o, N_("no open conflict is so: nothing is changed"));
	else
		outcome_note(o, N_("settled: %1 conflicts, by %2 signed changes"),
		    arena_printf(&o->arena, "%zu", s.n_conflicts),
		    arena_printf(&o->arena, "%zu", o->n_changes));
	tell_left(o, &s);
	return 0;
}
