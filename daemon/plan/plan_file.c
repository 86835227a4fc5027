#include "plan/plan_file.h"

#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "record/period.h"
#include "record/text.h"

/* Sections whose items become rows of the plan's record. */
static const char *const row_sections[] = {"campaigns", "documents", "agencies", "routes", "escalations",
    "reviews", "emulation", "classifications", "cooperation", "reorganisations"};
#define N_ROW_SECTIONS (sizeof row_sections / sizeof *row_sections)

static const char *const file_keys[] = {"format", "plan", "campaigns", "documents", "agencies", "routes",
    "escalations", "reviews", "emulation", "classifications", "cooperation", "reorganisations", "indicators",
    "tasks", NULL};

static int wrong(struct err *err, const char *source, const struct yaml_node *at, int rc)
{
	err_at(err, source, at ? at->line : 1, at ? at->column : 1);
	return rc;
}

/* Take the child `key` out of a map. */
static struct yaml_node *detach(struct yaml_node *map, const char *key)
{
	for (struct yaml_node **p = &map->first; *p; p = &(*p)->next) {
		struct yaml_node *child = *p;
		if (strcmp(child->key, key) == 0) {
			*p = child->next;
			child->next = NULL;
			map->n--;
			return child;
		}
	}
	return NULL;
}

static void attach(struct yaml_node *map, struct yaml_node *child)
{
	struct yaml_node **p = &map->first;
	while (*p)
		p = &(*p)->next;
	child->next = NULL;
	*p = child;
	map->n++;
}

static int check_id(const char *source, const struct yaml_node *id, struct err *err)
{
	if (id->kind != YAML_SCALAR || !text_is_id(id->text)) {
		err_set(err, ERR_INPUT,
		    N_("'%1' cannot be an id: letters without marks, digits and . _ - @ only"),
		    id->kind == YAML_SCALAR ? id->text : "");
		return wrong(err, source, id, err->code);
	}
	return 0;
}

/* Turn a list of maps into a map of maps, keyed by each item's id or its number. */
static int rows_from_list(struct arena *arena, const char *source, struct yaml_node *list, struct err *err)
{
	struct table seen = {0};
	int rc = 0;
	unsigned number = 0;
	if (list->kind != YAML_LIST)
		rc = wrong(err, source, list, err_set(err, ERR_INPUT, N_("'%1' must be a list"), list->key));
	for (struct yaml_node *item = list->first; rc == 0 && item; item = item->next) {
		number++;
		if (item->kind != YAML_MAP) {
			rc = wrong(err, source, item,
			    err_set(
				err, ERR_INPUT, N_("each item of '%1' must be a map of keys"), list->key));
			break;
		}
		struct yaml_node *id = detach(item, "id");
		if (id && (rc = check_id(source, id, err)) != 0)
			break;
		item->key = id ? id->text : arena_printf(arena, "%u", number);
		item->key_line = id ? id->line : item->line;
		item->key_column = id ? id->column : item->column;
		if (table_get(&seen, item->key))
			rc = wrong(err, source, id ? id : item,
			    err_set(err, ERR_INPUT, N_("the id '%1' stands twice in '%2'"), item->key,
				list->key));
		*table_at(&seen, item->key) = item;
	}
	list->kind = YAML_MAP;
	table_free(&seen);
	return rc;
}

static void warn_mixed(struct outcome *notes, const char *source, const char *id, const char *title)
{
	if (notes && title && text_mixed_script(title, NULL))
		outcome_warn(notes,
		    N_("%1: '%2' mixes letters of different scripts in one word of its title"), source, id);
}

static int read_items(struct arena *arena, const char *source, struct yaml_node *list, const char *type_name,
    struct plan_item **out, size_t *n, struct err *err)
{
	const struct record_type *type = type_by_name(type_name);
	for (struct yaml_node *item = list ? list->first : NULL; item; item = item->next)
		if (item->kind == YAML_MAP && !yaml_get(item, "id"))
			return wrong(err, source, item,
			    err_set(err, ERR_INPUT, N_("an item of '%1' has no id"), list->key));
	if (!list)
		return 0;
	int rc = rows_from_list(arena, source, list, err);
	if (rc)
		return rc;
	*out = arena_alloc(arena, (list->n ? list->n : 1) * sizeof **out);
	for (struct yaml_node *item = list->first; item; item = item->next) {
		struct plan_item *p = &(*out)[(*n)++];
		p->id = item->key;
		p->line = item->line;
		rc = record_from_yaml(&p->record, arena, type, source, item, err);
		/* Forms and lists keep the order of the paper. */
		if (!record_get(&p->record, "position"))
			record_put(&p->record, "position", arena_printf(arena, "%zu", *n));
		if (rc == 0)
			rc = record_check(&p->record, err);
		if (rc)
			return wrong(err, source, item, rc);
	}
	return 0;
}

static int read_plan(
    struct plan_file *out, struct arena *arena, const char *source, struct yaml_node *root, struct err *err)
{
	struct yaml_node *plan = detach(root, "plan");
	if (!plan || plan->kind != YAML_MAP)
		return wrong(err, source, plan,
		    err_set(err, ERR_INPUT, N_("the file has no section 'plan' with an id and a title")));
	struct yaml_node *id = detach(plan, "id");
	if (!id)
		return wrong(err, source, plan, err_set(err, ERR_INPUT, N_("the plan has no id")));
	int rc = check_id(source, id, err);
	out->id = id->text;
	for (size_t i = 0; rc == 0 && i < N_ROW_SECTIONS; i++) {
		const struct yaml_node *clash = yaml_get(plan, row_sections[i]);
		if (clash)
			return wrong(err, source, clash,
			    err_set(err, ERR_INPUT,
				N_("'%1' stands at the top of the file, not inside 'plan'"),
				row_sections[i]));
		struct yaml_node *rows = detach(root, row_sections[i]);
		if (!rows)
			continue;
		rc = rows_from_list(arena, source, rows, err);
		attach(plan, rows);
	}
	if (rc == 0)
		rc = record_from_yaml(&out->plan, arena, type_by_name("plan"), source, plan, err);
	if (rc == 0)
		rc = record_check(&out->plan, err);
	return rc ? wrong(err, source, plan, rc) : 0;
}

/* Where a file says what only the whole of it can judge; NULL where it does not. */
struct places {
	const struct yaml_node *calendar, *campaigns;
};

static struct places places_of(const struct yaml_node *root)
{
	const struct yaml_node *plan = yaml_get(root, "plan");
	return (struct places){
	    plan && plan->kind == YAML_MAP ? yaml_get(plan, "calendar") : NULL, yaml_get(root, "campaigns")};
}

static int check_calendar(
    const struct plan_file *f, const char *source, const struct places *at, struct err *err)
{
	const char *calendar = record_get(&f->plan, "calendar");
	if (calendar && !period_calendar_exists(calendar)) {
		err_set(err, ERR_INPUT, N_("there is no calendar '%1'"), calendar);
		err_hint(err, N_("use nd09 or calendar"));
		return wrong(err, source, at->calendar, err->code);
	}
	size_t i = 0;
	const char *key;
	while (record_next_key(&f->plan, "campaigns", &i, &key)) {
		char path[160];
		snprintf(path, sizeof path, "campaigns.%s.first", key);
		const char *first = record_get(&f->plan, path);
		snprintf(path, sizeof path, "campaigns.%s.last", key);
		const char *last = record_get(&f->plan, path);
		if (!first || !last || strcmp(first, last) > 0)
			return wrong(err, source, yaml_get(at->campaigns, key),
			    err_set(err, ERR_INPUT,
				N_("the campaign period '%1' needs a first day and a last day after it"),
				key));
		if (period_is_standard(key))
			return wrong(err, source, yaml_get(at->campaigns, key),
			    err_set(err, ERR_INPUT,
				N_("'%1' is the name of a calendar period; a campaign needs another id"),
				key));
	}
	return 0;
}

static int check_indicator(const struct plan_item *p, const char *source, struct err *err)
{
	const char *kind = record_get(&p->record, "kind"), *aggregate = record_get(&p->record, "aggregate");
	bool ratio = strcmp(kind, "ratio") == 0, of_sums = strcmp(aggregate, "ratio_of_sums") == 0;
	bool yesno = strcmp(kind, "yesno") == 0, count_yes = strcmp(aggregate, "count_yes") == 0;
	if (ratio == of_sums && (!count_yes || yesno))
		return 0;
	err_set(err, ERR_INPUT, N_("indicator '%1' of kind %2 cannot be aggregated by %3"), p->id, kind,
	    aggregate);
	err_hint(err, N_("a ratio goes with ratio_of_sums (never an average), yesno with count_yes, the "
			 "others with sum or latest"));
	err_at(err, source, p->line, 1);
	return err->code;
}

static bool known_agency(const struct plan_file *f, const char *id)
{
	char path[160];
	snprintf(path, sizeof path, "agencies.%s.name", id);
	return record_get(&f->plan, path) != NULL;
}

static bool has_agencies(const struct plan_file *f)
{
	size_t i = 0;
	const char *key;
	return record_next_key(&f->plan, "agencies", &i, &key);
}

static int check_task(const struct plan_file *f, const struct plan_item *p, const struct table *indicators,
    const char *source, struct outcome *notes, struct err *err)
{
	size_t i = 0;
	const char *key;
	while (record_next_key(&p->record, "indicators", &i, &key)) {
		if (table_get(indicators, key))
			continue;
		err_set(err, ERR_INPUT,
		    N_("task '%1' names the indicator '%2', which the file does not have"), p->id, key);
		err_at(err, source, p->line, 1);
		return err->code;
	}
	static const char *const roles[] = {"lead", "proposed_lead", "coord"};
	for (size_t r = 0; r < sizeof roles / sizeof *roles; r++)
		for (i = 0; record_next_key(&p->record, roles[r], &i, &key);)
			if (notes && has_agencies(f) && !known_agency(f, key))
				outcome_warn(notes,
				    N_("%1: task '%2' names '%3', which is not among the agencies of the "
				       "plan"),
				    source, p->id, key);
	return 0;
}

static int check_all(const struct plan_file *f, const char *source, const struct places *at,
    struct outcome *notes, struct err *err)
{
	struct table indicators = {0};
	int rc = check_calendar(f, source, at, err);
	warn_mixed(notes, source, f->id, record_get(&f->plan, "title"));
	for (size_t i = 0; rc == 0 && i < f->n_indicators; i++) {
		*table_at(&indicators, f->indicators[i].id) = &f->indicators[i];
		rc = check_indicator(&f->indicators[i], source, err);
		warn_mixed(notes, source, f->indicators[i].id, record_get(&f->indicators[i].record, "name"));
	}
	for (size_t i = 0; rc == 0 && i < f->n_tasks; i++) {
		rc = check_task(f, &f->tasks[i], &indicators, source, notes, err);
		warn_mixed(notes, source, f->tasks[i].id, record_get(&f->tasks[i].record, "title"));
	}
	table_free(&indicators);
	return rc;
}

int plan_file_read(struct plan_file *out, struct arena *arena, const char *source, const char *text,
    size_t len, struct outcome *notes, struct err *err)
{
	*out = (struct plan_file){0};
	struct yaml_node *root;
	int rc = yaml_parse(arena, source, text, len, &root, err);
	if (rc)
		return rc;
	if (root->kind != YAML_MAP)
		return wrong(err, source, root,
		    err_set(err, ERR_INPUT, N_("a plan file begins with 'format: plan/1'")));
	const char *format = yaml_text(root, "format");
	if (!format || strcmp(format, "plan/1") != 0)
		return wrong(err, source, yaml_get(root, "format"),
		    err_set(err, ERR_INPUT, N_("a plan file begins with 'format: plan/1'")));
	rc = yaml_only(root, source, file_keys, err);
	const struct places at = places_of(root);
	if (rc == 0)
		rc = read_plan(out, arena, source, root, err);
	if (rc == 0)
		rc = read_items(arena, source, detach(root, "indicators"), "indicator", &out->indicators,
		    &out->n_indicators, err);
	if (rc == 0)
		rc =
		    read_items(arena, source, detach(root, "tasks"), "task", &out->tasks, &out->n_tasks, err);
	return rc ? rc : check_all(out, source, &at, notes, err);
}

static void put_changed(const struct view *v, const char *ledger, struct outcome *o, struct change *c,
    const char *path, const struct record *now)
{
	struct arena arena = {0};
	struct record old;
	struct err none = {0};
	struct buf a = {0}, b = {0};
	if (v->read(v->ctx, ledger, path, &arena, &old, &none) == 0)
		record_print(&old, &a);
	record_print(now, &b);
	if (a.len != b.len || memcmp(buf_str(&a), buf_str(&b), a.len) != 0)
		outcome_put(o, c, path, now);
	buf_free(&a);
	buf_free(&b);
	arena_free(&arena);
}

static void put_items(const struct view *v, const char *ledger, struct outcome *o, struct change *c,
    const char *plan, const char *kind, const struct plan_item *items, size_t n, struct strs *kept)
{
	for (size_t i = 0; i < n; i++) {
		char path[256];
		snprintf(path, sizeof path, "plans/%s/%s/%s.yaml", plan, kind, items[i].id);
		strs_add(kept, path);
		put_changed(v, ledger, o, c, path, &items[i].record);
	}
}

int plan_file_load(const struct view *v, const char *source, const char *text, size_t len, struct outcome *o,
    struct err *err)
{
	struct plan_file f;
	int rc = plan_file_read(&f, &o->arena, source, text, len, o, err);
	if (rc)
		return rc;
	if (f.n_indicators + f.n_tasks + 1 > CHANGE_RECORDS_MAX) {
		char most[16];
		snprintf(most, sizeof most, "%d", CHANGE_RECORDS_MAX - 1);
		return err_set(
		    err, ERR_INPUT, N_("%1: a plan holds at most %2 tasks and indicators"), source, most);
	}
	char ledger[128], path[256];
	snprintf(ledger, sizeof ledger, "directives/%s", v->unit);
	struct strs kept = {0}, there = {0};
	struct change *c = outcome_change(o, ledger, arena_printf(&o->arena, "plan: load %s", f.id), NULL);
	snprintf(path, sizeof path, "plans/%s/plan.yaml", f.id);
	strs_add(&kept, path);
	put_changed(v, ledger, o, c, path, &f.plan);
	put_items(v, ledger, o, c, f.id, "indicators", f.indicators, f.n_indicators, &kept);
	put_items(v, ledger, o, c, f.id, "tasks", f.tasks, f.n_tasks, &kept);
	snprintf(path, sizeof path, "plans/%s/", f.id);
	rc = v->list(v->ctx, ledger, path, &there, err);
	for (size_t i = 0; rc == 0 && i < there.n; i++)
		if (!strs_has(&kept, there.items[i]))
			outcome_put(o, c, there.items[i], NULL);
	buf_puts(&o->output, f.id);
	buf_putc(&o->output, '\n');
	strs_free(&kept);
	strs_free(&there);
	return rc;
}
