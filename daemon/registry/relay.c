/* Who relays whole ledgers, and who only totals (schema/wire.md, "Totals"). */
#include "registry/inside.h"

#include <string.h>

void registry_feed_relay(
    struct registry *r, const char *issuer, const char *superior, const struct record *now)
{
	struct unit *u = registry_unit_at(r, issuer);
	struct strs kept = {0};
	for (size_t i = 0; i < u->totals_to.n; i++)
		if (strcmp(u->totals_to.items[i], superior) != 0)
			strs_add(&kept, u->totals_to.items[i]);
	if (now && str_is(record_get(now, "relay"), "totals"))
		strs_add(&kept, superior);
	strs_free(&u->totals_to);
	u->totals_to = kept;
}

bool registry_relays_totals(const struct registry *r, const char *unit, day_t day)
{
	const struct unit *u = table_get(&r->units, unit);
	const char *superior = u && u->totals_to.n ? registry_parent_on(r, unit, day) : NULL;
	return superior && strs_has(&u->totals_to, superior);
}

const char *registry_relay_between(const struct registry *r, const char *upper, const char *lower, day_t day)
{
	const char *found = NULL, *id = registry_parent_on(r, lower, day);
	for (int depth = 0; id && depth < REGISTRY_DEPTH_MAX; depth++, id = registry_parent_on(r, id, day)) {
		if (strcmp(id, upper) == 0)
			return found;
		if (registry_relays_totals(r, id, day))
			found = id;
	}
	return NULL;
}
