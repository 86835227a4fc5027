#include "registry/invitation.h"

#include <string.h>

#include "record/text.h"
#include "registry/form.h"

static void print_body(const struct invitation *inv, struct buf *out)
{
	char day[16], secret[2 * INVITATION_SECRET_SIZE + 1];
	date_print(inv->expires, day);
	hex_encode(inv->secret, INVITATION_SECRET_SIZE, secret);
	form_put(out, 0, "format", INVITATION_FORMAT);
	form_put(out, 0, "unit", inv->unit);
	form_put(out, 0, "station", inv->station);
	form_put(out, 0, "agency", inv->agency);
	form_put(out, 0, "level", inv->level);
	form_put(out, 0, "name", inv->name);
	form_put(out, 0, "recover", inv->recover ? "yes" : NULL);
	form_put_peer(out, "superior", &inv->superior);
	form_put(out, 0, "expires", day);
	form_put(out, 0, "secret", secret);
}

void invitation_print(const struct invitation *inv, const struct key *superior, struct buf *out)
{
	print_body(inv, out);
	form_sign(out, superior);
}

static void read_secret(struct form *f, unsigned char secret[INVITATION_SECRET_SIZE])
{
	const char *text = form_line(f, "secret", true);
	if (text && !hex_decode(text, secret, INVITATION_SECRET_SIZE))
		form_fail(f, "secret", N_("%1 must be 32 hexadecimal digits"));
}

static void read_expires(struct form *f, day_t *out)
{
	struct err bad = {0};
	const char *text = form_line(f, "expires", true);
	if (text && date_parse(text, out, &bad) != 0)
		form_fail(f, "expires", N_("%1 must be a day, such as 2026-07-31"));
}

int invitation_read(struct arena *arena, const char *file, const char *bytes, size_t len,
    struct invitation *out, struct err *err)
{
	static const char *const known[] = {"format", "unit", "station", "agency", "level", "name", "recover",
	    "superior", "expires", "secret", "signature", NULL};
	unsigned char sig[KEY_SIGNATURE_SIZE];
	struct form f;
	*out = (struct invitation){0};
	form_open(&f, arena, file, bytes, len, INVITATION_FORMAT, known, err);
	out->unit = form_id(&f, "unit", true);
	out->station = form_id(&f, "station", false);
	out->agency = form_id(&f, "agency", false);
	out->level = form_id(&f, "level", true);
	out->name = form_line(&f, "name", true);
	out->recover = form_yes(&f, "recover");
	form_peer(&f, "superior", true, &out->superior);
	read_expires(&f, &out->expires);
	read_secret(&f, out->secret);
	form_signature(&f, sig);
	if (f.rc == 0 && !out->superior.address)
		form_fail(&f, "superior", N_("%1 has no address"));
	if (f.rc < 0)
		return f.rc;
	struct buf text = {0};
	print_body(out, &text);
	if (!key_verify(out->superior.key, buf_str(&text), text.len, sig)) {
		f.rc = err_set(err, ERR_REFUSED,
		    N_("the signature of this invitation by %1 is wrong: it was changed after it was made"),
		    out->superior.unit);
		err_hint(err, N_("compare it with what %1 sent, letter by letter, or ask for a new one"));
		err_rule(err, "signature", NULL, NULL);
		err_at(err, file, yaml_get(f.map, "signature")->line, yaml_get(f.map, "signature")->column);
	}
	buf_free(&text);
	return f.rc;
}

/* ---- what the superior remembers ---- */

static const char *const states[] = {"open", "used", "revoked"};

/* state, unit, agency or "-", expires, lost or "-", hash, level, name: parted by tabs, of which no line has any
 * inside. */
#define COLUMNS 8

void invited_print(const struct invited_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct invited *r = &list->rows[i];
		char day[16], hash[2 * HASH_SIZE + 1];
		date_print(r->expires, day);
		hex_encode(r->hash, HASH_SIZE, hash);
		buf_printf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", states[r->state], r->unit,
		    r->agency ? r->agency : "-", day, r->lost ? r->lost : "-", hash, r->level, r->name);
	}
}

static bool read_state(const char *text, enum invited_state *out)
{
	for (int i = 0; i < 3; i++)
		if (strcmp(text, states[i]) == 0) {
			*out = (enum invited_state)i;
			return true;
		}
	return false;
}

static bool read_row(char *line, struct invited *out)
{
	char *cell[COLUMNS];
	struct err bad = {0};
	for (int i = 0; i < COLUMNS; i++) {
		cell[i] = line;
		line = line ? strchr(line, '\t') : NULL;
		if (!line != (i == COLUMNS - 1))
			return false;
		if (line)
			*line++ = '\0';
	}
	out->unit = cell[1];
	out->agency = strcmp(cell[2], "-") == 0 ? NULL : cell[2];
	out->lost = strcmp(cell[4], "-") == 0 ? NULL : cell[4];
	out->level = cell[6];
	out->name = cell[7];
	return read_state(cell[0], &out->state) && text_is_id(cell[1]) &&
	       (!out->agency || text_is_id(out->agency)) && date_parse(cell[3], &out->expires, &bad) == 0 &&
	       (!out->lost || strcmp(out->lost, "retired") == 0 || strcmp(out->lost, "suspended") == 0) &&
	       hex_decode(cell[5], out->hash, HASH_SIZE) && text_is_id(cell[6]) && form_is_line(cell[7]);
}

void invited_read(struct invited_list *list, const char *bytes, size_t len)
{
	*list = (struct invited_list){0};
	list->rows = arena_alloc(&list->arena, (INVITED_MAX + 1) * sizeof *list->rows);
	const char *end = bytes + len;
	while (bytes < end && list->n < INVITED_MAX) {
		const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
		if (!stop)
			return;
		struct invited row = {0};
		if (read_row(arena_dup_len(&list->arena, (char *)bytes, (size_t)(stop - bytes)), &row))
			list->rows[list->n++] = row;
		bytes = stop + 1;
	}
}

void invited_free(struct invited_list *list)
{
	arena_free(&list->arena);
	*list = (struct invited_list){0};
}

void invited_hash(const unsigned char secret[INVITATION_SECRET_SIZE], unsigned char hash[HASH_SIZE])
{
	hash_sha256(secret, INVITATION_SECRET_SIZE, hash);
}

static void remove_row(struct invited_list *list, size_t i)
{
	memmove(&list->rows[i], &list->rows[i + 1], (--list->n - i) * sizeof *list->rows);
}

static bool is_over(const struct invited *r, day_t today)
{
	return r->state != INVITED_OPEN || r->expires < today;
}

static void tidy(struct invited_list *list, day_t today)
{
	for (size_t i = list->n; i-- > 0;)
		if (list->rows[i].expires < today - INVITED_KEEP)
			remove_row(list, i);
	for (size_t i = 0; i < list->n && list->n >= INVITED_MAX;)
		if (is_over(&list->rows[i], today))
			remove_row(list, i);
		else
			i++;
}

int invited_add(
    struct invited_list *list, const struct invited *one, day_t today, bool *replaced, struct err *err)
{
	*replaced = invited_revoke(list, one->unit);
	tidy(list, today);
	if (list->n >= INVITED_MAX) {
		err_set(err, ERR_BUSY, N_("too many invitations are open here"));
		err_hint(
		    err, N_("revoke some: tuyen unit invite --list, then tuyen unit invite --revoke UNIT"));
		return ERR_BUSY;
	}
	struct invited *row = &list->rows[list->n++];
	*row = *one;
	row->unit = arena_dup(&list->arena, one->unit);
	row->level = arena_dup(&list->arena, one->level);
	row->name = arena_dup(&list->arena, one->name);
	row->lost = arena_dup(&list->arena, one->lost);
	row->agency = arena_dup(&list->arena, one->agency);
	return 0;
}

bool invited_revoke(struct invited_list *list, const char *unit)
{
	bool any = false;
	for (size_t i = 0; i < list->n; i++) {
		struct invited *r = &list->rows[i];
		if (r->state != INVITED_OPEN || strcmp(r->unit, unit) != 0)
			continue;
		r->state = INVITED_REVOKED;
		any = true;
	}
	return any;
}

static int refuse(const struct invited *r, const char *unit, day_t today, struct err *err)
{
	char day[16] = "";
	if (r)
		date_print(r->expires, day);
	if (!r)
		err_set(err, ERR_REFUSED, N_("this invitation is not known here"));
	else if (strcmp(r->unit, unit) != 0)
		err_set(err, ERR_REFUSED, N_("this invitation is for %1, not for %2"), r->unit, unit);
	else if (r->state == INVITED_USED)
		err_set(err, ERR_REFUSED, N_("this invitation of %1 was used already, by another key"), unit);
	else if (r->state == INVITED_REVOKED)
		err_set(err, ERR_REFUSED, N_("this invitation of %1 was revoked"), unit);
	else if (r->expires < today)
		err_set(err, ERR_REFUSED, N_("this invitation of %1 was good until %2"), unit, day);
	else
		return 0;
	err_hint(
	    err, r && strcmp(r->unit, unit) != 0
		     ? N_("make the node again with: tuyen init --unit %1, or ask for an invitation of %2")
		     : N_("ask the superior for a new one: tuyen unit invite"));
	err_rule(err, "invitation", NULL, NULL);
	return ERR_REFUSED;
}

int invited_find(struct invited_list *list, const unsigned char secret[INVITATION_SECRET_SIZE],
    const char *unit, day_t today, struct invited **out, struct err *err)
{
	unsigned char hash[HASH_SIZE];
	invited_hash(secret, hash);
	*out = NULL;
	for (size_t i = 0; i < list->n && !*out; i++)
		if (memcmp(list->rows[i].hash, hash, HASH_SIZE) == 0)
			*out = &list->rows[i];
	return refuse(*out, unit, today, err);
}

const char *invited_word(const struct invited *r, day_t today)
{
	return r->state == INVITED_OPEN && r->expires < today ? "expired" : states[r->state];
}
