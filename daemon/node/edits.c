#include "node/edits.h"

const struct record *node_edits_levels(struct node *n, struct arena *arena, struct record *levels)
{
	struct err absent = {0};
	struct buf ledger = {0};
	const char *top;
	const unsigned char *key;
	buf_printf(&ledger, "directives/%s", registry_anchor(n->registry, &top, &key) ? top : n->config.unit);
	int rc = store_record(n->store, buf_str(&ledger), NULL, "levels.yaml", arena, levels, &absent);
	buf_free(&ledger);
	return rc == 0 ? levels : NULL;
}

void node_edits_begin(struct node_edits *e, const struct node *n, const char *subject)
{
	*e = (struct node_edits){.subject = subject};
	e->ledger = arena_printf(&e->o.arena, "directives/%s", n->config.unit);
}

void node_edits_put(struct node_edits *e, const struct enrol_edit *edit)
{
	struct buf text = {0};
	if (!edit->changed)
		return;
	record_print(&edit->record, &text);
	e->bytes += text.len;
	if (!e->change || e->change->n_records == CHANGE_RECORDS_MAX || e->bytes > CHANGE_BYTES_MAX) {
		e->change = outcome_change(&e->o, e->ledger, e->subject, e->reason);
		e->bytes = text.len;
	}
	outcome_put(&e->o, e->change, edit->path, &edit->record);
	buf_free(&text);
}

int node_edits_end(struct node_edits *e, struct node *n, struct err *err)
{
	int rc = node_write(n, &e->o, err);
	node_edits_drop(e);
	return rc;
}

void node_edits_drop(struct node_edits *e)
{
	outcome_free(&e->o);
}
