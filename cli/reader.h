/* cli/reader.h - what a reading verb reads: the node's settings, store and registry, and the plan room's view of
 * them. Needs no daemon and takes no lock. */
#ifndef TUYEN_CLI_READER_H
#define TUYEN_CLI_READER_H

#include "cli.h"
#include "plan/view.h"
#include "registry/config.h"
#include "store/store.h"

struct reader {
	struct config config;
	struct store *store;
	struct registry *registry;
	struct view view;
	struct arena arena; /* for what a verb reads */
};

/* Zero-initialise; reader_close is always legal. */
int reader_open(const struct cli *cli, struct reader *out, struct err *err);
void reader_close(struct reader *r);

/* The id of the unit that the option --unit (or another) names; NULL in *id when it is absent. */
int reader_unit(const struct reader *r, const char *typed, const char **id, struct err *err);
/* The period that --period or a word names, which must be given. */
int reader_period(const struct cli *cli, const char **period, struct err *err);
/* "Lê Chân (11383)", the id alone when the name is not known. In the reader's arena. */
const char *reader_unit_name(struct reader *r, const char *id);
/* Times and days as text, in the reader's arena; an open end of validity is NULL. */
const char *reader_time(struct reader *r, int64_t seconds);
const char *reader_day(struct reader *r, day_t day);

#endif
