/*
 * small A B C [--part P/N] [--seed S] - every history in which the writer of the highest tier writes up to A changes,
 * the one below him B, the lowest C: walked through one by one.
 * small --walks N A B C [--seed S] - N of them, chosen at random: for histories too many to walk through.
 * --equal: the two below are of one tier, a unit and its station. --claims: likewise, and the unit owns the figures, the station
 * leads the task. --forked: the two below are one unit twice. --words: people object to conflicts and answer, too.
 *
 * A history is a word: in each place a writer, what he has seen of the others, and what he does. Two changes that do not know of
 * each other may stand in either order, so one history has several words; walked through is its normal form alone, in which no
 * change stands after one of a later writer that it could stand before (Anisimov and Knuth). A writer may set the first figure of a
 * report to either of two values, set the second, delete the report, accept it (a seal), and settle the first open conflict
 * either way. What the values are means nothing, so the first figure that is written anywhere is always the first value.
 *
 * In every place, so for each history and each part of it that is one itself: the tree of the set is the oracle's, by way of the tree
 * before and at once; what its writer typed stands in his tree; nothing has vanished. Words that are complete are added once
 * more in the opposite order, as far as the history lets them, and give the same.
 */
#include "small.h"

/* The first conflict about the report by its id; NULL: none. Those among words are left alone. */
static const char *first_conflict(const struct table *tree)
{
	const char *first = NULL;
	for (size_t i = 0; i < tree->n; i++) {
		const char *path = tree->rows[i].key, *text = tree->rows[i].value;
		if (text && oracle_is_conflict(path) && (!first || strcmp(path, first) < 0) &&
		    strstr(text, "record: " PATH "\n"))
			first = path;
	}
	return first;
}

static const char *print(const struct record *r)
{
	struct buf text = {0};
	record_print(r, &text);
	char *copy = arena_dup(&p.o.arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

/* ---- what a writer does ---- */

struct doing {
	const struct table *tree; /* that he sees */
	const char *path, *before, *after; /* the report; of words, the conflict */
	const char *conflict; /* that he settles */
	struct otarget settles;
};

static const char *with_at(const char *path, const char *text, const char *field, const char *value)
{
	struct record r;
	const struct record *old = oracle_parse(&p.o, path, text);
	record_init(&r, &p.o.arena, type_by_path(LEDGER, path));
	for (size_t i = 0; old && i < old->n; i++)
		record_put(&r, old->fields[i].path, old->fields[i].value);
	record_put(&r, field, value);
	return print(&r);
}

static const char *with(const char *text, const char *field, const char *value)
{
	return with_at(PATH, text, field, value);
}

/* All speak in one row, so that words collide. */
static bool speak(struct doing *d, const char *table, const char *what)
{
	d->path = first_conflict(d->tree);
	if (!d->path)
		return false;
	d->before = table_get(d->tree, d->path);
	if (strcmp(table, "answers") == 0 && !strstr(d->before, "objections:"))
		return false;
	d->after = with_at(d->path, d->before, arena_printf(&p.o.arena, "%s.x.reason", table), what);
	return !oracle_same(d->before, d->after);
}

static bool settle(struct doing *d, const char *side)
{
	d->conflict = first_conflict(d->tree);
	const struct record *k =
	    d->conflict ? oracle_parse(&p.o, d->conflict, table_get(d->tree, d->conflict)) : NULL;
	if (!k)
		return false;
	const char *field = record_get(k, "field"), *value = record_get(k, side);
	d->settles = (struct otarget){PATH, field ? field : ""};
	if (field && !d->before)
		return false;
	if (field)
		d->after = with(d->before, field, value);
	else if (!value)
		d->after = NULL;
	else if (!d->before)
		d->after = with(NULL, "values.TT01", "1");
	return true;
}

/* False: that cannot be done here, or changes nothing. */
static bool do_act(enum act act, const char *writer, struct doing *d)
{
	if (act == OBJECT || act == ANSWER)
		return speak(d, act == OBJECT ? "objections" : "answers", writer);
	d->path = PATH;
	d->after = d->before = table_get(d->tree, PATH);
	if (act == TAKE_OTHER || act == TAKE_KEPT)
		return settle(d, act == TAKE_OTHER ? "other.value" : "kept.value");
	if (act == SET_FIRST || act == SET_SECOND)
		d->after = with(d->before, "values.TT01", act == SET_FIRST ? "1" : "2");
	else if (act == SET_OTHER)
		d->after = with(d->before, "values.TT02", "7");
	else if (act == SEAL && d->before)
		d->after = with(d->before, "state", "accepted");
	else if (act == DELETE)
		d->after = NULL;
	return !oracle_same(d->before, d->after);
}

static void name(struct oid *id, size_t writer, size_t k)
{
	struct buf text = {0};
	unsigned char hash[HASH_SIZE];
	buf_printf(&text, "%llu %zu %zu", (unsigned long long)p.seed, writer, k);
	hash_sha256(buf_str(&text), text.len, hash);
	memcpy(id->b, hash, OID_SIZE);
	buf_free(&text);
}

/* Both are told: the rule and the oracle. */
static void author(const struct place *place, const struct doing *d)
{
	size_t i = p.o.n++;
	struct ochange *c = &p.o.changes[i];
	struct err err = {0};
	p.word[i] = *place;
	*c = (struct ochange){.writer = writers[place->writer].name,
	    .rank = writers[place->writer].rank,
	    .claim = writers[place->writer].claim};
	name(&c->id, place->writer, p.wrote[place->writer]++);
	for (EACH(k, place->view)) {
		bool seen = false;
		for (EACH(j, place->view))
			seen = seen || (k != j && oracle_seen(&p.o, j, k));
		c->heads |= seen ? 0 : BIT(k);
	}
	if (!oracle_same(d->before, d->after))
		c->texts[c->n_texts++] = (struct change_texts){d->path, d->before, d->after,
		    d->before ? strlen(d->before) : 0, d->after ? strlen(d->after) : 0};
	must(merge_writes_of(&p.o.arena, LEDGER, c->texts, c->n_texts, &p.writes[i], &err), &err);
	if (d->conflict) {
		const char *k = table_get(d->tree, d->conflict);
		c->settles[c->n_settles++] = d->settles;
		must(merge_settlement(&p.o.arena, LEDGER, k, strlen(k), d->after,
			 d->after ? strlen(d->after) : 0, &p.writes[i], &err),
		    &err);
	}
	const char *report = table_get(d->tree, PATH);
	oracle_write(&p.o, i, &report);
	add(p.history, i);
}

static void unauthor(void)
{
	size_t i = --p.o.n;
	history_drop_last(p.history);
	p.wrote[p.word[i].writer]--;
	free(p.o.changes[i].writes);
}

/* ---- what must hold ---- */

static bool says(const struct table *tree, const struct owrite *w)
{
	const char *text = table_get(tree, w->record);
	if (!*w->field)
		return !text == !w->value;
	return !text || oracle_same(oracle_get(oracle_parse(&p.o, w->record, text), w->field), w->value);
}

static bool in_conflict(const struct table *tree, const struct owrite *w)
{
	for (size_t i = 0; i < tree->n; i++) {
		if (!tree->rows[i].value || !oracle_is_conflict(tree->rows[i].key))
			continue;
		const struct record *k = oracle_parse(&p.o, tree->rows[i].key, tree->rows[i].value);
		const char *field = record_get(k, "field");
		if (!strcmp(field ? field : "", w->field) &&
		    (oracle_same(record_get(k, "kept.value"), w->value) ||
			oracle_same(record_get(k, "other.value"), w->value)))
			return true;
	}
	return false;
}

static void nothing_vanished(const struct table *tree)
{
	for (size_t i = 0; i < p.o.n; i++)
		for (size_t k = 0; k < p.o.changes[i].n_writes; k++) {
			const struct owrite *w = &p.o.changes[i].writes[k];
			struct otarget f = {w->record, w->field};
			bool replaced = false;
			for (size_t j = 0; j < p.o.n; j++)
				replaced =
				    replaced || (j != i && oracle_of(&p.o, j, &f) && oracle_seen(&p.o, j, i));
			if (!replaced && !says(tree, w) && !in_conflict(tree, w))
				wrong("a value has vanished", tree, NULL);
		}
}

/* Whoever can stand first from the end does. */
static void other_way(set_t all, const struct table *tree)
{
	struct history *h = history_new();
	struct table other = {0};
	set_t has = 0;
	while (has != all)
		for (size_t i = p.o.n; i-- > 0;) {
			if ((has & BIT(i)) || (p.o.changes[i].heads & ~has))
				continue;
			add(h, i);
			advance(h, has, has | BIT(i), &other);
			has |= BIT(i);
			break;
		}
	must_equal(tree, &other, "the other way round it is another tree");
	table_free(&other);
	history_free(h);
}

static void tally(const struct table *tree, bool whole)
{
	count.histories++;
	count.whole += whole;
	count.gone += !table_get(tree, PATH);
	for (size_t i = 0; i < tree->n; i++) {
		const char *text = tree->rows[i].value;
		if (!text || !oracle_is_conflict(tree->rows[i].key))
			continue;
		count.conflicts++;
		count.disputed += strstr(text, "state: disputed") != NULL;
		count.sealed += strstr(text, "why: seal") != NULL;
		count.claimed += strstr(text, "why: owner") || strstr(text, "why: lead");
		count.objected += strstr(text, "state: objected") != NULL;
	}
	count.settled += p.o.changes[p.o.n - 1].n_settles > 0;
}

static void check(struct trees *trees, bool whole)
{
	size_t last = p.o.n - 1;
	set_t all = BIT(p.o.n) - 1;
	struct table slow = {0}, stepped = {0};
	const struct table *tree = tree_of(trees, all), *before = tree_of(trees, all & ~BIT(last)),
			   *own = tree_of(trees, oracle_past(&p.o, last));
	const struct ochange *c = &p.o.changes[last];
	if (c->n_texts && !oracle_is_conflict(c->texts[0].path) &&
	    !oracle_same(table_get(own, PATH), c->texts[0].after))
		wrong("what was typed does not stand", own, NULL);
	oracle_tree(&p.o, all, &slow);
	must_equal(tree, &slow, "the oracle says otherwise");
	for (size_t i = 0; i < before->n; i++)
		*table_at(&stepped, before->rows[i].key) = before->rows[i].value;
	advance(p.history, all & ~BIT(last), all, &stepped);
	must_equal(tree, &stepped, "step by step it is another tree");
	nothing_vanished(tree);
	if (whole)
		other_way(all, tree);
	tally(tree, whole);
	table_free(&slow);
	table_free(&stepped);
}

/* ---- the walk ---- */

static bool is_closed(set_t view)
{
	for (EACH(i, view))
		if (oracle_past(&p.o, i) & ~view)
			return false;
	return true;
}

/* Could it stand before one of a later writer, and so would in the normal form? */
static bool is_normal(size_t writer, set_t view)
{
	for (size_t i = p.o.n; i-- > 0 && !(view & BIT(i));)
		if (p.word[i].writer > writer)
			return false;
	return true;
}

/* The first n_of[w] changes of each writer. */
static set_t view_of(const size_t *n_of)
{
	size_t met[WRITERS] = {0};
	set_t view = 0;
	for (size_t i = 0; i < p.o.n; i++)
		if (met[p.word[i].writer]++ < n_of[p.word[i].writer])
			view |= BIT(i);
	return view;
}

/* All (writer, view) that the next place may have. */
static size_t choices(struct place *out)
{
	size_t n = 0;
	for (size_t w = 0; w < WRITERS; w++) {
		size_t a = (w + 1) % WRITERS, b = (w + 2) % WRITERS, of[WRITERS];
		of[w] = p.wrote[w];
		for (of[a] = 0; p.left[w] && of[a] <= p.wrote[a]; of[a]++)
			for (of[b] = 0; of[b] <= p.wrote[b]; of[b]++) {
				set_t view = view_of(of);
				if (is_closed(view) && is_normal(w, view))
					out[n++] = (struct place){w, view, SET_FIRST};
			}
	}
	return n;
}

#define CHOICES_MAX (WRITERS * 16)

static bool take(struct trees *trees, struct place *place, enum act act)
{
	struct doing d = {.tree = tree_of(trees, place->view)};
	bool figure = act == SET_FIRST || act == SET_SECOND;
	place->act = act;
	if ((act == SET_SECOND && !p.figure_written) || !do_act(act, writers[place->writer].name, &d))
		return false;
	author(place, &d);
	p.left[place->writer]--;
	p.figure_written |= figure;
	return true;
}

static void untake(bool figure_written)
{
	p.figure_written = figure_written;
	p.left[p.word[p.o.n - 1].writer]++;
	unauthor();
}

static bool is_whole(void)
{
	return !p.left[0] && !p.left[1] && !p.left[2];
}

static void forget(struct trees *trees, const struct trees *kept)
{
	for (size_t i = 0; i < SETS; i++)
		if (trees->of[i] && trees->of[i] != kept->of[i])
			table_free(trees->of[i]);
}

/* Branches are dealt out to the parts where words have two places. */
static bool is_ours(void)
{
	return p.o.n != 2 || p.branch++ % p.parts == p.part;
}

static void walk(const struct trees *above)
{
	struct place places[CHOICES_MAX];
	size_t n = choices(places);
	struct arena arena = p.o.arena;
	for (size_t i = 0; i < n; i++)
		for (int act = 0; act < p.acts; act++) {
			struct trees here = *above;
			bool figure_written = p.figure_written;
			p.o.arena = (struct arena){0};
			if (take(&here, &places[i], (enum act)act)) {
				if (is_ours()) {
					check(&here, is_whole());
					walk(&here);
				}
				untake(figure_written);
			}
			forget(&here, above);
			arena_free(&p.o.arena);
		}
	p.o.arena = arena;
}

static size_t dice(size_t n)
{
	p.random += 0x9e3779b97f4a7c15u;
	uint64_t z = p.random;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (size_t)((z ^ z >> 31) % n);
}

/* One history; all its parts are checked. */
static void stroll(const size_t *each)
{
	struct trees trees = {{0}}, none = {{0}};
	memcpy(p.left, each, sizeof p.left);
	p.figure_written = false;
	for (size_t tries = 0; !is_whole() && tries < 200; tries++) {
		struct place places[CHOICES_MAX];
		size_t n = choices(places);
		if (n && take(&trees, &places[dice(n)], (enum act)dice((size_t)p.acts)))
			check(&trees, is_whole());
	}
	while (p.o.n)
		untake(false);
	forget(&trees, &none);
	arena_free(&p.o.arena);
}

/* ---- */

static void usage(void)
{
	fputs("usage: small [--walks N] A B C [--equal | --claims | --forked] [--words] [--part P/N] [--seed "
	      "S]\n",
	    stderr);
	exit(2);
}

static void report(const size_t *each, unsigned long walks, int64_t ms)
{
	printf("small histories of %s%s, %zu, %zu and %zu changes: ", p.tiers,
	    p.acts == ACTS ? ", with words" : "", each[0], each[1], each[2]);
	if (walks)
		printf("%lu at random, ", walks);
	else if (p.parts > 1)
		printf("part %lu of %lu, ", p.part + 1, p.parts);
	printf("%lu looked at, %lu of them whole; %lu conflicts in their trees (%lu disputed, %lu by a "
	       "seal, %lu by a claim, %lu objected), %lu settlements, %lu without the report; %lld.%lld s\n",
	    count.histories, count.whole, count.conflicts, count.disputed, count.sealed, count.claimed,
	    count.objected, count.settled, count.gone, (long long)ms / 1000, (long long)ms / 100 % 10);
}

/* Who the two below are. */
static bool below_are(const char *option)
{
	static const struct {
		const char *option, *says, *second;
		enum claim claims[2];
	} rows[] = {{"--equal", "two tiers", "cong-an@31", {CLAIM_NONE, CLAIM_NONE}},
	    {"--claims", "two tiers, an owner and a lead", "cong-an@31", {CLAIM_OWNER, CLAIM_LEAD}},
	    {"--forked", "two tiers, a unit forked", "31", {CLAIM_NONE, CLAIM_NONE}}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (strcmp(option, rows[i].option) != 0)
			continue;
		p.tiers = rows[i].says;
		writers[1].claim = rows[i].claims[0];
		writers[2].name = rows[i].second;
		writers[2].rank = writers[1].rank;
		writers[2].claim = rows[i].claims[1];
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	size_t each[WRITERS], n = 0;
	unsigned long walks = 0;
	p.seed = p.parts = 1;
	p.acts = OBJECT;
	p.tiers = "three tiers";
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--walks") == 0 && i + 1 < argc)
			walks = strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--words") == 0)
			p.acts = ACTS;
		else if (below_are(argv[i]))
			continue;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			p.seed = strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--part") == 0 && i + 1 < argc &&
			 sscanf(argv[i + 1], "%lu/%lu", &p.part, &p.parts) == 2 && p.part-- &&
			 p.part < p.parts)
			i++;
		else if (n == WRITERS || !*argv[i] || strspn(argv[i], "0123") != 1 || argv[i][1])
			usage();
		else
			each[n++] = (size_t)(argv[i][0] - '0');
	}
	if (n != WRITERS)
		usage();
	p.o.ledger = LEDGER;
	p.random = p.seed;
	p.history = history_new();
	memcpy(p.left, each, sizeof p.left);
	int64_t begin = sys_ticks();
	if (walks)
		for (unsigned long i = 0; i < walks; i++)
			stroll(each);
	else
		walk(&(struct trees){{0}});
	report(each, walks, sys_ticks() - begin);
	history_free(p.history);
	return 0;
}
