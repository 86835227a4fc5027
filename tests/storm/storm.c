/*
 * storm N [--trace] - N subordinates come back to one superior (storm.h). Prints what came of it as one line of JSON;
 * with --trace first what the superior saw, and how three of them fared.
 *
 * Time and lines are simulated, and so is the time that the superior's disk takes; what it stores, it stores. The memory
 * is of the whole process: both ends of all lines and both stores.
 */
#include "storm.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKET 512
#define STORE_MS 5 /* that the superior's disk takes for a batch, one after the other */
#define LINES_MAX 256 /* in their first exchange at once, as the daemon has it */
#define BUSY_MOST 300000
#define RETRY_MOST 8000
#define CALM_AFTER 120000 /* ms; no more cuts */
#define DIRECT_AT 6000
#define REPORT_EVERY 2000 /* ms, in the trace */

static bool show;

static unsigned dice(struct storm *s, unsigned sides)
{
	s->random += 0x9E3779B97F4A7C15u;
	uint64_t z = s->random;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	z ^= z >> 31;
	return (unsigned)(z % sides);
}

static void print_time(const struct storm *s)
{
	printf("%5lld.%lld s  ", (long long)s->now / 1000, (long long)s->now / 100 % 10);
}

static void tell(const struct line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(const struct line *l, const char *format, ...)
{
	va_list ap;
	if (!show || !l->followed)
		return;
	print_time(l->storm);
	printf("%s ", l->unit);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

/* ---- time ---- */

static bool earlier(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
	struct event t = *a;
	*a = *b;
	*b = t;
}

static void plan(struct storm *s, struct event e)
{
	e.order = s->order++;
	e.generation = e.line ? e.line->generation : 0;
	VEC_PUSH(s->events, s->n_events, e);
	for (size_t i = s->n_events - 1; i && earlier(&s->events[i], &s->events[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(&s->events[i], &s->events[(i - 1) / 2]);
}

static struct event next_event(struct storm *s)
{
	struct event first = s->events[0];
	s->events[0] = s->events[--s->n_events];
	for (size_t i = 0;;) {
		size_t least = i;
		for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < s->n_events; k++)
			if (earlier(&s->events[k], &s->events[least]))
				least = k;
		if (least == i)
			return first;
		swap(&s->events[i], &s->events[least]);
		i = least;
	}
}

/* ---- lines ---- */

static void act(struct end *e);

static int side_of(const struct end *e)
{
	return e == &e->line->ends[ABOVE];
}

static void transmit(struct end *e, const void *bytes, size_t len)
{
	struct line *l = e->line;
	struct storm *s = l->storm;
	s->count.bytes[side_of(e)] += len;
	for (size_t at = 0; at < len; at += PACKET) {
		size_t n = len - at < PACKET ? len - at : PACKET;
		e->busy = (e->busy > s->now ? e->busy : s->now) + (int64_t)(n * 1000 / l->rate);
		struct event ev = {.at = e->busy + l->delay, .kind = BYTES, .line = l, .side = !side_of(e)};
		buf_add(&ev.bytes, (const char *)bytes + at, n);
		plan(s, ev);
	}
}

/* As links/up.c: short pauses that grow, at random. */
static void dial_again(struct line *l)
{
	unsigned pause = 500u << (l->tries < 4 ? l->tries : 4);
	l->tries++;
	if (pause > RETRY_MOST)
		pause = RETRY_MOST;
	plan(l->storm,
	    (struct event){
		.at = l->storm->now + pause / 2 + dice(l->storm, pause / 2 + 1), .kind = DIAL, .line = l});
}

static void shut(struct line *l)
{
	struct storm *s = l->storm;
	if (!l->open)
		return;
	l->open = false;
	l->generation++;
	s->count.open--;
	if (l->in_turn)
		turns_end(&s->turns, false, s->now);
	l->in_turn = false;
	for (int side = 0; side < 2; side++) {
		sync_free(l->ends[side].sync);
		l->ends[side].sync = NULL;
		l->ends[side].storing = NULL;
	}
}

static void open_end(struct line *l, int side)
{
	struct end *e = &l->ends[side];
	struct sync_world world;
	struct sync_options o = {.role = side == ABOVE ? SYNC_LISTENER : SYNC_DIALER,
	    .unit = side == ABOVE ? "31" : l->unit,
	    .memory = e->memory.data,
	    .memory_len = e->memory.len};
	memcpy(o.instance, side == ABOVE ? "superior" : "below...", SYNC_INSTANCE_SIZE);
	places_world(e, &world);
	e->busy = e->tick = l->storm->now;
	e->sync = sync_open(&world, &o, l->storm->now);
}

/* The handshake is over: connect, hello, finished took two round trips. */
static void dial(struct line *l)
{
	struct storm *s = l->storm;
	unsigned seconds = turns_ask(&s->turns, s->now);
	if (seconds) {
		struct buf said = {0};
		sync_busy(seconds, &said);
		s->count.bytes[ABOVE] += said.len;
		buf_free(&said);
		l->sent_away++;
		s->count.sent_away++;
		int64_t pause = (int64_t)seconds * 1000 + dice(s, seconds * 250 + 500);
		tell(l, "is told to come back in %u s", seconds);
		plan(s, (struct event){
			    .at = s->now + (pause > BUSY_MOST ? BUSY_MOST : pause), .kind = DIAL, .line = l});
		return;
	}
	tell(l, "is let in, over %u ms and %u bytes a second", l->delay, l->rate);
	l->open = l->in_turn = true;
	l->equal = false;
	s->count.open++;
	if (s->turns.busy > s->count.in_turn_most)
		s->count.in_turn_most = s->turns.busy;
	open_end(l, ABOVE);
	open_end(l, !ABOVE);
	if (!s->calm && s->now < CALM_AFTER && dice(s, 4) == 0)
		plan(s, (struct event){.at = s->now + 50 + dice(s, 4000), .kind = CUT, .line = l});
	act(&l->ends[ABOVE]);
	act(&l->ends[!ABOVE]);
}

/* ---- what the steps want done ---- */

static void begin_store(struct end *e, const struct sync_action *a)
{
	struct storm *s = e->line->storm;
	int64_t at = s->now + STORE_MS;
	e->storing = a;
	if (side_of(e) == ABOVE) {
		at = (s->disk > s->now ? s->disk : s->now) + STORE_MS;
		s->disk = at;
	}
	plan(s, (struct event){.at = at, .kind = STORED, .line = e->line, .side = side_of(e)});
}

static void stored(struct end *e)
{
	struct storm *s = e->line->storm;
	const struct sync_action *a = e->storing;
	struct sync_result *results = mem_alloc(a->n * sizeof *results);
	size_t before = e->line->n_directives, fresh = places_store(&s->places, e, a, results);
	if (side_of(e) == ABOVE)
		s->count.arrived += fresh;
	if (before < s->places.directives.n && e->line->n_directives == s->places.directives.n)
		s->count.directed++;
	tell(e->line, "%s %zu change%s", side_of(e) == ABOVE ? "has brought" : "has got", a->n,
	    a->n > 1 ? "s" : "");
	e->storing = NULL;
	size_t n = a->n;
	sync_stored(e->sync, results, n, s->now);
	free(results);
	act(e);
}

static void exchanged(struct end *e, const struct sync_action *a)
{
	struct line *l = e->line;
	if (side_of(e) == ABOVE && l->in_turn) {
		l->in_turn = false;
		turns_end(&l->storm->turns, true, l->storm->now);
	}
	if (side_of(e) == ABOVE)
		return;
	l->storm->count.equal += a->equal && !l->equal;
	l->equal = a->equal;
	l->tries = 0;
	tell(l, a->equal ? "is equal" : "is not equal");
}

static void plan_tick(struct end *e)
{
	struct storm *s = e->line->storm;
	int64_t at = e->sync ? sync_next_tick(e->sync) : INT64_MAX;
	if (at == INT64_MAX || (e->tick > s->now && e->tick <= at))
		return;
	e->tick = at > s->now ? at : s->now + 1;
	plan(s, (struct event){.at = e->tick, .kind = TICK, .line = e->line, .side = side_of(e)});
}

static void act(struct end *e)
{
	const struct sync_action *a;
	while (e->sync && !e->storing && (a = sync_next(e->sync)) != NULL) {
		if (a->kind == SYNC_DO_SEND) {
			transmit(e, a->bytes, a->len);
		} else if (a->kind == SYNC_DO_STORE) {
			begin_store(e, a);
		} else if (a->kind == SYNC_DO_CONFIRMED) {
			buf_cut(&e->memory, 0);
			buf_add(&e->memory, a->bytes, a->len);
		} else if (a->kind == SYNC_DO_EXCHANGED) {
			exchanged(e, a);
		} else if (a->kind == SYNC_DO_CLOSE) {
			struct line *l = e->line;
			tell(l, "closes: %s", a->err.msg);
			l->storm->count.failed++;
			shut(l);
			dial_again(l);
			return;
		}
	}
	plan_tick(e);
}

/* ---- the day ---- */

static void direct(struct storm *s)
{
	places_direct(&s->places, "D-9", 10000);
	s->count.directed = 0;
	if (show) {
		print_time(s);
		puts("the superior issues a directive of 10 kB");
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->lines[i].open && s->lines[i].ends[ABOVE].sync) {
			sync_local(s->lines[i].ends[ABOVE].sync, s->now);
			act(&s->lines[i].ends[ABOVE]);
		}
}

static void happen(struct storm *s, struct event *e)
{
	struct line *l = e->line;
	struct end *end = l ? &l->ends[e->side] : NULL;
	if (e->kind == DIRECT) {
		direct(s);
	} else if (e->generation != l->generation) {
		return;
	} else if (e->kind == DIAL) {
		dial(l);
	} else if (e->kind == BYTES) {
		sync_receive(end->sync, e->bytes.data, e->bytes.len, s->now);
		act(end);
	} else if (e->kind == TICK) {
		sync_tick(end->sync, s->now);
		act(end);
	} else if (e->kind == STORED) {
		stored(end);
	} else if (l->open) {
		tell(l, "is cut off");
		l->cuts++;
		s->count.cuts++;
		shut(l);
		dial_again(l);
	}
}

static void look(struct storm *s)
{
	struct mallinfo2 m = mallinfo2();
	size_t used = m.uordblks + m.hblkhd;
	if (used > s->count.memory_most)
		s->count.memory_most = used;
	if (!show)
		return;
	print_time(s);
	printf("%4zu lines open, %3u of them in their turn, %4zu sent away, %4zu cut off; %4zu changes have "
	       "come, "
	       "%4zu have the directive; %3zu MB\n",
	    s->count.open, s->turns.busy, s->count.sent_away, s->count.cuts, s->count.arrived,
	    s->places.directives.n > 1 ? s->count.directed : 0, used >> 20);
}

static bool is_over(const struct storm *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->lines[i].open || !s->lines[i].equal ||
		    s->lines[i].n_directives < s->places.directives.n)
			return false;
	return true;
}

/* Until all are equal, or an hour has passed. */
void storm_day(struct storm *s, bool calm)
{
	int64_t begin = s->now, report = s->now;
	s->calm = calm;
	memset(&s->count, 0, sizeof s->count);
	s->turns = (struct turns){.max = LINES_MAX};
	for (size_t i = 0; i < s->n; i++)
		plan(s, (struct event){.at = s->now + dice(s, 3000) + 4 * s->lines[i].delay,
			    .kind = DIAL,
			    .line = &s->lines[i]});
	if (!calm)
		plan(s, (struct event){.at = s->now + DIRECT_AT, .kind = DIRECT});
	while (s->n_events && s->now < begin + 3600000) {
		struct event e = next_event(s);
		s->now = e.at;
		happen(s, &e);
		buf_free(&e.bytes);
		if (s->now < report)
			continue;
		look(s);
		report = s->now + REPORT_EVERY;
		if (s->now > begin + DIRECT_AT && is_over(s))
			return;
	}
}

static void power_cut(struct storm *s)
{
	for (size_t i = 0; i < s->n; i++)
		shut(&s->lines[i]);
	for (size_t i = 0; i < s->n_events; i++)
		buf_free(&s->events[i].bytes);
	s->n_events = 0;
	s->now = 0;
	s->disk = 0;
}

static size_t not_arrived(struct storm *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		n += !s->lines[i].equal || !places_same(&s->places, &s->lines[i]);
	return n;
}

static void make_lines(struct storm *s)
{
	s->lines = mem_alloc(s->n * sizeof *s->lines);
	for (size_t i = 0; i < s->n; i++) {
		struct line *l = &s->lines[i];
		l->storm = s;
		snprintf(l->unit, sizeof l->unit, "%zu", 10000 + i);
		snprintf(l->ledger, sizeof l->ledger, "reports/%s", l->unit);
		l->ends[0].line = l->ends[1].line = l;
		l->delay = 20 + dice(s, 680);
		l->rate = 4000 + dice(s, 60000);
		l->followed = i == 0 || i == s->n / 2 || i == s->n - 1;
	}
}

int main(int argc, char **argv)
{
	struct storm s = {.n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, .random = 1};
	const char *top = getenv("TMPDIR");
	struct buf dir = {0}, clean = {0};
	if (s.n == 0) {
		fputs("usage: storm N [--trace]\n", stderr);
		return 2;
	}
	buf_printf(&dir, "%s/storm-XXXXXX", top ? top : "/tmp");
	if (!mkdtemp(dir.data)) {
		perror(dir.data);
		return 1;
	}
	places_open(&s.places, dir.data);
	make_lines(&s);
	places_direct(&s.places, "D-1", 500);
	places_write(&s.places, s.lines, s.n, "1");
	storm_day(&s, true); /* yesterday */
	power_cut(&s);
	places_write(&s.places, s.lines, s.n, "2");
	show = argc > 2 && strcmp(argv[2], "--trace") == 0;
	storm_day(&s, false);
	size_t missing = not_arrived(&s);
	printf(
	    "{\"lines\":%zu,\"not_arrived\":%zu,\"arrived\":%zu,\"directed\":%zu,\"failed\":%zu,\"cuts\":%zu,"
	    "\"sent_away\":%zu,\"at_once\":%zu,\"seconds\":%lld,\"up\":%llu,\"down\":%llu,\"kb\":%zu}\n",
	    s.n, missing, s.count.arrived, s.count.directed, s.count.failed, s.count.cuts, s.count.sent_away,
	    s.count.in_turn_most, (long long)s.now / 1000, (unsigned long long)s.count.bytes[0],
	    (unsigned long long)s.count.bytes[1], s.count.memory_most >> 10);
	power_cut(&s);
	for (size_t i = 0; i < s.n; i++) {
		buf_free(&s.lines[i].ends[0].memory);
		buf_free(&s.lines[i].ends[1].memory);
	}
	free(s.lines);
	free(s.events);
	places_close(&s.places);
	buf_printf(&clean, "rm -rf '%s'", dir.data);
	bool good = system(clean.data) == 0 && missing == 0 && s.count.failed == 0;
	buf_free(&clean);
	buf_free(&dir);
	return good ? 0 : 1;
}
