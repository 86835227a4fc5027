/* What became of a parcel, for whoever had it read. */
#include <stdio.h>
#include <string.h>

#include "control/control.h"
#include "node/parcel_taking.h"

static void tell_waiting(const struct taking *t)
{
	const char *args[ERR_ARGS];
	char n[24];
	snprintf(n, sizeof n, "%zu", t->held);
	if (t->held)
		control_warn(t->req,
		    N_("%1 changes are held until somebody here confirms them; `tuyen held list` shows them"),
		    n);
	snprintf(n, sizeof n, "%zu", t->parked);
	if (t->parked)
		control_warn(t->req,
		    N_("%1 changes wait for something that has not come yet; read this parcel again later"),
		    n);
	for (int i = 0; i < t->parked_why.n_args; i++)
		args[i] = t->parked_why.arg[i];
	if (t->parked && t->parked_why.msg)
		control_note(t->req, true, t->parked_why.msg, args, t->parked_why.n_args);
}

/* What was taken, then what was not, and why. */
void parcel_take_tell(const struct taking *t, const struct err *err)
{
	const char *from = t->from.cover.from;
	bool left = t->held || t->parked || t->refused || t->lost || t->declined || err->code;
	char number[16], n[24];
	snprintf(number, sizeof number, "%u", t->from.cover.number);
	snprintf(n, sizeof n, "%zu", t->taken);
	if (t->taken)
		control_say(t->req, N_("parcel %1 of %2: %3 changes were taken"), number, from, n);
	else if (left)
		control_say(t->req, N_("parcel %1 of %2: nothing was taken"), number, from);
	else
		control_say(t->req, N_("parcel %1 of %2: nothing new"), number, from);
	tell_waiting(t);
	snprintf(n, sizeof n, "%zu", t->lost);
	if (t->lost)
		control_warn(t->req,
		    N_("%1 changes rest on others that are not here: ask %2 for a parcel written with "
		       "--full"),
		    n, from);
	snprintf(n, sizeof n, "%zu", t->declined);
	if (t->declined && !t->from.world.unproven)
		control_warn(t->req, N_("%1 changes are of ledgers that are not taken from %2"), n, from);
	if (t->from.ended_key)
		control_warn(t->req, N_("it was written under a key of %1 that has ended"), from);
	parcel_blobs_tell(&t->blobs, t->req);
	/* For the command: whether there is something to confirm. */
	if (t->taken + t->blobs.count[PARCEL_BLOB_WHOLE] + t->blobs.count[PARCEL_BLOB_PART])
		control_output(t->req, "taken\n", 6);
}
