/* Parcels: what a line would carry, on a stick. The daemon makes and takes them; the files are this side's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ask.h"
#include "base/sys.h"
#include "cli.h"
#include "parcels.h"
#include "reader.h"
#include "say.h"
#include "show.h"

#define PORTION (3u << 20) /* handed over at once; base64 makes it 4 MB, the daemon takes 8 */
#define WAIT_SECONDS "600"
#define SPLIT_LEAST 1024

/* A daemon that is not there is not waited for as long as one that works. */
static int reach(struct cli *cli, struct err *err)
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
	int rc = ask_result(cli, "parcel write", &args, WAIT_SECONDS, &out, err);
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

int cli_parcel_write(struct cli *cli, struct err *err)
{
	const char *path = args_word(&cli->args, 0);
	struct strs to = {0};
	size_t split;
	int rc = size_of(args_get(&cli->args, "split"), &split, err);
	args_list(&cli->args, "to", &to);
	bool folder = to.n > 1 || is_folder(path);
	if (rc == 0 && !folder && !split && sys_exists(path))
		rc = parcel_taken(path, err);
	if (rc == 0 && to.n == 0)
		rc = err_set(err, ERR_USAGE, N_("say for whom the parcel is: --to UNIT"));
	if (rc == 0)
		rc = reach(cli, err);
	if (rc == 0 && folder)
		rc = sys_make_dir(path, 0755, err);
	for (size_t i = 0; rc == 0 && i < to.n; i++)
		rc = write_one(cli, to.items[i], path, folder, split, err);
	strs_free(&to);
	return rc;
}

/* ---- reading ---- */

static int hand_over(struct cli *cli, const char *name, const struct buf *bytes, struct err *err)
{
	int rc = 0;
	for (size_t at = 0; rc == 0 && (at < bytes->len || at == 0); at += PORTION) {
		struct args args = {0};
		struct buf text = {0};
		size_t left = bytes->len - at;
		base64_encode(buf_str(bytes) + at, left < PORTION ? left : PORTION, &text);
		strs_add(&args.words, name);
		strs_add(&args.words, buf_str(&text));
		rc = ask_result(cli, "parcel put", &args, WAIT_SECONDS, NULL, err);
		buf_free(&text);
		args_free(&args);
	}
	return rc;
}

static int take(struct cli *cli, const struct parcel *p, struct err *err)
{
	unsigned char random[8];
	char name[2 * sizeof random + 1];
	struct args args = {0};
	struct buf bytes = {0};
	sys_random(random, sizeof random);
	hex_encode(random, sizeof random, name);
	strs_add(&args.words, name);
	strs_add(&args.words, p->id);
	int rc = parcel_join(p, &bytes, err);
	if (rc == 0)
		rc = hand_over(cli, name, &bytes, err);
	if (rc == 0)
		rc = ask_result(cli, "parcel take", &args, WAIT_SECONDS, NULL, err);
	args_free(&args);
	buf_free(&bytes);
	return rc;
}

static int missing(const struct parcel *p, unsigned lacks, struct err *err)
{
	char number[24], of[16], at[16];
	snprintf(number, sizeof number, "%u", p->cover.number);
	snprintf(of, sizeof of, "%u", p->of);
	snprintf(at, sizeof at, "%u", lacks);
	if (p->covered)
		err_set(err, ERR_INPUT, N_("piece %1 of %2 is missing of parcel %3 of %4"), at, of, number,
		    p->cover.from);
	else
		err_set(err, ERR_INPUT, N_("piece %1 of %2 is missing of the parcel of which %3 is one"), at,
		    of,
		    p->pieces[0]	   ? p->pieces[0]
		    : p->pieces[p->of - 1] ? p->pieces[p->of - 1]
					   : p->id);
	err_hint(
	    err, N_("what the pieces before it held was taken; read all of them again when it is there"));
	return err->code;
}

/* Whatever is wrong with one parcel does not keep the others from being read. An exit status. */
static int read_one(struct cli *cli, const struct parcel *p)
{
	struct err err = {0}, lacking = {0};
	unsigned lacks = parcel_lacks(p);
	int rc = lacks == 1 ? 0 : take(cli, p, &err);
	if (lacks && (rc == 0 || rc == ERR_INPUT)) {
		rc = missing(p, lacks, &lacking);
		err = lacking;
	}
	if (rc == 0)
		return EXIT_DONE;
	if (p->pieces[0])
		err_at(&err, p->pieces[0], 0, 0);
	say_error(&err);
	return rc == ERR_TIMEOUT || rc == ERR_BUSY ? EXIT_AWAY : EXIT_REFUSED;
}

static bool is_for_another(const struct parcel *p, const char *self)
{
	return p->covered && strcmp(p->cover.to, self) != 0;
}

static bool is_named_by(const struct parcel *p, const struct strs *paths)
{
	for (unsigned i = 0; i < p->of; i++)
		if (p->pieces[i] && strs_has(paths, p->pieces[i]))
			return true;
	return false;
}

static int worse(int a, int b)
{
	return a > b ? a : b;
}

/* Files that hold no parcel: no harm among others, but not what somebody meant who named them. */
static int tell_others(const struct parcels *all, const struct strs *paths)
{
	int status = EXIT_DONE;
	for (size_t i = 0; i < all->broken.n; i++) {
		status = EXIT_REFUSED;
		say(N_("%1 is named like a parcel, but is none: its beginning is damaged"),
		    all->broken.items[i]);
	}
	for (size_t i = 0; i < all->foreign.n; i++) {
		if (strs_has(paths, all->foreign.items[i]))
			status = EXIT_REFUSED;
		say(N_("%1 is no parcel: passed over"), all->foreign.items[i]);
	}
	if (all->n + all->broken.n + all->foreign.n == 0)
		say(N_("there is no parcel"));
	return status;
}

int cli_parcel_read(struct cli *cli, struct err *err)
{
	const struct strs *paths = &cli->args.words;
	struct parcels all = {0};
	struct config config;
	char self[136];
	int status = EXIT_DONE, rc = config_load(cli->dir, &config, err);
	if (rc)
		return rc;
	config_node(&config, self);
	rc = parcels_find(&all, paths, err);
	if (rc == 0 && all.n)
		rc = reach(cli, err);
	for (size_t i = 0; rc == 0 && i < all.n && status != EXIT_AWAY; i++) {
		const struct parcel *p = &all.items[i];
		if (is_for_another(p, self) && !is_named_by(p, paths))
			say(N_("%1 is for %2: passed over"), p->pieces[0], p->cover.to);
		else
			status = worse(status, read_one(cli, p));
	}
	if (rc == 0)
		status = worse(status, tell_others(&all, paths));
	parcels_free(&all);
	config_free(&config);
	return rc ? rc : status;
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
	for (unsigned i = 0; i < p->of; i++)
		if (p->pieces[i])
			json_array_append_new(files, json_string(p->pieces[i]));
	json_object_set_new(o, "id", json_string(p->id));
	json_object_set_new(o, "from", p->covered ? json_string(p->cover.from) : json_null());
	json_object_set_new(o, "to", p->covered ? json_string(p->cover.to) : json_null());
	json_object_set_new(o, "number", p->covered ? json_integer(p->cover.number) : json_null());
	json_object_set_new(o, "written", p->covered ? json_integer(p->cover.at) : json_null());
	json_object_set_new(o, "whole", p->covered ? json_boolean(p->cover.whole) : json_null());
	json_object_set_new(o, "pieces", json_integer(p->of));
	json_object_set_new(o, "there", json_integer(p->there));
	json_object_set_new(o, "read", read ? json_integer(read) : json_null());
	json_object_set_new(o, "files", files);
	return o;
}

static void add_row(struct reader *r, struct show_table *table, const struct parcel *p, int64_t read)
{
	struct arena *a = &r->arena;
	const char *file = "";
	for (unsigned i = p->of; i-- > 0;)
		file = p->pieces[i] ? p->pieces[i] : file;
	const char *pieces = arena_printf(a, p->there == p->of ? "%u" : "%u/%u", p->there, p->of);
	const char *number = p->covered ? arena_printf(a, "%u", p->cover.number) : "?";
	show_row(table, number, p->covered ? p->cover.from : "?", p->covered ? p->cover.to : "?",
	    p->covered ? reader_time(r, p->cover.at) : "?",
	    !p->covered	     ? ""
	    : p->cover.whole ? _(N_("nothing"))
			     : _(N_("what was confirmed")),
	    pieces, read ? reader_time(r, read) : "", file);
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
		rc = parcels_find(&all, &paths, err);
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
