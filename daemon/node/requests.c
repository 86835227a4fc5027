#include "node/requests.h"

#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/sys.h"
#include "control/control.h"
#include "links/links.h"
#include "node.h"
#include "node/anchor.h"
#include "node/attach.h"
#include "node/held.h"
#include "node/incidents.h"
#include "node/keys.h"
#include "node/invite.h"
#include "node/join.h"
#include "node/load.h"
#include "node/parcel.h"
#include "node/rate.h"
#include "node/reorg.h"
#include "node/repair.h"
#include "node/units.h"
#include "plan/ops.h"

#define SYNC_WAIT_MS 60000

/* ---- operations of the plan room ---- */

void node_requests_tell(struct control_request *req, const struct outcome *o)
{
	for (size_t i = 0; i < o->n_notes; i++) {
		const struct note *note = &o->notes[i];
		control_note(req, note->warning, note->msg, (const char *const *)note->arg, note->n_args);
	}
	if (o->output.len)
		control_output(req, o->output.data, o->output.len);
}

static int run_op(struct node *n, const struct op *op, struct control_request *req, struct err *err)
{
	struct outcome o = {0}, after = {0};
	struct view v;
	int rc = node_admitted(n, err);
	node_view(n, &v);
	if (rc == 0)
		rc = op->run(&v, &req->args, &o, err);
	if (rc == 0 && ((rc = node_rate_entry(n, &o, err)) != 0 || (rc = node_write(n, &o, err)) != 0))
		o.n_notes = o.output.len = 0; /* nothing was done; and their words may be what was refused */
	if (rc == 0 && op->after) {
		node_view(n, &v);
		rc = op->after(&v, &req->args, &after, err);
	}
	node_requests_tell(req, &o);
	node_requests_tell(req, &after);
	outcome_free(&o);
	outcome_free(&after);
	return rc;
}

/* ---- lines ---- */

struct waiting {
	struct control_request *req;
	struct wait *wait;
};

static void waited(void *ctx, const struct err *err)
{
	struct waiting *w = ctx;
	control_finish(w->req, err);
	free(w);
}

static void asker_gone(void *ctx, struct control_request *req)
{
	struct waiting *w = ctx;
	links_forget(w->wait);
	control_finish(req, NULL);
	free(w);
}

static int set_paused(struct node *n, bool paused, struct err *err)
{
	if (n->config.paused == paused)
		return 0;
	n->config.paused = paused;
	int rc = config_save(&n->config, n->dir, err);
	return rc ? rc : links_reload(n->links, err);
}

static int64_t timeout_of(const struct args *a)
{
	const char *text = args_get(a, "timeout");
	long seconds = text ? strtol(text, NULL, 10) : 0;
	return seconds > 0 ? (int64_t)seconds * 1000 : SYNC_WAIT_MS;
}

/* Who `--with` means, as an id. */
static int resolve_with(struct node *n, const char *typed, const char **id, struct err *err)
{
	const struct registry_unit *u;
	*id = NULL;
	if (!typed)
		return 0;
	/* The superior is known by the welcome, before any registry has come. */
	if (str_is(typed, n->config.superior.unit)) {
		*id = n->config.superior.unit;
		return 0;
	}
	int rc = registry_resolve_on(n->registry, typed, date_of_time(sys_now()), &u, err);
	if (rc == 0)
		*id = u->id;
	return rc;
}

/* True when the request is finished later. */
static bool request_sync(struct node *n, struct control_request *req, struct err *err)
{
	const struct args *a = &req->args;
	const char *with;
	int rc = resolve_with(n, args_get(a, "with"), &with, err);
	if (rc == 0 && args_has(a, "pause"))
		rc = set_paused(n, true, err);
	if (rc == 0 && args_has(a, "resume"))
		rc = set_paused(n, false, err);
	if (rc || (args_has(a, "pause") && !args_has(a, "wait")))
		return false;
	if (n->config.paused && !args_has(a, "resume")) {
		err_set(err, ERR_REFUSED, N_("the lines of this node are paused"));
		err_hint(err, N_("run `tuyen sync --resume`"));
		return false;
	}
	if (!n->config.root && node_admitted(n, err) != 0)
		return false;
	if (!args_has(a, "wait")) {
		links_exchange(n->links);
		return false;
	}
	struct waiting *w = mem_alloc(sizeof *w);
	w->req = req;
	w->wait = links_wait(n->links, with, timeout_of(a), waited, w);
	control_on_gone(req, asker_gone, w);
	return true;
}

/* An error in parts, for the command to say in the language of whoever asks. */
static json_t *in_parts(const struct err *e)
{
	if (!e->msg)
		return json_null();
	json_t *o = json_object(), *args = json_array();
	for (int i = 0; i < e->n_args; i++)
		json_array_append_new(args, json_string(e->arg[i]));
	json_object_set_new(o, "msg", json_string(e->msg));
	json_object_set_new(o, "hint", e->hint ? json_string(e->hint) : json_null());
	json_object_set_new(o, "args", args);
	return o;
}

static json_t *load_json(const struct sync_load *load, bool known)
{
	json_t *o = json_object();
	json_object_set_new(o, "changes", known ? json_integer((json_int_t)load->changes) : json_null());
	json_object_set_new(o, "bytes", known ? json_integer((json_int_t)load->bytes) : json_null());
	return o;
}

static void put_line(void *ctx, const struct link_state *s)
{
	json_t *list = ctx, *o = json_object();
	struct buf error = {0}, refused = {0}, late = {0};
	err_format(s->error, NULL, &error);
	err_format(s->refused, NULL, &refused);
	err_format(&s->late, NULL, &late);
	json_object_set_new(o, "peer", json_string(s->peer));
	char instance[2 * 8 + 1] = "";
	if (s->instance)
		hex_encode(s->instance, 8, instance);
	json_object_set_new(o, "instance", *instance ? json_string(instance) : json_null());
	json_object_set_new(o, "superior", json_boolean(s->up));
	json_object_set_new(o, "open", json_boolean(s->open));
	json_object_set_new(o, "equal", json_boolean(s->equal));
	json_object_set_new(o, "address", s->address ? json_string(s->address) : json_null());
	json_object_set_new(o, "bytes_in", json_integer((json_int_t)s->bytes_in));
	json_object_set_new(o, "bytes_out", json_integer((json_int_t)s->bytes_out));
	json_object_set_new(o, "changes_in", json_integer((json_int_t)s->changes_in));
	json_object_set_new(o, "changes_out", json_integer((json_int_t)s->changes_out));
	json_object_set_new(o, "last_contact", s->last_contact ? json_integer(s->last_contact) : json_null());
	json_object_set_new(
	    o, "age", s->last_contact ? json_integer(sys_now() - s->last_contact) : json_null());
	json_object_set_new(o, "waiting", load_json(&s->waiting, true));
	json_object_set_new(o, "coming", load_json(&s->coming, s->told));
	json_object_set_new(o, "pace_out", s->pace_out ? json_integer((json_int_t)s->pace_out) : json_null());
	json_object_set_new(o, "pace_in", s->pace_in ? json_integer((json_int_t)s->pace_in) : json_null());
	json_object_set_new(o, "seconds", s->seconds < 0 ? json_null() : json_integer(s->seconds));
	json_object_set_new(o, "closed_until", s->closed_until ? json_integer(s->closed_until) : json_null());
	json_object_set_new(o, "closed_by", s->closed_by ? json_string(s->closed_by) : json_null());
	json_object_set_new(o, "rate", s->rate ? json_integer((json_int_t)s->rate) : json_null());
	json_object_set_new(o, "budget", s->budget ? json_integer((json_int_t)s->budget) : json_null());
	json_object_set_new(o, "spent", s->budget ? json_integer((json_int_t)s->spent) : json_null());
	json_object_set_new(o, "next_try", s->next_try ? json_integer(s->next_try) : json_null());
	json_object_set_new(o, "error", error.len ? json_string(error.data) : json_null());
	json_object_set_new(o, "refused", refused.len ? json_string(refused.data) : json_null());
	json_object_set_new(o, "late", late.len ? json_string(late.data) : json_null());
	json_object_set_new(o, "trouble",
	    in_parts(s->refused->msg ? s->refused
		     : s->late.msg   ? &s->late
				     : s->error));
	json_array_append_new(list, o);
	buf_free(&error);
	buf_free(&refused);
	buf_free(&late);
}

/* For `status`: the lines as JSON. */
static int lines(struct node *n, struct control_request *req, struct err *err)
{
	(void)err;
	json_t *list = json_array();
	links_states(n->links, put_line, list);
	char *text = json_dumps(list, JSON_COMPACT);
	control_output(req, text, strlen(text));
	control_output(req, "\n", 1);
	free(text);
	json_decref(list);
	return 0;
}

/* For `status`: the civil clock of the daemon, which TUYEN_NOW may have set for it alone. */
static int clock_now(struct node *n, struct control_request *req, struct err *err)
{
	struct buf text = {0};
	(void)n, (void)err;
	buf_printf(&text, "{\"now\": %lld, \"set\": %s}\n", (long long)sys_now(),
	    sys_now_is_set() ? "true" : "false");
	control_output(req, text.data, text.len);
	buf_free(&text);
	return 0;
}

static int reload(struct node *n, struct control_request *req, struct err *err)
{
	(void)req;
	return node_reload(n, err);
}

/* ---- the table ---- */

static const struct {
	const char *command;
	int (*run)(struct node *n, struct control_request *req, struct err *err);
	unsigned min_words;
} handlers[] = {
    {"attach add", node_attach_add, 2},
    {"attach fetch", node_attach_fetch, 1},
    {"attach put", node_attach_put, 3},
    {"attach remove", node_attach_remove, 2},
    {"attachments", node_attach_tell, 0},
    {"clock", clock_now, 0},
    {"held allow", node_rate_allow, 1},
    {"held confirm", node_held_confirm, 0},
    {"held set-aside", node_held_set_aside, 1},
    {"incident close", node_incident_close, 1},
    {"incidents", node_incidents_tell, 0},
    {"key replace", node_key_replace, 0},
    {"key rotate", node_key_rotate, 0},
    {"lines", lines, 0},
    {"parcel known", node_parcel_known, 0},
    {"parcel more", node_parcel_more, 1},
    {"parcel put", node_parcel_put, 2},
    {"parcel write", node_parcel_write, 1},
    {"reload", reload, 0},
    {"unit add", node_unit_add, 1},
    {"unit admit", node_unit_admit, 1},
    {"unit invite", node_invite, 0},
    {"unit end", node_unit_end, 1},
    {"unit load", node_unit_load, 1},
    {"unit move", node_unit_move, 1},
    {"unit rename", node_unit_rename, 1},
    {"unit replace", node_unit_replace, 1},
    {"unit retire", node_unit_retire, 1},
    {"unit rotate", node_unit_rotate, 1},
    {"unit suspend", node_unit_suspend, 1},
};

static int run_command(struct node *n, struct control_request *req, struct err *err)
{
	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
		if (strcmp(handlers[i].command, req->command) != 0)
			continue;
		if (req->args.words.n < handlers[i].min_words)
			return err_set(
			    err, ERR_USAGE, N_("'%1' needs more words; see `tuyen %1 --help`"), req->command);
		return handlers[i].run(n, req, err);
	}
	const struct op *op = op_find(req->command);
	if (op)
		return run_op(n, op, req, err);
	err_set(err, ERR_USAGE, N_("this daemon does not know '%1'"), req->command);
	err_hint(err, N_("the command is newer than the daemon: start the daemon again"));
	return err->code;
}

void node_request(void *ctx, struct control_request *req)
{
	struct node *n = ctx;
	struct err err = {0};
	if (strcmp(req->command, "sync") == 0) {
		if (request_sync(n, req, &err))
			return;
	} else if (strcmp(req->command, "enrol") == 0) {
		if (node_join(n, req, &err))
			return;
	} else if (strcmp(req->command, "repair") == 0) {
		if (node_repair(n, req, &err))
			return;
	} else if (strcmp(req->command, "parcel take") == 0) {
		if (node_parcel_take(n, req, &err))
			return;
	} else {
		run_command(n, req, &err);
	}
	control_finish(req, &err);
}
