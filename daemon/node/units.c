#include "node/units.h"

#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "base/table.h"
#include "control/control.h"
#include "node.h"
#include "node/edits.h"
#include "node/invite.h"
#include "node/trust.h"
#include "registry/enrol.h"

static int write_unit(struct node *n, const struct enrol_edit *edit, const char *verb, struct err *err)
{
	struct node_edits w;
	node_edits_begin(&w, n, "");
	w.subject = arena_printf(&w.o.arena, "unit: %s %s", verb, edit->id);
	node_edits_put(&w, edit);
	return node_edits_end(&w, n, err);
}

/* ---- requests ---- */

/* What the old keys of the unit wrote up to now stands. */
static int vouch_for_lost(struct node *n, const char *lost, struct enrol_edit *edit, struct err *err)
{
	enum registry_key_state state = strcmp(lost, "suspended") == 0 ? KEY_SUSPENDED : KEY_RETIRED;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < edit->n_lost; i++)
		rc = node_trust_narrow(n, edit->id, edit->lost[i], state, NULL, &edit->record, err);
	return rc;
}

int node_units_judge(struct node *n, const struct enrol_request *request, const char *lost,
    struct arena *arena, struct enrol_edit *out, struct err *err)
{
	struct record levels;
	int rc = node_admitted(n, err);
	if (rc == 0 && n->config.station)
		rc = err_set(err, ERR_REFUSED, N_("a station admits nobody; ask the node of its unit"));
	if (rc == 0)
		rc = enrol_readmit(n->registry, &n->config, node_edits_levels(n, arena, &levels), request,
		    date_of_time(sys_now()), lost, arena, out, err);
	return rc;
}

int node_units_let_in(struct node *n, const struct enrol_request *request, const char *lost,
    struct arena *arena, struct enrol_edit *out, struct buf *welcome, struct err *err)
{
	int rc = node_units_judge(n, request, lost, arena, out, err);
	if (rc == 0 && lost)
		rc = vouch_for_lost(n, lost, out, err);
	if (rc == 0)
		rc = write_unit(n, out, out->n_lost ? "recover" : "admit", err);
	if (rc == 0)
		rc = enrol_welcome(n->registry, &n->config, n->key, request, welcome, err);
	return rc;
}

int node_units_find(struct node *n, const char *typed, const struct registry_unit **out, struct err *err)
{
	return enrol_find(n->registry, n->config.unit, typed, date_of_time(sys_now()), out, err);
}

struct admitting {
	struct enrol_request request;
	struct enrol_edit edit;
};

/* Two at once for one unit, or by one key: each alone would fit, both together do not. */
static int check_apart(struct table *seen, struct admitting *a, struct arena *arena, struct err *err)
{
	char key[KEY_TEXT_SIZE];
	key_text(a->request.key, key);
	const char *const marks[] = {
	    arena_printf(arena, "unit %s", a->edit.id), arena_printf(arena, "key %s", key)};
	for (int i = 0; i < 2; i++) {
		void **place = table_at(seen, marks[i]);
		const struct admitting *other = *place;
		*place = a;
		if (!other || (strcmp(other->edit.id, a->edit.id) == 0 &&
				  memcmp(other->request.key, a->request.key, KEY_PUBLIC_SIZE) == 0))
			continue;
		err_set(err, ERR_REFUSED,
		    N_("two requests, by %1 and %2, want the same unit or have the same key"),
		    other->request.unit, a->request.unit);
		err_rule(err, "keys", NULL, NULL);
		return ERR_REFUSED;
	}
	return 0;
}

static int judge_requests(struct node *n, const struct control_request *req, struct admitting *all,
    struct arena *arena, struct err *err)
{
	const char *source = args_get(&req->args, "source"), *lost = node_invite_lost(&req->args);
	struct table seen = {0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < req->args.words.n; i++) {
		const char *text = req->args.words.items[i];
		rc = enrol_read_request(
		    arena, source ? source : "-", text, strlen(text), &all[i].request, err);
		if (rc == 0)
			rc = node_units_judge(n, &all[i].request, lost, arena, &all[i].edit, err);
		if (rc == 0 && lost)
			rc = vouch_for_lost(n, lost, &all[i].edit, err);
		if (rc == 0)
			rc = check_apart(&seen, &all[i], arena, err);
	}
	table_free(&seen);
	return rc;
}

static int write_admitted(struct node *n, const struct admitting *all, size_t count, struct err *err)
{
	struct node_edits w;
	if (count == 1)
		return write_unit(n, &all[0].edit, all[0].edit.n_lost ? "recover" : "admit", err);
	node_edits_begin(&w, n, "unit: admit a list");
	for (size_t i = 0; i < count; i++)
		node_edits_put(&w, &all[i].edit);
	return node_edits_end(&w, n, err);
}

static int welcome(struct node *n, struct control_request *req, const struct admitting *a, struct err *err)
{
	struct buf text = {0}, spoken = {0};
	const char *name = record_get(&a->edit.record, "name");
	int rc = enrol_welcome(n->registry, &n->config, n->key, &a->request, &text, err);
	if (rc == 0) {
		enrol_fingerprint(a->request.key, &spoken);
		control_say(req, N_("%1 (%2) is admitted; let its people read out its key: %3"), a->edit.id,
		    name, buf_str(&spoken));
		control_output(req, text.data, text.len);
	}
	buf_free(&text);
	buf_free(&spoken);
	return rc;
}

int node_unit_admit(struct node *n, struct control_request *req, struct err *err)
{
	size_t count = req->args.words.n;
	if (args_has(&req->args, "pending"))
		return node_invite_approve(n, req, err);
	struct arena arena = {0};
	struct admitting *all = arena_alloc(&arena, count * sizeof *all);
	int rc = judge_requests(n, req, all, &arena, err);
	if (rc == 0)
		rc = write_admitted(n, all, count, err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (i)
			control_output(req, "---\n", 4);
		rc = welcome(n, req, &all[i], err);
	}
	arena_free(&arena);
	return rc;
}

int node_unit_add(struct node *n, struct control_request *req, struct err *err)
{
	const struct args *a = &req->args;
	struct enrol_unit unit = {args_word(a, 0), args_get(a, "name"), args_get(a, "level"),
	    args_get(a, "type"), args_get(a, "identifier"), args_get(a, "valid-from"),
	    args_get(a, "valid-to"), NULL};
	struct arena arena = {0};
	struct record levels;
	struct enrol_edit edit;
	int rc = node_admitted(n, err);
	if (rc == 0)
		rc = enrol_add(n->registry, &n->config, node_edits_levels(n, &arena, &levels), &unit, &arena,
		    &edit, err);
	if (rc == 0)
		rc = write_unit(n, &edit, "add", err);
	if (rc == 0) {
		control_output(req, edit.id, strlen(edit.id));
		control_output(req, "\n", 1);
	}
	arena_free(&arena);
	return rc;
}
