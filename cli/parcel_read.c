/* Reading parcels: all that are for this node, whatever else is on the stick. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ask.h"
#include "base/sys.h"
#include "cli.h"
#include "parcels.h"
#include "registry/config.h"
#include "say.h"

#define PORTION (3u << 20) /* handed over at once; base64 makes it 4 MB, the daemon takes 8 */
#define COPIES_TRIED 8 /* of one parcel, until one can be read whole */
#define FOREIGN_NAMED 3 /* files that are no parcels, by name; the others are counted */

/* What is read, for whom, and who is to be answered. */
struct reading {
	struct cli *cli;
	char self[136];
	struct parcels all;
	struct strs to_answer; /* whose parcels brought something */
	size_t for_us;
	int status;
};

/* The next portion, taken before the one after it is handed over: neither end holds more. */
static int hand_over(struct reading *r, const char *name, const struct parcel *p, const struct buf *bytes,
    bool more, struct buf *out, struct err *err)
{
	struct args put = {0}, take = {0};
	struct buf text = {0};
	base64_encode(buf_str(bytes), bytes->len, &text);
	strs_add(&put.words, name);
	strs_add(&put.words, buf_str(&text));
	strs_add(&take.words, name);
	strs_add(&take.words, p->id);
	if (more)
		args_add_option(&take, "more", "");
	int rc = ask_result(r->cli, "parcel put", &put, PARCEL_WAIT, NULL, err);
	if (rc == 0)
		rc = ask_result(r->cli, "parcel take", &take, PARCEL_WAIT, out, err);
	buf_free(&text);
	args_free(&put);
	args_free(&take);
	return rc;
}

static int take(struct reading *r, const struct parcel *p, unsigned copy, struct err *err)
{
	unsigned char random[8];
	char name[2 * sizeof random + 1];
	struct buf now = {0}, next = {0}, out = {0};
	struct parcel_stream in = {.parcel = p, .copy = copy};
	sys_random(random, sizeof random);
	hex_encode(random, sizeof random, name);
	int rc = parcel_stream_read(&in, PORTION, &now, err);
	for (bool more = true; rc == 0 && more;) {
		struct err later = {0};
		int broken = parcel_stream_read(&in, PORTION, &next, &later);
		more = broken == 0 && next.len > 0;
		rc = hand_over(r, name, p, &now, more, &out, err);
		if (broken) { /* what came before it was taken */
			*err = later;
			rc = broken;
		}
		struct buf done = now;
		now = next;
		next = (struct buf){0};
		buf_free(&done);
	}
	if (out.len && p->covered)
		strs_add(&r->to_answer, p->cover.from);
	parcel_stream_close(&in);
	buf_free(&now);
	buf_free(&out);
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
		    of, p->files[0].path);
	err_hint(
	    err, N_("what the pieces before it held was taken; read all of them again when it is there"));
	return err->code;
}

static int read_copy(struct reading *r, const struct parcel *p, unsigned copy)
{
	struct err err = {0}, lacking = {0};
	unsigned lacks = parcel_lacks(p);
	const struct parcel_file *first = parcel_piece(p, 1, copy);
	int rc = lacks == 1 ? 0 : take(r, p, copy, &err);
	if (lacks && (rc == 0 || rc == ERR_INPUT)) {
		rc = missing(p, lacks, &lacking);
		err = lacking;
	}
	if (rc == 0)
		return EXIT_DONE;
	if (first)
		err_at(&err, first->path, 0, 0);
	say_error(&err);
	return rc == ERR_TIMEOUT || rc == ERR_BUSY ? EXIT_AWAY : EXIT_REFUSED;
}

/* Whatever is wrong with one parcel does not keep the others from being read, nor with one copy the other copies. */
static int read_one(struct reading *r, const struct parcel *p)
{
	int status = EXIT_REFUSED;
	for (unsigned copy = 0; copy < p->copies && copy < COPIES_TRIED && status == EXIT_REFUSED; copy++)
		status = read_copy(r, p, copy);
	return status;
}

static bool is_named_by(const struct parcel *p, const struct strs *paths)
{
	for (size_t i = 0; i < p->n_files; i++)
		if (strs_has(paths, p->files[i].path))
			return true;
	return false;
}

static int worse(int a, int b)
{
	return a > b ? a : b;
}

/* Files that hold no parcel: no harm among others, but not what somebody meant who named them. */
static void tell_others(struct reading *r, const struct strs *paths)
{
	const struct parcels *all = &r->all;
	char n[24];
	size_t unnamed = 0;
	for (size_t i = 0; i < all->broken.n; i++)
		say(N_("%1 is named like a parcel, but is none: its beginning is damaged"),
		    all->broken.items[i]);
	for (size_t i = 0; i < all->foreign.n; i++) {
		bool named = strs_has(paths, all->foreign.items[i]);
		unnamed += !named;
		if (named || unnamed <= FOREIGN_NAMED)
			say(N_("%1 is no parcel: passed over"), all->foreign.items[i]);
		if (named)
			r->status = worse(r->status, EXIT_REFUSED);
	}
	snprintf(n, sizeof n, "%zu", unnamed - FOREIGN_NAMED);
	if (unnamed > FOREIGN_NAMED)
		say(N_("%1 other files are no parcels either: passed over"), n);
	if (all->broken.n + all->unreadable)
		r->status = worse(r->status, EXIT_REFUSED);
	else if (r->for_us == 0 && r->status == EXIT_DONE)
		say(N_("there is no parcel for %1"), r->self);
}

/* A word in a command that can be typed as it is shown. */
static char *quoted(const char *word)
{
	struct buf out = {0};
	bool plain = *word && !strpbrk(word, " '\"\\$`!*?[](){}<>|&;#~\t\n");
	if (!plain)
		buf_putc(&out, '\'');
	for (; *word; word++)
		if (*word == '\'' && !plain)
			buf_puts(&out, "'\\''");
		else
			buf_putc(&out, *word);
	if (!plain)
		buf_putc(&out, '\'');
	return out.data;
}

/* What was taken is confirmed by the next parcel back: onto the same stick. */
static void offer_answer(const struct reading *r, const char *path)
{
	struct stat st;
	char *place = mem_dup(path), *slash = strrchr(place, '/');
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		if (slash)
			slash[slash == place] = '\0';
		else
			strcpy(place, *place ? "." : "");
	}
	char *shown = quoted(place);
	for (size_t i = 0; i < r->to_answer.n; i++)
		if (i == 0 || strcmp(r->to_answer.items[i], r->to_answer.items[i - 1]) != 0)
			say_out(N_("to carry the answer back: tuyen parcel write --to %1 %2"),
			    r->to_answer.items[i], shown);
	free(shown);
	free(place);
}

static int read_all(struct reading *r, const struct strs *paths, struct err *err)
{
	struct parcels *all = &r->all;
	int rc = all->n ? parcel_reach(r->cli, err) : 0;
	for (size_t i = 0; rc == 0 && i < all->n && r->status != EXIT_AWAY; i++) {
		const struct parcel *p = &all->items[i];
		if (p->covered && strcmp(p->cover.to, r->self) != 0 && !is_named_by(p, paths)) {
			say(N_("%1 is for %2: passed over"), p->files[0].path, p->cover.to);
			continue;
		}
		r->for_us++;
		r->status = worse(r->status, read_one(r, p));
	}
	return rc;
}

int cli_parcel_read(struct cli *cli, struct err *err)
{
	const struct strs *paths = &cli->args.words;
	struct reading r = {.cli = cli, .status = EXIT_DONE};
	struct config config;
	int rc = config_load(cli->dir, &config, err);
	if (rc)
		return rc;
	config_node(&config, r.self);
	parcels_find(&r.all, paths);
	rc = read_all(&r, paths, err);
	if (rc == 0) {
		tell_others(&r, paths);
		offer_answer(&r, paths->items[0]);
	}
	parcels_free(&r.all);
	strs_free(&r.to_answer);
	config_free(&config);
	return rc ? rc : r.status;
}
