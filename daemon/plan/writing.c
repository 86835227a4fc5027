#include "plan/writing.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int writing_no_station(const struct view *v, struct err *err)
{
	if (!v->station)
		return 0;
	err_set(err, ERR_REFUSED,
	    N_("this is the station %1: only the node of the unit %2 itself may do that"), v->station,
	    v->unit);
	err_hint(err, N_("run it on the node of the unit %2"));
	return ERR_REFUSED;
}

int writing_unit(const struct view *v, const struct args *a, day_t day, struct arena *arena,
    const char **unit, bool *own, struct err *err)
{
	const char *typed = args_get(a, "unit");
	const struct registry_unit *u;
	*unit = v->unit;
	*own = true;
	if (!typed)
		return 0;
	int rc = registry_resolve_on(v->registry, typed, day, &u, err);
	if (rc)
		return rc;
	if (strcmp(u->id, v->unit) == 0)
		return 0;
	*unit = arena_dup(arena, u->id);
	/* What replaces a unit as a whole goes on with its reports as the unit itself. */
	if (!v->station && registry_replaces(v->registry, v->unit, u->id))
		return 0;
	*own = false;
	if (u->station || !registry_is_above(v->registry, v->unit, u->id)) {
		err_set(err, ERR_REFUSED, N_("%1 is not a unit below %2"), u->id, v->unit);
		err_hint(err, N_("'tuyen unit list' shows the units below"));
		return ERR_REFUSED;
	}
	const char *relay = registry_relay_between(v->registry, v->unit, u->id, REGISTRY_TODAY);
	if (relay) {
		err_set(err, ERR_REFUSED, N_("%1 relays only totals: the reports of %2 stand there"), relay,
		    u->id);
		err_hint(err, N_("ask %1 to write it"));
		return ERR_REFUSED;
	}
	return writing_no_station(v, err);
}

int writing_reason(const struct args *a, struct arena *arena, const char **reason, struct err *err)
{
	const char *typed = args_get(a, "reason");
	while (typed && isspace((unsigned char)*typed))
		typed++;
	if (!typed || !*typed) {
		err_set(err, ERR_USAGE, N_("a reason is needed"));
		err_hint(err, N_("add --reason TEXT"));
		return ERR_USAGE;
	}
	char *line = arena_dup(arena, typed);
	size_t len = strlen(line);
	while (len && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
	for (char *p = line; *p; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	*reason = line;
	return 0;
}

int writing_pair(const char *word, struct arena *arena, const char **key, const char **value, struct err *err)
{
	const char *equals = strchr(word, '=');
	if (!equals || equals == word) {
		err_set(err, ERR_USAGE, N_("'%1' is not of the form KEY=VALUE"), word);
		err_hint(err, N_("write TT01=42; TT01= clears it"));
		return ERR_USAGE;
	}
	*key = arena_dup_len(arena, word, (size_t)(equals - word));
	*value = arena_dup(arena, equals + 1);
	return 0;
}

const char *writing_name(const struct view *v, struct arena *arena)
{
	return v->station ? arena_printf(arena, "%s@%s", v->station, v->unit) : arena_dup(arena, v->unit);
}

const char *writing_row(const struct view *v, const struct record *r, const char *table, struct arena *arena)
{
	const char *name = writing_name(v, arena), *key;
	size_t i = 0, len = strlen(name);
	unsigned long most = 0;
	while (record_next_key(r, table, &i, &key)) {
		char *end;
		if (strncmp(key, name, len) != 0 || key[len] != '-' || !isdigit((unsigned char)key[len + 1]))
			continue;
		unsigned long n = strtoul(key + len + 1, &end, 10);
		if (!*end && n > most)
			most = n;
	}
	return arena_printf(arena, "%s-%lu", name, most + 1);
}
