#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "attach_way.h"
#include "base/sys.h"
#include "cli.h"
#include "reader.h"
#include "record/media.h"
#include "record/text.h"
#include "say.h"
#include "show.h"
#include "store/attach.h"

#define PIECE (64 * 1024)
#define LOOK_MS 100 /* how often it is looked whether one has come */

/* A row of a record, as people look at it. */
struct item {
	const char *id, *name, *type, *ledger, *path;
	uint64_t size, have;
	bool here, asked;
};

struct items {
	struct reader *r;
	const char *dir, *ledger;
	struct item *items;
	size_t n;
	json_t *ways; /* of the daemon; NULL without one */
};

static bool part_size(struct items *all, const char *id, const char *end, uint64_t *size)
{
	struct stat st;
	char *path = arena_printf(&all->r->arena, "%s/spool/attachments/%s%s", all->dir, id, end);
	if (stat(path, &st) != 0)
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

static void visit(void *ctx, const char *path, const struct record *r)
{
	struct items *all = ctx;
	struct arena *arena = &all->r->arena;
	const char *key;
	uint64_t none;
	size_t i = 0;
	while (r && record_next_key(r, "attachments", &i, &key)) {
		struct item one = {.id = arena_dup(arena, key), .path = arena_dup(arena, path)};
		const char *size = record_get(r, arena_printf(arena, "attachments.%s.size", key));
		one.ledger = all->ledger;
		one.name = arena_dup(arena, record_get(r, arena_printf(arena, "attachments.%s.name", key)));
		one.type = arena_dup(arena, record_get(r, arena_printf(arena, "attachments.%s.type", key)));
		one.size = size ? strtoull(size, NULL, 10) : 0;
		if (!one.name || !attach_name_ok(key))
			continue;
		one.here = attach_here(all->r->store, key, NULL);
		part_size(all, key, ".part", &one.have);
		one.asked = part_size(all, key, ".ask", &none);
		VEC_PUSH(all->items, all->n, one);
	}
}

static int read_all(struct items *all, struct err *err)
{
	struct strs ledgers = {0};
	int rc = store_ledgers(all->r->store, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++) {
		struct oid before = {{0}}, tip;
		all->ledger = arena_dup(&all->r->arena, ledgers.items[i]);
		rc = store_tip(all->r->store, ledgers.items[i], &tip, err);
		if (rc == 0)
			rc = attach_walk(all->r->store, ledgers.items[i], &before, &tip, visit, all, err);
	}
	strs_free(&ledgers);
	return rc;
}

/* ---- list ---- */

/* "report hp.2026 2026-06" and the like, from a path. */
static const char *record_name(struct items *all, const struct item *one)
{
	struct arena *arena = &all->r->arena;
	char kind[24], issuer[80], first[80] = "", last[80] = "";
	const char *unit = strchr(one->ledger, '/') + 1;
	if (sscanf(one->path, "%23[^/]/%79[^/]/%79[^/]/%79[^/]", kind, issuer, first, last) == 4) {
		last[strlen(last) - 5] = '\0';
		return arena_printf(
		    arena, "%s %s %s", strcmp(kind, "progress") == 0 ? "task" : "report", first, last);
	}
	if (sscanf(one->path, "directives/%79s", first) == 1 && strlen(first) > 5) {
		first[strlen(first) - 5] = '\0';
		return arena_printf(arena, "directive %s/%s", unit, first);
	}
	return one->path;
}

/* Is it attached to what the words name? The issuer before a plan or a directive may be left out. */
static bool is_meant(struct items *all, const struct cli *cli, const struct item *one, const char *unit)
{
	const struct strs *words = &cli->args.words;
	const char *name = record_name(all, one), *of = strchr(one->ledger, '/') + 1;
	if (unit && strcmp(of, unit) != 0)
		return false;
	struct buf typed = {0};
	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->items[i], *slash = strchr(word, '/');
		bool directive = words->n > 0 && strcmp(words->items[0], "directive") == 0;
		buf_printf(&typed, "%s%s%s%s", i ? " " : "", i == 1 && directive && !slash ? of : "",
		    i == 1 && directive && !slash ? "/" : "", slash && !directive ? slash + 1 : word);
	}
	size_t len = typed.len;
	bool meant = strncmp(name, buf_str(&typed), len) == 0 && (len == 0 || !name[len] || name[len] == ' ');
	buf_free(&typed);
	return meant;
}

static unsigned percent(const struct item *one)
{
	return one->size ? (unsigned)(one->have * 100 / one->size) : 0;
}

static const char *state_of(struct items *all, const struct item *one)
{
	struct buf text = {0};
	char number[8];
	snprintf(number, sizeof number, "%u", percent(one));
	const char *way = attach_way_of(all->r, all->ways, one->id, one->ledger);
	if (one->here && way)
		return arena_printf(&all->r->arena, "%s; %s", _(N_("here")), way);
	if (one->here)
		return _(N_("here"));
	if (way && !one->asked)
		return way;
	if (way)
		return arena_printf(&all->r->arena, "%s; %s", _(N_("asked for")), way);
	if (!one->have)
		return one->asked ? _(N_("asked for")) : _(N_("not here"));
	say_into(&text, N_("%1 % has come"), number);
	const char *kept = arena_dup(&all->r->arena, buf_str(&text));
	buf_free(&text);
	return kept;
}

static const char *size_text(struct items *all, uint64_t size)
{
	if (size >= 10 << 20)
		return arena_printf(&all->r->arena, "%llu MB", (unsigned long long)(size >> 20));
	if (size >= 10 << 10)
		return arena_printf(&all->r->arena, "%llu kB", (unsigned long long)(size >> 10));
	return arena_printf(&all->r->arena, "%llu B", (unsigned long long)size);
}

static json_t *item_json(struct items *all, const struct item *one)
{
	json_t *o = json_object();
	json_object_set_new(o, "id", show_string(one->id));
	json_object_set_new(o, "name", show_string(one->name));
	json_object_set_new(o, "size", json_integer((json_int_t)one->size));
	json_object_set_new(o, "type", show_string(one->type));
	json_object_set_new(o, "unit", show_string(strchr(one->ledger, '/') + 1));
	json_object_set_new(o, "record", show_string(record_name(all, one)));
	json_object_set_new(o, "state",
	    json_string(one->here    ? "here"
			: one->have  ? "coming"
			: one->asked ? "asked"
				     : "absent"));
	json_object_set_new(o, "percent", json_integer(one->here ? 100 : percent(one)));
	json_object_set_new(o, "ways", attach_way_json(all->ways, one->id, one->ledger));
	return o;
}

int cli_attach_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct items all = {.r = &r, .dir = cli->dir};
	struct show_table *table = show_table();
	json_t *list = json_array();
	const char *unit = NULL;
	show_column(table, SHOW_LEFT, N_("ID"));
	show_column(table, SHOW_WRAP, N_("NAME"));
	show_column(table, SHOW_RIGHT, N_("SIZE"));
	show_column(table, SHOW_LEFT, N_("TYPE"));
	show_column(table, SHOW_WRAP, N_("STATE"));
	show_column(table, SHOW_LEFT, N_("UNIT"));
	show_column(table, SHOW_LEFT, N_("RECORD"));
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = reader_unit(&r, args_get(&cli->args, "unit"), &unit, err);
	if (rc == 0)
		rc = read_all(&all, err);
	all.ways = attach_ways(cli);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const struct item *one = &all.items[i];
		if (!is_meant(&all, cli, one, unit))
			continue;
		show_row(table, arena_dup_len(&r.arena, one->id, 12), one->name, size_text(&all, one->size),
		    one->type, state_of(&all, one), strchr(one->ledger, '/') + 1, record_name(&all, one));
		json_array_append_new(list, item_json(&all, one));
	}
	show_listing(rc == 0, cli->json, "attachments", list, table);
	json_decref(all.ways);
	free(all.items);
	reader_close(&r);
	return rc;
}

/* ---- one of them ---- */

static int find(const struct items *all, const char *typed, const struct item **out, struct err *err)
{
	size_t len = strlen(typed);
	*out = NULL;
	for (size_t i = 0; i < all->n; i++) {
		const struct item *one = &all->items[i];
		if ((len < 4 || strncmp(one->id, typed, len) != 0) && strcmp(one->name, typed) != 0)
			continue;
		if (*out && strcmp((*out)->id, one->id) != 0) {
			err_set(err, ERR_AMBIGUOUS, N_("several attachments are meant by '%1'"), typed);
			err_hint(err, N_("'tuyen attach list' shows their ids; give one, or its beginning"));
			return ERR_AMBIGUOUS;
		}
		*out = one;
	}
	if (*out)
		return 0;
	err_set(err, ERR_NOT_FOUND, N_("there is no attachment '%1'"), typed);
	err_hint(err, N_("'tuyen attach list' shows names and ids"));
	return ERR_NOT_FOUND;
}

static int copy(struct attach_reader *from, int fd, const char *path, struct err *err)
{
	uint64_t size = attach_size(from);
	int rc = 0;
	for (uint64_t at = 0; rc == 0 && at < size;) {
		struct buf piece = {0};
		size_t len = size - at < PIECE ? (size_t)(size - at) : PIECE;
		rc = attach_read(from, at, len, &piece, err);
		for (size_t done = 0; rc == 0 && done < len;) {
			ssize_t n = write(fd, piece.data + done, len - done);
			if (n < 0 && errno != EINTR)
				rc = sys_error(err, "write", path);
			done += n > 0 ? (size_t)n : 0;
		}
		at += len;
		buf_free(&piece);
	}
	return rc;
}

/* The name was written by somebody else: only its last part counts, it hides nothing, and fits on any disk. */
static const char *safe_name(struct items *all, const char *name)
{
	const char *slash = strrchr(name, '/');
	char *safe = arena_dup(&all->r->arena, slash ? slash + 1 : name);
	while (*safe == '.' || *safe == '-' || *safe == ' ')
		safe++;
	for (char *at = safe; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f || strchr("\\:*?\"<>|", *at))
			*at = '_';
	return media_name_bad(safe) ? "attachment" : safe;
}

static int write_out(struct cli *cli, struct items *all, const struct item *one, struct err *err)
{
	struct attach_reader *from = NULL;
	const char *out = args_get(&cli->args, "out"), *path = out ? out : safe_name(all, one->name);
	bool standard = strcmp(path, "-") == 0;
	int rc = attach_open(all->r->store, one->id, &from, err);
	if (rc)
		return rc;
	int fd = standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST) {
		rc = err_set(err, ERR_REFUSED, N_("%1 is there already"), path);
		err_hint(err, N_("name another file with --out"));
	} else if (fd < 0) {
		rc = sys_error(err, "write", path);
	} else {
		rc = copy(from, fd, path, err);
	}
	if (fd >= 0 && !standard && close(fd) != 0 && rc == 0)
		rc = sys_error(err, "write", path);
	attach_close(from);
	if (rc == 0 && !standard)
		printf("%s\n", path);
	return rc;
}

static int ask_for(const struct cli *cli, const struct item *one, struct err *err)
{
	struct args args = {0};
	strs_add(&args.words, one->id);
	int rc = ask_as(cli, "attach fetch", &args, NULL, 0, err);
	args_free(&args);
	return rc;
}

static int not_yet(struct cli *cli, struct items *all, struct item *one, struct err *err)
{
	all->ways = attach_ways(cli);
	one->have = 0;
	part_size(all, one->id, ".part", &one->have);
	one->asked = false;
	err_set(err, ERR_TIMEOUT, N_("%1 is not here yet (%2)"), one->name, state_of(all, one));
	err_hint(err, N_("it has been asked for and comes by itself; --timeout waits longer"));
	json_decref(all->ways);
	all->ways = NULL;
	return ERR_TIMEOUT;
}

/* What is not here is asked for, and waited for as long as --timeout says. */
static int have_it(struct cli *cli, struct items *all, struct item *one, struct err *err)
{
	const char *timeout = args_get(&cli->args, "timeout");
	int64_t end = sys_ticks() + (timeout ? strtoll(timeout, NULL, 10) * 1000 : ASK_TIMEOUT_MS);
	int rc = one->here ? 0 : ask_for(cli, one, err);
	while (rc == 0 && !one->here) {
		one->here = attach_here(all->r->store, one->id, NULL);
		if (!one->here && sys_ticks() >= end)
			return not_yet(cli, all, one, err);
		if (!one->here)
			poll(NULL, 0, LOOK_MS);
	}
	return rc;
}

int cli_attach_get(struct cli *cli, struct err *err)
{
	struct reader r;
	struct items all = {.r = &r, .dir = cli->dir};
	const struct item *one = NULL;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = read_all(&all, err);
	if (rc == 0)
		rc = find(&all, args_word(&cli->args, 0), &one, err);
	if (rc == 0)
		rc = have_it(cli, &all, &all.items[one - all.items], err);
	if (rc == 0)
		rc = write_out(cli, &all, one, err);
	free(all.items);
	reader_close(&r);
	return rc;
}

int cli_attach_fetch(struct cli *cli, struct err *err)
{
	struct reader r;
	struct items all = {.r = &r, .dir = cli->dir};
	const struct item *one = NULL;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = read_all(&all, err);
	if (rc == 0)
		rc = find(&all, args_word(&cli->args, 0), &one, err);
	if (rc == 0)
		rc = ask_for(cli, one, err);
	free(all.items);
	reader_close(&r);
	return rc;
}

/* ---- add ---- */

static int put_piece(
    const struct cli *cli, const char *token, uint64_t at, const char *bytes, size_t len, struct err *err)
{
	struct args args = {0};
	char offset[24];
	char *hex = mem_alloc(2 * len + 1);
	hex_encode((const unsigned char *)bytes, len, hex);
	snprintf(offset, sizeof offset, "%llu", (unsigned long long)at);
	strs_add(&args.words, token);
	strs_add(&args.words, offset);
	strs_add(&args.words, hex);
	int rc = ask_as(cli, "attach put", &args, NULL, 0, err);
	args_free(&args);
	free(hex);
	return rc;
}

static int send_file(
    const struct cli *cli, const char *path, const struct config *config, const char *token, struct err *err)
{
	struct stat st, after;
	uint64_t at = 0, most = config_attachment_max(config);
	char *piece = mem_alloc(PIECE);
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	if (fd < 0 || fstat(fd, &st) != 0)
		rc = sys_error(err, "read", path);
	else if (!S_ISREG(st.st_mode))
		rc = err_set(err, ERR_INPUT, N_("%1 is not a file"), path);
	else if ((uint64_t)st.st_size > most) {
		char has[24], may[24];
		snprintf(has, sizeof has, "%llu", (unsigned long long)st.st_size);
		snprintf(may, sizeof may, "%llu", (unsigned long long)most);
		rc = err_set(err, ERR_REFUSED,
		    N_("%1 is too long: %2 bytes, and an attachment has at most %3"), path, has, may);
		err_hint(err,
		    N_("scan it with fewer dots, or set another limit: tuyen config attachment.max 32MB"));
	}
	while (rc == 0) {
		ssize_t n = read(fd, piece, PIECE);
		if (n < 0)
			rc = sys_error(err, "read", path);
		if (n <= 0)
			break;
		rc = put_piece(cli, token, at, piece, (size_t)n, err);
		at += (uint64_t)n;
	}
	if (rc == 0 &&
	    (fstat(fd, &after) != 0 || at != (uint64_t)st.st_size || after.st_size != st.st_size ||
		after.st_mtim.tv_sec != st.st_mtim.tv_sec || after.st_mtim.tv_nsec != st.st_mtim.tv_nsec)) {
		err_set(err, ERR_REFUSED, N_("%1 was written to while it was read"), path);
		err_hint(err, N_("wait until it is complete, then attach it again"));
		rc = err->code;
	}
	if (rc == 0 && at == 0)
		rc = err_set(err, ERR_INPUT, N_("%1 is empty"), path);
	if (fd >= 0)
		close(fd);
	free(piece);
	return rc;
}

static int add_file(
    struct cli *cli, const char *path, const struct config *config, struct args *args, struct err *err)
{
	unsigned char random[16];
	char token[33];
	struct buf upload = {0}, name = {0};
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	sys_random(random, sizeof random);
	hex_encode(random, sizeof random, token);
	int rc = send_file(cli, path, config, token, err);
	/* Some systems take letters and accents apart. */
	if (!text_nfc(last, strlen(last), &name))
		buf_puts(&name, last);
	buf_printf(&upload, "%s %s", token, buf_str(&name));
	buf_free(&name);
	if (rc == 0)
		args_add_option(args, "upload", buf_str(&upload));
	buf_free(&upload);
	return rc;
}

/* How many words name the record, the files come after them. */
static size_t record_words(const struct args *a)
{
	const char *kind = args_word(a, 0);
	return str_is(kind, "report") || str_is(kind, "task") ? 3 : str_is(kind, "directive") ? 2 : 0;
}

int cli_attach_add(struct cli *cli, struct err *err)
{
	struct config config = {0};
	struct args args = {0};
	size_t named = record_words(&cli->args);
	if (!named) {
		err_set(err, ERR_USAGE,
		    N_("to which record? report PLAN PERIOD, directive ID, or task PLAN TASK"));
		err_hint(err, N_("as in: tuyen attach add report hp.2026 2026-06 scan.pdf"));
		return ERR_USAGE;
	}
	int rc = config_load(cli->dir, &config, err);
	for (size_t i = 0; i < named && i < cli->args.words.n; i++)
		strs_add(&args.words, cli->args.words.items[i]);
	for (size_t i = 0; i < cli->args.n_options; i++)
		args_add_option(&args, cli->args.options[i].name, cli->args.options[i].value);
	for (size_t i = named; rc == 0 && i < cli->args.words.n; i++)
		rc = add_file(cli, cli->args.words.items[i], &config, &args, err);
	if (rc == 0)
		rc = ask_as(cli, "attach add", &args, NULL, 0, err);
	args_free(&args);
	config_free(&config);
	return rc;
}
