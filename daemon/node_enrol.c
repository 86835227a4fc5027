#include "node_enrol.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "net/line.h"
#include "node.h"
#include "node_units.h"
#include "record/screen.h"
#include "registry/enrol_talk.h"
#include "registry/invitation.h"
#include "registry/waiting.h"

#define CALLERS_MAX 16
#define CALL_MS 10000 /* from the end of the handshake to our answer */
/* Requests that are new to us are written down: so many at once, then one every so often. */
#define NEW_AT_ONCE 32
#define NEW_EVERY_MS 2000

/* One open enrolment line. */
struct caller {
	struct caller *next;
	struct node_enrol *desk;
	struct net_line *line;
	uv_timer_t *timer;
	unsigned char key[KEY_PUBLIC_SIZE];
	struct buf in;
};

struct node_enrol {
	struct node *node;
	struct caller *callers;
	unsigned n_callers;
	int64_t full_at; /* sys_ticks at which NEW_AT_ONCE may be taken again */
};

/* ---- what is kept ---- */

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

/* It was admitted in some way: nobody needs to see it any more. */
static void forget_waiting(struct node *n, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct waiting_list list = {0};
	struct err err = {0};
	if (read_waiting(n, &list, &err) == 0 && waiting_drop(&list, key))
		write_waiting(n, &list, &err);
	if (err.code)
		log_err(LOG_WARNING, "pending requests", &err);
	waiting_free(&list);
}

/* ---- who is let in ---- */

/* What one caller asked, judged. */
struct asked {
	struct node *node;
	struct arena arena;
	struct enrol_request request;
	const char *text;
	struct buf welcome;
	bool pending;
};

/* The invitation says what the unit is called; the level must be the one that was meant. */
static int fit_invitation(struct asked *a, const struct invited *inv, struct err *err)
{
	if (strcmp(a->request.level, inv->level) != 0 &&
	    !(a->request.recover && strcmp(a->request.level, ENROL_UNKNOWN) == 0)) {
		err_set(err, ERR_REFUSED,
		    N_("this invitation is for the level %1; the request of %2 says %3"), inv->level,
		    a->request.unit, a->request.level);
		err_hint(err, N_("make the node again with `tuyen init --level %1`"));
		err_rule(err, "invitation", NULL, NULL);
		return ERR_REFUSED;
	}
	a->request.name = inv->name;
	return 0;
}

/* The secret is used up before anybody is let in by it; given back where that fails. */
static int let_in_invited(struct asked *a, const unsigned char *secret, size_t len, struct err *err)
{
	struct invited_list list = {0};
	struct invited *inv = NULL;
	struct enrol_edit edit;
	unsigned char whole[INVITATION_SECRET_SIZE] = {0};
	if (len == sizeof whole)
		memcpy(whole, secret, len);
	int rc = read_invited(a->node, &list, err);
	if (rc == 0)
		rc = invited_find(&list, whole, a->request.unit, date_of_time(sys_now()), &inv, err);
	if (rc == 0)
		rc = fit_invitation(a, inv, err);
	if (rc < 0)
		goto out;
	inv->state = INVITED_USED;
	rc = write_invited(a->node, &list, err);
	if (rc == 0 && (rc = node_units_let_in(
			    a->node, &a->request, inv->lost, &a->arena, &edit, &a->welcome, err)) != 0) {
		struct err own = {0};
		inv->state = INVITED_OPEN;
		if (write_invited(a->node, &list, &own) != 0)
			log_err(LOG_ERROR, "invitations", &own);
	}
out:
	invited_free(&list);
	return rc;
}

static bool may_be_new(struct node_enrol *desk)
{
	int64_t now = sys_ticks();
	int64_t from = desk->full_at > now ? desk->full_at : now;
	if (from - now > (int64_t)(NEW_AT_ONCE - 1) * NEW_EVERY_MS)
		return false;
	desk->full_at = from + NEW_EVERY_MS;
	return true;
}

/* "10.1.2.3" of "10.1.2.3:50123". */
static const char *host_of(struct arena *arena, const char *far)
{
	const char *colon = strrchr(far, ':');
	return arena_dup_len(arena, (char *)far, colon ? (size_t)(colon - far) : strlen(far));
}

static int keep_waiting(struct node_enrol *desk, struct asked *a, const char *far, struct err *err)
{
	struct waiting_list list = {0};
	int rc = read_waiting(desk->node, &list, err);
	a->pending = rc == 0;
	if (rc == 0 && waiting_put(&list, &a->request, a->text, host_of(&a->arena, far), sys_now())) {
		if (may_be_new(desk)) {
			rc = write_waiting(desk->node, &list, err);
			log_line(
			    LOG_NOTICE, "a request by %s waits: tuyen unit admit --pending", a->request.unit);
		} else {
			rc = err_set(err, ERR_BUSY, N_("too many requests come to %1 at once"),
			    desk->node->config.unit);
			err_hint(err, N_("try again in a moment"));
		}
	}
	waiting_free(&list);
	return rc;
}

static int judge(struct node_enrol *desk, const struct caller *c, const struct enrol_talk *ask,
    struct asked *a, struct err *err)
{
	struct node *n = desk->node;
	struct enrol_edit edit;
	struct err why = {0}, first = {0};
	a->text = arena_dup_len(&a->arena, (char *)ask->text, ask->len);
	int rc = enrol_read_request(&a->arena, "request", a->text, ask->len, &a->request, err);
	if (rc < 0)
		return rc;
	if (memcmp(a->request.key, c->key, KEY_PUBLIC_SIZE) != 0)
		return err_set(
		    err, ERR_REFUSED, N_("this request was made by another node than the one that shows it"));
	if ((rc = screen_value("request", "name", a->request.name, err)) != 0)
		return rc;
	/* Who was let in already and did not hear of it gets his welcome again. */
	int fits = node_units_judge(n, &a->request, NULL, &a->arena, &edit, &first);
	if (fits == 0 && registry_by_key(n->registry, a->request.key)) {
		forget_waiting(n, a->request.key);
		return enrol_welcome(n->registry, &n->config, n->key, &a->request, &a->welcome, err);
	}
	if (ask->secret_len) {
		rc = let_in_invited(a, ask->secret, ask->secret_len, err);
		if (rc == 0)
			forget_waiting(n, a->request.key);
		return rc;
	}
	if (fits != 0 && a->request.recover)
		fits = node_units_judge(n, &a->request, "retired", &a->arena, &edit, &why);
	if (fits != 0)
		*err = why.code ? why : first;
	if (fits != 0)
		return fits;
	return keep_waiting(desk, a, net_line_far(c->line), err);
}

/* ---- what the clerk does ---- */

/* What an invitation of this unit must say: level and name as registered, or as the clerk gives them. */
static int fill_invitation(
    struct node *n, const struct args *a, struct arena *arena, struct invitation *inv, struct err *err)
{
	const char *typed = args_word(a, 0);
	const struct registry_unit *u;
	if (!typed)
		return err_set(
		    err, ERR_USAGE, N_("'%1' needs more words; see `tuyen %1 --help`"), "unit invite");
	int rc = node_units_find(n, typed, &u, err);
	if (rc < 0)
		return rc;
	inv->unit = u && strcmp(u->code, typed) != 0 ? arena_dup(arena, u->id) : arena_dup(arena, typed);
	inv->level = u ? arena_dup(arena, u->level) : args_get(a, "level");
	inv->name = u ? arena_dup(arena, u->name) : args_get(a, "name");
	if (inv->level && inv->name)
		return 0;
	err_set(err, ERR_NOT_FOUND, N_("%1 is not registered here"), typed);
	err_hint(err, N_("give its level and name: tuyen unit invite %1 --level LEVEL --name NAME"));
	return ERR_NOT_FOUND;
}

/* Refused now rather than when somebody stands there with the paper. */
static int try_invitation(
    struct node *n, const struct invitation *inv, const char *lost, struct arena *arena, struct err *err)
{
	struct enrol_edit edit;
	struct enrol_request probe = {
	    .unit = inv->unit, .level = inv->level, .name = inv->name, .recover = inv->recover};
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

static int give(
    struct node *n, const struct invitation *inv, const char *lost, bool *replaced, struct err *err)
{
	struct invited_list list = {0};
	struct invited row = {
	    .unit = inv->unit, .level = inv->level, .name = inv->name, .lost = lost, .expires = inv->expires};
	invited_hash(inv->secret, row.hash);
	int rc = read_invited(n, &list, err);
	if (rc == 0)
		rc = invited_add(&list, &row, date_of_time(sys_now()), replaced, err);
	if (rc == 0)
		rc = write_invited(n, &list, err);
	invited_free(&list);
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

const char *node_enrol_lost(const struct args *a)
{
	return args_has(a, "stolen") ? "suspended" : args_has(a, "recover") ? "retired" : NULL;
}

int node_enrol_invite(struct node *n, struct control_request *req, struct err *err)
{
	const char *lost = node_enrol_lost(&req->args), *address = config_reach(&n->config);
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
			control_say(req, N_("the earlier invitation of %1 is revoked by this one"), inv.unit);
		control_say(req, N_("good once, for %1 (%2), until %3; whoever has it can join as %1"),
		    inv.unit, inv.name, day);
	}
	buf_free(&text);
	arena_free(&arena);
	return rc;
}

int node_enrol_approve(struct node *n, struct control_request *req, struct err *err)
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
		    n, &w->request, node_enrol_lost(&req->args), &list.arena, &edit, &welcome, err);
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

/* ---- lines ---- */

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

static void drop(struct caller *c)
{
	struct caller **p = &c->desk->callers;
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->desk->n_callers--;
	uv_close((uv_handle_t *)c->timer, free_timer);
	buf_free(&c->in);
	free(c);
}

static void hang_up(struct caller *c)
{
	net_line_close(c->line);
	drop(c);
}

static void too_slow(uv_timer_t *timer)
{
	hang_up(timer->data);
}

static void answer(struct caller *c, size_t len)
{
	struct enrol_talk ask, said = {.kind = ENROL_REFUSED};
	struct asked a = {.node = c->desk->node};
	struct buf out = {0};
	struct err broken = {0};
	int rc = enrol_talk_read(&a.arena, c->in.data, len, &ask, &broken);
	if (rc != 0 || ask.kind != ENROL_ASK || c->in.len > len) {
		log_line(LOG_NOTICE, "enrolment line from %s: no request", net_line_far(c->line));
		goto out;
	}
	rc = judge(c->desk, c, &ask, &a, &said.err);
	if (rc == 0)
		said.kind = a.pending ? ENROL_PENDING : ENROL_WELCOME;
	else
		log_err(LOG_NOTICE, "enrolment line", &said.err);
	said.text = buf_str(&a.welcome);
	said.len = a.welcome.len;
	enrol_talk_write(&said, &out);
	net_line_send(c->line, out.data, out.len);
out:
	buf_free(&out);
	buf_free(&a.welcome);
	arena_free(&a.arena);
	hang_up(c);
}

static bool admit_anybody(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	const struct node_enrol *desk = ctx;
	(void)key;
	return !desk->node->config.paused;
}

static void on_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	struct caller *c = ctx;
	struct err err = {0};
	size_t whole;
	(void)line;
	buf_add(&c->in, bytes, len);
	if (enrol_talk_length(c->in.data, c->in.len, ENROL_ASK_MAX, &whole, &err) != 0)
		hang_up(c);
	else if (whole && c->in.len >= whole)
		answer(c, whole);
}

static void on_close(void *ctx, struct net_line *line, const struct err *why)
{
	(void)line;
	(void)why;
	drop(ctx);
}

static void not_open(void *ctx, struct net_line *line, const struct err *why)
{
	(void)ctx;
	(void)line;
	(void)why;
}

static void no_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	(void)ctx;
	(void)line;
	(void)bytes;
	(void)len;
}

static const struct net_calls open_calls = {admit_anybody, NULL, on_bytes, NULL, on_close};

static void on_open(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct node_enrol *desk = ctx;
	if (desk->n_callers >= CALLERS_MAX) {
		net_line_close(line);
		return;
	}
	struct caller *c = mem_alloc(sizeof *c);
	*c = (struct caller){.next = desk->callers, .desk = desk, .line = line};
	memcpy(c->key, key, KEY_PUBLIC_SIZE);
	c->timer = mem_alloc(sizeof *c->timer);
	uv_timer_init(desk->node->loop, c->timer);
	c->timer->data = c;
	uv_timer_start(c->timer, too_slow, CALL_MS, 0);
	desk->callers = c;
	desk->n_callers++;
	net_line_set(line, &open_calls, c);
}

static const struct net_calls listen_calls = {admit_anybody, on_open, no_bytes, NULL, not_open};

void node_enrol_listen(struct node_enrol *desk, struct net_listener *listener)
{
	if (desk && listener)
		net_listener_enrol(listener, &listen_calls, desk);
}

struct node_enrol *node_enrol_start(struct node *n)
{
	struct node_enrol *desk = mem_alloc(sizeof *desk);
	desk->node = n;
	return desk;
}

void node_enrol_stop(struct node_enrol *desk)
{
	while (desk && desk->callers)
		hang_up(desk->callers);
	free(desk);
}
