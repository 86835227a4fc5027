#include "conflict_walk.h"

#include "record/text_columns.h"
#include "say.h"
#include "terminal.h"

static void tell_text(const char *text)
{
	struct strs lines = {0};
	size_t columns, rows;
	terminal_size(&columns, &rows);
	strs_add(&lines, "");
	text_wrap(text, columns - 1, &lines);
	strs_add(&lines, "");
	terminal_show(&lines, false);
	strs_free(&lines);
}

void conflict_tell_words(const char *const *msg_and_args)
{
	struct buf text = {0};
	say_into_list(&text, msg_and_args);
	tell_text(buf_str(&text));
	buf_free(&text);
}

void conflict_tell_err(const struct err *err)
{
	struct buf text = {0};
	say_format(err, &text);
	tell_text(buf_str(&text));
	buf_free(&text);
}

static void put_question(const char *question, bool below)
{
	struct strs line = {0};
	struct buf text = {0};
	buf_printf(&text, "%s ", _(question));
	if (below)
		strs_add(&line, "");
	strs_add(&line, buf_str(&text));
	terminal_show(&line, false);
	strs_free(&line);
	buf_free(&text);
}

int conflict_tell_key(struct walking *w, const char *question)
{
	int key;
	put_question(question, false);
	do
		key = terminal_key();
	while (key == TERMINAL_RESIZED);
	w->ended = w->ended || key == TERMINAL_ENDED;
	return key == TERMINAL_ENDED ? 0 : key;
}

void conflict_tell_wait(struct walking *w)
{
	conflict_tell_key(w, N_("(any key goes on)"));
}

bool conflict_tell_line(struct walking *w, const char *question, struct buf *out)
{
	buf_cut(out, 0);
	put_question(question, true);
	if (!terminal_line(out)) {
		w->ended = true;
		return false;
	}
	return out->len > 0;
}

const char *conflict_tell_number(struct walking *w, size_t n)
{
	return arena_printf(&w->r->arena, "%zu", n);
}
