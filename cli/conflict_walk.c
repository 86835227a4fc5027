/*
 * `tuyen conflict`: the list, then on a terminal each conflict on a screen of its own, one key a choice. Decisions are
 * collected; the last ones can be taken back until the end, where one key writes them all. Whatever ends the walk before
 * that writes nothing.
 */
#include "conflict_walk.h"

#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "conflict_words.h"
#include "record/text.h"
#include "record/text_columns.h"
#include "say.h"
#include "terminal.h"

/* ---- the list, before and after ---- */

#define add_words(lines, ...) add_words_list((lines), (const char *const[]){__VA_ARGS__, NULL})
static void add_words_list(struct strs *lines, const char *const *msg_and_args)
{
	struct buf text = {0};
	say_into_list(&text, msg_and_args);
	strs_add(lines, buf_str(&text));
	buf_free(&text);
}

/* Head, as many of the lines as fit, and the prompt below. */
static void show_lines(
    struct walking *w, const struct strs *list, const struct strs *head, const char *prompt)
{
	struct strs lines = {0};
	size_t columns, rows;
	terminal_size(&columns, &rows);
	columns--;
	for (size_t i = 0; i < head->n; i++)
		text_wrap(head->items[i], columns, &lines);
	size_t taken = lines.n + 2 + text_width(prompt) / columns, room = rows > taken + 1 ? rows - taken : 1;
	size_t shown = list->n <= room ? list->n : room - (room > 1);
	for (size_t i = 0; i < shown; i++) {
		struct buf line = {0};
		text_fit(list->items[i], columns, &line);
		strs_add(&lines, buf_str(&line));
		buf_free(&line);
	}
	if (shown < list->n)
		add_words(&lines, N_("... and %1 more"), conflict_tell_number(w, list->n - shown));
	strs_add(&lines, "");
	text_wrap(prompt, columns, &lines);
	terminal_show(&lines, true);
	strs_free(&lines);
}

static void show_list(struct walking *w)
{
	struct strs head = {0}, list = {0};
	size_t mine = 0;
	for (size_t i = 0; i < w->walk.n; i++)
		mine += conflict_is_mine(&w->r->view, w->walk.items[i]);
	add_words(&head, N_("Open conflicts: %1, of which %2 wait for this node."),
	    conflict_tell_number(w, w->walk.n), conflict_tell_number(w, mine));
	for (size_t i = 0; i < w->walk.n && i < 200; i++)
		strs_add(&list, arena_printf(&w->r->arena, "%3zu  %s", i + 1,
				    conflict_words_short(w->r, w->walk.items[i])));
	for (size_t i = list.n; i < w->walk.n; i++)
		strs_add(&list, "");
	show_lines(w, &list, &head, _(N_("Enter: one by one.  q: end.")));
	strs_free(&head);
	strs_free(&list);
}

/* What the letter stands for, with what was typed. */
static const char *decision_words(struct walking *w, const struct walk_decision *d)
{
	static const char *const words[] = {[WALK_KEEP] = N_("keep"),
	    [WALK_OTHER] = N_("take the other"),
	    [WALK_BASE] = N_("as before both"),
	    [WALK_VALUE] = N_("type a value"),
	    [WALK_OBJECT] = N_("object"),
	    [WALK_ASK] = N_("ask"),
	    [WALK_ANSWER] = N_("answer")};
	const struct conflict_item *c = w->walk.items[d->at];
	const char *value = d->act == WALK_KEEP	   ? c->kept.value
			    : d->act == WALK_OTHER ? c->other.value
			    : d->act == WALK_BASE  ? c->base
						   : d->value;
	const char *text = d->act >= WALK_OBJECT ? d->reason : conflict_words_value(value);
	return arena_printf(&w->r->arena, "%3zu  %s: %s  (%s, %s)", d->at + 1, _(words[d->act]), text,
	    *c->field ? c->field : c->record, strchr(c->ledger, '/') + 1);
}

static void show_decisions(struct walking *w)
{
	struct strs head = {0}, list = {0};
	add_words(&head, N_("Decided: %1. Nothing is written yet."),
	    conflict_tell_number(w, walk_decided(&w->walk)));
	for (size_t i = 0; i < w->walk.n_decisions; i++)
		if (w->walk.decisions[i].act != WALK_SKIP)
			strs_add(&list, decision_words(w, &w->walk.decisions[i]));
	show_lines(w, &list, &head, _(N_("Write them? y yes  n no, drop them  u undo the last:")));
	strs_free(&head);
	strs_free(&list);
}

/* Show, and wait for one of the keys; 0: ended. */
static int ask_key(struct walking *w, void (*shown)(struct walking *w), const char *keys)
{
	for (;;) {
		shown(w);
		int key = terminal_key();
		w->ended = w->ended || key == TERMINAL_ENDED;
		if (w->ended)
			return 0;
		if (key > 0 && strchr(keys, key))
			return key;
	}
}

/* ---- writing ---- */

static int changed_meanwhile(const struct conflict_item *c, struct err *err)
{
	err_set(err, ERR_REFUSED,
	    N_("conflict %1 is no longer what was shown: somebody settled it or wrote anew"), c->id);
	err_hint(err, N_("look at it again: tuyen conflict"));
	return ERR_REFUSED;
}

static int still_the_same(struct walking *w, const struct conflict_item *c, struct err *err)
{
	struct record record;
	struct conflict_item now;
	struct err none = {0};
	int rc = w->r->view.read(w->r->view.ctx, c->ledger, c->path, &w->r->arena, &record, &none);
	if (rc == ERR_NOT_FOUND)
		return changed_meanwhile(c, err);
	if (rc) {
		*err = none;
		return rc;
	}
	return conflict_read(&record, &w->r->arena, c->ledger, c->path, &now) && walk_unchanged(c, &now)
		   ? 0
		   : changed_meanwhile(c, err);
}

static int write_one(struct walking *w, const struct walk_decision *d, struct err *err)
{
	struct args args;
	struct buf out = {0};
	const char *command = walk_command(&w->walk, d, &args), *timeout = args_get(&w->cli->args, "timeout");
	int rc = still_the_same(w, w->walk.items[d->at], err);
	if (rc == 0)
		rc = ask_result(w->cli, command, &args, timeout, &out, err);
	args_free(&args);
	buf_free(&out);
	return rc;
}

/* One by one: what one refuses does not hold up the next; what has no daemon to write it ends it. */
static int write_all(struct walking *w)
{
	size_t written = 0, refused = 0, all = walk_decided(&w->walk);
	int rc = 0;
	conflict_tell("");
	for (size_t i = 0; i < w->walk.n_decisions && !terminal_ended(); i++) {
		struct err err = {0};
		const struct walk_decision *d = &w->walk.decisions[i];
		if (d->act == WALK_SKIP)
			continue;
		rc = write_one(w, d, &err);
		written += rc == 0;
		if (rc == ERR_TIMEOUT || rc == ERR_BUSY) {
			*w->err = err;
			break;
		}
		if (rc) {
			refused++;
			fflush(stdout);
			conflict_tell_err(&err);
		}
		rc = 0;
	}
	say_out(N_("written: %1 of %2; refused: %3"), conflict_tell_number(w, written),
	    conflict_tell_number(w, all), conflict_tell_number(w, refused));
	return rc ? rc : written < all ? EXIT_REFUSED : 0;
}

/* ---- all of it ---- */

static int nothing_written(const char *msg, int rc)
{
	terminal_close();
	printf("\n");
	say_out(msg);
	return rc;
}

static int walk_and_write(struct walking *w)
{
	if (ask_key(w, show_list, "\nq") != '\n')
		w->over = true;
	for (;;) {
		conflict_choose(w);
		if (w->ended)
			return nothing_written(
			    N_("Broken off: nothing was written, all conflicts are as they were."),
			    EXIT_REFUSED);
		if (walk_decided(&w->walk) == 0)
			return nothing_written(N_("Nothing was decided, and nothing written."), 0);
		int key = ask_key(w, show_decisions, "ynu");
		if (key == 'n')
			return nothing_written(
			    N_("Dropped: nothing was written, all conflicts are as they were."), 0);
		if (key == 'y')
			break;
		if (key == 'u')
			conflict_choose_undo(w);
	}
	int rc = write_all(w);
	terminal_close();
	return rc;
}

static int list_only(struct walking *w)
{
	int rc = cli_conflict_list(w->cli, w->err);
	if (rc == 0 && w->walk.n && !w->cli->json)
		say(N_("on a terminal 'tuyen conflict' walks through them; else: tuyen conflict show ID, "
		       "tuyen conflict "
		       "settle ID --take kept|other|base"));
	return rc;
}

int cli_conflict(struct cli *cli, struct err *err)
{
	struct reader r;
	struct walking w = {.cli = cli, .r = &r, .err = err};
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = conflict_list(&r.view, NULL, &r.arena, &w.all, err);
	if (rc == 0)
		walk_begin(&r.view, &w.all, &w.walk);
	if (rc == 0 && (cli->json || !terminal_is_there()))
		rc = list_only(&w);
	else if (rc == 0 && w.walk.n == 0)
		say_out(N_("no conflict is open"));
	else if (rc == 0 && (rc = terminal_open(err)) == 0)
		rc = walk_and_write(&w);
	terminal_close();
	walk_free(&w.walk);
	reader_close(&r);
	return rc;
}
