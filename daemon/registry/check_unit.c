/*
 * The record of a unit hands out a rank and lets keys in, so it is judged beyond the rights to its fields: whom it
 * may name, what of it can never change, and that states of keys only grow (DESIGN 4).
 */
#include "registry/inside.h"

#include <stdio.h>
#include <string.h>

#include "record/text.h"

/* "11383", or "11383.2" for a later unit that was given the same code. */
static bool id_fits(const char *id, const char *code)
{
	size_t len = strlen(code);
	if (strchr(id, '@') || strncmp(id, code, len) != 0)
		return false;
	if (!id[len])
		return true;
	const char *digits = id + len + 1;
	return id[len] == '.' && *digits >= '1' && *digits <= '9' &&
	       strspn(digits, "0123456789") == strlen(digits);
}

static int refuse_rank(struct check *k, const struct check_record *rec, const char *rank)
{
	char own[16];
	snprintf(own, sizeof own, "%d", k->rank);
	return check_refuse(k, "rank", rec->path, "rank", N_("%1 has rank %2 and may not give rank %3 in %4"),
	    k->writer, own, rank, rec->path);
}

static int check_whom(struct check *k, const struct check_record *rec, const char *id)
{
	const char *station = record_get(rec->after, "station"), *rank = record_get(rec->after, "rank");
	int given = registry_rank(rank);
	if (given < 0)
		return refuse_rank(k, rec, rank);
	if (station) {
		const char *whole = arena_printf(&k->arena, "%s@%s", station, k->owner);
		if (strcmp(whole, id) != 0)
			return check_refuse(k, "path", rec->path, "station",
			    N_("%1 may not write %2: the record of its station is %3"), k->writer, rec->path,
			    whole);
		return given == k->rank ? 0 : refuse_rank(k, rec, rank);
	}
	if (!id_fits(id, record_get(rec->after, "code")))
		return check_refuse(k, "path", rec->path, "code",
		    N_("%1 may not write %2: the code in it is %3"), k->writer, rec->path,
		    record_get(rec->after, "code"));
	if (strcmp(id, k->owner) == 0) {
		if (!check_is_anchor(k) && !oid_eq(&k->grant->change, &registry_reserve))
			return check_refuse(k, "rank", rec->path, NULL,
			    N_("%1 may not write %2: only the anchor writes the record of its own unit"),
			    k->writer, rec->path);
		return given == k->rank ? 0 : refuse_rank(k, rec, rank);
	}
	return given > k->rank ? 0 : refuse_rank(k, rec, rank);
}

/* A grant names its change for ever, so what it stands on never moves. */
static int check_lasting(struct check *k, const struct check_record *rec)
{
	static const char *const lasting[] = {"code", "station", "rank", "reserve", "anchor_key"};
	for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
		const char *old = record_get(rec->before, lasting[i]),
			   *now = record_get(rec->after, lasting[i]);
		bool may_be_added = i >= 3 && !old;
		if (!may_be_added && !str_same(old, now)) {
			int rc = check_refuse(k, "rank", rec->path, lasting[i],
			    N_("%1 may not change %2 of %3"), k->writer, lasting[i], rec->path);
			err_hint(k->err, N_("end this unit and register a new one"));
			return rc;
		}
	}
	return 0;
}

static int state_order(const char *state)
{
	static const char *const order[] = {"active", "retired", "suspended"};
	for (int i = 0; i < 3; i++)
		if (state && strcmp(state, order[i]) == 0)
			return i;
	return -1;
}

static int check_old_key(struct check *k, const struct check_record *rec, const char *row)
{
	const char *old = check_column(k, rec->before, row, "key"),
		   *now = check_column(k, rec->after, row, "key");
	int from = state_order(check_column(k, rec->before, row, "state"));
	int to = state_order(check_column(k, rec->after, row, "state"));
	if (old && now && strcmp(old, now) == 0 && from <= to)
		return 0;
	return check_refuse(k, "keys", rec->path, row,
	    N_("%1 may not change %2 of %3: a key stays, and its state goes from active to retired to "
	       "suspended"),
	    k->writer, row, rec->path);
}

static int check_keys(struct check *k, const struct check_record *rec)
{
	const char *row;
	int fresh = 0, rc = 0;
	for (size_t i = 0; rec->before && rc == 0 && record_next_key(rec->before, "keys", &i, &row);)
		rc = check_old_key(k, rec, arena_printf(&k->arena, "keys.%s", row));
	for (size_t i = 0; rc == 0 && record_next_key(rec->after, "keys", &i, &row);) {
		const char *whole = arena_printf(&k->arena, "keys.%s", row);
		const char *state = check_column(k, rec->after, whole, "state");
		if (!state || !check_column(k, rec->after, whole, "key"))
			return check_refuse(k, "keys", rec->path, whole,
			    N_("%1 of %2 by %3 lacks the key or its state"), whole, rec->path, k->writer);
		if (strcmp(state, "active") == 0 && !check_column(k, rec->before, whole, "key") &&
		    ++fresh > 1)
			return check_refuse(k, "keys", rec->path, whole,
			    N_("%1 lets in several keys by one change of %2; a grant is one key"), k->writer,
			    rec->path);
	}
	return rc;
}

int check_unit(struct check *k, const struct check_record *rec)
{
	char id[65];
	if (!rec->after)
		return check_refuse(k, "keys", rec->path, NULL,
		    N_("%1 may not remove %2: a unit ends by its valid_to"), k->writer, rec->path);
	if (record_check(rec->after, k->err) < 0) {
		k->err->code = ERR_REFUSED;
		err_rule(k->err, "form", rec->path, NULL);
		return ERR_REFUSED;
	}
	int rc = type_path_part(rec->type, rec->path, 0, id) ? check_whom(k, rec, id) : ERR_REFUSED;
	if (rc == 0 && rec->before)
		rc = check_lasting(k, rec);
	return rc == 0 ? check_keys(k, rec) : rc;
}
