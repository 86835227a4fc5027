/* Parcels: what a line would carry, on a stick. The daemon makes and takes them; the files are this side's. Writing and
 * listing; parcel_read.c reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

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

/* "1440K", "4G", "100000": bytes. False: it is no size. */
static bool size_of(const char *text, uint64_t *out)
{
	static const char units[] = "KMG";
	char *end = NULL;
	unsigned long long n = strtoull(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;
	bool good = end != text && text[0] != '-' && n < (1ull << 33) && (!*end || (unit && !end[1]));
	for (int i = 0; good && unit && i <= unit - units; i++)
		n *= 1024;
	*out = n;
	return good && n <= (1ull << 40);
}

static int split_of(const char *text, size_t *out, struct err *err)
{
	uint64_t n = 0;
	if (text && (!size_of(text, &n) || n < SPLIT_LEAST)) {
		err_set(err, ERR_USAGE,
		    N_("--split takes bytes, or as many with K, M or G, from %2 on, not '%1'"), text, "1K");
		return err->code;
	}
	*out = (size_t)n;
	return 0;
}

/* What is said of attachments, in bytes; nothing: as the daemon sees fit. */
static int attachments_of(const char *text, struct args *out, struct err *err)
{
	uint64_t n = 0;
	char bytes[24];
	if (!text)
		return 0;
	if (strcmp(text, "all") == 0)
		n = INT64_MAX;
	else if (strcmp(text, "none") != 0 && !size_of(text, &n))
		return err_set(err, ERR_USAGE,
		    N_("--attachments takes none, all, or bytes, or as many with K, M or G, not '%1'"), text);
	snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)n);
	args_add_option(out, "attachments", bytes);
	return 0;
}

/* As long as attachments can be left out, a stick need not be too small. */
static void say_room(const char *path, bool folder, struct args *out)
{
	struct statvfs st;
	char bytes[24];
	char *place = mem_dup(path), *slash = strrchr(place, '/');
	if (!folder && slash)
		slash[1] = '\0';
	if (statvfs(folder || slash ? place : ".", &st) == 0) {
		snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)st.f_bavail * st.f_frsize);
		args_add_option(out, "room", bytes);
	}
	free(place);
}

static bool is_folder(const char *path)
{
	struct stat st;
	size_t len = strlen(path);
	return (len && path[len - 1] == '/') || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/* What was typed, beside the addressees. */
struct writing {
	struct cli *cli;
	const char *path;
	bool folder;
	size_t split;
};

/* "ID", LF, "SIZE", LF, the cover. */
static int read_head(
    const struct buf *head, struct cover *cover, uint64_t *size, const char **rest, struct err *err)
{
	char id[COVER_ID_HEX + 1] = "";
	char *end = NULL;
	if (head->len <= sizeof id)
		return err_set(err, ERR_INPUT, N_("the daemon gave no parcel"));
	memcpy(id, head->data, COVER_ID_HEX);
	*size = strtoull(head->data + sizeof id, &end, 10);
	*rest = end + (*end == '\n');
	return cover_read(id, *rest, head->len - (size_t)(*rest - head->data), cover, err);
}

/* Its content, as the daemon gives it. */
static int write_content(const struct writing *w, struct parcel_saving *s, uint64_t size, struct err *err)
{
	struct args args = {0};
	uint64_t got = 0;
	int rc = 0;
	strs_add(&args.words, s->cover->id);
	for (bool more = true; rc == 0 && more;) {
		struct buf out = {0};
		rc = ask_result(w->cli, "parcel more", &args, PARCEL_WAIT, &out, err);
		if (rc == 0 && out.len)
			rc = parcel_save_add(s, out.data, out.len, err);
		got += out.len;
		more = out.len > 0;
		buf_free(&out);
	}
	if (rc == 0 && got != size)
		rc = err_set(err, ERR_INPUT, N_("the daemon gave no parcel"));
	args_free(&args);
	return rc;
}

static int save(const struct writing *w, const struct buf *head, struct err *err)
{
	struct cover cover;
	struct parcel_saving s = {.cover = &cover, .path = w->path, .folder = w->folder, .fd = -1};
	const char *rest = NULL;
	uint64_t size = 0;
	int rc = read_head(head, &cover, &size, &rest, err);
	if (rc)
		return rc;
	size_t len = head->len - (size_t)(rest - head->data);
	rc = parcel_save_begin(&s, size, w->split, err);
	if (rc == 0)
		rc = parcel_save_add(&s, rest, len, err);
	if (rc == 0)
		rc = write_content(w, &s, size - len, err);
	rc = parcel_save_end(&s, rc, err);
	for (size_t i = 0; rc == 0 && i < s.names.n; i++)
		say_out(N_("written: %1"), s.names.items[i]);
	strs_free(&s.names);
	return rc;
}

static int write_one(const struct writing *w, const char *unit, struct err *err)
{
	struct args args = {0};
	struct buf head = {0};
	strs_add(&args.words, unit);
	if (args_has(&w->cli->args, "full"))
		args_add_option(&args, "full", "");
	say_room(w->path, w->folder, &args);
	int rc = attachments_of(args_get(&w->cli->args, "attachments"), &args, err);
	if (rc == 0)
		rc = ask_result(w->cli, "parcel write", &args, PARCEL_WAIT, &head, err);
	if (rc == 0)
		rc = save(w, &head, err);
	args_free(&args);
	buf_free(&head);
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
static int write_each(const struct writing *w, const struct strs *to, struct err *err)
{
	int first = 0;
	for (size_t i = 0; i < to->n; i++) {
		struct err why = {0};
		int rc = write_one(w, to->items[i], &why);
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
	struct writing w = {.cli = cli, .path = args_word(&cli->args, 0)};
	struct strs to = {0};
	struct args typed = {0};
	int rc = split_of(args_get(&cli->args, "split"), &w.split, err);
	if (rc == 0)
		rc = attachments_of(args_get(&cli->args, "attachments"), &typed, err);
	if (rc == 0)
		rc = addressees(cli, &to, err);
	w.folder = to.n > 1 || is_folder(w.path);
	if (rc == 0 && !w.folder && !w.split && sys_exists(w.path))
		rc = parcel_taken(w.path, err);
	if (rc == 0)
		rc = parcel_reach(cli, err);
	if (rc == 0 && w.folder)
		rc = sys_make_dir(w.path, 0755, err);
	if (rc == 0)
		rc = write_each(&w, &to, err);
	args_free(&typed);
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
