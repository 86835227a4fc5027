#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/sys.h"
#include "cli.h"
#include "node.h"
#include "record/screen.h"
#include "record/text.h"
#include "registry/enrol.h"
#include "say.h"
#include "show.h"
#include "store/tx.h"
#include "tree.h"

#define SYNC_WAIT_SECONDS "60"
/* What the daemon needs beyond its own --timeout to say what is missing. */
#define SYNC_WAIT_GRACE_MS 2000

static int need_option(const struct cli *cli, const char *name, const char **out, struct err *err)
{
	*out = args_get(&cli->args, name);
	if (*out && **out)
		return 0;
	err_set(err, ERR_USAGE, "'%1' needs --%2", cli->command->name, name);
	err_hint(err, N_("'tuyen %1 --help' lists its options"));
	return ERR_USAGE;
}

int node_check_id(const char *option, const char *value, struct err *err)
{
	if (!value || text_is_id(value))
		return 0;
	err_set(err, ERR_INPUT, "--%1 '%2' cannot be an id", option, value);
	err_hint(err, N_("ids are letters without marks, digits and . _ - such as 11383 or cong-an"));
	return ERR_INPUT;
}

int node_check_address(const char *option, const char *value, struct err *err)
{
	char host[256], port[6];
	if (!value || config_address(value, host, port))
		return 0;
	err_set(err, ERR_INPUT, "--%1 '%2' is not an address", option, value);
	err_hint(err, N_("write HOST:PORT, such as 127.0.0.1:7031 or [::1]:7031"));
	return ERR_INPUT;
}

int node_take_name(struct config *c, const char *name, struct err *err)
{
	struct buf nfc = {0};
	int rc = 0;
	if (!text_nfc(name, strlen(name), &nfc) || strchr(name, '\n'))
		rc = err_set(err, ERR_INPUT, "--name must be one line of UTF-8 text");
	if (rc == 0)
		rc = screen_value(CONFIG_FILE, "name", buf_str(&nfc), err);
	if (rc == 0)
		c->name = config_keep(c, buf_str(&nfc));
	buf_free(&nfc);
	return rc;
}

static int config_from_options(const struct cli *cli, struct config *c, struct err *err)
{
	const char *unit, *level, *name;
	const char *listen = args_get(&cli->args, "listen"), *address = args_get(&cli->args, "address");
	const char *station = args_get(&cli->args, "station"), *agency = args_get(&cli->args, "agency");
	int rc = need_option(cli, "unit", &unit, err);
	if (rc == 0)
		rc = need_option(cli, "level", &level, err);
	if (rc == 0)
		rc = need_option(cli, "name", &name, err);
	if (rc == 0 && args_has(&cli->args, "root") && station)
		rc = err_set(err, ERR_USAGE, "a station cannot be the root of trust");
	if (rc != 0 || (rc = node_check_id("unit", unit, err)) != 0 ||
	    (rc = node_check_id("level", level, err)) != 0 ||
	    (rc = node_check_id("station", station, err)) != 0 ||
	    (rc = node_check_id("agency", agency, err)) != 0 ||
	    (rc = node_check_address("listen", listen, err)) != 0 ||
	    (rc = node_check_address("address", address, err)) != 0)
		return rc;
	if ((rc = node_take_name(c, name, err)) != 0)
		return rc;
	c->unit = config_keep(c, unit);
	c->level = config_keep(c, level);
	c->listen = config_keep(c, listen);
	c->address = config_keep(c, address);
	c->station = config_keep(c, station);
	c->agency = config_keep(c, agency);
	return 0;
}

/* The root's first change: the levels, and itself. */
static int write_genesis(struct config *c, const struct key *key, const char *store_path, struct err *err)
{
	struct arena arena = {0};
	struct store *store = NULL;
	struct tx *tx = NULL;
	struct oid id;
	struct enrol_edit edits[2];
	struct change_record records[2];
	struct buf texts[2] = {{0}, {0}};
	int rc = enrol_genesis(c, key_public(key), &arena, &edits[0], &edits[1], err);
	if (rc != 0)
		goto out;
	for (int i = 0; i < 2; i++) {
		record_print(&edits[i].record, &texts[i]);
		records[i] = (struct change_record){edits[i].path, buf_str(&texts[i]), texts[i].len};
	}
	struct change change = {.ledger = arena_printf(&arena, "directives/%s", c->unit),
	    .subject = "registry: the root of trust",
	    .claim = CLAIM_NONE,
	    .records = records,
	    .n_records = 2};
	struct tx_writer writer = {.key = key, .unit = c->unit, .rank = c->rank, .now = sys_now()};
	if ((rc = store_open(store_path, &store, err)) == 0 && (rc = tx_begin(store, &tx, err)) == 0 &&
	    (rc = tx_write(tx, &writer, &change, &id, err)) == 0)
		rc = tx_commit(tx, err);
out:
	tx_destroy(tx);
	store_close(store);
	buf_free(&texts[0]);
	buf_free(&texts[1]);
	arena_free(&arena);
	return rc;
}

/* The key that may replace the root's own: it lies here until somebody takes it to the safe. */
static int make_reserve(const struct tree *tree, struct config *c, struct err *err)
{
	struct key *key = NULL;
	char *path = tree_path(tree, NODE_RESERVE);
	int rc = key_generate(&key, err);
	if (rc == 0)
		rc = key_save(key, path, err);
	if (rc == 0) {
		c->anchor.has_reserve = true;
		memcpy(c->anchor.reserve, key_public(key), KEY_PUBLIC_SIZE);
	}
	key_free(key);
	free(path);
	return rc;
}

static int fill_stage(const struct tree *tree, struct config *c, bool root, struct err *err)
{
	struct key *key = NULL;
	char *store = tree_path(tree, "store.git"), *key_path = tree_path(tree, "key");
	int rc = key_generate(&key, err);
	if (rc == 0)
		rc = key_save(key, key_path, err);
	if (rc == 0)
		rc = tree_make_places(tree, err);
	if (rc == 0)
		rc = store_init(store, err);
	if (rc == 0 && root)
		rc = make_reserve(tree, c, err);
	if (rc == 0 && root)
		rc = write_genesis(c, key, store, err);
	if (rc == 0)
		rc = config_save(c, tree->stage, err);
	key_free(key);
	free(store);
	free(key_path);
	return rc;
}

int node_make(const char *dir, struct config *config, bool root, struct err *err)
{
	struct tree tree = {0};
	char name[136];
	int rc = tree_begin(&tree, dir, err);
	if (rc == 0)
		rc = fill_stage(&tree, config, root, err);
	if (rc == 0)
		rc = tree_commit(&tree, err);
	tree_end(&tree);
	if (rc != 0)
		return rc;
	config_node(config, name);
	if (root) {
		say(N_("%1 is now the node of %2, and the root of trust"), dir, name);
		say(N_("its reserve key is %1/%2: move it to a stick and keep that in the safe; nothing else "
		       "can replace a stolen key of the root"),
		    dir, NODE_RESERVE);
	} else
		say(N_("%1 is now the node of %2"), dir, name);
	return 0;
}

int cli_init(struct cli *cli, struct err *err)
{
	struct config config;
	bool root = args_has(&cli->args, "root");
	config_init(&config);
	int rc = config_from_options(cli, &config, err);
	if (rc == 0)
		rc = node_make(cli->dir, &config, root, err);
	if (rc == 0 && !root)
		say(N_("next: tuyen -C %1 join INVITATION; or without one: tuyen -C %1 join --request"),
		    cli->dir);
	config_free(&config);
	return rc;
}

static int config_print_all(const struct cli *cli, const struct config *c, struct err *err)
{
	struct buf text = {0};
	json_t *all = json_object();
	const char *value;
	int rc = 0;
	json_object_set_new(all, "unit", show_string(c->unit));
	json_object_set_new(all, "station", show_string(c->station));
	json_object_set_new(all, "agency", show_string(c->agency));
	json_object_set_new(all, "level", show_string(c->level));
	json_object_set_new(all, "name", show_string(c->name));
	json_object_set_new(all, "rank", c->rank < 0 ? json_null() : json_integer(c->rank));
	json_object_set_new(all, "root", json_boolean(c->root));
	json_object_set_new(all, "admitted", json_boolean(c->admitted));
	json_object_set_new(all, "paused", json_boolean(c->paused));
	json_object_set_new(all, "superior", show_string(c->superior.unit));
	for (const struct config_key *k = config_keys; rc == 0 && k->name; k++)
		if ((rc = config_get(c, k->name, &value, err)) == 0)
			json_object_set_new(all, k->name, show_string(value));
	if (rc == 0 && cli->json) {
		show_json(json_incref(all));
	} else if (rc == 0) {
		config_print(c, &text);
		fwrite(text.data, 1, text.len, stdout);
	}
	json_decref(all);
	buf_free(&text);
	return rc;
}

static int config_one(struct cli *cli, struct config *c, struct err *err)
{
	const char *key = args_word(&cli->args, 0), *value = args_word(&cli->args, 1);
	int rc;
	if (value) {
		rc = config_set(c, key, value, err);
		if (rc == 0)
			rc = config_save(c, cli->dir, err);
		if (rc == 0)
			rc = ask_reload(cli, err);
		return rc;
	}
	rc = config_get(c, key, &value, err);
	if (rc != 0)
		return rc;
	if (cli->json) {
		json_t *one = json_object();
		json_object_set_new(one, key, show_string(value));
		show_json(one);
	} else if (value) {
		printf("%s\n", value);
	}
	return 0;
}

int cli_config(struct cli *cli, struct err *err)
{
	struct config config = {0};
	int rc = config_load(cli->dir, &config, err);
	if (rc == 0)
		rc = cli->args.words.n ? config_one(cli, &config, err) : config_print_all(cli, &config, err);
	config_free(&config);
	return rc;
}

int cli_sync(struct cli *cli, struct err *err)
{
	if (args_has(&cli->args, "pause") &&
	    (args_has(&cli->args, "resume") || args_has(&cli->args, "wait") || args_has(&cli->args, "with")))
		return err_set(err, ERR_USAGE, "--pause stands alone");
	if (!args_has(&cli->args, "wait"))
		return ask_node(cli, err);
	if (!args_has(&cli->args, "timeout"))
		args_add_option(&cli->args, "timeout", SYNC_WAIT_SECONDS);
	return ask_node_longer(cli, SYNC_WAIT_GRACE_MS, err);
}
