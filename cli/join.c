/* Joining: by request and welcome, or over an enrolment line, for which the node's daemon rings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/sys.h"
#include "cli.h"
#include "node.h"
#include "reader.h"
#include "registry/enrol.h"
#include "registry/invitation.h"
#include "say.h"
#include "serve.h"

#define TIMEOUT_SECONDS "60"
#define FETCH_SECONDS "3600" /* to have everything back over a bad line */
#define GRACE_MS 45000 /* for a call that is going on when the time is over */

/* ---- by files ---- */

static int join_request(
    const struct cli *cli, const struct config *config, const struct key *key, struct err *err)
{
	struct buf request = {0}, fingerprint = {0};
	int rc = enrol_request(config, key, args_has(&cli->args, "recover"), &request, err);
	if (rc == 0) {
		fwrite(request.data, 1, request.len, stdout);
		enrol_fingerprint(key_public(key), &fingerprint);
		say(N_("fingerprint of this node, to be read out to the superior: %1"),
		    buf_str(&fingerprint));
	}
	buf_free(&request);
	buf_free(&fingerprint);
	return rc;
}

static void say_joined(const struct cli *cli, const struct config *config)
{
	struct buf fingerprint = {0};
	char node[136];
	config_node(config, node);
	enrol_fingerprint(config->superior.key, &fingerprint);
	say(N_("%1 has joined %2, whose fingerprint is: %3"), node, config->superior.unit,
	    buf_str(&fingerprint));
	if (!config->superior.address)
		say(N_("the welcome names no address of %1; give it with: tuyen -C %2 config "
		       "superior.address HOST:PORT"),
		    config->superior.unit, cli->dir);
	buf_free(&fingerprint);
}

/* By what is in the store; if that cannot be read, the welcome is held against what is pinned. */
static void know_anchor(const struct cli *cli, const struct config *config, struct enrol_welcome *welcome)
{
	struct reader reader;
	struct err unread = {0};
	if (!config->anchor.unit)
		return;
	if (reader_open(cli, &reader, &unread) == 0)
		enrol_know_anchor(reader.registry, config, welcome);
	reader_close(&reader);
}

static int join_welcome(const struct cli *cli, struct config *config, const struct key *key,
    const struct buf *text, struct err *err)
{
	struct arena arena = {0};
	struct enrol_welcome welcome;
	const char *file = args_word(&cli->args, 0), *superior = args_get(&cli->args, "superior");
	int rc = enrol_read_welcome(&arena, file, buf_str(text), text->len, &welcome, err);
	if (rc == 0)
		know_anchor(cli, config, &welcome);
	if (rc == 0)
		rc = enrol_take(config, &welcome, key_public(key), superior, err);
	if (rc == 0)
		rc = config_save(config, cli->dir, err);
	if (rc == 0) {
		say_joined(cli, config);
		rc = ask_reload(cli, err);
	}
	arena_free(&arena);
	return rc;
}

/* The node that is there: `text` is a welcome, NULL: its request is wanted. */
static int join_by_files(struct cli *cli, const struct buf *text, struct err *err)
{
	struct config config = {0};
	struct key *key = NULL;
	char *path = cli_path(cli, "key");
	int rc = config_load(cli->dir, &config, err);
	if (rc == 0)
		rc = key_load(path, &key, err);
	if (rc == 0)
		rc = text ? join_welcome(cli, &config, key, text, err) : join_request(cli, &config, key, err);
	key_free(key);
	free(path);
	config_free(&config);
	return rc;
}

/* ---- over a line ---- */

/* What is to be done, from an invitation or from options. */
struct line {
	const char *unit, *station, *agency, *level, *name; /* NULL: not said */
	const char *address, *key, *secret;
	bool recover;
	struct arena arena;
};

static bool is_invitation(const struct buf *text)
{
	return strstr(buf_str(text), INVITATION_FORMAT) != NULL;
}

static int read_invitation(const struct cli *cli, const struct buf *text, struct line *l, struct err *err)
{
	struct invitation inv;
	char key[KEY_TEXT_SIZE], secret[2 * INVITATION_SECRET_SIZE + 1];
	int rc = invitation_read(&l->arena, args_word(&cli->args, 0), buf_str(text), text->len, &inv, err);
	if (rc != 0)
		return rc;
	key_text(inv.superior.key, key);
	hex_encode(inv.secret, INVITATION_SECRET_SIZE, secret);
	l->unit = inv.unit;
	l->station = inv.station;
	l->agency = inv.agency;
	l->level = inv.level;
	l->name = inv.name;
	l->recover = l->recover || inv.recover;
	l->key = arena_dup(&l->arena, key);
	l->secret = arena_dup(&l->arena, secret);
	if (!l->address)
		l->address = inv.superior.address;
	return 0;
}

static int make_node(struct cli *cli, struct line *l, struct err *err)
{
	struct config config;
	int rc = 0;
	config_init(&config);
	if (!l->unit) {
		rc = err_set(err, ERR_NOT_FOUND, "%1 is not the directory of a node", cli->dir);
		err_hint(err, N_("make one with `tuyen init`, or name the unit with --unit to recover it"));
	} else if (!l->recover && (!l->level || !l->name)) {
		rc =
		    err_set(err, ERR_USAGE, "to make the node of %1, its level and name are needed", l->unit);
		err_hint(err, N_("write --level LEVEL --name NAME; with --recover the superior says them"));
	}
	config.unit = config_keep(&config, l->unit);
	config.station = config_keep(&config, l->station);
	config.agency = config_keep(&config, l->agency);
	config.level = config_keep(&config, l->level ? l->level : ENROL_UNKNOWN);
	if (rc == 0)
		rc = node_check_id("unit", config.unit, err);
	if (rc == 0)
		rc = node_check_id("level", config.level, err);
	if (rc == 0)
		rc = node_take_name(&config, l->name ? l->name : l->unit, err);
	if (rc == 0)
		rc = node_make(cli->dir, &config, false, err);
	config_free(&config);
	return rc;
}

/* The node must be the one that is meant; where there is none it is made. */
static int have_node(struct cli *cli, struct line *l, struct err *err)
{
	struct config config;
	char node[136];
	char *path = cli_path(cli, CONFIG_FILE);
	bool there = sys_exists(path);
	free(path);
	if (!there)
		return make_node(cli, l, err);
	int rc = config_load(cli->dir, &config, err);
	if (rc == 0 && l->unit &&
	    (strcmp(l->unit, config.unit) != 0 || (l->secret && !str_same(l->station, config.station)))) {
		config_node(&config, node);
		rc = err_set(err, ERR_REFUSED, "%1 is the node of %2, and this is for %3", cli->dir, node,
		    l->station ? arena_printf(&l->arena, "%s@%s", l->station, l->unit) : l->unit);
		err_hint(err, N_("name another directory with -C"));
	}
	config_free(&config);
	return rc;
}

static int ring(const struct cli *cli, const struct line *l, struct err *err)
{
	struct args args = {0};
	const char *timeout = args_get(&cli->args, "timeout");
	args_add_option(&args, "superior", l->address);
	if (l->key)
		args_add_option(&args, "superior-key", l->key);
	if (l->secret)
		args_add_option(&args, "secret", l->secret);
	if (l->recover)
		args_add_option(&args, "recover", "");
	args_add_option(&args, "timeout", timeout ? timeout : TIMEOUT_SECONDS);
	int rc = ask_as(cli, "enrol", &args, TIMEOUT_SECONDS, GRACE_MS, err);
	args_free(&args);
	return rc;
}

/* A superior of others is no use to them before it takes calls. */
static void say_who_calls(const struct cli *cli, struct reader *r)
{
	const struct registry_unit *own = registry_unit(r->registry, r->config.unit);
	struct strs below = {0};
	registry_below(r->registry, r->config.unit, true, &below);
	if (below.n && !r->config.listen)
		say(N_("%1 units and stations below it call at %2; take their calls with: tuyen -C %3 config "
		       "listen HOST:PORT"),
		    arena_printf(&r->arena, "%zu", below.n), own && own->address ? own->address : "?",
		    cli->dir);
	strs_free(&below);
}

static int say_what_came(const struct cli *cli, struct err *err)
{
	struct reader r = {0};
	struct strs ledgers = {0};
	struct history *h;
	size_t changes = 0;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = store_ledgers(r.store, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		if ((rc = store_history(r.store, ledgers.items[i], &h, err)) == 0)
			changes += history_count(h);
	if (rc == 0)
		say(N_("everything is back from %1: %2 ledgers, %3 changes"), r.config.superior.unit,
		    arena_printf(&r.arena, "%zu", ledgers.n), arena_printf(&r.arena, "%zu", changes));
	if (rc == 0)
		say_who_calls(cli, &r);
	strs_free(&ledgers);
	reader_close(&r);
	return rc;
}

/* Everything the superior has of this unit, until both have the same. */
static int fetch(const struct cli *cli, struct err *err)
{
	struct args args = {0};
	const char *timeout = args_get(&cli->args, "timeout");
	args_add_option(&args, "wait", "");
	args_add_option(&args, "timeout", timeout ? timeout : FETCH_SECONDS);
	int rc = ask_as(cli, "sync", &args, FETCH_SECONDS, GRACE_MS, err);
	args_free(&args);
	return rc == 0 ? say_what_came(cli, err) : rc;
}

static int join_by_line(struct cli *cli, const struct buf *invitation, struct err *err)
{
	const struct args *a = &cli->args;
	struct line l = {.unit = args_get(a, "unit"),
	    .level = args_get(a, "level"),
	    .name = args_get(a, "name"),
	    .address = args_get(a, "superior"),
	    .key = args_get(a, "superior-key"),
	    .recover = args_has(a, "recover")};
	struct serving serving = {0};
	int rc = invitation ? read_invitation(cli, invitation, &l, err) : 0;
	if (rc == 0)
		rc = have_node(cli, &l, err);
	if (rc == 0)
		rc = serve_begin(cli, &serving, err);
	if (rc == 0 && serving.pid)
		say(N_("no daemon serves this node; tuyend runs for as long as this takes"));
	if (rc == 0)
		rc = ring(cli, &l, err);
	if (rc == 0 && l.recover)
		rc = fetch(cli, err);
	if (serve_end(&serving))
		say(N_("tuyend was ended again; to start it for good: tuyend -C %1"), cli->dir);
	arena_free(&l.arena);
	return rc;
}

static int usage(struct err *err)
{
	err_set(err, ERR_USAGE, "'join' takes --request, a welcome, an invitation, or --superior");
	err_hint(err, N_("'tuyen join invitation.yaml', 'tuyen join --superior HOST:PORT', or without a line "
			 "'tuyen join "
			 "--request >request.yaml' and then 'tuyen join welcome.yaml'"));
	return ERR_USAGE;
}

int cli_join(struct cli *cli, struct err *err)
{
	const char *file = args_word(&cli->args, 0);
	struct buf text = {0};
	bool request = args_has(&cli->args, "request");
	if (request ? file != NULL : !file && !args_has(&cli->args, "superior"))
		return usage(err);
	int rc = node_check_address("superior", args_get(&cli->args, "superior"), err);
	if (rc == 0 && request)
		return join_by_files(cli, NULL, err);
	if (rc == 0 && file)
		rc = sys_read_file(file, ENROL_SIZE_MAX, &text, err);
	if (rc == 0)
		rc = file && !is_invitation(&text) ? join_by_files(cli, &text, err)
						   : join_by_line(cli, file ? &text : NULL, err);
	buf_free(&text);
	return rc;
}
