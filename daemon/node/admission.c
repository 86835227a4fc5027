#include "node/admission.h"

#include <string.h>

#include "node/incidents.h"
#include "record/screen.h"

static bool is_first_superior(const struct node *n, const struct change *c)
{
	if (n->config.station)
		return false;
	if (c->station)
		return str_is(c->unit, n->config.unit);
	const struct registry_unit *writer = registry_unit(n->registry, c->unit);
	return writer && str_is(writer->parent, n->config.unit);
}

/* Further on nothing is refused any more: a person is told, by name of the field and without the text. */
static void flag(struct node *n, const struct change *c, const struct change_texts *texts, size_t n_texts)
{
	struct err found = {0};
	if (screen_change(c, texts, n_texts, &found) == 0)
		return;
	const struct incident i = {
	    .kind = "flagged", .unit = c->unit, .ledger = c->ledger, .change = c->id, .err = &found};
	node_incident(n, &i);
}

int node_admission(struct node *n, bool from_above, const struct change *c, const struct change_texts *texts,
    size_t n_texts, struct err *err)
{
	if (!from_above && is_first_superior(n, c)) {
		int rc = registry_admission(n->registry, c, texts, n_texts, err);
		return rc ? rc : screen_change(c, texts, n_texts, err);
	}
	if (!str_is(c->unit, n->config.unit))
		flag(n, c, texts, n_texts);
	return 0;
}
