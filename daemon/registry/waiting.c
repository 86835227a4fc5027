#include "registry/waiting.h"

#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "record/text.h"

#define DAY_SECONDS 86400

static void remove_row(struct waiting_list *list, size_t i)
{
	memmove(&list->rows[i], &list->rows[i + 1], (--list->n - i) * sizeof *list->rows);
}

void waiting_free(struct waiting_list *list)
{
	arena_free(&list->arena);
	*list = (struct waiting_list){0};
}

/* A row is a line "<since> <length> <from>" and the text of the request after it. */
void waiting_print(const struct waiting_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct waiting *w = &list->rows[i];
		buf_printf(out, "%lld %zu %s\n%s", (long long)w->since, strlen(w->text), w->from, w->text);
	}
}

static bool is_address(const char *text)
{
	return *text && strlen(text) < 64 && strspn(text, "0123456789abcdefABCDEF.:[]%?") == strlen(text);
}

/* Takes one row off the front; false when the rest makes no sense. */
static bool read_row(struct waiting_list *list, const char **at, const char *end)
{
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	long long since;
	size_t len;
	char from[64];
	if (!stop || stop - *at > 127)
		return false;
	char *line = arena_dup_len(&list->arena, (char *)*at, (size_t)(stop - *at));
	if (sscanf(line, "%19lld %5zu %63s", &since, &len, from) != 3 || !is_address(from) ||
	    len > WAITING_REQUEST_MAX || len > (size_t)(end - stop - 1))
		return false;
	struct waiting *w = &list->rows[list->n];
	struct err err = {0};
	*w = (struct waiting){.text = arena_dup_len(&list->arena, (char *)stop + 1, len),
	    .from = arena_dup(&list->arena, from),
	    .since = since};
	if (enrol_read_request(&list->arena, "pending", w->text, len, &w->request, &err) == 0)
		list->n++;
	*at = stop + 1 + len;
	return true;
}

void waiting_read(struct waiting_list *list, const char *bytes, size_t len)
{
	*list = (struct waiting_list){0};
	const char *end = bytes + len;
	while (bytes < end && list->n < WAITING_MAX && read_row(list, &bytes, end))
		;
}

static bool same_place(const struct enrol_request *a, const struct enrol_request *b)
{
	return strcmp(a->unit, b->unit) == 0 && str_same(a->station, b->station) &&
	       memcmp(a->key, b->key, KEY_PUBLIC_SIZE) == 0;
}

/* The oldest of the address with most of them. */
static size_t victim(const struct waiting_list *list)
{
	size_t worst = 0, most = 0;
	for (size_t i = 0; i < list->n; i++) {
		size_t n = 0;
		for (size_t j = 0; j < list->n; j++)
			n += strcmp(list->rows[i].from, list->rows[j].from) == 0;
		if (n > most) {
			most = n;
			worst = i;
		}
	}
	return worst;
}

static void tidy(struct waiting_list *list, int64_t now)
{
	for (size_t i = list->n; i-- > 0;)
		if (list->rows[i].since < now - (int64_t)WAITING_DAYS * DAY_SECONDS)
			remove_row(list, i);
	while (list->n > WAITING_MAX)
		remove_row(list, victim(list));
}

bool waiting_put(struct waiting_list *list, const struct enrol_request *request, const char *text,
    const char *from, int64_t now)
{
	for (size_t i = 0; i < list->n; i++) {
		struct waiting *w = &list->rows[i];
		if (!same_place(&w->request, request))
			continue;
		if (strcmp(w->text, text) == 0)
			return false;
		w->text = text;
		w->request = *request;
		return true;
	}
	struct waiting *w = &list->rows[list->n++];
	*w = (struct waiting){
	    .request = *request, .text = text, .from = is_address(from) ? from : "?", .since = now};
	tidy(list, now);
	return true;
}

bool waiting_drop(struct waiting_list *list, const unsigned char key[KEY_PUBLIC_SIZE])
{
	size_t before = list->n;
	for (size_t i = list->n; i-- > 0;)
		if (memcmp(list->rows[i].request.key, key, KEY_PUBLIC_SIZE) == 0)
			remove_row(list, i);
	return list->n < before;
}

const char *waiting_who(struct arena *arena, const struct enrol_request *r)
{
	return r->station ? arena_printf(arena, "%s@%s", r->station, r->unit) : arena_dup(arena, r->unit);
}

bool waiting_is_key(const unsigned char key[KEY_PUBLIC_SIZE], const char *named)
{
	unsigned char parsed[KEY_PUBLIC_SIZE];
	if (key_parse(named, parsed))
		return memcmp(parsed, key, KEY_PUBLIC_SIZE) == 0;
	struct buf print = {0}, spoken = {0};
	key_fingerprint(key, &print);
	key_spoken(key, &spoken);
	bool is = strcmp(buf_str(&print), named) == 0 || text_fold_eq(buf_str(&spoken), named);
	buf_free(&print);
	buf_free(&spoken);
	return is;
}

int waiting_find(const struct waiting_list *list, const char *unit, const char *fingerprint,
    const struct waiting **out, struct err *err)
{
	struct arena arena = {0};
	struct buf keys = {0};
	size_t n = 0;
	*out = NULL;
	for (size_t i = 0; i < list->n; i++) {
		const struct waiting *w = &list->rows[i];
		if (strcmp(waiting_who(&arena, &w->request), unit) != 0 ||
		    (fingerprint && !waiting_is_key(w->request.key, fingerprint)))
			continue;
		buf_puts(&keys, n++ ? "; " : "");
		key_spoken(w->request.key, &keys);
		*out = w;
	}
	int rc = 0;
	if (n == 0) {
		rc = err_set(err, ERR_NOT_FOUND, N_("no request by %1 waits here"), unit);
		err_hint(err, N_("tuyen unit admit --pending lists those that do"));
	} else if (n > 1) {
		rc = err_set(err, ERR_AMBIGUOUS, N_("several requests by %1 wait here, by the keys: %2"),
		    unit, buf_str(&keys));
		err_hint(err, N_("ask its people for theirs, then name it with --key 'WORDS'"));
	}
	arena_free(&arena);
	buf_free(&keys);
	return rc;
}
