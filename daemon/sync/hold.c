/*
 * A write waits a moment for company: figures and a task that somebody types one after the other then leave in one
 * flight. It waits for nothing that leaves anyway, and a directive does not wait at all.
 */
#include "sync/inside.h"

#define HOLD_QUIET 400 /* ms after the last write */
#define HOLD_MOST 2000 /* ms after the first */

static void hold_more(struct sync *s)
{
	if (s->hold_until <= s->now)
		s->hold_since = s->now;
	s->hold_until = s->now + HOLD_QUIET;
	if (s->hold_until > s->hold_since + HOLD_MOST)
		s->hold_until = s->hold_since + HOLD_MOST;
}

void hold_look(struct sync *s)
{
	if (s->closed || s->storing)
		return;
	s->moved = s->urgent = false;
	sync_look(s);
	if (s->urgent)
		s->hold_until = 0;
	else if (s->moved)
		hold_more(s);
}

/* Is something said now anyway? */
static bool is_speaking(const struct sync *s)
{
	return (s->x.active && !s->x.asked) || s->answer_due || s->note_due || s->have_due || s->ack.batches;
}

bool hold_lasts(struct sync *s)
{
	if (s->hold_until <= s->now || is_speaking(s))
		s->hold_until = 0;
	return s->hold_until != 0;
}

int64_t hold_next_tick(const struct sync *s)
{
	bool mute = s->storing || (s->role == SYNC_LISTENER && !s->greeted);
	return s->hold_until && !mute ? s->hold_until : INT64_MAX;
}
