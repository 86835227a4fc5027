#include "control/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

#define OPTIONS(...) ((const struct command_option[]){__VA_ARGS__, {NULL, NULL, NULL}})
#define NO_OPTIONS OPTIONS({NULL, NULL, NULL})

#define OPT_UNIT(text)               \
	{                            \
		"unit", "UNIT", text \
	}
#define OPT_PERIOD                                                                                           \
	{                                                                                                    \
		"period", "PERIOD",                                                                          \
		    N_("the reporting period: 2026-06, 2026-Q2, 2026-H1, 2026-9M, 2026, or one of the plan") \
	}
#define OPT_REASON(text)               \
	{                              \
		"reason", "TEXT", text \
	}
#define OPT_KEY                                                      \
	{                                                            \
		"key", "ROW", N_("only this row of its keys, as k1") \
	}
#define OPT_SINCE                                                                                           \
	{                                                                                                   \
		"since", "CHANGE", N_("do not vouch for this change of it, nor for what was built on that") \
	}
#define OPT_WHERE                                                                     \
	{                                                                             \
		"where", "FILTER", N_("those that are so: unit=11383,state=disputed") \
	}
#define OPT_CONFLICTS                                                                   \
	OPT_WHERE, OPT_UNIT(N_("only in the ledgers of this unit and those below it")), \
	    {"plan", "PLAN", N_("only about this plan")},                               \
	    {"period", "PERIOD", N_("only about this period")},                         \
	    {"record", "PATH", N_("only about this record, or those in this folder")},  \
	    {"field", "FIELD", N_("only about this field, as values.TT01")},            \
	    {"state", "STATE", N_("open, disputed, overruled, objected or settled")},   \
	    {"why", "WHY", N_("rank, equal, seal, owner or lead")},                     \
	    {"older", "DAYS", N_("only those that have been there for so many days")},  \
	    {"newer", "DAYS", N_("only those that have not been there for longer")},    \
	{                                                                               \
		"mine", NULL, N_("only what is this node's to decide or to answer")     \
	}
#define OPT_ON_BEHALF OPT_UNIT(N_("the subordinate unit whose report it is"))

const struct command commands[] = {
    {"init", "", 0, 0, COMMAND_LOCAL, false, 0,
	OPTIONS(OPT_UNIT(N_("the official code of the unit")),
	    {"level", "LEVEL", N_("its level: central, province, district or commune")},
	    {"name", "NAME", N_("its name")},
	    {"root", NULL, N_("make it the root of trust: nobody is above it")},
	    {"listen", "HOST:PORT", N_("where it takes calls from its subordinates")},
	    {"address", "HOST:PORT", N_("where subordinates reach it, if not where it listens")},
	    {"station", "ID", N_("this node is a station of the unit")},
	    {"agency", "ID", N_("the agency that this station speaks for")}),
	N_("Make a new node: its directory, key, store and settings.")},
    {"join", "[FILE]", 0, 1, COMMAND_LOCAL, false, 1,
	OPTIONS({"request", NULL, N_("print the request that the superior admits")},
	    {"superior", "HOST:PORT",
		N_("where the superior is reached; without FILE, ask it there to be admitted")},
	    {"superior-key", "KEY",
		N_("its fingerprint, in words or as SHA256:..., or its key: nobody else is asked")},
	    {"recover", NULL,
		N_("this is a new machine for a unit whose old one is lost: get everything back")},
	    OPT_UNIT(N_("the unit, where the node is still to be made")),
	    {"level", "LEVEL", N_("its level: central, province, district or commune")},
	    {"name", "NAME", N_("its name")}),
	N_("Enrol this node with its superior: by invitation, by its clerk, or by request and welcome.")},
    {"unit list", "", 0, 0, COMMAND_LOCAL, true, 0,
	OPTIONS({"below", "UNIT", N_("only what is below this unit")},
	    {"stations", NULL, N_("stations as well")}, {"on", "DATE", N_("as they are or were on that day")},
	    {"ended", NULL, N_("only units that have ended")}),
	N_("List the units that there are now.")},
    {"unit show", "UNIT", 1, 1, COMMAND_LOCAL, true, 0,
	OPTIONS({"on", "DATE", N_("the unit that has this code or name on that day")}),
	N_("Show one unit and its keys.")},
    {"unit add", "CODE", 1, 1, COMMAND_NODE, false, 0,
	OPTIONS({"level", "LEVEL", N_("its level: central, province, district or commune")},
	    {"name", "NAME", N_("its name")}, {"type", "TEXT", N_("what kind of unit it is, in words")},
	    {"identifier", "ID", N_("its identifier of Decision 20/2020")},
	    {"valid-from", "DATE", N_("the first day on which it exists")},
	    {"valid-to", "DATE", N_("the last day on which it exists")}),
	N_("Register a subordinate unit, with or without a node.")},
    {"unit load", "TABLE", 1, 1, COMMAND_NODE, false, 1,
	OPTIONS({"moves", "TABLE", N_("a table of what became of units: old and new code, day, kind")},
	    {"drafts", "FOLDER", N_("write what is other superiors' into files for them")},
	    {"dry-run", NULL, N_("only say what would happen")}),
	N_("Register the direct subordinates that a table names, all or nothing.")},
    {"unit rename", "UNIT", 1, 1, COMMAND_NODE, false, 0,
	OPTIONS({"name", "NAME", N_("its new name")},
	    {"type", "TEXT", N_("what kind of unit it is, in words")},
	    {"level", "LEVEL", N_("another level of the same rank")},
	    {"identifier", "ID", N_("its identifier of Decision 20/2020")}, OPT_REASON(N_("why"))),
	N_("Give a subordinate unit another name or kind; it stays the same unit.")},
    {"unit end", "UNIT", 1, 1, COMMAND_NODE, false, 0,
	OPTIONS({"on", "DATE", N_("its last day")},
	    {"replaced-by", "UNITS", N_("its successors, by commas: CODE, CODE:whole or CODE:part")},
	    OPT_REASON(N_("why"))),
	N_("End a subordinate unit; what it made before is still taken.")},
    {"unit replace", "UNIT", 1, 1, COMMAND_NODE, false, 0,
	OPTIONS({"by", "UNITS", N_("its successors, by commas: CODE, CODE:whole or CODE:part")},
	    {"on", "DATE", N_("the first day of what replaces it")},
	    {"name", "NAME", N_("register the successor under this name")},
	    {"level", "LEVEL", N_("its level, if not that of the unit that ends")},
	    {"type", "TEXT", N_("what kind of unit it is, in words")}, OPT_REASON(N_("why"))),
	N_("End a subordinate unit and name, or register, what replaces it.")},
    {"unit move", "UNIT", 1, 1, COMMAND_NODE, false, 0,
	OPTIONS({"to", "SUPERIOR", N_("the unit under which it will stand")},
	    {"on", "DATE", N_("the day of the decision, if not today")}, OPT_REASON(N_("why"))),
	N_("Put a unit below under another superior, with all that it has.")},
    {"unit invite", "[UNIT]", 0, 1, COMMAND_LOCAL, true, 0,
	OPTIONS({"level", "LEVEL", N_("its level: central, province, district or commune")},
	    {"name", "NAME", N_("its name")}, {"days", "DAYS", N_("how long it is good; 7 if not given")},
	    {"agency", "ID", N_("the agency that this station speaks for")},
	    {"recover", NULL, N_("for a new machine of a unit whose old one is lost")},
	    {"stolen", NULL, N_("the old one was stolen: suspend its key")},
	    {"list", NULL, N_("list the invitations")},
	    {"revoke", "UNIT", N_("revoke the one of this unit")}),
	N_("Print an invitation, with which one unit joins once without asking.")},
    {"unit admit", "[REQUEST]", 0, 1, COMMAND_LOCAL, true, 1,
	OPTIONS({"list", "TABLE", N_("admit all requests in the folder REQUEST whose units the table names")},
	    {"out", "FOLDER", N_("where the welcomes go, if not beside the requests")},
	    {"dry-run", NULL, N_("only say what would happen")},
	    {"pending", NULL,
		N_("the requests that came over a line: list them, or admit the one of a unit")},
	    {"key", "FINGERPRINT", N_("which of several requests of one unit")},
	    {"recover", NULL, N_("its old machine is lost: retire the old key")},
	    {"stolen", NULL, N_("its old machine was stolen: suspend the old key")}),
	N_("Admit the node that made this request, and print its welcome.")},
    {"key replace", "", 0, 0, COMMAND_NODE, false, 0,
	OPTIONS({"reserve", "FILE", N_("the reserve key of this root")},
	    {"suspend", NULL, N_("the old key was stolen: suspend it")}),
	N_("Give the root another key by its reserve key; all below accept it.")},
    {"unit suspend", "UNIT", 1, 1, COMMAND_NODE, false, 0,
	OPTIONS(OPT_KEY, OPT_REASON(N_("why; its neighbours do not read it")), OPT_SINCE),
	N_("Suspend the key of a unit or station at once: its line is closed.")},
    {"unit retire", "UNIT", 1, 1, COMMAND_NODE, false, 0,
	OPTIONS(OPT_KEY, OPT_REASON(N_("why; its neighbours do not read it")), OPT_SINCE),
	N_("Retire the key of a unit or station that is used no longer.")},
    {"unit rotate", "UNIT", 1, 1, COMMAND_NODE, false, 0, NO_OPTIONS,
	N_("Approve the new key that a unit or station asks for.")},
    {"key rotate", "", 0, 0, COMMAND_NODE, false, 0, NO_OPTIONS,
	N_("Make a new key for this node and ask the superior to approve it.")},
    {"plan load", "FILE", 1, 1, COMMAND_NODE, false, 1,
	OPTIONS({"dry-run", NULL, N_("only read the file and say what it holds")}),
	N_("Load a plan file, all or nothing, and print the id of the plan.")},
    {"plan list", "", 0, 0, COMMAND_LOCAL, true, 0, NO_OPTIONS, N_("List the plans.")},
    {"plan show", "PLAN", 1, 1, COMMAND_LOCAL, true, 0, NO_OPTIONS, N_("Show a plan.")},
    {"task list", "PLAN", 1, 1, COMMAND_LOCAL, true, 0, OPTIONS(OPT_UNIT(N_("the progress of this unit"))),
	N_("List the tasks of a plan with their progress.")},
    {"task set", "PLAN TASK KEY=VALUE...", 2, -1, COMMAND_NODE, false, 0,
	OPTIONS({"note", "TEXT", N_("a note beside it")},
	    OPT_UNIT(N_("the subordinate unit whose progress it is")), OPT_REASON(N_("why"))),
	N_("Set the progress of a task: state, percent, done_on, result, note.")},
    {"indicator list", "PLAN", 1, 1, COMMAND_LOCAL, true, 0, NO_OPTIONS,
	N_("List the indicators of a plan.")},
    {"directive issue", "", 0, 0, COMMAND_NODE, false, 0,
	OPTIONS({"id", "ID", N_("its id; the next free one if not given")},
	    {"title", "TEXT", N_("what it is about")},
	    {"plan", "PLAN", N_("the plan that it asks a report on")}, OPT_PERIOD,
	    {"to", "UNITS", N_("units it is meant for, by commas, or: all")},
	    {"due", "DATE", N_("the last day on which the report is in time")},
	    {"number", "TEXT", N_("the number of the document")},
	    {"tasks", "TASKS", N_("tasks it is about, by commas")}, {"text", "TEXT", N_("its text")}),
	N_("Issue a directive to the units below; issued again, it is a new version.")},
    {"directive list", "", 0, 0, COMMAND_LOCAL, true, 0, NO_OPTIONS,
	N_("List the directives, own and received.")},
    {"directive show", "ID", 1, 1, COMMAND_LOCAL, true, 0, NO_OPTIONS,
	N_("Show a directive and who has acknowledged which version.")},
    {"directive ack", "ID", 1, 1, COMMAND_NODE, false, 0,
	OPTIONS({"note", "TEXT", N_("a note beside it")},
	    OPT_UNIT(N_("a unit that has ended and that this one replaces as a whole"))),
	N_("Acknowledge the present version of a directive.")},
    {"directive revoke", "ID", 1, 1, COMMAND_NODE, false, 0, OPTIONS(OPT_REASON(N_("why"))),
	N_("Revoke a directive.")},
    {"report new", "PLAN PERIOD", 2, 2, COMMAND_NODE, false, 0, NO_OPTIONS,
	N_("Begin an empty draft of a report.")},
    {"report set", "PLAN PERIOD [KEY=VALUE...]", 2, -1, COMMAND_NODE, false, 0,
	OPTIONS({"note", "TEXT", N_("the narrative of the report")}, OPT_ON_BEHALF,
	    OPT_REASON(N_("why a superior writes it"))),
	N_("Write figures into the draft of a report; KEY= clears one, KEY=0 is zero.")},
    {"report import", "[PLAN PERIOD] FILE", 1, 3, COMMAND_NODE, false, COMMAND_FILE_LAST,
	OPTIONS(OPT_ON_BEHALF, OPT_REASON(N_("why a superior writes it"))),
	N_("Write the figures of a filled-in form into the draft of a report.")},
    {"report submit", "PLAN PERIOD", 2, 2, COMMAND_NODE, false, 0,
	OPTIONS({"partial", NULL, N_("even with gaps")}, {"nil", NULL, N_("nothing occurred in this period")},
	    OPT_UNIT(N_("a unit that has ended and that this one replaces as a whole"))),
	N_("Submit a report to the superior.")},
    {"report fill", "PLAN PERIOD", 2, 2, COMMAND_NODE, false, 0,
	OPTIONS(OPT_REASON(N_("why it differs from what was sent before"))),
	N_("Write the totals of the units below for a superior to whom only totals are relayed.")},
    {"report return", "PLAN PERIOD", 2, 2, COMMAND_NODE, false, 0,
	OPTIONS(OPT_ON_BEHALF, OPT_REASON(N_("what to mend"))), N_("Return a submitted report to its unit.")},
    {"report accept", "PLAN PERIOD", 2, 2, COMMAND_NODE, false, 0, OPTIONS(OPT_ON_BEHALF),
	N_("Accept a submitted report, which seals it.")},
    {"report correct", "PLAN PERIOD KEY=VALUE...", 3, -1, COMMAND_NODE, false, 0,
	OPTIONS(OPT_REASON(N_("why, in one line")), OPT_ON_BEHALF),
	N_("Correct figures of a submitted or accepted report.")},
    {"report show", "PLAN PERIOD", 2, 2, COMMAND_LOCAL, true, 0,
	OPTIONS(OPT_UNIT(N_("the report of this unit"))),
	N_("Show a report as a form: figures, last period's figures, what is missing.")},
    {"report receipt", "PLAN PERIOD", 2, 2, COMMAND_LOCAL, true, 0,
	OPTIONS(OPT_UNIT(N_("the report of this unit")),
	    {"version", "N", N_("of this version of the report; the newest received if not given")},
	    {"format", "FORMAT", N_("text or html")},
	    {"out", "FILE", N_("write it to this file, not to standard output")}),
	N_("Print the superior's receipt of a report as a page.")},
    {"report prove", "PLAN PERIOD", 2, 2, COMMAND_LOCAL, true, 0,
	OPTIONS(OPT_UNIT(N_("the report of this unit")),
	    {"version", "N", N_("of this version of the report; the newest received if not given")},
	    {"out", "FOLDER", N_("the folder that is to hold the proof")}),
	N_("Make a folder that proves a receipt to anybody with stock git.")},
    {"report list", "[PLAN]", 0, 1, COMMAND_LOCAL, true, 0,
	OPTIONS(OPT_PERIOD, OPT_UNIT(N_("only the reports of this unit")),
	    {"state", "STATE", N_("only draft, submitted, returned or accepted ones")}),
	N_("List the reports.")},
    {"attach add", "(report PLAN PERIOD | directive ID | task PLAN TASK) FILE...", 2, -1, COMMAND_NODE, false,
	0, OPTIONS(OPT_UNIT(N_("the subordinate unit whose record it is"))),
	N_("Attach files to a report, a directive or a task: PDF, pictures, documents, tables.")},
    {"attach list", "[report PLAN PERIOD | directive ID | task PLAN TASK]", 0, 3, COMMAND_LOCAL, true, 0,
	OPTIONS(OPT_UNIT(N_("only what is attached to records of this unit"))),
	N_("List attachments: which are here, which are on their way and how far.")},
    {"attach get", "ID|NAME", 1, 1, COMMAND_LOCAL, false, 0,
	OPTIONS({"out", "FILE", N_("write it there; - is standard output")}),
	N_("Write an attachment into a file.")},
    {"attach remove", "(report PLAN PERIOD | directive ID | task PLAN TASK) ID|NAME...", 3, -1, COMMAND_NODE,
	false, 0, OPTIONS(OPT_UNIT(N_("the subordinate unit whose record it is"))),
	N_("Take an attachment from its record; what is on its way stops.")},
    {"attach fetch", "ID|NAME", 1, 1, COMMAND_NODE, false, 0, NO_OPTIONS,
	N_("Ask for an attachment that is not here.")},
    {"total", "PLAN", 1, 1, COMMAND_LOCAL, true, 0,
	OPTIONS(OPT_PERIOD, {"by", "unit", N_("one line a unit as well")},
	    OPT_UNIT(N_("only this unit and those below it")), {"indicator", "ID", N_("only this indicator")},
	    {"format", "FORMAT", N_("table, csv or json")}),
	N_("Add up the reports of a period; say how many units reported of how many.")},
    {"missing", "PLAN", 1, 1, COMMAND_LOCAL, true, 0, OPTIONS(OPT_PERIOD),
	N_("List the units that have not reported.")},
    {"conflict", "", 0, 0, COMMAND_LOCAL, true, 0, NO_OPTIONS,
	N_("On a terminal: walk through the conflicts, one key a choice; else list them.")},
    {"conflict list", "", 0, 0, COMMAND_LOCAL, true, 0, OPTIONS(OPT_CONFLICTS),
	N_("List what was overruled or is disputed.")},
    {"conflict show", "ID", 1, 1, COMMAND_LOCAL, true, 0, NO_OPTIONS,
	N_("Show a conflict: both values, who wrote them, what each would make of the totals.")},
    {"conflict settle", "[ID]", 0, 1, COMMAND_NODE, true, 0,
	OPTIONS({"take", "SIDE",
		    N_("kept, other, base, superior, owner or newest-seen: the value that is to stand")},
	    {"value", "VALUE", N_("another value that is to stand")}, OPT_WHERE,
	    {"dry-run", NULL, N_("only say what would change, and in which totals")}, OPT_REASON(N_("why"))),
	N_("Settle a conflict, or all that --where names, by taking one of its values.")},
    {"conflict undo", "[ID]", 0, 1, COMMAND_NODE, true, 0, NO_OPTIONS,
	N_("Take back what this node settled last, if nobody has built on it.")},
    {"conflict object", "ID", 1, 1, COMMAND_NODE, true, 0,
	OPTIONS(OPT_REASON(N_("why")), {"withdraw", NULL, N_("take back what this node said on it")}),
	N_("Object to how a conflict was decided.")},
    {"conflict ask", "ID", 1, 1, COMMAND_NODE, true, 0,
	OPTIONS(OPT_REASON(N_("the question")), {"to", "WRITER", N_("only this one of its sides")}),
	N_("Ask the other side of a conflict for its reasons.")},
    {"conflict answer", "ID", 1, 1, COMMAND_NODE, true, 0, OPTIONS(OPT_REASON(N_("the answer"))),
	N_("Answer an objection or a question.")},
    {"conflict seen", "[ID...]", 0, -1, COMMAND_NODE, true, 0,
	OPTIONS({"all", NULL, N_("everything that was decided against this unit so far")}),
	N_("Say that this unit knows what was decided against it.")},
    {"incident list", "", 0, 0, COMMAND_LOCAL, true, 0,
	OPTIONS(OPT_UNIT(N_("only what concerns this unit")), {"all", NULL, N_("closed ones as well")}),
	N_("List what was refused, who was not let in, and what befell keys.")},
    {"incident close", "ID", 1, 1, COMMAND_NODE, false, 0,
	OPTIONS({"note", "TEXT", N_("what was done about it")}),
	N_("Close an incident: it has been dealt with.")},
    {"held list", "", 0, 0, COMMAND_LOCAL, true, 0, NO_OPTIONS,
	N_("List the changes that are to be confirmed.")},
    {"held show", "ID", 1, 1, COMMAND_LOCAL, true, 0, NO_OPTIONS,
	N_("Show a change that is to be confirmed, with what it writes.")},
    {"held allow", "UNIT", 1, 1, COMMAND_NODE, false, 0, NO_OPTIONS,
	N_("Take in today what a unit or station has written beyond the limit of a day.")},
    {"held confirm", "[ID...]", 0, -1, COMMAND_NODE, false, 0,
	OPTIONS(OPT_UNIT(N_("all that wait of this unit"))), N_("Confirm changes: they are as good as any.")},
    {"held set-aside", "ID", 1, 1, COMMAND_NODE, false, 0, OPTIONS(OPT_REASON(N_("why"))),
	N_("Set a change aside: it is taken in, and its values are written over.")},
    {"status", "", 0, 0, COMMAND_LOCAL, true, 0, NO_OPTIONS,
	N_("Say what is to be done here, and how the node and its lines are.")},
    {"sync", "", 0, 0, COMMAND_NODE, false, 0,
	OPTIONS({"wait", NULL, N_("wait until both sides have the same")},
	    {"with", "UNIT", N_("only with this unit")},
	    {"pause", NULL, N_("close the lines of this node until --resume")},
	    {"resume", NULL, N_("open them again")}),
	N_("Ask for an exchange with the superior and the subordinates.")},
    {"parcel write", "FILE-OR-FOLDER", 1, 1, COMMAND_LOCAL, false, 0,
	OPTIONS(
	    {"to", "UNITS", N_("for whom: one parcel for each of these, by commas (default: the superior)")},
	    {"full", NULL, N_("all from the first change on, not only what is not confirmed")},
	    {"attachments", "none|SIZE|all",
		N_("so many bytes of attachments go along: 200M (default: 64M)")},
	    {"split", "SIZE", N_("in pieces of at most that many bytes: 1440K, 4G")}),
	N_("Write what others lack into files for a stick, sealed to each of them.")},
    {"parcel read", "FILE-OR-FOLDER...", 1, -1, COMMAND_LOCAL, false, 0, NO_OPTIONS,
	N_("Take in the parcels among these files.")},
    {"parcel list", "[FOLDER]", 0, 1, COMMAND_LOCAL, true, 0, NO_OPTIONS,
	N_("List the parcels in a folder: from whom, for whom, and whether they were read here.")},
    {"blame", "RECORD", 1, 1, COMMAND_LOCAL, true, 0, OPTIONS(OPT_UNIT(N_("the unit whose record it is"))),
	N_("Say of each field of a record who wrote it, when, and whom that overruled.")},
    {"merge-record", "BASE OURS THEIRS PATH", 4, 4, COMMAND_LOCAL, false, 0, NO_OPTIONS,
	N_("Merge three copies of the record at PATH into OURS, for git's clones.")},
    {"log", "[LEDGER]", 0, 1, COMMAND_LOCAL, true, 0,
	OPTIONS({"limit", "N", N_("only the newest N")}, {"graph", NULL, N_("draw who had seen whom")}),
	N_("List the signed changes, newest first.")},
    {"verify", "", 0, 0, COMMAND_LOCAL, true, 0,
	OPTIONS({"full", NULL, N_("prove anew what was proved before")},
	    {"allowed-signers", NULL, N_("print the keys for stock git instead")}),
	N_("Check every signature, merge, record and right in the store.")},
    {"repair", "", 0, 0, COMMAND_NODE, false, 0,
	OPTIONS({"from", "PATH",
	    N_("first from here: a node's folder, its store, or a backup; may be given again")}),
	N_("Mend a damaged store from the superior, the subordinates or a stick.")},
    {"config", "[KEY [VALUE]]", 0, 2, COMMAND_LOCAL, true, 0, NO_OPTIONS,
	N_("Print the settings, or one; or set one, an empty VALUE clears it.")},
    {"maintain", "", 0, 0, COMMAND_LOCAL, true, 0,
	OPTIONS({"full", NULL, N_("everything into one pack, and what nothing refers to away")}),
	N_("Pack the store, as the daemon does by itself.")},
    {"backup", "FILE", 1, 1, COMMAND_LOCAL, false, 0, NO_OPTIONS,
	N_("Write the node, its key included, into one file.")},
    {"restore", "FILE", 1, 1, COMMAND_LOCAL, false, 0, NO_OPTIONS, N_("Make the node again from a backup.")},
    {NULL, NULL, 0, 0, COMMAND_LOCAL, false, 0, NULL, NULL},
};

const struct command_option command_common[] = {
    {"json", NULL, N_("print JSON")},
    {"timeout", "SECONDS", N_("how long to wait for the node")},
    {"help", NULL, N_("show this help")},
    {NULL, NULL, NULL},
};

#define N_COMMANDS (sizeof commands / sizeof *commands)
#define WORD_MAX 64 /* names of commands are shorter */
#define OPTIONS_MAX 64 /* of one command that are thought of when one is mistyped */

static bool starts_with_word(const char *name, const char *word)
{
	size_t len = strlen(word);
	return strncmp(name, word, len) == 0 && (name[len] == ' ' || name[len] == '\0');
}

static const struct command *find_name(const char *first, const char *second)
{
	size_t len = strlen(first);
	for (const struct command *c = commands; c->name; c++) {
		if (strncmp(c->name, first, len) != 0)
			continue;
		const char *rest = c->name + len;
		if (second ? *rest == ' ' && strcmp(rest + 1, second) == 0 : *rest == '\0')
			return c;
	}
	return NULL;
}

/* "conflict" is a command, and so is "conflict list". */
static bool has_seconds(const char *first)
{
	size_t len = strlen(first);
	for (const struct command *c = commands; c->name; c++)
		if (starts_with_word(c->name, first) && c->name[len] == ' ')
			return true;
	return false;
}

/* "unit" alone, or "unit" with a word that no command of that family has. */
static void refuse_second(const char *first, const char *second, struct err *err)
{
	struct buf verbs = {0};
	const char *known[N_COMMANDS];
	size_t len = strlen(first), n = 0;
	for (const struct command *c = commands; c->name; c++) {
		if (!starts_with_word(c->name, first) || c->name[len] == '\0')
			continue;
		known[n++] = c->name + len + 1;
		buf_printf(&verbs, "%s%s", verbs.len ? ", " : "", c->name + len + 1);
	}
	if (!second) {
		err_set(err, ERR_USAGE, "'%1' needs one more word: %2", first, buf_str(&verbs));
	} else {
		const char *near = nearest_word(second, known, n);
		err_set(err, ERR_USAGE, "there is no command '%1 %2'", first, second,
		    near ? near : buf_str(&verbs));
		err_hint(err, near ? N_("did you mean '%1 %3'?") : N_("after '%1' comes one of: %3"));
	}
	buf_free(&verbs);
}

static void refuse_first(const char *first, struct err *err)
{
	char names[N_COMMANDS][WORD_MAX];
	const char *known[N_COMMANDS];
	size_t n = 0;
	for (; commands[n].name; n++) {
		snprintf(names[n], WORD_MAX, "%.*s", (int)strcspn(commands[n].name, " "), commands[n].name);
		known[n] = names[n];
	}
	const char *near = nearest_word(first, known, n);
	err_set(err, ERR_USAGE, "there is no command '%1'", first, near);
	err_hint(err, near ? N_("did you mean '%2'?") : N_("'tuyen help' lists the commands"));
}

const struct command *command_find(char *const *argv, int argc, int *used, struct err *err)
{
	*used = 0;
	if (argc < 1) {
		err_set(err, ERR_USAGE, "a command is needed");
		err_hint(err, N_("'tuyen help' lists the commands"));
		return NULL;
	}
	const char *second = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
	const struct command *c = second ? find_name(argv[0], second) : NULL;
	*used = c ? 2 : 1;
	if (!c)
		c = find_name(argv[0], NULL);
	if (c && !(second && c->max_words == 0 && has_seconds(c->name)))
		return c;
	*used = 0;
	for (c = commands; c->name; c++)
		if (starts_with_word(c->name, argv[0])) {
			refuse_second(argv[0], second, err);
			return NULL;
		}
	refuse_first(argv[0], err);
	return NULL;
}

/* Adds the names of the list to `known`. */
static const struct command_option *in_list(const struct command_option *options, const char *name,
    size_t len, const char *known[OPTIONS_MAX], size_t *n)
{
	for (const struct command_option *o = options; o->name; o++) {
		if (strncmp(o->name, name, len) == 0 && o->name[len] == '\0')
			return o;
		if (*n < OPTIONS_MAX)
			known[(*n)++] = o->name;
	}
	return NULL;
}

static const struct command_option *find_option(
    const struct command *c, const char *name, size_t len, struct err *err)
{
	const char *known[OPTIONS_MAX];
	size_t n = 0;
	const struct command_option *o = in_list(c->options, name, len, known, &n);
	if (!o)
		o = in_list(command_common, name, len, known, &n);
	if (o)
		return o;
	char *word = mem_dup_len(name, len);
	const char *near = nearest_word(word, known, n);
	err_set(err, ERR_USAGE, "'%1' has no option --%2", c->name, word, near);
	err_hint(err, near ? N_("did you mean --%3?") : N_("'tuyen %1 --help' lists its options"));
	free(word);
	return NULL;
}

/* Take argv[i], an option, and its value; returns how many words that were, or an error. */
static int take_option(
    const struct command *c, char *const *argv, int left, struct args *out, struct err *err)
{
	const char *name = argv[0] + 2;
	size_t len = strcspn(name, "=");
	const struct command_option *o = find_option(c, name, len, err);
	if (!o)
		return ERR_USAGE;
	if (!o->value && name[len])
		return err_set(err, ERR_USAGE, "--%1 takes no value", o->name);
	if (!o->value || name[len]) {
		args_add_option(out, o->name, name[len] ? name + len + 1 : "");
		return 1;
	}
	if (left < 2) {
		err_set(err, ERR_USAGE, "--%1 needs a value", o->name, o->value);
		err_hint(err, N_("write --%1 %2"));
		return ERR_USAGE;
	}
	args_add_option(out, o->name, argv[1]);
	return 2;
}

static int check_words(const struct command *c, const struct args *a, struct err *err)
{
	struct buf synopsis = {0};
	int rc = 0;
	command_synopsis(c, &synopsis);
	if (a->words.n < (size_t)c->min_words)
		rc = err_set(err, ERR_USAGE, "'%1' needs more words", c->name, buf_str(&synopsis));
	else if (c->max_words >= 0 && a->words.n > (size_t)c->max_words)
		rc = err_set(err, ERR_USAGE, "'%1' has no place for the word '%3'", c->name,
		    buf_str(&synopsis), a->words.items[c->max_words]);
	if (rc)
		err_hint(err, N_("it is used so: %2"));
	buf_free(&synopsis);
	return rc;
}

int command_parse(const struct command *c, char *const *argv, int argc, struct args *out, struct err *err)
{
	bool words_only = false;
	for (int i = 0; i < argc;) {
		const char *word = argv[i];
		if (!words_only && strcmp(word, "--") == 0) {
			words_only = true;
			i++;
		} else if (!words_only && word[0] == '-' && word[1] == '-') {
			int n = take_option(c, argv + i, argc - i, out, err);
			if (n < 0)
				return n;
			i += n;
		} else if (!words_only && strcmp(word, "-h") == 0) {
			args_add_option(out, "help", "");
			i++;
		} else if (!words_only && word[0] == '-' && word[1]) {
			err_set(err, ERR_USAGE, "'%1' is not an option", word, c->name);
			err_hint(err, N_("options are whole words after two dashes; 'tuyen %2 --help' lists "
					 "them; after -- everything is a word"));
			return ERR_USAGE;
		} else {
			strs_add(&out->words, word);
			i++;
		}
	}
	if (args_has(out, "json") && !c->json)
		return err_set(err, ERR_USAGE, "'%1' has no option --%2", c->name, "json");
	return args_has(out, "help") ? 0 : check_words(c, out, err);
}

void command_synopsis(const struct command *c, struct buf *out)
{
	buf_printf(out, "tuyen %s", c->name);
	if (*c->words)
		buf_printf(out, " %s", c->words);
	for (const struct command_option *o = c->options; o->name; o++)
		buf_printf(out, o->value ? " [--%s %s]" : " [--%s]", o->name, o->value);
	if (c->json)
		buf_puts(out, " [--json]");
}
