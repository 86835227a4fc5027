/* Admission: one request, or a folder of them against a table of units. The daemon admits; files are this side's. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "base/sys.h"
#include "cli.h"
#include "reader.h"
#include "registry/enrol.h"
#include "say.h"
#include "show.h"

#define AT_ONCE (2u << 20) /* bytes of requests that one question holds: far below CONTROL_REQUEST_MAX */

/* What becomes of a request, or of a unit that made none; in the order of the report. */
enum fate { ADMITTED, BEFORE, NOT_LISTED, BROKEN, OTHER_KEY, REFUSED, NO_REQUEST, N_FATES };

static const char *const fates[N_FATES] = {
    N_("admitted"),
    N_("admitted before"),
    N_("not in the list"),
    N_("broken"),
    N_("another key"),
    N_("refused"),
    N_("no request"),
};

struct asking {
	const char *name, *path; /* of its file */
	char *text;
	struct enrol_request request; /* unless broken */
	const char *id; /* of the unit or station that it would be; NULL before that is known */
	bool asked; /* it is among those of which the daemon is being asked */
	enum fate fate;
	struct err err;
};

struct admission {
	struct cli *cli;
	struct reader reader;
	struct arena arena;
	const char *folder, *out;
	const char *code; /* this unit's */
	bool dry;
	struct unit_list list;
	struct record levels_record;
	const struct record *levels;
	struct strs below; /* all units and stations below this one */
	struct asking *all;
	size_t n;
	size_t count[N_FATES];
};

/* ---- what there is ---- */

static bool is_request(const char *name)
{
	size_t len = strlen(name);
	return len > 5 && strcmp(name + len - 5, ".yaml") == 0 && name[0] != '.' &&
	       strncmp(name, "welcome-", 8) != 0;
}

static int read_folder(struct admission *a, struct strs *names, struct err *err)
{
	const struct dirent *entry;
	DIR *dir = opendir(a->folder);
	if (!dir)
		return sys_error(err, "read", a->folder);
	while ((entry = readdir(dir)) != NULL)
		if (is_request(entry->d_name))
			strs_add(names, entry->d_name);
	closedir(dir);
	strs_sort(names);
	return 0;
}

static void read_request(struct admission *a, struct asking *q)
{
	struct buf text = {0};
	int rc = sys_read_file(q->path, ENROL_SIZE_MAX, &text, &q->err);
	if (rc == 0 && strlen(buf_str(&text)) != text.len)
		rc = err_set(&q->err, ERR_INPUT, "%1 is not a text file: it holds a NUL", q->path);
	if (rc == 0) {
		q->text = arena_dup_len(&a->arena, buf_str(&text), text.len);
		rc = enrol_read_request(&a->arena, q->path, q->text, text.len, &q->request, &q->err);
	}
	if (rc)
		q->fate = BROKEN;
	buf_free(&text);
}

static int read_list(struct admission *a, struct err *err)
{
	const char *file = args_get(&a->cli->args, "list");
	struct buf text = {0};
	int rc = sys_read_file(file, CSV_FILE_MAX, &text, err);
	if (rc == 0)
		rc =
		    unit_list_read(&a->arena, file, buf_str(&text), text.len, UNIT_LIST_CODES, &a->list, err);
	buf_free(&text);
	return rc;
}

static int open_all(struct admission *a, struct err *err)
{
	const struct config *me = &a->reader.config;
	struct strs names = {0};
	struct err absent = {0};
	int rc = reader_open(a->cli, &a->reader, err);
	if (rc == 0)
		rc = read_list(a, err);
	if (rc == 0)
		rc = read_folder(a, &names, err);
	if (rc == 0) {
		const struct registry_unit *own = registry_unit(a->reader.registry, me->unit);
		const unsigned char *key;
		const char *top;
		if (!registry_anchor(a->reader.registry, &top, &key))
			top = me->unit;
		a->code = own ? own->code : me->unit;
		if (a->reader.view.read(a->reader.view.ctx, arena_printf(&a->arena, "directives/%s", top),
			"levels.yaml", &a->arena, &a->levels_record, &absent) == 0)
			a->levels = &a->levels_record;
		registry_below(a->reader.registry, me->unit, true, &a->below);
		a->n = names.n;
		a->all = arena_alloc(&a->arena, (names.n + 1) * sizeof *a->all);
	}
	for (size_t i = 0; i < a->n; i++) {
		a->all[i].name = arena_dup(&a->arena, names.items[i]);
		a->all[i].path = arena_printf(&a->arena, "%s/%s", a->folder, names.items[i]);
		read_request(a, &a->all[i]);
	}
	strs_free(&names);
	return rc;
}

/* ---- what may be ---- */

/* The row of the list that is about this subordinate or station; one that belongs to another superior is not. */
static const struct unit_row *listed(const struct admission *a, const char *code)
{
	const struct unit_row *row = unit_list_find(&a->list, code);
	const char *parent = row ? row->cell[UNIT_PARENT].text : "";
	if (*parent && strcmp(parent, a->code) != 0 && strcmp(parent, a->reader.config.unit) != 0)
		return NULL;
	return row;
}

/* A direct subordinate of this code or id, or a station of this unit, that has not ended. */
static const struct registry_unit *known(const struct admission *a, const char *typed)
{
	for (size_t i = 0; i < a->below.n; i++) {
		const struct registry_unit *u = registry_unit(a->reader.registry, a->below.items[i]);
		if (u->parent && strcmp(u->parent, a->reader.config.unit) == 0 &&
		    u->valid_to >= date_of_time(a->reader.view.now) &&
		    (strcmp(u->id, typed) == 0 || (!u->station && strcmp(u->code, typed) == 0)))
			return u;
	}
	return NULL;
}

static const char *listed_as(struct admission *a, const struct enrol_request *q)
{
	return q->station ? arena_printf(&a->arena, "%s@%s", q->station, q->unit) : q->unit;
}

/* The same that the daemon will do with it, without doing it. */
static void judge(struct admission *a, struct asking *q)
{
	struct enrol_edit edit;
	const struct unit_row *row = listed(a, listed_as(a, &q->request));
	const char *level = row ? row->cell[UNIT_LEVEL].text : "";
	int rc = enrol_admit(a->reader.registry, &a->reader.config, a->levels, &q->request,
	    date_of_time(a->reader.view.now), &a->arena, &edit, &q->err);
	if (rc == 0)
		q->id = edit.id;
	if (!row && !known(a, listed_as(a, &q->request)))
		q->fate = NOT_LISTED;
	else if (rc)
		q->fate = q->err.rule && strcmp(q->err.rule, "keys") == 0 ? OTHER_KEY : REFUSED;
	else
		q->fate = edit.changed ? ADMITTED : BEFORE;
	if (rc == 0 && *level && strcmp(level, q->request.level) != 0) {
		q->fate = REFUSED;
		err_set(&q->err, ERR_REFUSED, N_("%1 asks for the level %2; the list has it at the level %3"),
		    q->request.unit, q->request.level, level);
	}
}

static void refuse_pair(struct asking *p, struct asking *q)
{
	bool one_unit = strcmp(p->id, q->id) == 0;
	struct asking *both[] = {p, q};
	for (int i = 0; i < 2; i++) {
		if (both[i]->err.code)
			continue;
		if (one_unit)
			err_set(&both[i]->err, ERR_REFUSED, N_("%1 and %2 ask for %3 by different keys"),
			    p->path, q->path, q->id);
		else
			err_set(&both[i]->err, ERR_REFUSED,
			    N_("%1 and %2 ask by the same key, for %3 and %4"), p->path, q->path, p->id,
			    q->id);
		err_hint(&both[i]->err, N_("find out which is the right one, and take the other away"));
	}
}

/* Which of two requests came first says nothing about which is the right one: neither is admitted. */
static void judge_pairs(struct admission *a)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < i; j++) {
			struct asking *p = &a->all[j], *q = &a->all[i];
			if (p->fate != ADMITTED || q->fate != ADMITTED)
				continue;
			bool unit = strcmp(p->id, q->id) == 0;
			bool key = memcmp(p->request.key, q->request.key, KEY_PUBLIC_SIZE) == 0;
			if (unit != key)
				refuse_pair(p, q);
		}
	for (size_t i = 0; i < a->n; i++)
		if (a->all[i].fate == ADMITTED && a->all[i].err.code)
			a->all[i].fate = OTHER_KEY;
}

/* ---- what is done ---- */

static int write_welcome(
    struct admission *a, struct asking *q, const char *welcome, size_t len, struct err *err)
{
	const struct enrol_request *r = &q->request;
	const char *file = arena_printf(&a->arena, "%s/welcome-%s%s%s.yaml", a->out, r->unit,
	    r->station ? "." : "", r->station ? r->station : "");
	return sys_write_file(file, welcome, len, 0644, err);
}

/* What the daemon gave for requests i to j-1. */
static int write_welcomes(struct admission *a, size_t i, size_t j, const struct buf *given, struct err *err)
{
	static const char part[] = "\n---\n";
	const char *at = buf_str(given);
	int rc = 0;
	for (; rc == 0 && i < j; i++) {
		if (!a->all[i].asked)
			continue;
		const char *stop = strstr(at, part);
		size_t len = stop ? (size_t)(stop - at) + 1 : strlen(at);
		rc = write_welcome(a, &a->all[i], at, len, err);
		at += len + (stop ? sizeof part - 2 : 0);
	}
	return rc;
}

static bool is_said_of_a_request(int rc)
{
	return rc == ERR_REFUSED || rc == ERR_INPUT || rc == ERR_AMBIGUOUS;
}

/* Have the daemon admit the ones of requests i to j-1 that may be. */
static int ask_for(struct admission *a, size_t i, size_t j, struct err *err)
{
	struct args args = {0};
	struct buf given = {0};
	int rc = 0;
	for (size_t k = i; k < j; k++) {
		a->all[k].asked = a->all[k].fate == ADMITTED || a->all[k].fate == BEFORE;
		if (a->all[k].asked)
			strs_add(&args.words, a->all[k].text);
	}
	if (j - i == 1)
		args_add_option(&args, "source", a->all[i].path);
	if (args.words.n)
		rc = ask_each(a->cli, &args, &given, err);
	if (args.words.n && rc == 0)
		rc = write_welcomes(a, i, j, &given, err);
	args_free(&args);
	buf_free(&given);
	return rc;
}

/* One by one: what the daemon says of a request is kept with it. */
static int ask_singly(struct admission *a, size_t i, size_t j, struct err *err)
{
	int rc = 0;
	for (; rc == 0 && i < j; i++) {
		struct asking *q = &a->all[i];
		rc = ask_for(a, i, i + 1, &q->err);
		if (is_said_of_a_request(rc)) {
			q->fate = q->err.rule && strcmp(q->err.rule, "keys") == 0 ? OTHER_KEY : REFUSED;
			rc = 0;
		} else if (rc) {
			*err = q->err;
		}
	}
	return rc;
}

/* Together, in as few changes as may be; if the daemon, whose registry may have moved on, finds one that does not fit,
 * singly. Another error ends everything: the daemon is away, or the disk is full. */
static int admit_all(struct admission *a, struct err *err)
{
	int rc = sys_make_dir(a->out, 0755, err);
	for (size_t i = 0, j; rc == 0 && i < a->n; i = j) {
		size_t bytes = 0;
		for (j = i; j < a->n && j - i < CHANGE_RECORDS_MAX && bytes < AT_ONCE; j++)
			bytes += a->all[j].text ? strlen(a->all[j].text) : 0;
		struct err own = {0};
		rc = ask_for(a, i, j, &own);
		if (is_said_of_a_request(rc))
			rc = ask_singly(a, i, j, err);
		else if (rc)
			*err = own;
	}
	return rc;
}

/* ---- what is said ---- */

static bool has_asked(const struct admission *a, const char *code)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct enrol_request *q = &a->all[i].request;
		size_t len = q->station ? strlen(q->station) : 0;
		if (!q->unit)
			continue;
		if (len ? strncmp(code, q->station, len) == 0 && code[len] == '@' &&
			      strcmp(code + len + 1, q->unit) == 0
			: strcmp(code, q->unit) == 0)
			return true;
	}
	return false;
}

static void show_request(const struct asking *q, struct show_table *table)
{
	struct buf spoken = {0};
	if (q->request.unit)
		key_spoken(q->request.key, &spoken);
	show_row(table, _(fates[q->fate]), q->id ? q->id : q->request.unit, q->request.name, buf_str(&spoken),
	    q->name);
	buf_free(&spoken);
}

static void show_missing(struct admission *a, struct show_table *table)
{
	for (size_t i = 0; i < a->list.n; i++) {
		const struct unit_row *row = &a->list.rows[i];
		const char *code = row->cell[UNIT_CODE].text;
		const struct registry_unit *u = known(a, code);
		if (strcmp(code, a->code) == 0 || !listed(a, code) || has_asked(a, code) || (u && u->has_key))
			continue;
		show_row(table, _(fates[NO_REQUEST]), code, row->cell[UNIT_NAME].text, NULL, NULL);
		a->count[NO_REQUEST]++;
	}
}

static void say_why(const struct asking *q)
{
	struct err err = q->err;
	struct buf line = {0};
	err_at(&err, q->path, 0, 0);
	say_format(&err, &line);
	printf("%s\n", buf_str(&line));
	buf_free(&line);
}

static void report(struct admission *a)
{
	char n[N_FATES][24];
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("STATE"));
	show_column(table, SHOW_LEFT, N_("UNIT"));
	show_column(table, SHOW_WRAP, N_("NAME"));
	show_column(table, SHOW_LEFT, N_("SPOKEN"));
	show_column(table, SHOW_LEFT, N_("FILE"));
	for (int fate = 0; fate < NO_REQUEST; fate++)
		for (size_t i = 0; i < a->n; i++)
			if ((int)a->all[i].fate == fate) {
				a->count[fate]++;
				show_request(&a->all[i], table);
			}
	show_missing(a, table);
	show_end(table);
	for (size_t i = 0; i < a->n; i++)
		if (a->all[i].fate >= BROKEN)
			say_why(&a->all[i]);
	for (int i = 0; i < N_FATES; i++)
		snprintf(n[i], sizeof n[i], "%zu", a->count[i]);
	say_out(N_("%1 admitted, %2 admitted before; %3 units of the list without a request"), n[ADMITTED],
	    n[BEFORE], n[NO_REQUEST]);
	say_out(N_("%1 requests not in the list, %2 broken, %3 with another key, %4 refused"), n[NOT_LISTED],
	    n[BROKEN], n[OTHER_KEY], n[REFUSED]);
	if (a->dry)
		say_out(N_("--dry-run: nothing of this was written"));
	else if (a->count[ADMITTED])
		say_out(
		    N_("let the people of each unit read out its key: it must be what stands under SPOKEN"));
}

static int admit_folder(struct cli *cli, struct err *err)
{
	const char *folder = args_word(&cli->args, 0), *out = args_get(&cli->args, "out");
	struct admission a = {
	    .cli = cli, .folder = folder, .out = out ? out : folder, .dry = args_has(&cli->args, "dry-run")};
	int rc = open_all(&a, err);
	if (rc == 0 && a.reader.config.station)
		rc = err_set(err, ERR_REFUSED, N_("a station admits nobody; ask the node of its unit"));
	for (size_t i = 0; rc == 0 && i < a.n; i++)
		if (a.all[i].fate != BROKEN)
			judge(&a, &a.all[i]);
	if (rc == 0) {
		judge_pairs(&a);
		rc = a.dry ? 0 : admit_all(&a, err);
	}
	if (rc == 0) {
		report(&a);
		for (int fate = NOT_LISTED; fate < N_FATES; fate++)
			if (a.count[fate])
				rc = EXIT_REFUSED;
	}
	strs_free(&a.below);
	reader_close(&a.reader);
	arena_free(&a.arena);
	return rc;
}

int cli_unit_admit(struct cli *cli, struct err *err)
{
	bool lost = args_has(&cli->args, "recover") || args_has(&cli->args, "stolen");
	if (args_has(&cli->args, "list") && lost) {
		err_set(err, ERR_USAGE, "that a machine is lost is said of one request, not of a list");
		err_hint(err, N_("leave out --list, and name the file of the request"));
		return ERR_USAGE;
	}
	if (args_has(&cli->args, "list"))
		return admit_folder(cli, err);
	if (args_has(&cli->args, "pending"))
		return unit_admit_pending(cli, err);
	if (cli->args.words.n == 0) {
		err_set(err, ERR_USAGE, "'unit admit' takes a request, or --pending");
		err_hint(err, N_("'tuyen unit admit --help' lists its options"));
		return ERR_USAGE;
	}
	if (!args_has(&cli->args, "out") && !args_has(&cli->args, "dry-run"))
		return ask_node(cli, err);
	err_set(err, ERR_USAGE, "--out and --dry-run go with --list");
	err_hint(err, N_("write --list TABLE and a folder of requests"));
	return ERR_USAGE;
}
