#include "net/redial.h"

#define BESIDE 8000

/* Doubles with each try; the pause is then somewhere between half of that and the whole. */
static const struct {
	int64_t first, most, most_metered;
} pauses[REDIAL_KINDS] = {
    [REDIAL_UNANSWERED] = {1000, 8000, 60000},
    [REDIAL_CUT] = {500, 8000, 8000},
    [REDIAL_TURNED_AWAY] = {500, 300000, 300000},
};

static int64_t within(int64_t whole, uint32_t dice)
{
	return whole / 2 + (int64_t)(dice % (uint32_t)(whole / 2 + 1));
}

int64_t redial_pause(enum redial_why why, bool metered, unsigned tries, uint32_t dice)
{
	int64_t most = metered ? pauses[why].most_metered : pauses[why].most, whole = pauses[why].first;
	while (tries-- && whole < most)
		whole *= 2;
	return within(whole < most ? whole : most, dice);
}

int64_t redial_beside(uint32_t dice)
{
	return within(BESIDE, dice);
}
