/* cli/incidents.h - what `incident list` and `status` show: the node's own list, and the signed records. */
#ifndef TUYEN_CLI_INCIDENTS_H
#define TUYEN_CLI_INCIDENTS_H

#include <jansson.h>

#include "plan/incident.h"
#include "plan/incident_list.h"
#include "reader.h"

/* One of either kind; texts are the reader's arena's, NULL where there is none. */
struct incident_shown {
	const char *id, *kind, *unit, *rule, *ledger, *record, *field, *change, *key, *first, *last, *closed,
	    *note;
	const char *english; /* what happened */
	const char *text; /* the same in the language of this process */
	uint64_t count;
	bool is_signed;
	int64_t time; /* of the last time */
};

struct incidents_shown {
	struct incident_shown *items; /* newest first */
	size_t n;
};

/* `unit` NULL: of all. `all`: signed ones that were closed, too. Asks the daemon for its list, else reads what it wrote. */
int incidents_read(const struct cli *cli, struct reader *r, const char *unit, bool all,
    struct incidents_shown *out, struct err *err);
json_t *incidents_json(const struct incidents_shown *list);

#endif
