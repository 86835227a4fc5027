#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "plan/claim.h"
#include "plan/receipt_check.h"
#include "reader.h"
#include "say.h"
#include "show.h"
#include "store/verify.h"

#define BAR 24 /* characters */

struct verifying {
	struct reader r;
	json_t *problems;
	bool bar; /* there is somebody to look at it */
	unsigned shown; /* its last tenth of a percent */
};

/* ---- what the plan room judges ---- */

struct judging {
	struct store *store;
	const struct history *history;
	const struct change *change;
};

static int claim_read(void *ctx, const char *ledger, const struct oid *change, const char *path,
    struct arena *arena, struct record *out, struct err *err)
{
	struct judging *j = ctx;
	struct history *h;
	int rc = store_history(j->store, ledger, &h, err);
	if (rc == 0 && !history_has(h, change))
		rc = err_set(
		    err, ERR_PARKED, N_("a change of %1 on which a claim rests has not arrived yet"), ledger);
	return rc ? rc : store_record(j->store, ledger, change, path, arena, out, err);
}

static bool receipt_seen(void *ctx, const struct oid *change)
{
	const struct judging *j = ctx;
	return history_seen(j->history, &j->change->id, change);
}

static int receipt_read_at(void *ctx, const struct oid *change, const char *path, struct arena *arena,
    struct record *out, struct err *err)
{
	const struct judging *j = ctx;
	return store_record(j->store, j->change->ledger, change, path, arena, out, err);
}

static int judge(void *ctx, const struct history *h, const struct change *c, const struct change_texts *texts,
    size_t n, struct err *err)
{
	struct verifying *v = ctx;
	struct judging j = {v->r.store, h, c};
	const struct claim_source claims = {&j, claim_read, v->r.registry};
	const struct receipt_source receipts = {&j, receipt_seen, receipt_read_at};
	int rc = claim_check(&claims, c, texts, n, err);
	return rc ? rc : receipt_check(&receipts, c, texts, n, err);
}

/* ---- what is shown ---- */

static void wipe(struct verifying *v)
{
	if (v->bar && v->shown)
		fputs("\r\033[K", stderr);
	v->shown = 0;
}

/* One line, written over again. */
static void progress(void *ctx, enum verify_stage stage, size_t done, size_t total)
{
	struct verifying *v = ctx;
	char bar[BAR + 1], percent[16], numbers[64];
	unsigned part = total ? (unsigned)(done * 999 / total) + 1 : 1000;
	if (!v->bar || part == v->shown)
		return;
	v->shown = part;
	for (unsigned i = 0; i < BAR; i++)
		bar[i] = i < part * BAR / 1000 ? '#' : '.';
	bar[BAR] = '\0';
	snprintf(percent, sizeof percent, "%u", part / 10);
	snprintf(numbers, sizeof numbers, "%zu/%zu", done, total);
	struct buf line = {0};
	if (stage == VERIFY_OBJECTS)
		say_into(&line, N_("reading objects [%1] %2 %"), bar, percent);
	else
		say_into(&line, N_("verifying changes [%1] %2"), bar, numbers);
	fprintf(stderr, "\r\033[K%s", buf_str(&line));
	buf_free(&line);
}

static void expand_english(const struct err *what, struct buf *out)
{
	const char *args[ERR_ARGS];
	for (int i = 0; i < what->n_args; i++)
		args[i] = what->arg[i];
	if (what->msg)
		err_expand(what->msg, args, what->n_args, out);
}

static void keep_problem(void *ctx, const struct verify_problem *p)
{
	struct verifying *v = ctx;
	struct buf text = {0};
	char hex[OID_HEX + 1] = "";
	json_t *o = json_object();
	if (p->commit)
		oid_hex(p->commit, hex);
	expand_english(p->what, &text);
	json_object_set_new(o, "kind", json_string(p->kind));
	json_object_set_new(o, "ledger", show_string(p->ledger));
	json_object_set_new(o, "commit", show_string(p->commit ? hex : NULL));
	json_object_set_new(o, "rule", show_string(p->what->rule));
	json_object_set_new(o, "record", show_string(p->what->record[0] ? p->what->record : NULL));
	json_object_set_new(o, "field", show_string(p->what->field[0] ? p->what->field : NULL));
	json_object_set_new(o, "problem", json_string(buf_str(&text)));
	json_array_append_new(v->problems, o);
	buf_cut(&text, 0);
	say_format(p->what, &text);
	wipe(v);
	say(N_("%1 %2: %3"), p->ledger ? p->ledger : "-", hex, buf_str(&text));
	buf_free(&text);
}

static json_t *number(size_t n)
{
	return json_integer((json_int_t)n);
}

static void show_verified(struct verifying *v, const struct verify_report *n, bool json)
{
	if (json) {
		json_t *o = json_object();
		json_object_set_new(o, "ok", json_boolean(n->problems == 0));
		json_object_set_new(o, "objects", number(n->objects));
		json_object_set_new(o, "ledgers", number(n->ledgers));
		json_object_set_new(o, "changes", number(n->changes));
		json_object_set_new(o, "remembered", number(n->remembered));
		json_object_set_new(o, "merges", number(n->merges));
		json_object_set_new(o, "records", number(n->records));
		json_object_set(o, "problems", v->problems);
		show_json(o);
		return;
	}
	struct arena *a = &v->r.arena;
	say_out(N_("%1 ledgers, %2 signed changes, %3 merges, %4 records: %5 problems"),
	    arena_printf(a, "%zu", n->ledgers), arena_printf(a, "%zu", n->changes),
	    arena_printf(a, "%zu", n->merges), arena_printf(a, "%zu", n->records),
	    arena_printf(a, "%zu", n->problems));
	if (n->remembered)
		say(N_("%1 of the changes were proved before; of these the %2 objects of the store were read "
		       "again "
		       "(--full proves everything anew)"),
		    arena_printf(a, "%zu", n->remembered), arena_printf(a, "%zu", n->objects));
}

/* ---- the verb ---- */

/* Like reader_open, but for a store that may be damaged: what cannot be read is told by what follows. */
static int open_node(const struct cli *cli, struct reader *r, bool *partial, struct err *err)
{
	char *path = cli_path(cli, "store.git");
	int rc = config_load(cli->dir, &r->config, err);
	if (rc == 0)
		rc = store_open(path, &r->store, err);
	if (rc == 0) {
		r->registry = registry_new();
		rc = config_pin(&r->config, r->registry, err);
	}
	if (rc == 0)
		*partial = !registry_load_partly(r->registry, r->store, NULL);
	free(path);
	return rc;
}

static int verify(struct cli *cli, struct verifying *v, bool partial, struct err *err)
{
	struct verify_report report = {0};
	struct err none = {0};
	struct key *key = NULL;
	char *path = cli_path(cli, "key");
	struct verify_options options = {.registry = v->r.registry,
	    .registry_is_partial = partial,
	    .full = args_has(&cli->args, "full"),
	    .judge = judge,
	    .problem = keep_problem,
	    .progress = progress,
	    .ctx = v};
	/* Who may not read the key can verify all the same; nothing is remembered then. */
	if (key_load(path, &key, &none) == 0)
		options.key = key;
	v->problems = json_array();
	v->bar = !cli->json && isatty(STDERR_FILENO);
	int rc = verify_store(v->r.store, &options, &report, err);
	wipe(v);
	if (rc == 0)
		show_verified(v, &report, cli->json);
	if (rc == 0 && report.problems)
		rc = EXIT_REFUSED;
	json_decref(v->problems);
	key_free(key);
	free(path);
	return rc;
}

int cli_verify(struct cli *cli, struct err *err)
{
	struct verifying v = {0};
	struct buf signers = {0};
	bool partial = false;
	int rc = open_node(cli, &v.r, &partial, err);
	if (rc == 0 && args_has(&cli->args, "allowed-signers")) {
		verify_allowed_signers(v.r.registry, &signers);
		fwrite(buf_str(&signers), 1, signers.len, stdout);
	} else if (rc == 0) {
		rc = verify(cli, &v, partial, err);
	}
	buf_free(&signers);
	reader_close(&v.r);
	return rc;
}
