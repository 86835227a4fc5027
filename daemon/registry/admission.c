/* What the first superior asks beyond validity (schema/trust.md). Nodes further on never ask it. */
#include "registry/inside.h"

#include <string.h>

static int refuse(struct err *err, const char *rule, const char *record, const char *sentence, const char *a,
    const char *b, const char *c)
{
	const char *const words[] = {sentence, a, b, c, NULL};
	err_set_list(err, ERR_REFUSED, words);
	err_rule(err, rule, record, NULL);
	return ERR_REFUSED;
}

/* A unit that is another's, and was not moved here. */
static int check_free(const struct registry *r, const char *issuer, const char *path, struct err *err)
{
	const struct record_type *type = type_by_path("directives", path);
	char id[65];
	if (!type || strcmp(type->name, "unit") != 0 || !type_path_part(type, path, 0, id))
		return 0;
	const struct unit *u = table_get(&r->units, id);
	if (!u || !u->owner || registry_belongs(u, issuer))
		return 0;
	int rc = refuse(
	    err, "unit", path, N_("%1 may not register %2: it belongs to %3"), issuer, id, u->owner->issuer);
	err_hint(err, N_("who is above both moves it: tuyen unit move %2 --to %1"));
	return rc;
}

static int check_ended(const struct registry *r, const struct change *c, struct err *err)
{
	const struct registry_unit *u = registry_unit(r, c->unit);
	char day[16];
	if (!u || date_of_time(c->time) <= u->valid_to)
		return 0;
	date_print(u->valid_to, day);
	return refuse(err, "ended", NULL, N_("%1 ended on %2; what it wrote after that is not taken"),
	    c->unit, day, NULL);
}

int registry_admission(const struct registry *r, const struct change *c, const struct change_texts *texts,
    size_t n_texts, struct err *err)
{
	int rc = check_ended(r, c, err);
	for (size_t i = 0; rc == 0 && strncmp(c->ledger, "directives/", 11) == 0 && i < n_texts; i++)
		if (!texts[i].before && texts[i].after)
			rc = check_free(r, c->ledger + 11, texts[i].path, err);
	return rc;
}
