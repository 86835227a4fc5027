/* Tables of units: read and checked here, loaded by the daemon; what is other superiors' becomes files of theirs. */
#include <string.h>

#include "ask.h"
#include "base/sys.h"
#include "cli.h"
#include "reader.h"
#include "registry/drafts.h"
#include "say.h"

struct loading {
	struct arena arena;
	struct unit_list units;
	struct reorg_list moves;
	struct enrol_tables tables;
};

/* --moves FILE: its text goes along as the option moves-text. */
static int take_moves(struct cli *cli, struct loading *l, struct err *err)
{
	const char *file = args_get(&cli->args, "moves");
	struct buf text = {0};
	int rc = file ? sys_read_file(file, CSV_FILE_MAX, &text, err) : 0;
	if (rc == 0 && file)
		rc = reorg_list_read(&l->arena, file, buf_str(&text), text.len, &l->moves, err);
	if (rc == 0 && file) {
		l->tables.moves = &l->moves;
		args_add_option(&cli->args, "moves-text", buf_str(&text));
	}
	buf_free(&text);
	return rc;
}

static int take_tables(struct cli *cli, struct loading *l, struct err *err)
{
	int rc = ask_take_file(cli, err);
	if (rc)
		return rc;
	const char *text = args_word(&cli->args, 0);
	rc = unit_list_read(
	    &l->arena, args_get(&cli->args, "source"), text, strlen(text), UNIT_LIST_FULL, &l->units, err);
	l->tables.units = &l->units;
	return rc ? rc : take_moves(cli, l, err);
}

static int write_draft(struct loading *l, const char *folder, const struct draft *d, struct err *err)
{
	const char *units = arena_printf(&l->arena, "%s/%s.csv", folder, d->superior);
	const char *moves = arena_printf(&l->arena, "%s/%s.moves.csv", folder, d->superior);
	int rc = sys_write_file(units, buf_str(&d->units), d->units.len, 0644, err);
	if (rc == 0 && l->tables.moves)
		rc = sys_write_file(moves, buf_str(&d->moves), d->moves.len, 0644, err);
	return rc;
}

static int write_drafts(const struct cli *cli, struct loading *l, const char *folder, struct err *err)
{
	struct reader r;
	struct drafts drafts = {0};
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = sys_make_dir(folder, 0755, err);
	if (rc == 0)
		drafts_make(r.registry, r.config.unit, &l->tables, &drafts);
	for (size_t i = 0; rc == 0 && i < drafts.n; i++)
		rc = write_draft(l, folder, &drafts.items[i], err);
	if (rc == 0)
		say(N_("drafts for %1 superiors are in %2; each loads his own: tuyen unit load CODE.csv "
		       "--moves "
		       "CODE.moves.csv"),
		    arena_printf(&l->arena, "%zu", drafts.n), folder);
	drafts_free(&drafts);
	reader_close(&r);
	return rc;
}

int cli_unit_load(struct cli *cli, struct err *err)
{
	struct loading l = {.arena = {0}};
	const char *folder = args_get(&cli->args, "drafts");
	int rc = take_tables(cli, &l, err);
	if (rc == 0)
		rc = ask_report(cli, err);
	if (rc == 0 && folder && !args_has(&cli->args, "dry-run"))
		rc = write_drafts(cli, &l, folder, err);
	arena_free(&l.arena);
	return rc;
}
