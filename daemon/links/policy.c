#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "links/inside.h"
#include "record/date.h"

#define NOTE "budget" /* "DAY BYTES", the day as days since 1970 */
#define LOOK_MS 5000 /* while an open line eats of a budget */
#define LOOK_MOST_MS 3600000
#define HOUR 3600
#define SAVE_EVERY 65536 /* bytes that a killed daemon may forget */
#define SPARE_PART 24 /* of the budget that one exchange beyond it may take */
#define SPARE_MIN 65536
#define ASKED_MS 600000 /* for which a person's `sync` opens a closed line, if nothing comes of it */

/* ---- the budget ---- */

static void save(struct links *s)
{
	char text[64];
	struct err err = {0};
	int n =
	    snprintf(text, sizeof text, "%d %llu\n", (int)s->spent.day, (unsigned long long)s->spent.bytes);
	s->spent.saved = s->spent.bytes;
	if (store_note_write(s->node->store, NOTE, text, (size_t)n, &err) != 0)
		log_err(LOG_WARNING, "budget", &err);
}

static void load(struct links *s)
{
	struct buf text = {0};
	struct err err = {0};
	unsigned long long bytes = 0;
	int day = 0;
	if (store_note_read(s->node->store, NOTE, &text, &err) != 0)
		log_err(LOG_WARNING, "budget", &err);
	else if (text.len && sscanf(buf_str(&text), "%d %llu", &day, &bytes) == 2)
		s->spent.bytes = s->spent.saved = bytes;
	s->spent.day = day;
	buf_free(&text);
}

static bool is_over(const struct links *s)
{
	return s->policy.budget && s->spent.bytes >= s->policy.budget;
}

/* At another minute for everyone, so that a province does not come at once. */
static void next_hour(struct links *s)
{
	uint32_t dice;
	sys_random(&dice, sizeof dice);
	s->spent.next = sys_now() + HOUR + (int64_t)(dice % (HOUR / 6));
	s->spent.spare = 0;
}

static void new_day(struct links *s)
{
	day_t today = date_of_time(sys_now());
	if (s->spent.day == today)
		return;
	s->spent.day = today;
	s->spent.bytes = s->spent.next = 0;
	save(s);
}

void links_count(struct links *s, const struct line *line)
{
	uint64_t in, out;
	bool equal;
	if (!s->policy.budget || !link_is_up(line->link))
		return;
	link_traffic(line->link, &in, &out, &equal);
	uint64_t more = in + out > s->spent.counted ? in + out - s->spent.counted : 0;
	bool before = is_over(s);
	s->spent.counted = in + out;
	new_day(s);
	s->spent.bytes += more;
	s->spent.spare += before ? more : 0;
	uint64_t part = s->policy.budget / SPARE_PART;
	if (is_over(s) && (!before || s->spent.spare > (part > SPARE_MIN ? part : SPARE_MIN))) {
		next_hour(s);
		links_policy_later(s);
	}
	if (s->spent.bytes >= s->spent.saved + SAVE_EVERY || is_over(s) != before)
		save(s);
}

/* ---- may the line be open ---- */

static bool is_asked(const struct links *s)
{
	return s->waits || sys_ticks() < s->asked_until;
}

static bool is_time(const struct links *s)
{
	return policy_open(&s->policy, sys_now()) && (!is_over(s) || sys_now() >= s->spent.next);
}

bool links_may(struct links *s)
{
	new_day(s);
	return is_asked(s) || is_time(s);
}

int64_t links_closed_until(struct links *s)
{
	int64_t now = sys_now();
	new_day(s);
	if (is_time(s))
		return 0;
	int64_t until = policy_open(&s->policy, now) ? s->spent.next : policy_turn(&s->policy, now);
	int64_t midnight = date_end(date_of_time(now));
	return policy_open(&s->policy, now) && until > midnight ? midnight : until;
}

static void close_up(struct links *s)
{
	struct line *up = links_upward(s);
	if (up) {
		log_line(LOG_NOTICE, "line to %s is closed: outside its hours, or beyond its budget",
		    link_peer(up->link)->id);
		links_drop(s, up);
	}
	links_dial_stop(s);
}

/* When it is to be looked at next, in ms. */
static int64_t next_look(struct links *s)
{
	int64_t now = sys_now(), next = LOOK_MOST_MS / 1000, turn = policy_turn(&s->policy, now);
	if (turn && turn - now < next)
		next = turn - now;
	if (s->policy.budget && date_end(date_of_time(now)) - now < next)
		next = date_end(date_of_time(now)) - now;
	if (is_over(s) && s->spent.next > now && s->spent.next - now < next)
		next = s->spent.next - now;
	next = next * 1000 + 100;
	if (s->asked_until > sys_ticks() && s->asked_until - sys_ticks() < next)
		next = s->asked_until - sys_ticks() + 1;
	return s->policy.budget && links_upward(s) && next > LOOK_MS ? LOOK_MS : next;
}

static void look(uv_timer_t *timer)
{
	links_policy_look(timer->data);
}

void links_policy_look(struct links *s)
{
	struct line *up = links_upward(s);
	if (s->policy.n == 0 && s->policy.budget == 0)
		return;
	if (up)
		links_count(s, up);
	if (!links_may(s))
		close_up(s);
	else if (!up && !s->next_dial)
		links_dial(s);
	uv_timer_start(s->turn, look, (uint64_t)next_look(s), 0);
}

void links_policy_later(struct links *s)
{
	if (s->policy.n || s->policy.budget)
		uv_timer_start(s->turn, look, 0, 0);
}

int links_policy_load(struct links *s, struct err *err)
{
	int rc = policy_of(&s->node->config, &s->policy, err);
	uv_timer_stop(s->turn);
	s->turns.max = s->policy.lines_max;
	if (rc == 0 && s->policy.budget && !s->spent.day)
		load(s);
	if (rc == 0)
		links_policy_later(s);
	return rc;
}

void links_asked(struct links *s)
{
	s->asked_until = sys_ticks() + ASKED_MS;
	links_policy_later(s);
}

/* Whoever asked has had an exchange, and so has the hour. */
void links_policy_exchanged(struct links *s)
{
	if (!s->waits)
		s->asked_until = 0;
	if (is_over(s) && !s->waits)
		next_hour(s);
	links_policy_later(s);
}
