#include "node/heal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "links/links.h"
#include "node/incidents.h"
#include "plan/refusals.h"
#include "record/screen.h"
#include "store/heal.h"

#define NOTE "refused"
#define BUSY_MS 60000 /* until purging is tried again where somebody else kept the store locked */
#define FIELDS_SHOWN 200 /* bytes of names of fields in a sentence */

struct heal {
	struct node *node;
	struct refusals list;
	uv_timer_t *timer;
	bool again, closed;
	struct {
		bool running; /* what follows is the other thread's */
		uv_work_t work;
		char *path;
		struct oids roots, gone;
		size_t removed;
		bool packed;
		struct err err;
	} purge;
};

static void on_timer(uv_timer_t *timer);

static int save(struct heal *h, struct err *err)
{
	struct buf text = {0};
	refusals_print(&h->list, &text);
	int rc = store_note_write(h->node->store, NOTE, buf_str(&text), text.len, err);
	buf_free(&text);
	return rc;
}

/* ---- may it be taken out? ---- */

static bool is_own_ledger(const struct node *n, const char *ledger)
{
	const char *slash = strchr(ledger, '/');
	return slash && strcmp(slash + 1, n->config.unit) == 0;
}

struct grants {
	const struct oids *changes;
	const struct oid *but;
	bool found;
};

static void look_at_grant(void *ctx, const struct registry_grant *g)
{
	struct grants *look = ctx;
	look->found |= !oid_eq(&g->change, look->but) && oids_has(look->changes, &g->change);
}

/* What stands in the way of taking out all that was built on a change of `unit`; NULL: nothing. */
static const char *obstacle(struct node *n, const char *ledger, const struct oid *root, const char *unit,
    const struct oids *tainted, struct err *err)
{
	struct grants look = {tainted, root, false};
	const char *why = NULL;
	registry_grants(n->registry, look_at_grant, &look);
	if (look.found)
		return N_("it stays here: other units were admitted on top of it");
	for (size_t i = 0; !why && i < tainted->n; i++) {
		struct arena arena = {0};
		struct change c;
		if (store_change(n->store, ledger, &tainted->items[i], &arena, &c, err) != 0)
			why = N_("it stays here: what was built on it cannot be read; run 'tuyen verify'");
		else if (registry_is_above(n->registry, c.unit, unit))
			why = N_("it stays here: a unit above has taken it in and built on it");
		arena_free(&arena);
	}
	return why;
}

static enum heal_answer judge_refusal(
    struct node *n, const struct node_refusal *r, const char **why, struct err *err)
{
	struct arena arena = {0};
	struct change c;
	struct oids root = {(struct oid *)&r->id, 1}, tainted = {0};
	*why = N_("it stays here: the two programs disagree about merging; compare their versions");
	if (str_is(r->rule, "merge") || str_is(r->rule, "state"))
		return HEAL_NOT;
	int rc = store_change(n->store, r->ledger, &r->id, &arena, &c, err);
	bool own = rc == 0 && str_is(c.unit, n->config.unit);
	bool above = rc == 0 && registry_is_above(n->registry, c.unit, n->config.unit);
	enum heal_answer answer = HEAL_NOT;
	if (rc == 0 && above && !is_own_ledger(n, r->ledger)) {
		*why = N_("%1 took it back; it stays here and is not offered any more");
		answer = HEAL_UNWANTED;
	} else if (!own && !above) {
		*why = N_("it stays here: it is not of this unit, whose node must take it back");
	} else if (heal_tainted(n->store, r->ledger, &root, &tainted, err) == 0) {
		*why = obstacle(n, r->ledger, &r->id, c.unit, &tainted, err);
		answer = *why ? HEAL_NOT : HEAL_SOON;
	}
	oids_free(&tainted);
	arena_free(&arena);
	return answer;
}

static void tell_kept(struct node *n, const struct node_refusal *r, const struct err *said, const char *why)
{
	struct err err = *said;
	err.hint = why;
	node_incident(n, &(struct incident){.kind = "refused",
			     .unit = r->by,
			     .rule = r->rule,
			     .ledger = r->ledger,
			     .record = r->record,
			     .field = r->field,
			     .change = r->id,
			     .err = &err});
}

static int remember(struct heal *h, const struct node_refusal *r, enum refusal_state state, struct err *err)
{
	struct err masked = {0};
	err_set(&masked, ERR_REFUSED, "%1", r->sentence ? r->sentence : "");
	err_rule(&masked, NULL, r->record, r->field);
	screen_err(&masked);
	const char *const words[REFUSAL_WORDS] = {
	    r->ledger, r->by, r->rule, masked.record, masked.field, masked.arg[0]};
	struct refusal *entry = refusals_add(&h->list, &r->id, words);
	entry->state = state;
	entry->time = sys_now();
	return save(h, err);
}

enum heal_answer node_heal(struct node *n, const struct node_refusal *r, const struct err *said)
{
	struct heal *h = n->heal;
	struct history *history;
	struct err err = {0};
	const char *why = NULL;
	const struct refusal *known = refusals_find(&h->list, &r->id);
	if (known && known->state == REFUSAL_UNWANTED)
		return HEAL_UNWANTED;
	if (store_history(n->store, r->ledger, &history, &err) != 0 || !history_has(history, &r->id))
		return HEAL_SOON; /* it is out already */
	enum heal_answer answer = judge_refusal(n, r, &why, &err);
	if (err.code == 0 && answer != HEAL_NOT &&
	    remember(h, r, answer == HEAL_SOON ? REFUSAL_OPEN : REFUSAL_UNWANTED, &err) != 0)
		answer = HEAL_NOT;
	if (err.code)
		log_err(LOG_ERROR, "heal", &err);
	if (answer == HEAL_SOON)
		uv_timer_start(h->timer, on_timer, 0, 0);
	else
		tell_kept(n, r, said, why);
	return answer;
}

int node_heal_check(const struct node *n, const struct oid *id, struct err *err)
{
	const struct refusal *r = n->heal ? refusals_find(&n->heal->list, id) : NULL;
	if (!r || r->state == REFUSAL_UNWANTED)
		return 0;
	err_set(err, ERR_REFUSED, N_("%1 refused this change: %2"), r->word[REFUSAL_BY],
	    r->word[REFUSAL_SENTENCE]);
	err_rule(err, r->word[REFUSAL_RULE], r->word[REFUSAL_RECORD], r->word[REFUSAL_FIELD]);
	return ERR_REFUSED;
}

void node_heal_unwanted(const struct node *n, const char *peer, struct oids *out)
{
	for (size_t i = 0; n->heal && i < n->heal->list.n; i++) {
		const struct refusal *r = &n->heal->list.items[i];
		if (r->state == REFUSAL_UNWANTED && strcmp(r->word[REFUSAL_BY], peer) == 0)
			oids_add(out, &r->id);
	}
}

/* ---- telling what must be entered again ---- */

struct names {
	struct buf text;
	const struct record_type *type;
};

/* Of a set the member stands in the name of its field: the set alone is named. */
static void add_name(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct names *names = ctx;
	const struct field_type *top = NULL;
	(void)old_value, (void)new_value;
	type_field(names->type, field, &top);
	const char *name = top && top->shape == SHAPE_SET ? top->name : field;
	size_t len = strlen(name), at = names->text.len;
	if ((top && top->writers == WRITER_RULE) || at > FIELDS_SHOWN)
		return;
	if (at >= len && strcmp(names->text.data + at - len, name) == 0)
		return; /* the next member of the same set */
	buf_printf(&names->text, "%s%s", at ? ", " : "", at + len > FIELDS_SHOWN ? "…" : name);
}

static int read_old(struct node *n, const struct change *c, const char *path, struct arena *arena,
    struct record *out, struct err *err)
{
	struct err none = {0};
	record_init(out, arena, type_by_path(c->ledger, path));
	if (oid_is_zero(&c->parent) ||
	    store_record(n->store, c->ledger, &c->parent, path, arena, out, &none) == 0)
		return 0;
	record_init(out, arena, type_by_path(c->ledger, path));
	if (none.code != ERR_NOT_FOUND)
		*err = none;
	return err->code;
}

static void name_fields(struct node *n, const struct change *c, const struct change_record *r,
    struct arena *arena, struct names *names)
{
	struct record before, after;
	struct err err = {0};
	names->type = type_by_path(c->ledger, r->path);
	if (!names->type || !r->text || read_old(n, c, r->path, arena, &before, &err) != 0)
		return;
	if (record_parse(&after, arena, names->type, r->text, r->len, &err) == 0)
		record_diff(&before, &after, add_name, names);
}

/* An own change is gone; `why`: what kept it from being written again, NULL for the refused one itself. */
static void tell_lost(struct node *n, const struct refusal *r, const struct oid *id, const struct err *why)
{
	struct arena arena = {0};
	struct change c;
	struct err err = {0};
	struct buf because = {0};
	if (why)
		err_format(why, NULL, &because);
	int rc = store_change(n->store, r->word[REFUSAL_LEDGER], id, &arena, &c, &err);
	for (size_t i = 0; rc == 0 && i < c.n_records; i++) {
		struct names names = {.type = NULL};
		struct err lost = {0};
		name_fields(n, &c, &c.records[i], &arena, &names);
		if (names.text.len) {
			err_set(&lost, ERR_REFUSED,
			    why ? N_("what was entered in %1 (%2) must be entered again: it stood on what %3 "
				     "refused, and %4")
				: N_("what was entered in %1 (%2) must be entered again: %3 refused it (rule "
				     "%4)"),
			    c.records[i].path, buf_str(&names.text), r->word[REFUSAL_BY],
			    why ? buf_str(&because) : r->word[REFUSAL_RULE]);
			err_rule(&lost, why ? why->rule : r->word[REFUSAL_RULE], c.records[i].path,
			    buf_str(&names.text));
			screen_err(&lost);
			log_err(LOG_WARNING, "lost", &lost);
			node_incident(n, &(struct incident){.kind = "lost",
					     .unit = n->config.unit,
					     .ledger = c.ledger,
					     .change = *id,
					     .err = &lost});
		}
		buf_free(&names.text);
	}
	buf_free(&because);
	arena_free(&arena);
}

static void tell_healed(struct node *n, const struct refusal *r, size_t again)
{
	struct err err = {0};
	char id[OID_HEX + 1], count[24];
	oid_hex(&r->id, id);
	snprintf(count, sizeof count, "%zu", again);
	err_set(&err, ERR_REFUSED, N_("%1 refused our change %2 of %3 (rule %4): %5"), r->word[REFUSAL_BY],
	    id, r->word[REFUSAL_LEDGER], r->word[REFUSAL_RULE], r->word[REFUSAL_SENTENCE], count);
	err_hint(&err, N_("it was taken out here; changes built on it that went out again: %6"));
	err_rule(&err, r->word[REFUSAL_RULE], r->word[REFUSAL_RECORD], r->word[REFUSAL_FIELD]);
	log_err(LOG_WARNING, "healed", &err);
	node_incident(n, &(struct incident){.kind = "healed",
			     .unit = r->word[REFUSAL_BY],
			     .ledger = r->word[REFUSAL_LEDGER],
			     .change = r->id,
			     .err = &err});
}

/* ---- off the disk: by another thread, with a store of its own ---- */

static void purge_work(uv_work_t *work)
{
	struct heal *h = work->data;
	struct store *s = NULL;
	int rc = store_open(h->purge.path, &s, &h->purge.err);
	if (rc == 0)
		heal_purge(s, &h->purge.gone, &h->purge.removed, &h->purge.packed, &h->purge.err);
	store_close(s);
}

static int purge_over(struct heal *h, struct err *err)
{
	if (h->purge.packed)
		log_line(
		    LOG_WARNING, "what was refused stands in a pack still, until the store is maintained");
	log_line(LOG_NOTICE, "purged: %zu objects", h->purge.removed);
	for (size_t i = 0; i < h->purge.roots.n; i++) {
		struct refusal *r = refusals_find(&h->list, &h->purge.roots.items[i]);
		if (r && r->state == REFUSAL_OPEN)
			r->state = REFUSAL_HEALED;
	}
	int rc = heal_look_again(h->node->store, err);
	return rc ? rc : save(h, err);
}

static void free_heal(struct heal *h)
{
	refusals_free(&h->list);
	oids_free(&h->purge.roots);
	oids_free(&h->purge.gone);
	free(h->purge.path);
	free(h);
}

static void after_purge(uv_work_t *work, int status)
{
	struct heal *h = work->data;
	struct err err = h->purge.err;
	h->purge.running = false;
	if (h->closed) {
		free_heal(h);
		return;
	}
	if (status == 0 && err.code == 0)
		purge_over(h, &err);
	if (err.code)
		log_err(LOG_ERROR, "purge", &err);
	oids_free(&h->purge.roots);
	oids_free(&h->purge.gone);
	if (h->again || err.code == ERR_BUSY)
		uv_timer_start(h->timer, on_timer, h->again ? 0 : BUSY_MS, 0);
	h->again = false;
}

static void purge(struct heal *h)
{
	ERR_CLEAR(&h->purge.err);
	h->purge.work.data = h;
	h->purge.running = uv_queue_work(h->node->loop, &h->purge.work, purge_work, after_purge) == 0;
}

/* ---- one ledger ---- */

struct healing {
	struct heal *h;
	const char *ledger;
	struct oids roots, tainted;
	struct heal_step *steps; /* one for each of tainted */
	struct err *why; /* likewise: what kept it from being written again */
};

static struct refusal *refusal_of(const struct healing *w, size_t i)
{
	return refusals_find(&w->h->list, &w->roots.items[i]);
}

static int judge_again(
    void *ctx, const struct change *c, const struct change_texts *texts, size_t n_texts, struct err *err)
{
	struct node *n = ctx;
	const struct registry_grant *grant =
	    registry_grant(n->registry, &n->config.grant, n->config.unit, n->config.station);
	int rc = screen_change(c, texts, n_texts, err);
	if (rc == 0) /* as the superior will: or it would be refused, and taken out, change by change */
		rc = registry_admission(n->registry, c, texts, n_texts, err);
	if (rc == 0 && grant)
		rc = registry_check(n->registry, grant, c, texts, n_texts, err);
	if (rc == 0 && grant && c->claim != CLAIM_NONE)
		rc = node_check_claim(n, c, texts, n_texts, err);
	return rc;
}

static bool is_own(struct node *n, const char *ledger, const struct oid *id, struct err *err)
{
	struct arena arena = {0};
	struct change c;
	bool own = store_change(n->store, ledger, id, &arena, &c, err) == 0 &&
		   str_is(c.unit, n->config.unit) && str_same(c.station, n->config.station);
	arena_free(&arena);
	return own;
}

/* As it was; else without a claim that holds no more; else, where it has grown too long, without its reason. */
static int write_again(struct healing *w, struct tx *tx, const struct tx_writer *writer,
    struct heal_again *how, size_t i, struct err *err)
{
	int rc = 0;
	for (int attempt = 0; attempt < 3; attempt++) {
		struct err refused = {0};
		how->no_claim = attempt > 0;
		how->no_reason = attempt > 1;
		rc = heal_again(tx, writer, how, &w->steps[i], &refused);
		if (rc == 0)
			break;
		if (rc != ERR_REFUSED && rc != ERR_INPUT) {
			*err = refused;
			return rc;
		}
		if (!w->why[i].code)
			w->why[i] = refused;
		if (attempt == 1 && !str_is(refused.rule, "size"))
			return 0;
	}
	if (rc == 0)
		ERR_CLEAR(&w->why[i]);
	return 0;
}

static int write_all_again(struct healing *w, struct tx *tx, struct err *err)
{
	struct node *n = w->h->node;
	const struct refusal *first = refusal_of(w, 0);
	const struct tx_writer writer = {n->key, n->config.unit, n->config.station, n->config.agency,
	    n->config.rank, n->config.grant, sys_now()};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < w->tainted.n; i++) {
		struct heal_again how = {.ledger = w->ledger,
		    .steps = w->steps,
		    .n_steps = i,
		    .record = first->word[REFUSAL_RECORD],
		    .field = first->word[REFUSAL_FIELD],
		    .judge = judge_again,
		    .ctx = n};
		w->steps[i].was = w->tainted.items[i];
		rc = heal_base(n->store, &how, &w->steps[i], err);
		if (rc == 0 && !oids_has(&w->roots, &w->tainted.items[i]) &&
		    is_own(n, w->ledger, &w->tainted.items[i], err))
			rc = write_again(w, tx, &writer, &how, i, err);
		rc = rc ? rc : err->code;
	}
	return rc;
}

static int rewrite(struct healing *w, struct err *err)
{
	struct tx *tx = NULL;
	int rc = tx_begin(w->h->node->store, &tx, err);
	if (rc == 0)
		rc = heal_take_out(tx, w->ledger, &w->tainted, err);
	if (rc == 0)
		rc = write_all_again(w, tx, err);
	if (rc == 0)
		rc = tx_commit(tx, err);
	tx_destroy(tx);
	return rc;
}

/* Before anything is lost. */
static void tell_roots(struct healing *w)
{
	struct node *n = w->h->node;
	struct err err = {0};
	for (size_t i = 0; i < w->roots.n; i++)
		if (is_own(n, w->ledger, &w->roots.items[i], &err))
			tell_lost(n, refusal_of(w, i), &w->roots.items[i], NULL);
	node_incidents_flush(n);
}

/* While the store still has what was taken out. */
static void tell(struct healing *w)
{
	struct node *n = w->h->node;
	struct refusal *first = refusal_of(w, 0);
	size_t again = 0;
	for (size_t i = 0; i < w->tainted.n; i++) {
		const struct heal_step *step = &w->steps[i];
		if (!oids_has(&w->roots, &step->was))
			refusals_again(first, &step->was, &step->now);
		again += !oid_is_zero(&step->now);
		if (w->why[i].code)
			tell_lost(n, first, &step->was, &w->why[i]);
	}
	for (size_t i = 0; i < w->roots.n; i++)
		tell_healed(n, refusal_of(w, i), i ? 0 : again);
}

/* A ledger of which nothing is left is not lost: `verify` is not to look for what it once proved. */
static int forget_proof(struct healing *w, struct err *err)
{
	struct oid tip;
	struct err none = {0};
	if (store_tip(w->h->node->store, w->ledger, &tip, &none) != ERR_NOT_FOUND)
		return 0;
	return store_note_write(w->h->node->store, "proved", "", 0, err);
}

static int finish(struct healing *w, struct err *err)
{
	struct node *n = w->h->node;
	int rc = forget_proof(w, err);
	if (rc == 0 && strncmp(w->ledger, "directives/", strlen("directives/")) == 0)
		rc = node_load_registry(n, err);
	if (n->links)
		links_restart(n->links, w->ledger);
	return rc;
}

static int heal_ledger(struct heal *h, const char *ledger, struct err *err)
{
	struct healing w = {.h = h, .ledger = ledger};
	for (size_t i = 0; i < h->list.n; i++)
		if (h->list.items[i].state == REFUSAL_OPEN &&
		    strcmp(h->list.items[i].word[REFUSAL_LEDGER], ledger) == 0)
			oids_add(&w.roots, &h->list.items[i].id);
	int rc = heal_tainted(h->node->store, ledger, &w.roots, &w.tainted, err);
	w.steps = mem_alloc((w.tainted.n + 1) * sizeof *w.steps);
	w.why = mem_alloc((w.tainted.n + 1) * sizeof *w.why);
	if (rc == 0 && w.tainted.n) {
		tell_roots(&w);
		rc = rewrite(&w, err);
		if (rc == 0)
			tell(&w);
	}
	if (rc == 0 && w.tainted.n)
		rc = finish(&w, err);
	for (size_t i = 0; rc == 0 && i < w.roots.n; i++)
		oids_add(&h->purge.roots, &w.roots.items[i]);
	for (size_t i = 0; i < w.tainted.n; i++) {
		oids_add(&h->purge.gone, &w.tainted.items[i]);
		oids_free(&w.steps[i].base);
	}
	free(w.steps);
	free(w.why);
	oids_free(&w.roots);
	oids_free(&w.tainted);
	return rc;
}

/* What fails is tried again when it is refused once more, and at the next start. */
static void heal_all(struct heal *h)
{
	struct strs ledgers = {0};
	if (h->purge.running) {
		h->again = true;
		return;
	}
	for (size_t i = 0; i < h->list.n; i++)
		if (h->list.items[i].state == REFUSAL_OPEN)
			strs_add(&ledgers, h->list.items[i].word[REFUSAL_LEDGER]);
	strs_sort(&ledgers);
	for (size_t i = 0; i < ledgers.n; i++) {
		struct err err = {0};
		if (heal_ledger(h, ledgers.items[i], &err) != 0)
			log_err(LOG_ERROR, "heal", &err);
	}
	strs_free(&ledgers);
	if (h->purge.roots.n)
		purge(h);
}

static void on_timer(uv_timer_t *timer)
{
	heal_all(timer->data);
}

int node_heal_open(struct node *n, struct err *err)
{
	struct heal *h = mem_alloc(sizeof *h);
	struct buf text = {0};
	h->node = n;
	h->timer = mem_alloc(sizeof *h->timer);
	uv_timer_init(n->loop, h->timer);
	h->timer->data = h;
	n->heal = h;
	struct buf path = {0};
	buf_printf(&path, "%s/store.git", n->dir);
	h->purge.path = buf_take(&path);
	int rc = store_note_read(n->store, NOTE, &text, err);
	if (rc == 0) {
		refusals_read(&h->list, buf_str(&text), text.len);
		heal_all(h);
	}
	buf_free(&text);
	return rc;
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

void node_heal_close(struct node *n)
{
	struct heal *h = n->heal;
	if (!h)
		return;
	n->heal = NULL;
	uv_close((uv_handle_t *)h->timer, free_timer);
	h->closed = true;
	if (!h->purge.running)
		free_heal(h);
}
