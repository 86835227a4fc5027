#include "sync/turns.h"

#define EVERY_FIRST 20 /* ms, before anything is known */
#define EVERY_LEAST 2
#define EVERY_MOST 5000

unsigned turns_ask(struct turns *t, int64_t now)
{
	if (t->busy < t->max) {
		if (t->busy++ == 0)
			t->ended = now;
		return 0;
	}
	int64_t every = t->every ? t->every : EVERY_FIRST;
	if (t->slot < now)
		t->slot = now;
	t->slot += every;
	if (t->slot > now + TURNS_WAIT_MOST * 1000)
		t->slot = now + TURNS_WAIT_MOST * 1000;
	return (unsigned)((t->slot - now + 999) / 1000);
}

void turns_end(struct turns *t, bool done, int64_t now)
{
	if (t->busy)
		t->busy--;
	if (!done)
		return;
	int64_t gap = now - t->ended;
	gap = gap < EVERY_LEAST ? EVERY_LEAST : gap > EVERY_MOST ? EVERY_MOST : gap;
	t->every = t->every ? (7 * t->every + gap) / 8 : gap;
	t->ended = now;
}
