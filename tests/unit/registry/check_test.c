/* Each row of the tables is a change of one record: who writes, where, what it was and what it becomes, and the rule
 * that refuses it ("" when nothing does, "parked" when it cannot be judged yet). */
#include "tree.h"

struct row {
	const char *who, *ledger, *path, *before, *after, *rule;
};

#define REPORT "reports/31/hp.2026-06/2026-06.yaml"

struct trial {
	struct arena arena;
	struct registry *r;
	struct change change;
	struct change_record records[4];
	struct change_texts texts[8];
	size_t n_texts;
};

static const struct registry_grant *grant_of(struct registry *r, const char *who)
{
	static const struct {
		const char *who;
		unsigned char change;
	} grants[] = {{"0", 0}, {"31", 31}, {"01", 1}, {"11383", 83}, {"11050", 50}, {"cong-an@11383", 84},
	    {"cong-an@31", 32}};
	const char *at = strchr(who, '@');
	char station[32] = "";
	if (at)
		snprintf(station, sizeof station, "%.*s", (int)(at - who), who);
	for (size_t i = 0; i < sizeof grants / sizeof *grants; i++)
		if (strcmp(grants[i].who, who) == 0) {
			struct oid c = tree_change(grants[i].change);
			return registry_grant(r, &c, at ? at + 1 : who, at ? station : NULL);
		}
	return NULL;
}

static const char *canonical(struct trial *t, const char *path, const char *yaml, size_t *len)
{
	*len = 0;
	if (!yaml)
		return NULL;
	const struct record_type *type = type_by_path("any", path);
	if (!type)
		type = type_by_path("directives", path);
	if (!type)
		type = type_by_path("reports", path);
	if (!type)
		type = type_by_name("report");
	struct buf text = {0};
	struct record rec = tree_record(&t->arena, type->name, yaml);
	record_print(&rec, &text);
	*len = text.len;
	char *kept = arena_dup_len(&t->arena, buf_str(&text), text.len);
	buf_free(&text);
	return kept;
}

static void put(struct trial *t, const char *path, const char *before, const char *after)
{
	struct change_texts *x = &t->texts[t->n_texts++];
	x->path = path;
	x->before = canonical(t, path, before, &x->before_len);
	x->after = canonical(t, path, after, &x->after_len);
	t->records[t->change.n_records++] = (struct change_record){path, x->after, x->after_len};
	t->change.records = t->records;
}

static struct trial begin(const char *who, const char *ledger)
{
	struct trial t = {.r = tree_new()};
	tree_add(t.r, "31", 32, "cong-an@31", "31", "province", 1, "Công an thành phố");
	const struct registry_grant *g = grant_of(t.r, who);
	t.change = (struct change){.ledger = ledger,
	    .unit = g->unit,
	    .station = g->station,
	    .agency = g->agency,
	    .rank = g->rank,
	    .rule = 1,
	    .grant = g->change,
	    .claim = CLAIM_NONE,
	    .subject = "test"};
	return t;
}

static int judge(struct trial *t, const char *who, struct err *err)
{
	ERR_CLEAR(err);
	return registry_check(t->r, grant_of(t->r, who), &t->change, t->texts, t->n_texts, err);
}

static void finish(struct trial *t)
{
	registry_free(t->r);
	arena_free(&t->arena);
}

/* "" when nothing refuses, else the rule. */
static const char *answer(int rc, const struct err *err)
{
	if (rc == ERR_PARKED)
		return "parked";
	if (rc == 0)
		return "";
	assert_int_equal(rc, ERR_REFUSED);
	assert_non_null(err->rule);
	return err->rule;
}

static void try_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *row = &rows[i];
		struct trial t = begin(row->who, row->ledger);
		struct err err;
		put(&t, row->path, row->before, row->after);
		int rc = judge(&t, row->who, &err);
		if (strcmp(answer(rc, &err), row->rule) != 0) {
			struct buf said = {0};
			err_format(&err, NULL, &said);
			fail_msg("row %zu, %s on %s in %s: '%s' instead of '%s': %s", i, row->who, row->path,
			    row->ledger, answer(rc, &err), row->rule, buf_str(&said));
		}
		if (rc == ERR_REFUSED && strcmp(row->rule, "ledger") != 0)
			assert_string_equal(err.record, row->path);
		finish(&t);
	}
}
#define TRY(rows) try_rows((rows), sizeof(rows) / sizeof *(rows))

static void who_may_write_to_which_ledger(void **state)
{
	(void)state;
	static const char draft[] = "state: draft\n";
	static const char directive[] = "title: x\nstate: issued\nversion: 1\n";
	static const struct row rows[] = {
	    {"11383", "reports/11383", REPORT, NULL, draft, ""},
	    {"cong-an@11383", "reports/11383", REPORT, NULL, draft, ""},
	    {"31", "reports/11383", REPORT, NULL, draft, ""},
	    {"0", "reports/11383", REPORT, NULL, draft, ""},
	    {"01", "reports/11383", REPORT, NULL, draft, "ledger"},
	    {"11050", "reports/11383", REPORT, NULL, draft, "ledger"},
	    {"11383", "reports/31", REPORT, NULL, draft, "ledger"},
	    {"cong-an@31", "reports/11383", REPORT, NULL, draft, "ledger"},
	    {"cong-an@31", "reports/31", REPORT, NULL, draft, ""},
	    {"31", "reports/777", REPORT, NULL, draft, "parked"},
	    {"31", "directives/31", "directives/D-1.yaml", NULL, directive, ""},
	    {"cong-an@31", "directives/31", "directives/D-1.yaml", NULL, directive, "ledger"},
	    {"0", "directives/31", "directives/D-1.yaml", NULL, directive, "ledger"},
	    {"11383", "directives/31", "directives/D-1.yaml", NULL, directive, "ledger"},
	    {"31", "31", REPORT, NULL, draft, "ledger"},
	    {"31", "notes/31", REPORT, NULL, draft, "ledger"},
	    {"31", "reports/3/1", REPORT, NULL, draft, "ledger"},
	    {"31", "reports/", REPORT, NULL, draft, "ledger"},
	};
	TRY(rows);
}

static void paths_and_fields(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"31", "directives/31", REPORT, NULL, "state: draft\n", "path"},
	    {"31", "reports/31", "units/5.yaml", NULL, "code: '5'\nname: x\nlevel: commune\nrank: 3\n",
		"path"},
	    {"31", "reports/31", "reports/31/2026-06.yaml", NULL, "state: draft\n", "path"},
	    {"31", "reports/11383", REPORT, "state: draft\n", "state: draft\nvalues: {TT01: 4}\n", ""},
	    {"31", "reports/11383", REPORT, "state: draft\n", "state: draft\nversion: 1\n", "right"},
	    {"31", "reports/11383", REPORT, "state: draft\nnil: 'yes'\n", "state: draft\n", "right"},
	    {"11383", "reports/11383", REPORT, "state: returned\nreturned: x\n", "state: submitted\n",
		"right"},
	    {"11383", "reports/11383", REPORT, "state: returned\nreturned: x\n", NULL, "right"},
	    {"11383", "reports/11383", REPORT, "state: draft\n", NULL, ""},
	    {"11383", "reports/11383", "receipts/31/p/2026-06.yaml", NULL, "versions: {a: {late: 'no'}}\n",
		"right"},
	    {"31", "reports/11383", "receipts/31/p/2026-06.yaml", NULL, "versions: {a: {late: 'no'}}\n", ""},
	    {"31", "reports/11383", "acks/31/D-1.yaml", NULL, "version: 1\n", "right"},
	    {"cong-an@11383", "reports/11383", "acks/31/D-1.yaml", NULL, "version: 1\n", ""},
	    {"0", "directives/0", "levels.yaml", NULL, "levels: {x: {rank: 4}}\n", ""},
	    {"31", "directives/31", "levels.yaml", NULL, "levels: {x: {rank: 4}}\n", "right"},
	};
	TRY(rows);
}

#define ACCEPTED "state: accepted\nvalues: {TT01: 4}\n"
#define ROW "corrections: {a: {fields: TT01, reason: x}}\n"

static void a_seal_holds(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"31", "reports/11383", REPORT, "state: submitted\n", "state: accepted\n", ""},
	    {"11383", "reports/11383", REPORT, "state: submitted\n", "state: accepted\n", "sealed"},
	    {"cong-an@11383", "reports/11383", REPORT, NULL, "state: accepted\n", "sealed"},
	    {"31", "reports/11383", REPORT, ACCEPTED, "state: returned\nreturned: x\nvalues: {TT01: 4}\n",
		""},
	    {"11383", "reports/11383", REPORT, ACCEPTED, "state: draft\nvalues: {TT01: 4}\n", "sealed"},
	    {"11383", "reports/11383", REPORT, ACCEPTED, ACCEPTED "partial: 'yes'\n", "sealed"},
	    {"31", "reports/11383", REPORT, ACCEPTED, ACCEPTED "returned: x\n", "sealed"},
	    {"11383", "reports/11383", REPORT, ACCEPTED, "state: accepted\nvalues: {TT01: 5}\n", "sealed"},
	    {"31", "reports/11383", REPORT, ACCEPTED, "state: accepted\nvalues: {TT01: 5}\n", "sealed"},
	    {"11383", "reports/11383", REPORT, ACCEPTED, "state: accepted\nvalues: {TT01: 5}\n" ROW, ""},
	    {"cong-an@11383", "reports/11383", REPORT, ACCEPTED, "state: accepted\nvalues: {TT01: 5}\n" ROW,
		""},
	    {"31", "reports/11383", REPORT, ACCEPTED, "state: accepted\nvalues: {TT01: 5}\n" ROW, ""},
	    {"11383", "reports/11383", REPORT, ACCEPTED, ACCEPTED ROW, ""},
	    {"11383", "reports/11383", REPORT, ACCEPTED,
		"state: accepted\nvalues: {TT01: 5}\ncorrections: {a: {fields: x}}\n", "sealed"},
	    {"11383", "reports/11383", REPORT, ACCEPTED ROW, "state: accepted\nvalues: {TT01: 5}\n" ROW,
		"sealed"},
	    {"11383", "reports/11383", REPORT, ACCEPTED ROW,
		ACCEPTED "corrections: {a: {fields: TT01, reason: z}}\n", "sealed"},
	    {"11383", "reports/11383", REPORT, ACCEPTED ROW, ACCEPTED, "sealed"},
	    {"11383", "reports/11383", REPORT, ACCEPTED ROW,
		"state: accepted\nvalues: {TT01: 5}\ncorrections: {a: {fields: TT01, reason: x}, a.b: "
		"{reason: z}}\n",
		""},
	    {"11383", "reports/11383", REPORT, ACCEPTED, NULL, "sealed"},
	    {"31", "reports/11383", REPORT, ACCEPTED, NULL, "sealed"},
	};
	TRY(rows);
}

static void what_a_unit_record_may_say(void **state)
{
	(void)state;
	static const char path[] = "units/5.yaml";
	static const char five[] = "code: '5'\nname: x\nlevel: commune\nrank: 3\n";
	static const char five_again[] =
	    "code: '5'\nname: z\nlevel: commune\nrank: 3\nvalid_to: 2025-06-30\n";
	static const char station[] = "code: '31'\nstation: y-te\nname: x\nlevel: province\nrank: 1\n";
	static const struct row rows[] = {
	    {"31", "directives/31", path, NULL, five, ""},
	    {"31", "directives/31", path, five, five_again, ""},
	    {"31", "directives/31", "units/5.2.yaml", NULL, five, ""},
	    {"31", "directives/31", "units/5.x.yaml", NULL, five, "path"},
	    {"31", "directives/31", "units/5.02.yaml", NULL, five, "path"},
	    {"31", "directives/31", "units/51.yaml", NULL, five, "path"},
	    {"31", "directives/31", "units/6.yaml", NULL, five, "path"},
	    {"31", "directives/31", "units/x@31.yaml", NULL, five, "path"},
	    {"31", "directives/31", path, NULL, "code: '5'\nname: x\nlevel: province\nrank: 1\n", "rank"},
	    {"31", "directives/31", path, NULL, "code: '5'\nname: x\nlevel: central\nrank: 0\n", "rank"},
	    {"31", "directives/31", path, NULL, "code: '5'\nname: x\nlevel: commune\nrank: 99999999999\n",
		"rank"},
	    {"31", "directives/31", path, NULL, "code: '5'\nname: x\nlevel: commune\n", "form"},
	    {"31", "directives/31", path, five, "code: '5'\nname: x\nlevel: commune\nrank: 4\n", "rank"},
	    {"31", "directives/31", "units/5.2.yaml", "code: '5.2'\nname: x\nlevel: commune\nrank: 3\n", five,
		"rank"},
	    {"31", "directives/31", path, five, NULL, "keys"},
	    {"31", "directives/31", "units/y-te@31.yaml", NULL, station, ""},
	    {"31", "directives/31", "units/x@31.yaml", NULL, station, "path"},
	    {"31", "directives/31", "units/y-te@01.yaml", NULL, station, "path"},
	    {"31", "directives/31", "units/31.yaml", NULL, "code: '31'\nname: x\nlevel: province\nrank: 1\n",
		"rank"},
	    {"31", "directives/31", "units/y-te@31.yaml", NULL,
		"code: '31'\nstation: y-te\nname: x\nlevel: commune\nrank: 3\n", "rank"},
	    {"0", "directives/0", "units/0.yaml", NULL, "code: '0'\nname: x\nlevel: central\nrank: 0\n", ""},
	    {"0", "directives/0", "units/0.yaml", NULL, "code: '0'\nname: x\nlevel: central\nrank: 1\n",
		"rank"},
	};
	TRY(rows);
}

/* "k1: active, k2: none" -> keys of a unit record; numbers name the key. */
static void keys_yaml(char *out, size_t size, int key1, const char *state1, int key2, const char *state2)
{
	int n = snprintf(
	    out, size, "code: '5'\nname: x\nlevel: commune\nrank: 3\n%s", key1 || key2 ? "keys:\n" : "");
	if (key1)
		n += snprintf(out + n, size - (size_t)n, "  k1: {key: %s%s%s}\n",
		    tree_key_text((unsigned char)key1), *state1 ? ", state: " : "", state1);
	if (key2)
		snprintf(out + n, size - (size_t)n, "  k2: {key: %s, state: %s}\n",
		    tree_key_text((unsigned char)key2), state2);
}

static void keys_only_narrow(void **state)
{
	(void)state;
	static const struct {
		int key;
		const char *state;
		int now, now2;
		const char *state1, *state2, *rule;
	} rows[] = {
	    {0, "", 5, 0, "active", "", ""},
	    {5, "active", 5, 0, "retired", "", ""},
	    {5, "active", 5, 0, "suspended", "", ""},
	    {5, "retired", 5, 0, "suspended", "", ""},
	    {5, "retired", 5, 0, "active", "", "keys"},
	    {5, "suspended", 5, 0, "retired", "", "keys"},
	    {5, "active", 6, 0, "active", "", "keys"},
	    {5, "active", 0, 0, "", "", "keys"},
	    {5, "active", 5, 6, "retired", "active", ""},
	    {5, "active", 5, 6, "active", "active", ""},
	    {0, "", 5, 6, "active", "active", "keys"},
	    {0, "", 5, 6, "active", "retired", ""},
	    {0, "", 5, 0, "", "", "keys"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char before[512], after[512];
		keys_yaml(before, sizeof before, rows[i].key, rows[i].state, 0, "");
		keys_yaml(after, sizeof after, rows[i].now, rows[i].state1, rows[i].now2, rows[i].state2);
		const struct row row = {"31", "directives/31", "units/5.yaml", before, after, rows[i].rule};
		try_rows(&row, 1);
	}
}

static void the_trailers_are_what_the_grant_says(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		struct trial t = begin("cong-an@11383", "reports/11383");
		struct err err;
		put(&t, REPORT, NULL, "state: draft\n");
		struct change *c = &t.change;
		switch (i) {
		case 1:
			c->unit = "11050";
			break;
		case 2:
			c->station = NULL;
			break;
		case 3:
			c->agency = NULL;
			break;
		case 4:
			c->rank = 2;
			break;
		case 5:
			c->grant = tree_change(83);
			break;
		}
		assert_string_equal(answer(judge(&t, "cong-an@11383", &err), &err), i ? "grant" : "");
		finish(&t);
	}
}

static void sizes_are_bounded(void **state)
{
	(void)state;
	char long_line[1001], body[CHANGE_MESSAGE_MAX + 2];
	memset(long_line, 'x', sizeof long_line);
	long_line[200] = '\0';
	memset(body, 'x', sizeof body);
	body[sizeof body - 1] = '\0';
	static struct change_record many[CHANGE_RECORDS_MAX + 1];
	static const char *const rules[] = {"", "size", "size", "size", "size", "size", "size", "size"};
	for (int i = 0; i < 8; i++) {
		struct trial t = begin("11383", "reports/11383");
		struct err err;
		struct change *c = &t.change;
		put(&t, REPORT, NULL, "state: draft\n");
		c->subject = long_line;
		switch (i) {
		case 1:
			long_line[200] = 'x';
			long_line[201] = '\0';
			break;
		case 2:
			c->subject = "two\nlines";
			break;
		case 3:
			c->subject = "";
			break;
		case 4:
			c->subject = "x";
			c->body = body;
			break;
		case 5:
			c->subject = "x";
			t.texts[0].after_len = YAML_RECORD_MAX + 1;
			break;
		case 6:
		case 7:
			c->subject = "x";
			c->records = many;
			c->n_records = CHANGE_RECORDS_MAX + (i == 6);
			for (size_t k = 0; k < c->n_records; k++)
				many[k] = (struct change_record){REPORT, "", i == 6 ? 1 : YAML_RECORD_MAX};
			break;
		}
		assert_string_equal(answer(judge(&t, "11383", &err), &err), rules[i]);
		finish(&t);
	}
}

static void what_is_not_canonical_is_refused(void **state)
{
	(void)state;
	struct trial t = begin("11383", "reports/11383");
	struct err err;
	put(&t, REPORT, NULL, "state: draft\n");
	t.texts[0].after = "state:  draft\n";
	t.texts[0].after_len = strlen(t.texts[0].after);
	assert_string_equal(answer(judge(&t, "11383", &err), &err), "form");
	assert_string_equal(err.record, REPORT);
	finish(&t);
}

/* A field that only a newer version knows: the unit's and its superiors'. */
static void fields_of_a_newer_version_have_default_rights(void **state)
{
	(void)state;
	static const char *const who[] = {"11383", "31", "cong-an@11383"};
	for (int i = 0; i < 3; i++) {
		struct trial t = begin(who[i], "reports/11383");
		struct err err;
		put(&t, REPORT, "state: draft\n", "state: draft\n");
		t.texts[0].after = "state: draft\nzz: x\n";
		t.texts[0].after_len = strlen(t.texts[0].after);
		assert_string_equal(answer(judge(&t, who[i], &err), &err), i < 2 ? "" : "right");
		finish(&t);
	}
}

static void the_anchor_brings_its_own_rank(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct trial t = begin("0", "directives/0");
		struct err err = {0};
		registry_free(t.r);
		t.r = registry_new();
		registry_set_anchor(t.r, "0", tree_key(9), &err);
		put(&t, "levels.yaml", NULL, "levels: {x: {rank: 4}}\n");
		if (i != 1)
			put(&t, "units/0.yaml", NULL, "code: '0'\nname: x\nlevel: central\nrank: 0\n");
		t.change.unit = "0";
		t.change.rank = i == 2 ? 1 : 0;
		static const char *const want[] = {"", "parked", "grant"};
		assert_string_equal(answer(judge(&t, "0", &err), &err), want[i]);
		finish(&t);
	}
}

#define CONFLICT "0123456789abcdef0123456789abcdef01234567"
#define CONFLICT_PATH "conflicts/01/" CONFLICT ".yaml"

static const char *conflict_text(struct trial *t, const char *state, int kept, int other, const char *more)
{
	struct record rec;
	record_init(&rec, &t->arena, type_by_name("conflict"));
	record_put(&rec, "record", REPORT);
	record_put(&rec, "field", "values.TT01");
	record_put(&rec, "why", "rank");
	record_put(&rec, "state", state);
	record_put(&rec, "kept.rank", arena_printf(&t->arena, "%d", kept));
	record_put(&rec, "other.rank", arena_printf(&t->arena, "%d", other));
	if (more) {
		record_put(&rec, "objections.1.unit", more);
		record_put(&rec, "objections.1.reason", "x");
	}
	struct buf text = {0};
	record_print(&rec, &text);
	const char *kept_text = arena_dup_len(&t->arena, buf_str(&text), text.len);
	buf_free(&text);
	return kept_text;
}

static void nobody_settles_above_his_rank(void **state)
{
	(void)state;
	static const struct {
		const char *who, *state;
		int kept, other;
		const char *rule;
	} rows[] = {
	    {"31", "overruled", 1, 3, ""},
	    {"0", "overruled", 1, 3, ""},
	    {"11383", "overruled", 1, 3, "settle"},
	    {"31", "overruled", 0, 1, "settle"},
	    {"31", "objected", 0, 1, "settle"},
	    {"11383", "disputed", 3, 3, ""},
	    {"cong-an@11383", "disputed", 3, 3, ""},
	    {"11383", "disputed", 1, 1, "settle"},
	};
	static const char *const ids[] = {CONFLICT};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct trial t = begin(rows[i].who, "reports/11383");
		struct err err;
		const char *text = conflict_text(&t, rows[i].state, rows[i].kept, rows[i].other, "11383");
		put(&t, REPORT, "state: draft\nvalues: {TT01: 43}\n", "state: draft\nvalues: {TT01: 44}\n");
		t.texts[t.n_texts++] = (struct change_texts){CONFLICT_PATH, text, NULL, strlen(text), 0};
		t.change.settles = ids;
		t.change.n_settles = 1;
		assert_string_equal(answer(judge(&t, rows[i].who, &err), &err), rows[i].rule);
		t.n_texts = 1;
		assert_string_equal(answer(judge(&t, rows[i].who, &err), &err), "settle");
		finish(&t);
	}
}

/* Settling is said with its reason already: it needs no correction beside it. */
static void a_settlement_may_change_a_sealed_figure(void **state)
{
	(void)state;
	static const char *const ids[] = {CONFLICT};
	for (int settles = 0; settles < 2; settles++) {
		struct trial t = begin("31", "reports/11383");
		struct err err;
		const char *text = conflict_text(&t, "overruled", 1, 3, NULL);
		put(&t, REPORT, ACCEPTED, "state: accepted\nvalues: {TT01: 5}\n");
		t.texts[t.n_texts++] = (struct change_texts){CONFLICT_PATH, text, NULL, strlen(text), 0};
		t.change.settles = ids;
		t.change.n_settles = (size_t)settles;
		assert_string_equal(answer(judge(&t, "31", &err), &err), settles ? "" : "sealed");
		finish(&t);
	}
}

static void an_objection_stands_in_its_writers_name(void **state)
{
	(void)state;
	static const struct {
		const char *who, *before, *after, *rule;
	} rows[] = {
	    {"11383", NULL, "11383", ""},
	    {"31", NULL, "31", ""},
	    {"cong-an@11383", NULL, "cong-an@11383", ""},
	    {"cong-an@11383", NULL, "11383", ""},
	    {"11383", NULL, "31", "right"},
	    {"31", "11383", NULL, "right"},
	    {"31", "11383", "31", "right"},
	    {"11383", "11383", NULL, ""},
	    {"31", "11383", "removed", ""},
	    {"11383", "11383", "removed", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct trial t = begin(rows[i].who, "reports/11383");
		struct err err;
		bool removed = rows[i].after && strcmp(rows[i].after, "removed") == 0;
		const char *before = conflict_text(&t, "overruled", 1, 3, rows[i].before);
		const char *after = removed ? NULL : conflict_text(&t, "objected", 1, 3, rows[i].after);
		t.texts[t.n_texts++] = (struct change_texts){
		    CONFLICT_PATH, before, after, strlen(before), after ? strlen(after) : 0};
		t.records[0] = (struct change_record){CONFLICT_PATH, after, after ? strlen(after) : 0};
		t.change.records = t.records;
		t.change.n_records = 1;
		if (strcmp(answer(judge(&t, rows[i].who, &err), &err), rows[i].rule) != 0)
			fail_msg("row %zu: '%s'", i, err.rule ? err.rule : "");
		finish(&t);
	}
}

/* The sentence names the unit, the field, the record and the ledger. */
static void a_refusal_says_what_was_refused(void **state)
{
	(void)state;
	struct trial t = begin("31", "reports/11383");
	struct err err;
	struct buf said = {0};
	put(&t, REPORT, "state: draft\n", "state: draft\nversion: 1\n");
	assert_int_equal(judge(&t, "31", &err), ERR_REFUSED);
	err_format(&err, NULL, &said);
	assert_string_equal(
	    buf_str(&said), "31 may not write version of " REPORT " in the ledger reports/11383");
	assert_string_equal(err.field, "version");
	buf_free(&said);
	finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_may_write_to_which_ledger),
	    cmocka_unit_test(paths_and_fields),
	    cmocka_unit_test(a_seal_holds),
	    cmocka_unit_test(what_a_unit_record_may_say),
	    cmocka_unit_test(keys_only_narrow),
	    cmocka_unit_test(the_trailers_are_what_the_grant_says),
	    cmocka_unit_test(sizes_are_bounded),
	    cmocka_unit_test(what_is_not_canonical_is_refused),
	    cmocka_unit_test(fields_of_a_newer_version_have_default_rights),
	    cmocka_unit_test(the_anchor_brings_its_own_rank),
	    cmocka_unit_test(nobody_settles_above_his_rank),
	    cmocka_unit_test(a_settlement_may_change_a_sealed_figure),
	    cmocka_unit_test(an_objection_stands_in_its_writers_name),
	    cmocka_unit_test(a_refusal_says_what_was_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
