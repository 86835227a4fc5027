/* maintain: keep the store small. The daemon does the same by itself when it is worth while (node/upkeep.h). */
#include "store/maintain.h"

#include <stdio.h>

#include "base/sys.h"
#include "reader.h"
#include "say.h"
#include "show.h"
#include "store/attach.h"

static void tell(const struct cli *cli, struct reader *r, const struct maintain_report *m)
{
	if (cli->json) {
		json_t *o = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I}", "full", m->full, "loose",
		    (json_int_t)m->loose, "packs", (json_int_t)m->packs, "packed", (json_int_t)m->packed,
		    "removed", (json_int_t)m->removed, "pruned", (json_int_t)m->pruned);
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
	size_t attachments = 0;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = attach_sweep(r.store, sys_now(), &attachments, err);
	if (rc == 0)
		rc = store_maintain(r.store, args_has(&cli->args, "full"), &report, err);
	if (rc == 0)
		tell(cli, &r, &report);
	if (rc == 0 && attachments && !cli->json)
		say_out(N_("%1 attachments removed that no record has named for 90 days"),
		    arena_printf(&r.arena, "%zu", attachments));
	reader_close(&r);
	return rc;
}
