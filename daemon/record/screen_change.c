#include <string.h>

#include "record/screen.h"
#include "record/record.h"

/* Each with the masked form as %1, record and field as %2 and %3. */
static const char *const sentences[SCREEN_KINDS] = {
    [SCREEN_CITIZEN] = N_("%1 in %3 of %2 looks like the identity number of a person"),
    [SCREEN_PASSPORT] = N_("%1 in %3 of %2 looks like the number of a passport"),
    [SCREEN_PHONE] = N_("%1 in %3 of %2 looks like a phone number"),
    [SCREEN_EMAIL] = N_("%1 in %3 of %2 looks like an e-mail address"),
    [SCREEN_BIRTH] = N_("%1 in %3 of %2 looks like the birth of a person"),
    [SCREEN_INITIALS] = N_("%1 in %3 of %2 looks like the initials of a person"),
};

struct screening {
	const struct record_type *type;
	const char *path;
	struct err *err;
};

int screen_value(const char *record, const char *field, const char *value, struct err *err)
{
	struct screen_hit hit;
	if (err->code || !screen_text(value, &hit))
		return err->code;
	err_set(err, ERR_REFUSED, sentences[hit.kind], hit.masked, record, field);
	err_hint(err, N_("nothing about persons is kept here: say it again in totals alone"));
	err_rule(err, "personal-data", record, field);
	return err->code;
}

static void visit(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct screening *s = ctx;
	const struct field_type *top, *type = type_field(s->type, field, &top);
	(void)old_value;
	if (!new_value || !type || (type->kind != FIELD_LINE && type->kind != FIELD_TEXT))
		return;
	/* A member of a set stands in the field's path. */
	bool member = top->shape == SHAPE_SET && strchr(field, '.');
	screen_value(
	    s->path, member ? top->name : field, member ? strchr(field, '.') + 1 : new_value, s->err);
}

static int screen_record(const char *ledger, const struct change_texts *t, struct err *err)
{
	struct arena arena = {0};
	struct screening s = {type_by_path(ledger, t->path), t->path, err};
	struct record before, after;
	struct err unread = {0};
	if (t->after && s.type &&
	    record_parse(&after, &arena, s.type, t->after, t->after_len, &unread) == 0) {
		bool was = t->before &&
			   record_parse(&before, &arena, s.type, t->before, t->before_len, &unread) == 0;
		record_diff(was ? &before : NULL, &after, visit, &s);
	}
	arena_free(&arena);
	return err->code;
}

/* The program itself writes "conflict: settle 0123456789ab"; that word is the beginning of an id, not a number. */
static bool names_conflict(
    const struct change *c, const struct change_texts *texts, size_t n, const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i < c->n_settles; i++)
		if (strncmp(c->settles[i], word, len) == 0)
			return true;
	for (size_t i = 0; i < n; i++) {
		const char *slash = strrchr(texts[i].path, '/');
		if (slash && strncmp(texts[i].path, "conflicts/", 10) == 0 &&
		    strncmp(slash + 1, word, len) == 0)
			return true;
	}
	return false;
}

static int screen_message(const struct change *c, const struct change_texts *texts, size_t n, struct err *err)
{
	const char *subject = c->subject ? c->subject : "", *word = strrchr(subject, ' ');
	size_t len = strlen(subject);
	if (word && strncmp(subject, "conflict: ", 10) == 0 && names_conflict(c, texts, n, word + 1))
		len = (size_t)(word - subject);
	struct arena arena = {0};
	const char *record = n ? texts[0].path : c->ledger;
	screen_value(record, "subject", arena_dup_len(&arena, subject, len), err);
	screen_value(record, "reason", c->body, err);
	arena_free(&arena);
	return err->code;
}

int screen_change(const struct change *c, const struct change_texts *texts, size_t n_texts, struct err *err)
{
	int rc = screen_message(c, texts, n_texts, err);
	for (size_t i = 0; rc == 0 && i < n_texts; i++)
		rc = screen_record(c->ledger, &texts[i], err);
	return rc;
}

/* In place: what is masked is never longer than it was. */
static void mask_all(char *text)
{
	struct screen_hit hit;
	while (screen_text(text, &hit)) {
		char *at = text + hit.offset;
		size_t n = strlen(hit.masked);
		memcpy(at, hit.masked, n);
		memmove(at + n, at + hit.len, strlen(at + hit.len) + 1);
		text = at + n;
	}
}

void screen_err(struct err *err)
{
	for (int i = 0; i < err->n_args; i++)
		mask_all(err->arg[i]);
	mask_all(err->record);
	mask_all(err->field);
}
