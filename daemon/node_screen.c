#include "node_screen.h"

#include <string.h>

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

int node_screen(const struct node *n, const struct change *c, const struct change_texts *texts,
    size_t n_texts, struct err *err)
{
	return is_first_superior(n, c) ? screen_change(c, texts, n_texts, err) : 0;
}
