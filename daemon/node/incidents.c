#include "node/incidents.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "plan/incident.h"
#include "record/screen.h"

#define NOTE "incidents"
#define WRITE_NEW_MS 1000
#define WRITE_COUNT_MS 60000

struct incidents {
	struct node *node;
	struct incident_list list;
	uv_timer_t *timer; /* active while the disk does not know all */
	bool soon; /* and due within a second */
};

static void write_note(struct incidents *s)
{
	struct buf text = {0};
	struct err err = {0};
	incident_list_print(&s->list, &text);
	if (store_note_write(s->node->store, NOTE, buf_str(&text), text.len, &err) != 0)
		log_err(LOG_WARNING, "incidents", &err);
	s->soon = false;
	buf_free(&text);
}

static void on_timer(uv_timer_t *timer)
{
	write_note(timer->data);
}

int node_incidents_open(struct node *n, struct err *err)
{
	struct incidents *s = mem_alloc(sizeof *s);
	struct buf text = {0};
	s->node = n;
	s->timer = mem_alloc(sizeof *s->timer);
	uv_timer_init(n->loop, s->timer);
	s->timer->data = s;
	n->incidents = s;
	int rc = store_note_read(n->store, NOTE, &text, err);
	if (rc == 0)
		incident_list_read(&s->list, buf_str(&text), text.len);
	buf_free(&text);
	return rc;
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

void node_incidents_close(struct node *n)
{
	struct incidents *s = n->incidents;
	if (!s)
		return;
	if (uv_is_active((uv_handle_t *)s->timer))
		write_note(s);
	uv_close((uv_handle_t *)s->timer, free_timer);
	incident_list_free(&s->list);
	free(s);
	n->incidents = NULL;
}

void node_incident(struct node *n, const struct incident *i)
{
	struct incidents *s = n->incidents;
	struct incident masked = *i;
	struct err err = {0};
	if (!s)
		return;
	if (i->err) {
		err = *i->err;
		screen_err(&err);
		masked.err = &err;
	}
	bool fresh = incident_list_add(&s->list, &masked, sys_now());
	if (fresh && !s->soon)
		uv_timer_start(s->timer, on_timer, WRITE_NEW_MS, 0);
	else if (!uv_is_active((uv_handle_t *)s->timer))
		uv_timer_start(s->timer, on_timer, WRITE_COUNT_MS, 0);
	s->soon |= fresh;
}

void node_incidents_entered(struct node *n, const struct change *c)
{
	struct incidents *s = n->incidents;
	bool any = false;
	for (size_t i = 0; s && s->list.n && i < c->n_records; i++) {
		struct arena arena = {0};
		struct record r;
		struct err none = {0};
		const struct change_record *now = &c->records[i];
		const struct record_type *type = type_by_path(c->ledger, now->path);
		if (type && now->text && record_parse(&r, &arena, type, now->text, now->len, &none) == 0)
			any |= incident_list_entered(&s->list, c->ledger, now->path, &r);
		arena_free(&arena);
	}
	if (any && !s->soon)
		uv_timer_start(s->timer, on_timer, WRITE_NEW_MS, 0);
	if (any)
		s->soon = true;
}

void node_incidents_flush(struct node *n)
{
	if (!n->incidents || !uv_is_active((uv_handle_t *)n->incidents->timer))
		return;
	write_note(n->incidents);
	uv_timer_stop(n->incidents->timer);
}

static int close_signed(struct node *n, struct control_request *req, struct err *err)
{
	struct outcome o = {0};
	struct view v;
	int rc = node_admitted(n, err);
	node_view(n, &v);
	if (rc == 0)
		rc = incident_op_close(&v, &req->args, &o, err);
	if (rc == 0)
		rc = node_write(n, &o, err);
	for (size_t i = 0; rc == 0 && i < o.n_notes; i++)
		control_note(req, o.notes[i].warning, o.notes[i].msg, (const char *const *)o.notes[i].arg,
		    o.notes[i].n_args);
	outcome_free(&o);
	return rc;
}

int node_incident_close(struct node *n, struct control_request *req, struct err *err)
{
	struct incidents *s = n->incidents;
	const struct incident_entry *e = incident_list_find(&s->list, args_word(&req->args, 0));
	if (!e)
		return close_signed(n, req, err);
	control_say(req, N_("incident %1 is struck from the list of this node"), e->id);
	incident_list_remove(&s->list, e);
	write_note(s);
	uv_timer_stop(s->timer);
	return 0;
}

int node_incidents_tell(struct node *n, struct control_request *req, struct err *err)
{
	struct buf text = {0};
	(void)err;
	incident_list_print(&n->incidents->list, &text);
	control_output(req, buf_str(&text), text.len);
	buf_free(&text);
	return 0;
}
