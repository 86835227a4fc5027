/* room: registry */
#include <stdlib.h>
#include <string.h>

#include "registry/enrol_talk.h"
#include "registry/invitation.h"
#include "registry/waiting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What comes over an enrolment line; and the forms and notes beside it. A frame that was read is written again as the same
 * frame. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct err err = {0};
	struct enrol_talk talk;
	struct invitation invitation;
	struct invited_list invited;
	struct waiting_list waiting;
	size_t whole;
	const char *bytes = (const char *)data;
	enrol_talk_length(bytes, size, ENROL_ASK_MAX, &whole, &err);
	ERR_CLEAR(&err);
	if (enrol_talk_read(&arena, bytes, size, &talk, &err) == 0) {
		struct buf again = {0};
		struct enrol_talk same;
		enrol_talk_write(&talk, &again);
		if (enrol_talk_read(&arena, again.data, again.len, &same, &err) != 0 ||
		    same.kind != talk.kind || same.len != talk.len)
			abort();
		buf_free(&again);
	}
	ERR_CLEAR(&err);
	invitation_read(&arena, "fuzz", bytes, size, &invitation, &err);
	invited_read(&invited, bytes, size);
	invited_free(&invited);
	waiting_read(&waiting, bytes, size);
	waiting_free(&waiting);
	arena_free(&arena);
	return 0;
}
