#include "node/invite.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "node.h"
#include "node/units.h"
#include "record/screen.h"
#include "registry/invitation.h"
#include "registry/waiting.h"

/* Requests that are new to us are written down: so many at once, then one every so often. */
#define NEW_AT_ONCE 32
#define NEW_EVERY_MS 2000

/* ---- invitations ---- */

static int read_invited(struct node *n, struct invited_list *list, struct err *err)
{
	struct buf text = {0};
	int rc = store_note_read(n->store, INVITED_NOTE, &text, err);
	invited_read(list, buf_str(&text), rc == 0 ? text.len : 0);
	buf_free(&text);
	return rc;
}

static int write_invited(struct node *n, const struct invited_list *list, struct err *err)
{
	struct buf text = {0};
	invited_print(list, &text);
	int rc = store_note_write(n->store, INVITED_NOTE, buf_str(&text), text.len, err);
	buf_free(&text);
	return rc;
}

/* The invitation says what the unit is called; the level must be the one that was meant. */
static int fit_invitation(
    struct enrol_request *request, const struct invited *inv, struct arena *arena, struct err *err)
{
	if (!str_same(request->agency, inv->agency)) {
		err_set(err, ERR_REFUSED,
		    N_("this invitation of %1 is for another agency than the request names"), inv->unit);
		err_hint(err, N_("ask the superior for a new one: tuyen unit invite"));
		err_rule(err, "invitation", NULL, NULL);
		return ERR_REFUSED;
	}
	if (strcmp(request->level, inv->level) != 0 &&
	    !(request->recover && strcmp(request->level, ENROL_UNKNOWN) == 0)) {
		err_set(err, ERR_REFUSED,
		    N_("this invitation is for the level %1; the request of %2 says %3"), inv->level,
		    request->unit, request->level);
		err_hint(err, N_("make the node again with `tuyen init --level %1`"));
		err_rule(err, "invitation", NULL, NULL);
		return ERR_REFUSED;
	}
	request->name = arena_dup(arena, inv->name);
	return 0;
}

/* The secret is used up before anybody is let in by it; given back where that fails. */
int node_invite_use(struct node *n, struct enrol_request *request, const unsigned char *secret, size_t len,
    struct arena *arena, struct buf *welcome, struct err *err)
{
	struct invited_list list = {0};
	struct invited *inv = NULL;
	struct enrol_edit edit;
	unsigned char whole[INVITATION_SECRET_SIZE] = {0};
	if (len == sizeof whole)
		memcpy(whole, secret, len);
	int rc = read_invited(n, &list, err);
	if (rc == 0)
		rc = invited_find(
		    &list, whole, waiting_who(arena, request), date_of_time(sys_now()), &inv, err);
	if (rc == 0)
		rc = fit_invitation(request, inv, arena, err);
	if (rc < 0)
		goto out;
	inv->state = INVITED_USED;
	rc = write_invited(n, &list, err);
	if (rc == 0 && (rc = node_units_let_in(n, request, inv->lost, arena, &edit, welcome, err)) != 0) {
		struct err own = {0};
		inv->state = INVITED_OPEN;
		if (write_invited(n, &list, &own) != 0)
			log_err(LOG_ERROR, "invitations", &own);
	}
out:
	invited_free(&list);
	return rc;
}

/* "cong-an@11383", by its unit's code or id: the station, and what the registry has of it. */
static int find_station(struct node *n, const char *typed, struct arena *arena, struct invitation *inv,
    const struct registry_unit **u)
{
	const char *at = strchr(typed, '@');
	inv->unit = arena_dup(arena, at + 1);
	inv->station = arena_dup_len(arena, (char *)typed, (size_t)(at - typed));
	*u = registry_unit(n->registry, arena_printf(arena, "%s@%s", inv->station, n->config.unit));
	return 0;
}

static int find_unit(struct node *n, const char *typed, struct arena *arena, struct invitation *inv,
    const struct registry_unit **u, struct err *err)
{
	int rc = node_units_find(n, typed, u, err);
	if (rc == 0)
		inv->unit = arena_dup(arena, *u && strcmp((*u)->code, typed) != 0 ? (*u)->id : typed);
	return rc;
}

/* What an invitation of this unit must say: level and name as registered, or as the clerk gives them. */
static int fill_invitation(
    struct node *n, const struct args *a, struct arena *arena, struct invitation *inv, struct err *err)
{
	const char *typed = args_word(a, 0);
	const struct registry_unit *u;
	if (!typed)
		return err_set(
		    err, ERR_USAGE, N_("'%1' needs more words; see `tuyen %1 --help`"), "unit invite");
	int rc = strchr(typed, '@') ? find_station(n, typed, arena, inv, &u)
				    : find_unit(n, typed, arena, inv, &u, err);
	if (rc < 0)
		return rc;
	inv->level = u ? arena_dup(arena, u->level) : inv->station ? n->config.level : args_get(a, "level");
	inv->name = u ? arena_dup(arena, u->name) : args_get(a, "name");
	inv->agency = inv->station && args_get(a, "agency") ? args_get(a, "agency")
		      : u				    ? arena_dup(arena, u->agency)
							    : NULL;
	if (inv->level && inv->name)
		return 0;
	const struct registry_unit *ended = u ? NULL : registry_unit(n->registry, typed);
	char today[16];
	date_print(date_of_time(sys_now()), today);
	if (ended)
		err_set(err, ERR_NOT_FOUND, N_("%1 (%2) is not there on %3"), ended->id, ended->name, today);
	else
		err_set(err, ERR_NOT_FOUND, N_("%1 is not registered here"), typed);
	err_hint(err, inv->station
			  ? N_("give its name: tuyen unit invite %1 --name NAME --agency ID")
			  : N_("give its level and name: tuyen unit invite %1 --level LEVEL --name NAME"));
	return ERR_NOT_FOUND;
}

/* Refused now rather than when somebody stands there with the paper. */
static int try_invitation(
    struct node *n, const struct invitation *inv, const char *lost, struct arena *arena, struct err *err)
{
	struct enrol_edit edit;
	struct enrol_request probe = {.unit = inv->unit,
	    .station = inv->station,
	    .agency = inv->agency,
	    .level = inv->level,
	    .name = inv->name,
	    .recover = inv->recover};
	int rc = screen_value("invitation", "name", inv->name, err);
	sys_random(probe.key, sizeof probe.key);
	if (rc == 0)
		rc = node_units_judge(n, &probe, lost, arena, &edit, err);
	if (rc == 0 && inv->recover && edit.n_lost == 0) {
		err_set(err, ERR_REFUSED, N_("%1 has no node that could be lost"), inv->unit);
		err_hint(err, N_("leave out --recover"));
		rc = ERR_REFUSED;
	}
	return rc;
}

static int days_of(const struct args *a, int *days, struct err *err)
{
	const char *text = args_get(a, "days");
	char *end = NULL;
	long n = text ? strtol(text, &end, 10) : INVITATION_DAYS;
	if (text && (end == text || *end || n < 1 || n > INVITATION_DAYS_MAX))
		return err_set(
		    err, ERR_USAGE, N_("--days takes a whole number from 1 to 366, not '%1'"), text);
	*days = (int)n;
	return 0;
}

static const char *who_of(struct arena *arena, const struct invitation *inv)
{
	return inv->station ? arena_printf(arena, "%s@%s", inv->station, inv->unit) : inv->unit;
}

static int give(
    struct node *n, const struct invitation *inv, const char *lost, bool *replaced, struct err *err)
{
	struct invited_list list = {0};
	struct arena arena = {0};
	struct invited row = {.unit = who_of(&arena, inv),
	    .agency = inv->agency,
	    .level = inv->level,
	    .name = inv->name,
	    .lost = lost,
	    .expires = inv->expires};
	invited_hash(inv->secret, row.hash);
	int rc = read_invited(n, &list, err);
	if (rc == 0)
		rc = invited_add(&list, &row, date_of_time(sys_now()), replaced, err);
	if (rc == 0)
		rc = write_invited(n, &list, err);
	invited_free(&list);
	arena_free(&arena);
	return rc;
}

static int take_back(struct node *n, struct control_request *req, struct err *err)
{
	const char *unit = args_get(&req->args, "revoke");
	struct invited_list list = {0};
	int rc = read_invited(n, &list, err);
	if (rc == 0 && !invited_revoke(&list, unit)) {
		rc = err_set(err, ERR_NOT_FOUND, N_("no invitation of %1 is open"), unit);
		err_hint(err, N_("tuyen unit invite --list shows them"));
	}
	if (rc == 0)
		rc = write_invited(n, &list, err);
	if (rc == 0)
		control_say(req, N_("the invitation of %1 is revoked"), unit);
	invited_free(&list);
	return rc;
}

const char *node_invite_lost(const struct args *a)
{
	return args_has(a, "stolen") ? "suspended" : args_has(a, "recover") ? "retired" : NULL;
}

int node_invite(struct node *n, struct control_request *req, struct err *err)
{
	const char *lost = node_invite_lost(&req->args), *address = config_reach(&n->config);
	struct arena arena = {0};
	struct buf text = {0};
	struct invitation inv = {
	    .recover = lost != NULL, .superior = {.unit = n->config.unit, .address = address}};
	bool replaced = false;
	int days = 0;
	if (args_has(&req->args, "revoke"))
		return take_back(n, req, err);
	memcpy(inv.superior.key, key_public(n->key), KEY_PUBLIC_SIZE);
	sys_random(inv.secret, sizeof inv.secret);
	int rc = node_admitted(n, err);
	if (rc == 0 && !address) {
		rc = err_set(
		    err, ERR_REFUSED, N_("this node takes no calls, so nobody can join it over a line"));
		err_hint(err, N_("set where it is reached: tuyen config listen HOST:PORT"));
	}
	if (rc == 0)
		rc = days_of(&req->args, &days, err);
	if (rc == 0)
		rc = fill_invitation(n, &req->args, &arena, &inv, err);
	inv.expires = date_of_time(sys_now()) + days;
	if (rc == 0)
		rc = try_invitation(n, &inv, lost, &arena, err);
	if (rc == 0)
		rc = give(n, &inv, lost, &replaced, err);
	if (rc == 0) {
		char day[16];
		date_print(inv.expires, day);
		invitation_print(&inv, n->key, &text);
		control_output(req, text.data, text.len);
		if (replaced)
			control_say(req, N_("the earlier invitation of %1 is revoked by this one"),
			    who_of(&arena, &inv));
		control_say(req, N_("good once, for %1 (%2), until %3; whoever has it can join as %1"),
		    who_of(&arena, &inv), inv.name, day);
	}
	buf_free(&text);
	arena_free(&arena);
	return rc;
}

/* ---- requests that wait ---- */

static int read_waiting(struct node *n, struct waiting_list *list, struct err *err)
{
	struct buf text = {0};
	int rc = store_note_read(n->store, WAITING_NOTE, &text, err);
	waiting_read(list, buf_str(&text), rc == 0 ? text.len : 0);
	buf_free(&text);
	return rc;
}

static int write_waiting(struct node *n, const struct waiting_list *list, struct err *err)
{
	struct buf text = {0};
	waiting_print(list, &text);
	int rc = store_note_write(n->store, WAITING_NOTE, buf_str(&text), text.len, err);
	buf_free(&text);
	return rc;
}

void node_invite_forget(struct node *n, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct waiting_list list = {0};
	struct err err = {0};
	if (read_waiting(n, &list, &err) == 0 && waiting_drop(&list, key))
		write_waiting(n, &list, &err);
	if (err.code)
		log_err(LOG_WARNING, "pending requests", &err);
	waiting_free(&list);
}

static bool may_be_new(int64_t *full_at)
{
	int64_t now = sys_ticks();
	int64_t from = *full_at > now ? *full_at : now;
	if (from - now > (int64_t)(NEW_AT_ONCE - 1) * NEW_EVERY_MS)
		return false;
	*full_at = from + NEW_EVERY_MS;
	return true;
}

/* "10.1.2.3" of "10.1.2.3:50123". */
static const char *host_of(struct arena *arena, const char *far)
{
	const char *colon = strrchr(far, ':');
	return arena_dup_len(arena, (char *)far, colon ? (size_t)(colon - far) : strlen(far));
}

int node_invite_wait(struct node *n, const struct enrol_request *request, const char *text, const char *far,
    int64_t *full_at, struct err *err)
{
	struct waiting_list list = {0};
	struct arena arena = {0};
	int rc = read_waiting(n, &list, err);
	if (rc == 0 && waiting_put(&list, request, text, host_of(&arena, far), sys_now())) {
		if (may_be_new(full_at)) {
			rc = write_waiting(n, &list, err);
			log_line(
			    LOG_NOTICE, "a request by %s waits: tuyen unit admit --pending", request->unit);
		} else {
			rc = err_set(
			    err, ERR_BUSY, N_("too many requests come to %1 at once"), n->config.unit);
			err_hint(err, N_("try again in a moment"));
		}
	}
	waiting_free(&list);
	arena_free(&arena);
	return rc;
}

int node_invite_approve(struct node *n, struct control_request *req, struct err *err)
{
	struct waiting_list list = {0};
	const struct waiting *w;
	struct enrol_edit edit;
	struct buf welcome = {0}, spoken = {0};
	int rc = node_admitted(n, err);
	if (rc == 0)
		rc = read_waiting(n, &list, err);
	if (rc == 0)
		rc = waiting_find(&list, args_word(&req->args, 0), args_get(&req->args, "key"), &w, err);
	if (rc == 0)
		rc = node_units_let_in(
		    n, &w->request, node_invite_lost(&req->args), &list.arena, &edit, &welcome, err);
	if (rc == 0) {
		enrol_fingerprint(w->request.key, &spoken);
		control_say(req, N_("%1 (%2) is admitted; let its people read out its key: %3"), edit.id,
		    record_get(&edit.record, "name"), buf_str(&spoken));
		control_say(req, N_("it fetches its welcome when it asks again"));
		waiting_drop(&list, w->request.key);
		rc = write_waiting(n, &list, err);
	}
	buf_free(&welcome);
	buf_free(&spoken);
	waiting_free(&list);
	return rc;
}
