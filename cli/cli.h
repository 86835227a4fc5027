/*
 * cli/cli.h - what every verb of the command is given, and the list of verbs. One file a family of commands; the table
 * in main.c says which function does which command.
 */
#ifndef TUYEN_CLI_H
#define TUYEN_CLI_H

#include "control/commands.h"

#define EXIT_DONE 0
#define EXIT_REFUSED 1 /* refused, or verify failed */
#define EXIT_USAGE 2
#define EXIT_AWAY 3 /* node or line not available in time */

struct cli {
	const char *dir; /* the node's directory */
	const struct command *command;
	struct args args;
	bool json;
};

/* A verb does one command: 0, a negative ERR_* code with err filled, or a positive exit status when everything was
 * already said. */
typedef int (*verb_fn)(struct cli *cli, struct err *err);

int cli_init(struct cli *cli, struct err *err);
int cli_join(struct cli *cli, struct err *err);
int cli_config(struct cli *cli, struct err *err);
int cli_sync(struct cli *cli, struct err *err);
int cli_status(struct cli *cli, struct err *err);
int cli_log(struct cli *cli, struct err *err);
int cli_blame(struct cli *cli, struct err *err);
int cli_merge_record(struct cli *cli, struct err *err);
int cli_verify(struct cli *cli, struct err *err);
int cli_repair(struct cli *cli, struct err *err);
int cli_backup(struct cli *cli, struct err *err);
int cli_restore(struct cli *cli, struct err *err);
int cli_unit_list(struct cli *cli, struct err *err);
int cli_unit_show(struct cli *cli, struct err *err);
int cli_unit_add(struct cli *cli, struct err *err);
int cli_unit_load(struct cli *cli, struct err *err);
int cli_unit_admit(struct cli *cli, struct err *err);
int unit_admit_pending(struct cli *cli, struct err *err); /* `unit admit --pending [UNIT]` */
int cli_unit_invite(struct cli *cli, struct err *err);
int cli_key_replace(struct cli *cli, struct err *err);
int cli_plan_load(struct cli *cli, struct err *err);
int cli_plan_list(struct cli *cli, struct err *err);
int cli_plan_show(struct cli *cli, struct err *err);
int cli_task_list(struct cli *cli, struct err *err);
int cli_indicator_list(struct cli *cli, struct err *err);
int cli_directive_list(struct cli *cli, struct err *err);
int cli_directive_show(struct cli *cli, struct err *err);
int cli_report_show(struct cli *cli, struct err *err);
int cli_report_receipt(struct cli *cli, struct err *err);
int cli_report_prove(struct cli *cli, struct err *err);
int cli_report_import(struct cli *cli, struct err *err);
int cli_report_list(struct cli *cli, struct err *err);
int cli_attach_add(struct cli *cli, struct err *err);
int cli_attach_list(struct cli *cli, struct err *err);
int cli_attach_get(struct cli *cli, struct err *err);
int cli_attach_fetch(struct cli *cli, struct err *err);
int cli_total(struct cli *cli, struct err *err);
int cli_missing(struct cli *cli, struct err *err);
int cli_conflict(struct cli *cli, struct err *err);
int cli_conflict_list(struct cli *cli, struct err *err);
int cli_conflict_show(struct cli *cli, struct err *err);
int cli_conflict_settle(struct cli *cli, struct err *err);
int cli_held_list(struct cli *cli, struct err *err);
int cli_held_show(struct cli *cli, struct err *err);
int cli_maintain(struct cli *cli, struct err *err);
int cli_parcel_write(struct cli *cli, struct err *err);
int cli_parcel_read(struct cli *cli, struct err *err);
int cli_parcel_list(struct cli *cli, struct err *err);
int cli_incident_list(struct cli *cli, struct err *err);

/* NODE_DIR/name, in a buffer that buf_free frees. */
char *cli_path(const struct cli *cli, const char *name);

#endif
