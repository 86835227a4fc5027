/* Stores checked from outside: by verify_store, and by stock git with the allowed-signers file. */
#include "store_kit.h"
#include "base/sys.h"
#include "store/index.h"

#define WARD_LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"

struct world {
	char *dir;
	struct store *s;
	struct registry *r;
	struct tx_writer city, ward, police;
};

static void unit_yaml(struct buf *out, const struct tx_writer *w, const char *name, const char *level)
{
	char key[KEY_TEXT_SIZE];
	key_text(key_public(w->key), key);
	buf_cut(out, 0);
	buf_printf(out, "{code: '%s', name: %s, level: %s, rank: %d, keys: {k1: {key: %s, state: active}}",
	    w->unit, name, level, w->rank, key);
	if (w->station)
		buf_printf(out, ", station: %s, agency: %s", w->station, w->agency);
	buf_puts(out, "}");
}

/* A city that is the root, its ward, and a police station of the ward; each under its superior's grant. */
static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	struct err err = {0};
	struct buf yaml = {0};
	w->dir = kit_dir();
	w->s = kit_store(w->dir, "a.git");
	w->city = kit_writer("31", NULL, 1);
	w->ward = kit_writer("11383", NULL, 3);
	w->police = kit_writer("11383", "cong-an", 3);
	w->police.agency = "cong-an";
	unit_yaml(&yaml, &w->city, "Hải Phòng", "province");
	kit_write(w->s, &w->city, "directives/31", "units/31.yaml", buf_str(&yaml));
	unit_yaml(&yaml, &w->ward, "Lê Chân", "commune");
	w->ward.grant = kit_write(w->s, &w->city, "directives/31", "units/11383.yaml", buf_str(&yaml));
	unit_yaml(&yaml, &w->police, "Công an phường", "commune");
	w->police.grant =
	    kit_write(w->s, &w->ward, "directives/11383", "units/cong-an@11383.yaml", buf_str(&yaml));
	buf_free(&yaml);
	w->r = registry_new();
	assert_ok(registry_set_anchor(w->r, "31", key_public(w->city.key), &err), err);
	assert_ok(registry_load(w->r, w->s, &err), err);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	registry_free(w->r);
	store_close(w->s);
	kit_remove(w->dir);
	kit_writer_free(&w->city);
	kit_writer_free(&w->ward);
	kit_writer_free(&w->police);
	free(w);
	return 0;
}

struct told {
	size_t n;
	struct err last;
	char kinds[400]; /* "signature right " */
	char ledger[80];
	size_t judged;
	bool unjust; /* what the judge says of the ward's reports */
};

static void tell(void *ctx, const struct verify_problem *p)
{
	struct told *t = ctx;
	size_t len = strlen(t->kinds);
	t->n++;
	t->last = *p->what;
	snprintf(t->kinds + len, sizeof t->kinds - len, "%s ", p->kind);
	snprintf(t->ledger, sizeof t->ledger, "%s", p->ledger ? p->ledger : "");
}

static int judge(void *ctx, const struct history *h, const struct change *c, const struct change_texts *texts,
    size_t n, struct err *err)
{
	struct told *t = ctx;
	(void)texts, (void)n;
	t->judged++;
	assert_true(history_has(h, &c->id));
	if (!t->unjust || strcmp(c->ledger, WARD_LEDGER) != 0)
		return 0;
	err_set(err, ERR_REFUSED, "unjust");
	err_rule(err, "claim", NULL, NULL);
	return ERR_REFUSED;
}

static struct verify_report verify_with(struct world *w, struct told *told, const struct key *key, bool full)
{
	struct err err = {0};
	struct verify_report report;
	bool unjust = told->unjust;
	*told = (struct told){.unjust = unjust};
	const struct verify_options options = {
	    .registry = w->r, .key = key, .full = full, .judge = judge, .problem = tell, .ctx = told};
	assert_ok(verify_store(w->s, &options, &report, &err), err);
	assert_int_equal(report.problems, told->n);
	return report;
}

static struct verify_report verify(struct world *w, struct told *told)
{
	*told = (struct told){0};
	return verify_with(w, told, NULL, false);
}

static void assert_clean(struct world *w, size_t changes, size_t merges)
{
	struct told told;
	struct verify_report report = verify(w, &told);
	if (told.n)
		assert_ok(told.last.code, told.last);
	assert_int_equal(report.changes, changes);
	assert_int_equal(report.merges, merges);
}

static void write_signers(struct world *w)
{
	struct buf signers = {0};
	char *path = kit_path(w->dir, "signers");
	verify_allowed_signers(w->r, &signers);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(buf_str(&signers), f);
	fclose(f);
	free(path);
	buf_free(&signers);
}

/* The ward and its station write at the same time, without knowing of each other; a third store does the sending. */
static void clash(struct world *w)
{
	struct err err = {0};
	struct arena arena = {0};
	struct change c;
	struct tx *tx;
	struct oid got;
	bool known;
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: submitted, values: {TT01: '42'}}");
	assert_int_equal(kit_run(w->dir, "cp -r a.git b.git"), 0);
	struct store *other;
	char *path = kit_path(w->dir, "b.git");
	assert_ok(store_open(path, &other, &err), err);
	struct oid id =
	    kit_write(other, &w->police, WARD_LEDGER, REPORT, "{state: submitted, values: {TT01: '43'}}");
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: submitted, values: {TT01: '44'}}");
	assert_ok(store_change(other, WARD_LEDGER, &id, &arena, &c, &err), err);
	assert_ok(tx_begin(w->s, &tx, &err), err);
	assert_ok(tx_receive(tx, &c, key_public(w->police.key), NULL, NULL, &got, &known, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
	store_close(other);
	arena_free(&arena);
	free(path);
}

static void an_honest_store_is_clean(void **state)
{
	struct world *w = *state;
	clash(w);
	assert_clean(w, 6, 1);
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: submitted, values: {TT01: '45'}}");
	assert_clean(w, 7, 1);
}

static void stock_git_agrees(void **state)
{
	struct world *w = *state;
	clash(w);
	write_signers(w);
	assert_int_equal(
	    kit_run(w->dir,
		"git -C a.git fsck --strict && git -C a.git rev-list --no-merges --all >ids && "
		"test $(wc -l <ids) = 6 && for c in $(cat ids); do "
		"git -C a.git -c gpg.ssh.allowedSignersFile=$PWD/signers verify-commit $c || exit 1; done"),
	    0);
	assert_int_equal(
	    kit_run(w->dir, "git -C a.git -c gpg.ssh.allowedSignersFile=$PWD/signers log --no-merges --all "
			    "--format='%G? %GS %ae' >seen && ! grep -v '^G ' seen && "
			    "grep -qx 'G cong-an.11383@tuyen.invalid cong-an.11383@tuyen.invalid' seen"),
	    0);
	/* And a key that is not in the file is nobody's. */
	assert_int_not_equal(kit_run(w->dir, "grep -v '^11383@' signers >fewer; git -C a.git "
					     "-c gpg.ssh.allowedSignersFile=$PWD/fewer verify-commit $(cat "
					     "a.git/refs/heads/directives/11383)"),
	    0);
}

/* Point a ledger at a commit made of this text, as somebody with access to the disk might. */
static void plant(struct world *w, const char *ledger, const char *text)
{
	char command[256], *path = kit_path(w->dir, "planted");
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(path);
	snprintf(command, sizeof command,
	    "git -C a.git hash-object -w -t commit --literally --stdin <planted >id && "
	    "git -C a.git update-ref refs/heads/%s $(cat id)",
	    ledger);
	assert_int_equal(kit_run(w->dir, command), 0);
}

static char *commit_text(struct world *w, const char *what)
{
	char command[256], *path = kit_path(w->dir, "text");
	struct buf text = {0};
	char piece[4096];
	size_t n;
	snprintf(command, sizeof command, "git -C a.git cat-file commit %s >text", what);
	assert_int_equal(kit_run(w->dir, command), 0);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof piece, f)))
		buf_add(&text, piece, n);
	fclose(f);
	free(path);
	return buf_take(&text);
}

static void one_problem(struct world *w, const char *kind, const char *rule, int code)
{
	struct told told;
	verify(w, &told);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.last.code, code);
	assert_true(strncmp(told.kinds, kind, strlen(kind)) == 0 && told.kinds[strlen(kind)] == ' ');
	assert_string_equal(told.ledger, WARD_LEDGER);
	if (rule)
		assert_string_equal(told.last.rule, rule);
	else
		assert_null(told.last.rule);
}

static void a_changed_word_is_found(void **state)
{
	struct world *w = *state;
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft, values: {TT01: '42'}}");
	char *text = commit_text(w, "refs/heads/" WARD_LEDGER), *word = strstr(text, "report: write");
	assert_non_null(word);
	word[8] = 'W';
	plant(w, WARD_LEDGER, text);
	free(text);
	one_problem(w, "signature", "signature", ERR_REFUSED);
}

static void another_tree_is_found(void **state)
{
	struct world *w = *state;
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft, values: {TT01: '42'}}");
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft, values: {TT01: '43'}}");
	char *first = commit_text(w, "refs/heads/" WARD_LEDGER "~1"),
	     *last = commit_text(w, "refs/heads/" WARD_LEDGER);
	memcpy(last, first, 46); /* the line of the tree */
	plant(w, WARD_LEDGER, last);
	free(first);
	free(last);
	one_problem(w, "signature", "signature", ERR_REFUSED);
}

static void a_merge_of_ones_own_is_found(void **state)
{
	struct world *w = *state;
	clash(w);
	char *text = commit_text(w, "refs/heads/" WARD_LEDGER), *time = strstr(text, " +0000");
	assert_non_null(time);
	time[-1] = time[-1] == '9' ? '8' : (char)(time[-1] + 1);
	memcpy(strstr(time + 1, " +0000") - 1, time - 1, 1);
	plant(w, WARD_LEDGER, text);
	free(text);
	one_problem(w, "merge", NULL, ERR_CORRUPT);
}

static void a_foreign_commit_is_found(void **state)
{
	struct world *w = *state;
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft}");
	assert_int_equal(
	    kit_run(w->dir, "cd a.git && git update-ref refs/heads/" WARD_LEDGER " $(git -c user.name=x -c "
			    "user.email=x@x commit-tree -m x refs/heads/" WARD_LEDGER "^{tree})"),
	    0);
	one_problem(w, "commit", NULL, ERR_CORRUPT);
}

static void a_missing_record_is_found(void **state)
{
	struct world *w = *state;
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft}");
	store_close(w->s);
	assert_int_equal(
	    kit_run(w->dir, "cd a.git && id=$(git rev-parse refs/heads/" WARD_LEDGER ":" REPORT ") && "
			    "rm -f objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)"),
	    0);
	struct err err = {0};
	char *path = kit_path(w->dir, "a.git");
	assert_ok(store_open(path, &w->s, &err), err);
	free(path);
	one_problem(w, "missing", NULL, ERR_CORRUPT);
}

static void a_writer_without_grant_is_found(void **state)
{
	struct world *w = *state;
	struct tx_writer thief = kit_writer("11383", NULL, 3);
	thief.grant = w->ward.grant;
	kit_write(w->s, &thief, WARD_LEDGER, REPORT, "{state: draft}");
	one_problem(w, "signature", "signature", ERR_REFUSED);
	memset(thief.grant.b, 7, OID_SIZE);
	kit_write(w->s, &thief, "reports/11383", REPORT, "{state: submitted}");
	struct told told;
	verify(w, &told);
	assert_int_equal(told.n, 2);
	assert_int_equal(told.last.code, ERR_PARKED);
	kit_writer_free(&thief);
}

static void rights_are_the_registrys(void **state)
{
	struct world *w = *state;
	kit_write(w->s, &w->ward, "directives/31", "plans/x/plan.yaml", "{title: x}");
	struct told told;
	verify(w, &told);
	assert_int_equal(told.n, 1);
	assert_string_equal(told.last.rule, "ledger");
}

static void units_come_from_the_ledgers(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	const struct registry_unit *unit = registry_unit(w->r, "cong-an@11383");
	assert_non_null(unit);
	assert_string_equal(unit->parent, "11383");
	assert_true(unit->has_key);
	assert_non_null(registry_grant(w->r, &w->police.grant, "11383", "cong-an"));
	assert_non_null(registry_by_key(w->r, key_public(w->ward.key)));
	/* Loading a ledger again adds what is new and changes nothing else. */
	kit_write(w->s, &w->city, "directives/31", "units/11050.yaml",
	    "{code: '11050', name: Gia Phúc, level: commune, rank: 3}");
	assert_ok(registry_load_ledger(w->r, w->s, "directives/31", &err), err);
	assert_non_null(registry_unit(w->r, "11050"));
	assert_clean(w, 4, 0);
}

/* ---- what is remembered ---- */

static void reopen(struct world *w)
{
	struct err err = {0};
	char *path = kit_path(w->dir, "a.git");
	store_close(w->s);
	assert_ok(store_open(path, &w->s, &err), err);
	free(path);
}

static void what_was_proved_is_remembered(void **state)
{
	struct world *w = *state;
	struct told told = {0};
	clash(w);
	struct verify_report first = verify_with(w, &told, w->ward.key, false);
	assert_int_equal(first.problems + first.remembered, 0);
	assert_int_equal(told.judged, 6);
	struct verify_report again = verify_with(w, &told, w->ward.key, false);
	assert_int_equal(again.problems, 0);
	assert_int_equal(told.judged, 0);
	assert_int_equal(again.remembered, 6);
	assert_int_equal(again.changes, 6);
	assert_int_equal(again.merges, first.merges);
	assert_int_equal(again.records, first.records);
	assert_int_equal(again.objects, first.objects);
	/* What is new is judged on top of it, the merge under it included. */
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: submitted, values: {TT01: '45'}}");
	again = verify_with(w, &told, w->ward.key, false);
	assert_int_equal(told.judged, 1);
	assert_int_equal(again.changes, 7);
	assert_int_equal(again.remembered, 6);
	assert_int_equal(again.merges, first.merges);
	again = verify_with(w, &told, w->ward.key, true);
	assert_int_equal(told.judged, 7);
	assert_int_equal(again.remembered, 0);
	assert_int_equal(again.merges, first.merges);
	assert_int_equal(verify_with(w, &told, w->ward.key, false).remembered, 7);
}

static void what_was_wrong_is_not_remembered(void **state)
{
	struct world *w = *state;
	struct told told = {.unjust = true};
	clash(w);
	verify_with(w, &told, w->ward.key, false);
	assert_int_equal(told.n, 3);
	verify_with(w, &told, w->ward.key, false);
	assert_int_equal(told.n, 3);
	assert_string_equal(told.kinds, "claim claim claim ");
	told.unjust = false;
	verify_with(w, &told, w->ward.key, false);
	assert_int_equal(told.n, 0);
	assert_int_equal(told.judged, 3);
}

/* An edited memory, one of another node, one under another anchor: all of it is proved anew. */
static void a_forged_memory_is_none(void **state)
{
	struct world *w = *state;
	struct told told = {0};
	struct err err = {0};
	clash(w);
	assert_int_equal(verify_with(w, &told, w->ward.key, false).problems, 0);
	assert_int_equal(verify_with(w, &told, w->city.key, false).remembered, 0);
	assert_int_equal(verify_with(w, &told, w->city.key, false).remembered, 6);
	static const char *const edits[] = {"s/^checks .*/checks 0/", "1d", "$d",
	    "s/^seal \\(.\\)/seal \\1\\1/", "/^ledger/s/ 1 / 2 /",
	    "/^ledger.reports/s/\\([0-9a-f]\\) /\\1\\1 /", "/^grant/d", "$ax", "s/.*//"};
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		struct buf line = {0};
		assert_int_equal(verify_with(w, &told, w->ward.key, true).problems, 0);
		assert_int_equal(verify_with(w, &told, w->ward.key, false).remembered, 6);
		buf_printf(&line, "sed -i '%s' a.git/tuyen/proved", edits[i]);
		assert_int_equal(kit_run(w->dir, line.data), 0);
		assert_int_equal(verify_with(w, &told, w->ward.key, false).remembered, 0);
		assert_int_equal(told.n, 0);
		buf_free(&line);
	}
	/* Under another anchor nothing of it holds. */
	registry_free(w->r);
	w->r = registry_new();
	assert_ok(registry_set_anchor(w->r, "31", key_public(w->ward.key), &err), err);
	assert_ok(registry_load(w->r, w->s, &err), err);
	assert_int_equal(verify_with(w, &told, w->ward.key, false).remembered, 0);
	assert_true(told.n > 0);
}

static void forged_on_top_of_what_is_remembered(void **state)
{
	struct world *w = *state;
	struct told told = {0};
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft, values: {TT01: '42'}}");
	assert_int_equal(verify_with(w, &told, w->ward.key, false).problems, 0);
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft, values: {TT01: '43'}}");
	char *text = commit_text(w, "refs/heads/" WARD_LEDGER), *word = strstr(text, "report: write");
	word[8] = 'W';
	plant(w, WARD_LEDGER, text);
	free(text);
	verify_with(w, &told, w->ward.key, false);
	assert_string_equal(told.kinds, "signature ");
}

/* Every object of a history that was proved: taken away, emptied, cut, one bit changed. */
static void damage_in_what_was_proved_is_found(void **state)
{
	struct world *w = *state;
	struct told told = {0};
	static const char *const harm[] = {"rm -f $f", ": >$f", "truncate -s 20 $f",
	    "printf '\\377' | dd of=$f bs=1 seek=9 conv=notrunc 2>/dev/null"};
	static const char *const what[] = {"refs/heads/" WARD_LEDGER, "refs/heads/" WARD_LEDGER "~1",
	    "refs/heads/" WARD_LEDGER "^{tree}", "refs/heads/" WARD_LEDGER "~1:reports",
	    "refs/heads/" WARD_LEDGER "~1:" REPORT};
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft, values: {TT01: '42'}}");
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft, values: {TT01: '43'}}");
	assert_int_equal(verify_with(w, &told, w->ward.key, false).problems, 0);
	for (size_t i = 0; i < sizeof harm / sizeof *harm; i++) {
		for (size_t k = 0; k < sizeof what / sizeof *what; k++) {
			struct buf line = {0};
			buf_printf(&line,
			    "rm -rf keep && cp -r a.git keep && id=$(git -C a.git rev-parse %s) && "
			    "f=a.git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-) && chmod u+w $f "
			    "&& %s",
			    what[k], harm[i]);
			assert_int_equal(kit_run(w->dir, line.data), 0);
			reopen(w);
			verify_with(w, &told, w->ward.key, false);
			print_message("%zu %zu %s\n", i, k, told.kinds);
			assert_int_equal(told.n, 1);
			assert_string_equal(told.kinds, i == 0 ? "missing " : "corrupt ");
			assert_string_equal(told.ledger, WARD_LEDGER);
			assert_int_equal(kit_run(w->dir, "rm -rf a.git && mv keep a.git"), 0);
			buf_free(&line);
		}
	}
	reopen(w);
	assert_int_equal(verify_with(w, &told, w->ward.key, false).problems, 0);
}

static void one_kind(struct world *w, const char *command, const char *kinds, const char *ledger)
{
	struct told told = {0};
	assert_int_equal(kit_run(w->dir, command), 0);
	reopen(w);
	verify_with(w, &told, w->ward.key, false);
	assert_string_equal(told.kinds, kinds);
	assert_string_equal(told.ledger, ledger);
	assert_int_equal(kit_run(w->dir, "rm -rf a.git && cp -r keep a.git"), 0);
}

static void names_are_checked(void **state)
{
	struct world *w = *state;
	struct told told = {0};
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft}");
	assert_int_equal(verify_with(w, &told, w->ward.key, false).problems, 0);
	assert_int_equal(kit_run(w->dir, "cp -r a.git keep"), 0);
	one_kind(w, "rm a.git/refs/heads/" WARD_LEDGER, "ref ", WARD_LEDGER);
	one_kind(w, "echo nonsense >a.git/refs/heads/" WARD_LEDGER, "ref ref ", WARD_LEDGER);
	one_kind(w, "git -C a.git update-ref refs/tags/x refs/heads/" WARD_LEDGER, "ref ", "");
	one_kind(w, "git -C a.git update-ref refs/heads/reports/x/y refs/heads/" WARD_LEDGER, "ref ", "");
	one_kind(w, "printf '%040d\\n' 7 >a.git/refs/heads/" WARD_LEDGER, "missing ", WARD_LEDGER);
	/* A ledger of nobody: what stands in it is the ward's, who may not write there. */
	one_kind(w, "git -C a.git update-ref refs/heads/reports/99999 refs/heads/" WARD_LEDGER, "unit grant ",
	    "reports/99999");
	one_kind(w, "git -C a.git update-ref refs/held/x refs/heads/" WARD_LEDGER, "", "");
	one_kind(w, "git -C a.git repack -adq", "", "");
	/* Then nothing of it can be read. */
	assert_int_equal(kit_run(w->dir, "git -C a.git repack -adq && f=$(echo a.git/objects/pack/*.pack) && "
					 "chmod u+w $f && truncate -s -1 $f"),
	    0);
	reopen(w);
	verify_with(w, &told, w->ward.key, false);
	assert_true(told.n > 1 && strncmp(told.kinds, "corrupt ", 8) == 0);
}

/* Two units that registered each other: their grants lead nowhere. */
static void grants_lead_up_to_the_anchor(void **state)
{
	struct world *w = *state;
	struct buf yaml = {0};
	struct err err = {0};
	struct told told;
	struct tx_writer a = kit_writer("71", NULL, 1), b = kit_writer("72", NULL, 2);
	unit_yaml(&yaml, &b, "Cấp dưới", "commune");
	b.grant = kit_write(w->s, &a, "directives/71", "units/72.yaml", buf_str(&yaml));
	unit_yaml(&yaml, &a, "Cấp trên", "province");
	a.grant = kit_write(w->s, &b, "directives/72", "units/71.yaml", buf_str(&yaml));
	kit_write(w->s, &a, "directives/71", "plans/x/plan.yaml", "{title: x}");
	registry_free(w->r);
	w->r = registry_new();
	assert_ok(registry_set_anchor(w->r, "31", key_public(w->city.key), &err), err);
	registry_load_partly(w->r, w->s, NULL);
	verify(w, &told);
	assert_true(told.n >= 2);
	assert_non_null(strstr(told.kinds, "grant "));
	kit_writer_free(&a);
	kit_writer_free(&b);
	buf_free(&yaml);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void seal_again(struct buf *file, size_t at)
{
	unsigned check = index_check(0, file->data, at);
	while (at < file->len) {
		unsigned char *b = (unsigned char *)file->data + at;
		size_t len = b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16;
		check = index_check(check, b, len);
		for (unsigned i = 0; i < 4; i++)
			b[len + i] = (unsigned char)(check >> 8 * i);
		at += len + 4;
	}
}

/* Whole by its checks, and yet not what the change says. */
static void an_index_that_lies_is_told(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct told told;
	struct buf file = {0};
	char *path = kit_path(w->dir, "a.git/tuyen/index-reports-11383");
	kit_write(w->s, &w->ward, WARD_LEDGER, REPORT, "{state: draft, note: as-it-was}");
	assert_clean(w, 4, 0);
	assert_ok(sys_read_file(path, 1 << 20, &file, &err), err);
	char *word = memmem(file.data, file.len, "as-it-was", 9);
	assert_non_null(word);
	memcpy(word, "otherwise", 9);
	seal_again(&file, strlen(INDEX_MAGIC WARD_LEDGER "\n"));
	assert_ok(sys_write_file(path, file.data, file.len, 0644, &err), err);
	verify(w, &told);
	assert_string_equal(told.kinds, "index ");
	assert_string_equal(told.ledger, WARD_LEDGER);
	assert_ok(sys_remove(path, &err), err);
	assert_clean(w, 4, 0);
	buf_free(&file);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_index_that_lies_is_told, set_up, tear_down),
	    TEST(an_honest_store_is_clean),
	    TEST(stock_git_agrees),
	    TEST(a_changed_word_is_found),
	    TEST(another_tree_is_found),
	    TEST(a_merge_of_ones_own_is_found),
	    TEST(a_foreign_commit_is_found),
	    TEST(a_missing_record_is_found),
	    TEST(a_writer_without_grant_is_found),
	    TEST(rights_are_the_registrys),
	    TEST(units_come_from_the_ledgers),
	    TEST(what_was_proved_is_remembered),
	    TEST(what_was_wrong_is_not_remembered),
	    TEST(a_forged_memory_is_none),
	    TEST(forged_on_top_of_what_is_remembered),
	    TEST(damage_in_what_was_proved_is_found),
	    TEST(names_are_checked),
	    TEST(grants_lead_up_to_the_anchor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
