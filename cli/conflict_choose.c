/* What the keys of the walk through conflicts do. */
#include <stdlib.h>
#include <string.h>

#include "conflict_walk.h"
#include "conflict_words.h"
#include "editor.h"
#include "plan/conflict_settle.h"
#include "record/screen.h"
#include "say.h"
#include "terminal.h"

static const struct conflict_item *current(const struct walking *w)
{
	return w->walk.items[w->at];
}

static void decide(struct walking *w, enum walk_act act, const char *value, const char *reason)
{
	if (w->ended)
		return;
	walk_decide(&w->walk, w->at, act, value, reason);
	w->at = walk_next(&w->walk, w->at);
	w->page = 0;
	w->whole = false;
}

/* ---- settling ---- */

/* Would the daemon take it? The same words are said by the same code, before anything is written. */
static int try_out(struct walking *w, const char *take, const char *value, struct err *err)
{
	struct conflict_choice choice = {.take = take, .value = value};
	struct conflict_items which = {(struct conflict_item *)current(w), 1};
	struct conflict_settling settling;
	struct outcome o = {0};
	int rc = value ? screen_value(current(w)->record, current(w)->field, value, err) : 0;
	if (rc == 0)
		rc = conflict_settle(&w->r->view, &w->all, &which, &choice, &o, &settling, err);
	if (rc == 0 && settling.n_left)
		rc = err_set(err, ERR_REFUSED, conflict_left_why(settling.left[0].code));
	outcome_free(&o);
	return rc;
}

static bool ask_reason(struct walking *w, const char *question, struct buf *out)
{
	while (conflict_tell_line(w, question, out)) {
		struct err err = {0};
		if (screen_value(current(w)->path, "reason", buf_str(out), &err) == 0)
			return true;
		conflict_tell_err(&err);
	}
	return false;
}

/* Whoever sets a decision aside says why, if he likes. */
static void settle(struct walking *w, enum walk_act act, const char *value)
{
	struct buf reason = {0};
	if (act != WALK_KEEP && !conflict_is_dispute(current(w)))
		ask_reason(w, N_("Why (Enter: no word on it):"), &reason);
	decide(w, act, value, buf_str(&reason));
	buf_free(&reason);
}

static void take(struct walking *w, enum walk_act act, const char *word)
{
	struct err err = {0};
	if (try_out(w, word, NULL, &err) == 0) {
		settle(w, act, NULL);
		return;
	}
	conflict_tell_err(&err);
	conflict_tell_wait(w);
}

static void do_keep(struct walking *w)
{
	take(w, WALK_KEEP, "kept");
}

static void do_other(struct walking *w)
{
	take(w, WALK_OTHER, "other");
}

static void do_base(struct walking *w)
{
	take(w, WALK_BASE, "base");
}

static void do_value(struct walking *w)
{
	struct buf typed = {0};
	while (conflict_tell_line(w, N_("Value (Enter: back):"), &typed)) {
		struct err err = {0};
		if (try_out(w, NULL, buf_str(&typed), &err) == 0) {
			settle(w, WALK_VALUE, buf_str(&typed));
			break;
		}
		conflict_tell_err(&err);
	}
	buf_free(&typed);
}

/* What stands below the text that is edited: both sides and what was before. */
static void below_text(const struct conflict_item *c, struct buf *out)
{
	const struct {
		const char *title, *value;
	} parts[] = {
	    {N_("# Below this line nothing is kept. The other side:"), c->other.value},
	    {N_("# Before both:"), c->base},
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		buf_printf(out, "%s\n", _(parts[i].title));
		buf_printf(out, "%s\n", conflict_words_value(parts[i].value));
	}
}

/* One time in the editor; true: once more, with what was written: neither a failing editor nor a refusal loses it. */
static bool edit_once(struct walking *w, struct buf *text, bool first)
{
	struct buf below = {0}, edited = {0};
	struct err err = {0};
	const char *begin = buf_str(text);
	bool again = false;
	char *spool = cli_path(w->cli, "spool");
	below_text(current(w), &below);
	int rc = editor_text(spool, begin, buf_str(&below), &edited, &err);
	if (rc == 0 && first && strcmp(buf_str(&edited), begin) == 0) {
		conflict_tell(N_("Nothing was changed, so nothing is decided; 'k' keeps what stands there."));
		conflict_tell_wait(w);
		goto out;
	}
	if (rc == 0 || edited.len) {
		buf_cut(text, 0);
		buf_add(text, edited.data, edited.len);
	}
	if (rc == 0)
		rc = try_out(w, NULL, buf_str(text), &err);
	if (rc == 0) {
		settle(w, WALK_VALUE, buf_str(text));
		goto out;
	}
	conflict_tell_err(&err);
	again = conflict_tell_key(w, N_("e edits it again, any other key drops it:")) == 'e';
out:
	free(spool);
	buf_free(&below);
	buf_free(&edited);
	return again && !w->ended;
}

static void do_edit(struct walking *w)
{
	struct buf text = {0};
	const struct conflict_item *c = current(w);
	buf_puts(&text, c->kept.value ? c->kept.value : c->other.value ? c->other.value : "");
	while (text.len && text.data[text.len - 1] == '\n')
		buf_cut(&text, text.len - 1);
	for (bool first = true; edit_once(w, &text, first); first = false)
		;
	buf_free(&text);
}

/* ---- words ---- */

static void say_word(struct walking *w, enum walk_act act, const char *question)
{
	struct buf reason = {0};
	if (ask_reason(w, question, &reason))
		decide(w, act, NULL, buf_str(&reason));
	buf_free(&reason);
}

static void do_object(struct walking *w)
{
	say_word(w, WALK_OBJECT, N_("Why you object (Enter: back):"));
}

static void do_ask(struct walking *w)
{
	say_word(w, WALK_ASK, N_("What you ask the other side (Enter: back):"));
}

static void do_answer(struct walking *w)
{
	say_word(w, WALK_ANSWER, N_("Your answer (Enter: back):"));
}

/* ---- going about ---- */

static void do_skip(struct walking *w)
{
	decide(w, WALK_SKIP, NULL, NULL);
}

void conflict_choose_undo(struct walking *w)
{
	walk_undo(&w->walk, &w->at);
	w->page = 0;
	w->over = false;
}

static void do_more(struct walking *w)
{
	w->whole = !w->whole;
	w->page = 0;
}

static void do_quit(struct walking *w)
{
	w->over = true;
}

static bool may_settle(const struct walking *w)
{
	return conflict_may_settle(&w->r->view, current(w));
}

static bool may_type(const struct walking *w)
{
	return may_settle(w) && *current(w)->field;
}

static bool may_object(const struct walking *w)
{
	return !may_settle(w) && conflict_is_open(current(w));
}

static bool may_ask(const struct walking *w)
{
	return conflict_is_open(current(w));
}

static bool may_answer(const struct walking *w)
{
	const struct conflict_item *c = current(w);
	for (size_t i = 0; i < c->n_objections; i++)
		if (conflict_waits_here(&w->r->view, c, &c->objections[i]))
			return true;
	return false;
}

static bool may_undo(const struct walking *w)
{
	return w->walk.n_decisions > 0;
}

static bool always(const struct walking *w)
{
	(void)w;
	return true;
}

/* The letters are the same in every language. */
static const struct {
	char key;
	const char *words;
	bool (*may)(const struct walking *w);
	void (*act)(struct walking *w);
} choices[] = {
    {'k', N_("keep"), may_settle, do_keep},
    {'t', N_("take the other"), may_settle, do_other},
    {'b', N_("as before both"), may_settle, do_base},
    {'v', N_("type a value"), may_type, do_value},
    {'e', N_("editor"), may_type, do_edit},
    {'o', N_("object"), may_object, do_object},
    {'a', N_("ask"), may_ask, do_ask},
    {'r', N_("answer"), may_answer, do_answer},
    {'s', N_("skip"), always, do_skip},
    {'m', N_("more"), always, do_more},
    {'u', N_("undo the last"), may_undo, conflict_choose_undo},
    {'q', N_("end"), always, do_quit},
};
#define N_CHOICES (sizeof choices / sizeof *choices)

static void show_conflict(struct walking *w)
{
	struct conflict_page p;
	struct strs lines = {0};
	size_t columns, rows;
	terminal_size(&columns, &rows);
	conflict_words(w->r, &w->walk, w->at, &p);
	p.whole = w->whole;
	p.prompt = _(N_("Your choice:"));
	for (size_t i = 0; i < N_CHOICES; i++)
		if (choices[i].may(w))
			strs_add(&p.keys,
			    arena_printf(&w->r->arena, "%c %s", choices[i].key, _(choices[i].words)));
	conflict_page_lay(&p, columns - 1, rows, &w->page, &lines);
	terminal_show(&lines, true);
	strs_free(&lines);
	conflict_words_free(&p);
}

static void one_key(struct walking *w)
{
	int key = terminal_key();
	w->ended = w->ended || key == TERMINAL_ENDED;
	if (key == '\n' || key == ' ')
		w->page++;
	for (size_t i = 0; i < N_CHOICES; i++)
		if (choices[i].key == key && choices[i].may(w)) {
			choices[i].act(w);
			return;
		}
}

void conflict_choose(struct walking *w)
{
	while (!w->ended && !w->over) {
		show_conflict(w);
		one_key(w);
		w->over = w->over || w->at >= w->walk.n;
	}
}
