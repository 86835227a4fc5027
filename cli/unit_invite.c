/* The superior's desk as its clerk sees it: invitations that were given out, requests that wait. Lists are read from the
 * store; what changes anything is the daemon's. */
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "pending.h"
#include "reader.h"
#include "registry/invitation.h"
#include "registry/waiting.h"
#include "say.h"
#include "show.h"

static int read_note(struct reader *r, const char *name, struct buf *text, struct err *err)
{
	return store_note_read(r->store, name, text, err);
}

/* ---- invitations ---- */

static void show_invited(struct reader *r, const struct invited *one, struct show_table *table, json_t *list)
{
	const char *state = invited_word(one, date_of_time(r->view.now));
	const char *expires = reader_day(r, one->expires);
	json_t *o = json_object();
	json_object_set_new(o, "unit", show_string(one->unit));
	json_object_set_new(o, "name", show_string(one->name));
	json_object_set_new(o, "level", show_string(one->level));
	json_object_set_new(o, "state", show_string(state));
	json_object_set_new(o, "expires", show_string(expires));
	json_object_set_new(o, "recover", json_boolean(one->lost != NULL));
	json_array_append_new(list, o);
	show_row(table, say_choice(state), one->unit, one->name, say_choice(one->level), expires,
	    one->lost ? _(N_("yes")) : _(N_("no")));
}

static int list_invited(struct cli *cli, struct err *err)
{
	struct reader r;
	struct buf text = {0};
	struct invited_list invited = {0};
	json_t *list = json_array();
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("STATE"));
	show_column(table, SHOW_LEFT, N_("UNIT"));
	show_column(table, SHOW_WRAP, N_("NAME"));
	show_column(table, SHOW_LEFT, N_("LEVEL"));
	show_column(table, SHOW_LEFT, N_("GOOD UNTIL"));
	show_column(table, SHOW_LEFT, N_("RECOVERS"));
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = read_note(&r, INVITED_NOTE, &text, err);
	if (rc == 0)
		invited_read(&invited, buf_str(&text), text.len);
	for (size_t i = 0; i < invited.n; i++)
		show_invited(&r, &invited.rows[i], table, list);
	show_listing(rc == 0, cli->json, "invitations", list, table);
	invited_free(&invited);
	buf_free(&text);
	reader_close(&r);
	return rc;
}

int cli_unit_invite(struct cli *cli, struct err *err)
{
	bool list = args_has(&cli->args, "list"), revoke = args_has(&cli->args, "revoke");
	if (list + revoke + (cli->args.words.n > 0) != 1) {
		err_set(err, ERR_USAGE, "'unit invite' takes a unit, --list, or --revoke UNIT");
		err_hint(err, N_("'tuyen unit invite --help' lists its options"));
		return ERR_USAGE;
	}
	return list ? list_invited(cli, err) : ask_node(cli, err);
}

/* ---- requests that wait ---- */

/* As the registry calls it, where it does: a node that is being made again does not know yet. */
static void names_of(struct reader *r, const struct waiting *w, const char **name, const char **level)
{
	const struct registry_unit *u = registry_unit(r->registry, waiting_who(&r->arena, &w->request));
	*name = w->request.recover && u ? u->name : w->request.name;
	*level = w->request.recover && u ? u->level : w->request.level;
}

static void show_waiting(struct reader *r, const struct waiting *w, struct show_table *table, json_t *list)
{
	struct buf spoken = {0}, print = {0};
	const char *who = waiting_who(&r->arena, &w->request), *since = reader_time(r, w->since), *name,
		   *level;
	names_of(r, w, &name, &level);
	key_spoken(w->request.key, &spoken);
	key_fingerprint(w->request.key, &print);
	json_t *o = json_object();
	json_object_set_new(o, "unit", show_string(who));
	json_object_set_new(o, "name", show_string(name));
	json_object_set_new(o, "level", show_string(level));
	json_object_set_new(o, "recover", json_boolean(w->request.recover));
	json_object_set_new(o, "spoken", show_string(buf_str(&spoken)));
	json_object_set_new(o, "fingerprint", show_string(buf_str(&print)));
	json_object_set_new(o, "since", show_string(since));
	json_object_set_new(o, "from", show_string(w->from));
	json_array_append_new(list, o);
	show_row(table, who, name, say_choice(level), buf_str(&spoken), since,
	    w->request.recover ? _(N_("yes")) : _(N_("no")));
	buf_free(&spoken);
	buf_free(&print);
}

static int list_waiting(struct cli *cli, struct err *err)
{
	struct reader r;
	struct buf text = {0};
	struct waiting_list waiting = {0};
	json_t *list = json_array();
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("UNIT"));
	show_column(table, SHOW_WRAP, N_("NAME"));
	show_column(table, SHOW_LEFT, N_("LEVEL"));
	show_column(table, SHOW_LEFT, N_("SPOKEN"));
	show_column(table, SHOW_LEFT, N_("SINCE"));
	show_column(table, SHOW_LEFT, N_("RECOVERS"));
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = read_note(&r, WAITING_NOTE, &text, err);
	if (rc == 0)
		waiting_read(&waiting, buf_str(&text), text.len);
	for (size_t i = 0; i < waiting.n; i++)
		show_waiting(&r, &waiting.rows[i], table, list);
	show_listing(rc == 0, cli->json, "pending", list, table);
	waiting_free(&waiting);
	buf_free(&text);
	reader_close(&r);
	return rc;
}

static bool read_waiting(struct reader *r, struct waiting_list *out)
{
	struct buf text = {0};
	struct err absent = {0};
	bool read = read_note(r, WAITING_NOTE, &text, &absent) == 0;
	waiting_read(out, buf_str(&text), read ? text.len : 0);
	buf_free(&text);
	return out->n > 0;
}

size_t pending_print(struct reader *r, bool print)
{
	struct waiting_list waiting;
	size_t n = read_waiting(r, &waiting) ? waiting.n : 0;
	if (n && print)
		say_out(N_("- requests to be admitted: %1; 'tuyen unit admit --pending' lists them"),
		    arena_printf(&r->arena, "%zu", n));
	waiting_free(&waiting);
	return n;
}

void pending_json(struct reader *r, json_t *to_do)
{
	struct waiting_list waiting;
	read_waiting(r, &waiting);
	for (size_t i = 0; i < waiting.n; i++) {
		const struct waiting *w = &waiting.rows[i];
		json_t *o = json_object();
		json_object_set_new(o, "kind", json_string("request"));
		json_object_set_new(o, "unit", show_string(waiting_who(&r->arena, &w->request)));
		json_object_set_new(o, "since", show_string(reader_time(r, w->since)));
		json_array_append_new(to_do, o);
	}
	waiting_free(&waiting);
}

int unit_admit_pending(struct cli *cli, struct err *err)
{
	if (cli->args.words.n == 0)
		return list_waiting(cli, err);
	return ask_as(cli, cli->command->name, &cli->args, NULL, 0, err);
}
