/* Parcels: what a line would carry, on a stick. The daemon makes and takes them; the files are this side's. Writing and
 * listing; parcel_read.c reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ask.h"
#include "base/sys.h"
#include "cli.h"
#include "parcels.h"
#include "registry/config.h"
#include "reader.h"
#include "say.h"
#include "show.h"

#define SPLIT_LEAST 1024

int parcel_reach(struct cli *cli, struct err *err)
{
	const struct args none = {0};
	return ask_result(cli, "parcel known", &none, NULL, NULL, err);
}

/* ---- writing ---- */

/* "1440K", "4G", "100000": bytes. */
static int size_of(const char *text, size_t *out, struct err *err)
{
	static const char units[] = "KMG";
	char *end = NULL;
	unsigned long long n = text ? strtoull(text, &end, 10) : 0;
	*out = 0;
	if (!text)
		return 0;
	const char *unit = *end ? strchr(units, *end) : NULL;
	bool good = end != text && text[0] != '-' && n < (1ull << 33) && (!*end || (unit && !end[1]));
	for (int i = 0; good && unit && i <= unit - units; i++)
		n *= 1024;
	if (!good || n < SPLIT_LEAST || n > ((unsigned long long)1 << 40)) {
		err_set(err, ERR_USAGE,
		    N_("--split takes bytes, or as many with K, M or G, from %2 on, not '%1'"), text, "1K");
		return err->code;
	}
	*out = (size_t)n;
	return 0;
}

static bool is_folder(const char *path)
{
	struct stat st;
	size_t len = strlen(path);
	return (len && path[len - 1] == '/') || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static int write_one(
    struct cli *cli, const char *unit, const char *path, bool folder, size_t split, struct err *err)
{
	struct args args = {0};
	struct buf out = {0}, bytes = {0};
	struct strs names = {0};
	struct cover cover;
	char id[COVER_ID_HEX + 1] = "";
	strs_add(&args.words, unit);
	if (args_has(&cli->args, "full"))
		args_add_option(&args, "full", "");
	int rc = ask_result(cli, "parcel write", &args, PARCEL_WAIT, &out, err);
	if (rc == 0 && out.len > sizeof id) {
		memcpy(id, out.data, COVER_ID_HEX);
		buf_add(&bytes, out.data + sizeof id, out.len - sizeof id);
	}
	if (rc == 0)
		rc = cover_read(id, buf_str(&bytes), bytes.len, &cover, err);
	if (rc == 0)
		rc = parcel_save(&cover, &bytes, path, folder, split, &names, err);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		say_out(N_("written: %1"), names.items[i]);
	args_free(&args);
	buf_free(&out);
	buf_free(&bytes);
	strs_free(&names);
	return rc;
}

/* Whom it is for; without a word of it the superior, which most people mean. */
static int addressees(const struct cli *cli, struct strs *to, struct err *err)
{
	struct config config;
	args_list(&cli->args, "to", to);
	if (to->n)
		return 0;
	int rc = config_load(cli->dir, &config, err);
	if (rc)
		return rc;
	if (config.superior.unit)
		strs_add(to, config.superior.unit);
	else
		rc = err_set(
		    err, ERR_USAGE, N_("this node has no superior: say for whom the parcel is by --to UNIT"));
	config_free(&config);
	return rc;
}

/* One that cannot be written does not keep the others from it. */
static int write_each(
    struct cli *cli, const struct strs *to, const char *path, bool folder, size_t split, struct err *err)
{
	int first = 0;
	for (size_t i = 0; i < to->n; i++) {
		struct err why = {0};
		int rc = write_one(cli, to->items[i], path, folder, split, &why);
		if (rc && first)
			say_error(&why);
		else if (rc)
			*err = why;
		if (rc == ERR_TIMEOUT)
			return first ? first : rc;
		first = first ? first : rc;
	}
	return first;
}

int cli_parcel_write(struct cli *cli, struct err *err)
{
	const char *path = args_word(&cli->args, 0);
	struct strs to = {0};
	size_t split;
	int rc = size_of(args_get(&cli->args, "split"), &split, err);
	if (rc == 0)
		rc = addressees(cli, &to, err);
	bool folder = to.n > 1 || is_folder(path);
	if (rc == 0 && !folder && !split && sys_exists(path))
		rc = parcel_taken(path, err);
	if (rc == 0)
		rc = parcel_reach(cli, err);
	if (rc == 0 && folder)
		rc = sys_make_dir(path, 0755, err);
	if (rc == 0)
		rc = write_each(cli, &to, path, folder, split, err);
	strs_free(&to);
	return rc;
}

/* ---- listing ---- */

/* When the daemon has read it, in seconds; 0: not, or nobody can say. */
static int64_t read_at(const struct buf *known, const char *id)
{
	const char *line = strstr(buf_str(known), id);
	return line ? strtoll(line + COVER_ID_HEX, NULL, 10) : 0;
}

static void ask_known(struct cli *cli, const struct parcels *all, struct buf *out)
{
	struct args args = {0};
	struct err none = {0};
	char *path = cli_path(cli, "run/tuyend.sock");
	for (size_t i = 0; i < all->n; i++)
		strs_add(&args.words, all->items[i].id);
	if (all->n && sys_exists(path))
		ask_result(cli, "parcel known", &args, NULL, out, &none);
	args_free(&args);
	free(path);
}

static json_t *parcel_json(const struct parcel *p, int64_t read)
{
	json_t *o = json_object(), *files = json_array();
	for (size_t i = 0; i < p->n_files; i++)
		json_array_append_new(files, json_string(p->files[i].path));
	json_object_set_new(o, "id", json_string(p->id));
	json_object_set_new(o, "from", p->covered ? json_string(p->cover.from) : json_null());
	json_object_set_new(o, "to", p->covered ? json_string(p->cover.to) : json_null());
	json_object_set_new(o, "number", p->covered ? json_integer(p->cover.number) : json_null());
	json_object_set_new(o, "written", p->covered ? json_integer(p->cover.at) : json_null());
	json_object_set_new(o, "whole", p->covered ? json_boolean(p->cover.whole) : json_null());
	json_object_set_new(o, "pieces", json_integer(p->of));
	json_object_set_new(o, "there", json_integer(parcel_there(p)));
	json_object_set_new(o, "read", read ? json_integer(read) : json_null());
	json_object_set_new(o, "files", files);
	return o;
}

static void add_row(struct reader *r, struct show_table *table, const struct parcel *p, int64_t read)
{
	struct arena *a = &r->arena;
	unsigned there = parcel_there(p);
	const char *pieces = arena_printf(a, there == p->of ? "%u" : "%u/%u", there, p->of);
	const char *number = p->covered ? arena_printf(a, "%u", p->cover.number) : "?";
	show_row(table, number, p->covered ? p->cover.from : "?", p->covered ? p->cover.to : "?",
	    p->covered ? reader_time(r, p->cover.at) : "?",
	    !p->covered	     ? ""
	    : p->cover.whole ? _(N_("nothing"))
			     : _(N_("what was confirmed")),
	    pieces, read ? reader_time(r, read) : "", p->files[0].path);
}

int cli_parcel_list(struct cli *cli, struct err *err)
{
	const char *folder = args_word(&cli->args, 0);
	struct parcels all = {0};
	struct strs paths = {0};
	struct reader r = {0};
	struct buf known = {0};
	json_t *list = json_array();
	struct show_table *table = show_table();
	strs_add(&paths, folder ? folder : ".");
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		parcels_find(&all, &paths);
	if (rc == 0)
		ask_known(cli, &all, &known);
	show_column(table, SHOW_RIGHT, N_("NUMBER"));
	show_column(table, SHOW_LEFT, N_("FROM"));
	show_column(table, SHOW_LEFT, N_("TO"));
	show_column(table, SHOW_LEFT, N_("WRITTEN"));
	show_column(table, SHOW_LEFT, N_("RESTS ON"));
	show_column(table, SHOW_RIGHT, N_("PIECES"));
	show_column(table, SHOW_LEFT, N_("READ HERE"));
	show_column(table, SHOW_WRAP, N_("FILE"));
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		int64_t read = read_at(&known, all.items[i].id);
		json_array_append_new(list, parcel_json(&all.items[i], read));
		add_row(&r, table, &all.items[i], read);
	}
	for (size_t i = 0; rc == 0 && i < all.broken.n; i++)
		say(N_("%1 is named like a parcel, but is none: its beginning is damaged"),
		    all.broken.items[i]);
	show_listing(rc == 0, cli->json, "parcels", list, table);
	reader_close(&r);
	parcels_free(&all);
	strs_free(&paths);
	buf_free(&known);
	return rc;
}
