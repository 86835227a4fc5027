/*
 * tuyen - the command: a table of verbs, one file a family of them. Reading verbs read the node's store; the others are
 * handed to the daemon (ask.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "overruled.h"
#include "say.h"

#define DEFAULT_DIR "/var/lib/tuyen"

static const struct verb {
	const char *name;
	verb_fn run;
} verbs[] = {
    {"init", cli_init},
    {"join", cli_join},
    {"unit list", cli_unit_list},
    {"unit show", cli_unit_show},
    {"unit add", cli_unit_add},
    {"unit load", cli_unit_load},
    {"unit admit", cli_unit_admit},
    {"unit invite", cli_unit_invite},
    {"key replace", cli_key_replace},
    {"plan load", cli_plan_load},
    {"plan list", cli_plan_list},
    {"plan show", cli_plan_show},
    {"task list", cli_task_list},
    {"indicator list", cli_indicator_list},
    {"directive list", cli_directive_list},
    {"directive show", cli_directive_show},
    {"report import", cli_report_import},
    {"report show", cli_report_show},
    {"report receipt", cli_report_receipt},
    {"report prove", cli_report_prove},
    {"report list", cli_report_list},
    {"attach add", cli_attach_add},
    {"attach list", cli_attach_list},
    {"attach get", cli_attach_get},
    {"attach fetch", cli_attach_fetch},
    {"total", cli_total},
    {"missing", cli_missing},
    {"conflict", cli_conflict},
    {"conflict list", cli_conflict_list},
    {"conflict show", cli_conflict_show},
    {"conflict settle", cli_conflict_settle},
    {"held list", cli_held_list},
    {"held show", cli_held_show},
    {"incident list", cli_incident_list},
    {"status", cli_status},
    {"sync", cli_sync},
    {"parcel write", cli_parcel_write},
    {"parcel read", cli_parcel_read},
    {"parcel list", cli_parcel_list},
    {"log", cli_log},
    {"blame", cli_blame},
    {"merge-record", cli_merge_record},
    {"verify", cli_verify},
    {"repair", cli_repair},
    {"config", cli_config},
    {"maintain", cli_maintain},
    {"backup", cli_backup},
    {"restore", cli_restore},
};

static verb_fn verb_of(const struct command *command)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, command->name) == 0)
			return verbs[i].run;
	return ask_node;
}

char *cli_path(const struct cli *cli, const char *name)
{
	struct buf path = {0};
	buf_printf(&path, "%s/%s", cli->dir, name);
	return buf_take(&path);
}

static void print_option(const struct command_option *o)
{
	struct buf left = {0};
	buf_printf(&left, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
	printf("  %-24s %s\n", buf_str(&left), _(o->help));
	buf_free(&left);
}

static void help_all(void)
{
	say_out(N_("usage: tuyen [-C NODE_DIR] COMMAND [WORDS] [OPTIONS]"));
	printf("\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-18s %s\n", c->name, _(c->help));
	printf("\n");
	say_out(N_("The node is the directory after -C, else $TUYEN_DIR, else %1."), DEFAULT_DIR);
	say_out(N_("'tuyen COMMAND --help' explains a command; tuyen(1) is the manual."));
}

static void help_command(const struct command *c)
{
	struct buf synopsis = {0};
	command_synopsis(c, &synopsis);
	say_out(N_("usage: %1"), buf_str(&synopsis));
	printf("\n%s\n\n", _(c->help));
	for (const struct command_option *o = c->options; o->name; o++)
		print_option(o);
	for (const struct command_option *o = command_common; o->name; o++)
		if (c->json || strcmp(o->name, "json") != 0)
			print_option(o);
	buf_free(&synopsis);
}

static int exit_status(int code)
{
	switch (code) {
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_TIMEOUT:
	case ERR_BUSY:
		return EXIT_AWAY;
	default:
		return code < 0 ? EXIT_REFUSED : code;
	}
}

/* argv begins with the command's name. */
static int run(const char *dir, char **argv, int argc, struct err *err)
{
	struct cli cli = {.dir = dir};
	int used;
	cli.command = command_find(argv, argc, &used, err);
	if (!cli.command)
		return ERR_USAGE;
	int rc = command_parse(cli.command, argv + used, argc - used, &cli.args, err);
	cli.json = args_has(&cli.args, "json");
	if (rc == 0 && args_has(&cli.args, "help"))
		help_command(cli.command);
	else if (rc == 0 && (rc = verb_of(cli.command)(&cli, err)) == 0)
		overruled_remind(&cli);
	args_free(&cli.args);
	return rc;
}

/* "tuyen help", "tuyen help report set", "tuyen help report", "tuyen report --help". */
static int help(char **argv, int argc, struct err *err)
{
	int used, shown = 0;
	if (argc == 0) {
		help_all();
		return 0;
	}
	const struct command *found = command_find(argv, argc, &used, err);
	size_t len = strlen(argv[0]);
	if (found) {
		help_command(found);
		shown++;
	}
	for (const struct command *c = commands; argc == 1 && c->name; c++)
		if (strncmp(c->name, argv[0], len) == 0 && c->name[len] == ' ')
			shown += printf("  %-18s %s\n", c->name, _(c->help)) > 0;
	return shown ? 0 : ERR_USAGE;
}

static int dispatch(int argc, char **argv, struct err *err)
{
	const char *dir = getenv("TUYEN_DIR");
	int i = 1;
	if (!dir || !*dir)
		dir = DEFAULT_DIR;
	while (i < argc && argv[i][0] == '-') {
		const char *word = argv[i];
		if (strcmp(word, "--version") == 0) {
			printf("tuyen %s\n", TUYEN_VERSION);
			return 0;
		}
		if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
			return help(NULL, 0, err);
		if (strncmp(word, "-C", 2) != 0) {
			err_set(err, ERR_USAGE, "'%1' is not an option of tuyen", word);
			err_hint(err, N_("before the command stand -C NODE_DIR, --version or --help"));
			return ERR_USAGE;
		}
		dir = word[2] ? word + 2 : i + 1 < argc ? argv[++i] : NULL;
		if (!dir || !*dir)
			return err_set(err, ERR_USAGE, "-C needs the directory of a node");
		i++;
	}
	if (i < argc && strcmp(argv[i], "help") == 0)
		return help(argv + i + 1, argc - i - 1, err);
	if (argc - i == 2 && strcmp(argv[i + 1], "--help") == 0)
		return help(argv + i, 1, err);
	return run(dir, argv + i, argc - i, err);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	say_init();
	int rc = dispatch(argc, argv, &err);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (!err.code)
			err_set(&err, ERR_IO, "standard output could not be written");
		rc = ERR_IO;
	}
	if (rc < 0 && err.code)
		say_error(&err);
	return exit_status(rc);
}
