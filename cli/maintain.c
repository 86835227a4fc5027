/* maintain: keep the store small. The daemon does the same by itself when it is worth while (node/upkeep.h). */
#include <stdio.h>

#include "base/sys.h"
#include "maintain.h"
#include "say.h"
#include "show.h"
#include "store/attach.h"
#include "store/maintain.h"

static void add(json_t *o, const char *key, size_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static json_t *report_json(const struct maintain_report *m)
{
	json_t *o = json_object();
	json_object_set_new(o, "full", json_boolean(m->full));
	add(o, "packs", m->packs);
	add(o, "packed", m->packed);
	add(o, "merged", m->merged);
	add(o, "made", m->made);
	add(o, "removed", m->removed);
	add(o, "pruned", m->pruned);
	return o;
}

json_t *maintain_last_json(struct reader *r)
{
	struct maintain_report did;
	int64_t at;
	if (!store_maintain_last(r->store, &at, &did))
		return json_null();
	json_t *o = report_json(&did);
	json_object_set_new(o, "at", json_string(reader_time(r, at)));
	return o;
}

static void tell(const struct cli *cli, struct reader *r, const struct maintain_report *m)
{
	if (cli->json) {
		json_t *o = report_json(m);
		add(o, "loose", m->loose);
		show_json(o);
		return;
	}
	say_out(N_("%1 loose objects and %2 packs found; %3 objects packed, %4 loose ones removed, %5 of no "
		   "use pruned"),
	    arena_printf(&r->arena, "%zu", m->loose), arena_printf(&r->arena, "%zu", m->packs),
	    arena_printf(&r->arena, "%zu", m->packed), arena_printf(&r->arena, "%zu", m->removed),
	    arena_printf(&r->arena, "%zu", m->pruned));
}

int cli_maintain(struct cli *cli, struct err *err)
{
	struct reader r;
	struct maintain_report report;
	const struct maintain_options options = {.full = args_has(&cli->args, "full")};
	size_t attachments = 0;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = attach_sweep(r.store, sys_now(), &attachments, err);
	if (rc == 0)
		rc = store_maintain(r.store, &options, &report, err);
	if (rc == 0)
		tell(cli, &r, &report);
	if (rc == 0 && attachments && !cli->json)
		say_out(N_("%1 attachments removed that no record has named for 90 days"),
		    arena_printf(&r.arena, "%zu", attachments));
	reader_close(&r);
	return rc;
}
