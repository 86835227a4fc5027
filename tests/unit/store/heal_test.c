/* What was refused goes out of a ledger, the rest is written again, and nothing of it is left on the disk. */
#include "store_kit.h"

#include <signal.h>
#include <sys/syscall.h>

#include "merge/conflict.h"
#include "store/heal.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"
#define TASK "progress/31/hp.2026-06/1.yaml"
#define SECRET "T.V.B 0912345678"

/* The calls by which a transaction becomes visible or durable; the healer dies before the n-th. */
static unsigned steps_left;

static void step(void)
{
	if (steps_left && --steps_left == 0)
		raise(SIGKILL);
}

int fsync(int fd)
{
	step();
	return (int)syscall(SYS_fsync, fd);
}

int syncfs(int fd)
{
	step();
	return (int)syscall(SYS_syncfs, fd);
}

int rename(const char *from, const char *to)
{
	step();
	return (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
	step();
	return (int)syscall(SYS_unlink, path);
}

struct world {
	char *dir, *path;
	struct store *s;
	struct tx_writer ward, city;
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	w->dir = kit_dir();
	w->path = kit_path(w->dir, "a.git");
	w->s = kit_store(w->dir, "a.git");
	w->ward = kit_writer("11383", NULL, 3);
	w->city = kit_writer("31", NULL, 1);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	store_close(w->s);
	kit_remove(w->dir);
	kit_writer_free(&w->ward);
	kit_writer_free(&w->city);
	free(w->path);
	free(w);
	return 0;
}

static struct oid report(struct world *w, const char *yaml)
{
	return kit_write(w->s, &w->ward, LEDGER, REPORT, yaml);
}

/* A change of the city that has seen only `seen` of the ledger; the canonical merge follows. */
static struct oid aside(
    struct world *w, const struct tx_writer *writer, const struct oid *seen, const char *yaml)
{
	struct err err = {0};
	struct store *other;
	struct arena arena = {0};
	struct change c;
	struct oid id, got;
	struct tx *tx;
	bool known;
	char *path = kit_path(w->dir, "b.git");
	char hex[OID_HEX + 1];
	struct buf line = {0};
	oid_hex(seen, hex);
	buf_printf(&line,
	    "rm -rf b.git && cp -r a.git b.git && git -C b.git update-ref refs/heads/" LEDGER " %s", hex);
	assert_int_equal(kit_run(w->dir, line.data), 0);
	assert_ok(store_open(path, &other, &err), err);
	id = kit_write(other, writer, LEDGER, REPORT, yaml);
	assert_ok(store_change(other, LEDGER, &id, &arena, &c, &err), err);
	assert_ok(tx_begin(w->s, &tx, &err), err);
	assert_ok(tx_receive(tx, &c, key_public(writer->key), NULL, NULL, &got, &known, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
	assert_true(oid_eq(&id, &got));
	arena_free(&arena);
	store_close(other);
	free(path);
	buf_free(&line);
	return id;
}

/* As the node does it: all that the ward wrote on the refused ones again. Fills `steps` (32 at most). */
static int heal(struct store *s, const struct tx_writer *writer, const struct oids *refused,
    struct heal_step *steps, size_t *n, struct err *err)
{
	struct oids tainted = {0};
	struct tx *tx = NULL;
	size_t removed;
	bool packed;
	int rc = heal_tainted(s, LEDGER, refused, &tainted, err);
	*n = tainted.n;
	if (rc == 0 && tainted.n) {
		rc = tx_begin(s, &tx, err);
		if (rc == 0)
			rc = heal_take_out(tx, LEDGER, &tainted, err);
		for (size_t i = 0; rc == 0 && i < tainted.n; i++) {
			struct heal_again how = {.ledger = LEDGER,
			    .steps = steps,
			    .n_steps = i,
			    .record = REPORT,
			    .field = "note"};
			struct arena arena = {0};
			struct change c;
			steps[i] = (struct heal_step){.was = tainted.items[i]};
			rc = store_change(s, LEDGER, &steps[i].was, &arena, &c, err);
			bool own = rc == 0 && strcmp(c.unit, writer->unit) == 0;
			arena_free(&arena);
			if (rc == 0)
				rc = heal_base(s, &how, &steps[i], err);
			if (rc == 0 && own && !oids_has(refused, &steps[i].was))
				rc = heal_again(tx, writer, &how, &steps[i], err);
		}
		if (rc == 0)
			rc = tx_commit(tx, err);
		tx_destroy(tx);
	}
	if (rc == 0)
		rc = heal_purge(s, &tainted, &removed, &packed, err);
	oids_free(&tainted);
	return rc;
}

static void heal_one(struct world *w, const struct oid *refused, struct heal_step *steps, size_t *n)
{
	struct err err = {0};
	struct oids list = {(struct oid *)refused, 1};
	assert_ok(heal(w->s, &w->ward, &list, steps, n, &err), err);
}

static void free_steps(struct heal_step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		oids_free(&steps[i].base);
}

static void assert_sound(struct world *w)
{
	assert_int_equal(kit_run(w->dir, "git -C a.git fsck --strict --no-dangling"), 0);
}

/* Is this anywhere on the disk, inside of objects or out? */
static bool on_disk(struct world *w, const char *text)
{
	struct buf line = {0};
	buf_printf(&line,
	    "{ git -C a.git cat-file --batch-all-objects --batch; cat a.git/tuyen/*; } 2>/dev/null | grep "
	    "-aqF '%s'",
	    text);
	bool found = kit_run(w->dir, line.data) == 0;
	buf_free(&line);
	return found;
}

static void assert_text(struct world *w, const char *path, const char *wanted)
{
	char *text = kit_read(w->s, LEDGER, path);
	if (wanted)
		assert_string_equal(text, wanted);
	else
		assert_null(text);
	free(text);
}

static void what_stood_on_it_is_written_again(void **state)
{
	struct world *w = *state;
	struct heal_step steps[32];
	size_t n;
	struct err err = {0};
	struct arena arena = {0};
	struct change c;
	char hex[OID_HEX + 1];
	report(w, "{state: draft, values: {TT01: '4'}}");
	struct oid bad = report(w, "{state: draft, values: {TT01: '4'}, note: " SECRET "}");
	struct oid later = report(w, "{state: draft, values: {TT01: '4', TT02: '7'}, note: " SECRET "}");
	w->ward.now += 3600;
	kit_write(w->s, &w->ward, LEDGER, TASK, "state: doing\n");
	w->ward.now += 3600;
	assert_true(on_disk(w, SECRET));
	heal_one(w, &bad, steps, &n);
	assert_int_equal(n, 3);
	assert_true(oid_is_zero(&steps[0].now));
	assert_false(oid_is_zero(&steps[1].now));
	assert_false(oid_is_zero(&steps[2].now));
	assert_text(w, REPORT, "state: draft\nvalues:\n  TT01: '4'\n  TT02: '7'\n");
	assert_text(w, TASK, "state: doing\n");
	assert_false(on_disk(w, SECRET));
	assert_ok(store_change(w->s, LEDGER, &steps[1].now, &arena, &c, &err), err);
	oid_hex(&later, hex);
	assert_string_equal(c.subject, "report: write");
	assert_string_equal(c.body, arena_printf(&arena, "Reissue-of: %s", hex));
	assert_true(c.time == KIT_NOW); /* its own hour */
	assert_ok(store_change(w->s, LEDGER, &steps[2].now, &arena, &c, &err), err);
	assert_true(c.time == KIT_NOW + 3600);
	assert_sound(w);
	arena_free(&arena);
	free_steps(steps, n);
}

static void healing_again_changes_nothing(void **state)
{
	struct world *w = *state;
	struct heal_step steps[32];
	struct err err = {0};
	struct oid before, after;
	size_t n;
	report(w, "state: draft\n");
	struct oid bad = report(w, "{state: draft, note: " SECRET "}");
	report(w, "{state: draft, note: " SECRET ", values: {TT01: '1'}}");
	heal_one(w, &bad, steps, &n);
	free_steps(steps, n);
	assert_ok(store_tip(w->s, LEDGER, &before, &err), err);
	heal_one(w, &bad, steps, &n);
	assert_int_equal(n, 0);
	assert_ok(store_tip(w->s, LEDGER, &after, &err), err);
	assert_true(oid_eq(&before, &after));
}

/* The record was begun by what was refused: it is begun anew, with what it must have, and never with that. */
static void a_record_that_is_gone_is_begun_anew(void **state)
{
	struct world *w = *state;
	struct heal_step steps[32];
	size_t n;
	kit_write(w->s, &w->ward, LEDGER, TASK, "state: doing\n");
	struct oid bad = report(w, "{state: draft, values: {TT01: '4'}, note: " SECRET "}");
	report(w, "{state: draft, values: {TT01: '4', TT02: '7'}, note: " SECRET "}");
	heal_one(w, &bad, steps, &n);
	assert_text(w, REPORT, "state: draft\nvalues:\n  TT02: '7'\n");
	assert_false(on_disk(w, SECRET));
	assert_sound(w);
	free_steps(steps, n);
}

static void a_ledger_may_begin_with_it(void **state)
{
	struct world *w = *state;
	struct heal_step steps[32];
	struct strs ledgers = {0};
	struct err err = {0};
	size_t n;
	struct oid bad = report(w, "{state: draft, note: " SECRET "}");
	heal_one(w, &bad, steps, &n);
	free_steps(steps, n);
	assert_ok(store_ledgers(w->s, &ledgers, &err), err);
	assert_int_equal(ledgers.n, 0);
	assert_false(on_disk(w, SECRET));
	report(w, "{state: draft, values: {TT01: '1'}}"); /* one can go on */
	assert_text(w, REPORT, "state: draft\nvalues:\n  TT01: '1'\n");
	bad = kit_write(w->s, &w->ward, "reports/11050", REPORT, "{state: draft, note: other}");
	assert_sound(w);
}

/* Written again a change has seen what it had seen, and no more: rank goes on deciding what was concurrent. */
static void it_has_seen_no_more_than_before(void **state)
{
	struct world *w = *state;
	struct heal_step steps[32];
	struct strs conflicts = {0};
	struct err err = {0};
	size_t n;
	struct oid first = report(w, "{state: draft, values: {TT01: '4'}}");
	struct oid bad = report(w, "{state: draft, values: {TT01: '4'}, note: " SECRET "}");
	struct oid mine = report(w, "{state: draft, values: {TT01: '5'}, note: " SECRET "}");
	aside(w, &w->city, &first, "{state: draft, values: {TT01: '8'}}");
	assert_text(w, REPORT, "state: draft\nvalues:\n  TT01: '8'\nnote: " SECRET "\n");
	heal_one(w, &bad, steps, &n);
	assert_int_equal(n, 2);
	assert_true(oid_eq(&steps[1].was, &mine));
	assert_text(w, REPORT, "state: draft\nvalues:\n  TT01: '8'\n");
	assert_ok(store_list(w->s, LEDGER, NULL, "conflicts/", &conflicts, &err), err);
	assert_int_equal(conflicts.n, 1);
	char id[41], path[64];
	merge_conflict_id(REPORT, "values.TT01", &steps[1].now, id);
	merge_conflict_path(id, path);
	assert_string_equal(conflicts.items[0], path);
	assert_false(on_disk(w, SECRET)); /* the merges that held it are gone, too */
	assert_sound(w);
	strs_free(&conflicts);
	free_steps(steps, n);
}

/* A settlement names a conflict by the losing change; where that was written again it names the new one. */
static void a_settlement_follows_its_conflict(void **state)
{
	struct world *w = *state;
	struct heal_step steps[32];
	struct err err = {0};
	struct arena arena = {0};
	struct change c;
	struct tx *tx;
	struct oid id;
	char conflict[41], now[41];
	size_t n;
	struct oid first = report(w, "{state: draft, values: {TT01: '4'}}");
	struct oid bad = report(w, "{state: draft, values: {TT01: '4'}, note: " SECRET "}");
	struct oid mine = report(w, "{state: draft, values: {TT01: '5'}, note: " SECRET "}");
	aside(w, &w->city, &first, "{state: draft, values: {TT01: '8'}}");
	merge_conflict_id(REPORT, "values.TT01", &mine, conflict);
	const char *const settles[] = {conflict};
	struct change edits = {.ledger = LEDGER,
	    .subject = "conflict: settle",
	    .claim = CLAIM_NONE,
	    .settles = settles,
	    .n_settles = 1};
	assert_ok(tx_begin(w->s, &tx, &err), err);
	assert_ok(tx_write(tx, &w->ward, &edits, &id, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
	heal_one(w, &bad, steps, &n);
	assert_int_equal(n, 3);
	assert_false(oid_is_zero(&steps[2].now));
	assert_ok(store_change(w->s, LEDGER, &steps[2].now, &arena, &c, &err), err);
	merge_conflict_id(REPORT, "values.TT01", &steps[1].now, now);
	assert_int_equal(c.n_settles, 1);
	assert_string_equal(c.settles[0], now);
	assert_string_not_equal(now, conflict);
	assert_text(w, REPORT, "state: draft\nvalues:\n  TT01: '8'\n");
	assert_sound(w);
	arena_free(&arena);
	free_steps(steps, n);
}

/* What others built on it goes; what is ours and has seen theirs stays, without them. */
static void the_work_of_others_is_theirs_to_write_again(void **state)
{
	struct world *w = *state;
	struct heal_step steps[32];
	size_t n;
	report(w, "{state: draft, values: {TT01: '4'}}");
	struct oid bad = report(w, "{state: draft, values: {TT01: '4'}, note: " SECRET "}");
	kit_write(w->s, &w->city, LEDGER, TASK, "state: doing\n");
	report(w, "{state: draft, values: {TT01: '4', TT02: '7'}, note: " SECRET "}");
	heal_one(w, &bad, steps, &n);
	assert_int_equal(n, 3);
	assert_true(oid_is_zero(&steps[1].now));
	assert_text(w, TASK, NULL);
	assert_text(w, REPORT, "state: draft\nvalues:\n  TT01: '4'\n  TT02: '7'\n");
	assert_sound(w);
	free_steps(steps, n);
}

static void what_changes_nothing_any_more_is_left_out(void **state)
{
	struct world *w = *state;
	struct heal_step steps[32];
	size_t n;
	report(w, "{state: draft, values: {TT01: '4'}}");
	struct oid bad = report(w, "{state: draft, values: {TT01: '4'}, note: " SECRET "}");
	report(w, "{state: draft, values: {TT01: '4'}}");
	heal_one(w, &bad, steps, &n);
	assert_int_equal(n, 2);
	assert_true(oid_is_zero(&steps[1].now));
	assert_text(w, REPORT, "state: draft\nvalues:\n  TT01: '4'\n");
	free_steps(steps, n);
}

static int refuse_all(
    void *ctx, const struct change *c, const struct change_texts *texts, size_t n, struct err *err)
{
	(void)ctx, (void)c, (void)texts, (void)n;
	err_set(err, ERR_REFUSED, "no");
	err_rule(err, "right", REPORT, NULL);
	return ERR_REFUSED;
}

static void what_the_judge_refuses_is_not_written(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	struct oids tainted = {0};
	struct heal_step step = {0};
	const struct heal_again how = {.ledger = LEDGER, .judge = refuse_all};
	report(w, "{state: draft, values: {TT01: '4'}}");
	struct oid own = report(w, "{state: draft, values: {TT01: '5'}}");
	struct oids refused = {&own, 1};
	assert_ok(heal_tainted(w->s, LEDGER, &refused, &tainted, &err), err);
	assert_ok(tx_begin(w->s, &tx, &err), err);
	assert_ok(heal_take_out(tx, LEDGER, &tainted, &err), err);
	step.was = own;
	assert_ok(heal_base(w->s, &how, &step, &err), err);
	assert_int_equal(heal_again(tx, &w->ward, &how, &step, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "right");
	assert_true(oid_is_zero(&step.now));
	tx_destroy(tx); /* without a commit nothing has happened */
	assert_text(w, REPORT, "state: draft\nvalues:\n  TT01: '5'\n");
	oids_free(&tainted);
	oids_free(&step.base);
}

/* Other ledgers, and refs of other kinds, keep what is theirs, even where it is the same text. */
static void purging_keeps_what_any_ref_reaches(void **state)
{
	struct world *w = *state;
	struct heal_step steps[32];
	size_t n;
	kit_write(w->s, &w->ward, "reports/11050", REPORT, "{state: draft, note: shared}");
	struct oid held = report(w, "{state: draft, note: held back}");
	struct buf line = {0};
	char hex[OID_HEX + 1];
	oid_hex(&held, hex);
	buf_printf(&line, "git -C a.git update-ref refs/held/%s %s", hex, hex);
	assert_int_equal(kit_run(w->dir, line.data), 0);
	report(w, "{state: draft, note: shared}");
	heal_one(w, &held, steps, &n);
	assert_true(on_disk(w, "held back"));
	char *text = kit_read(w->s, "reports/11050", REPORT);
	assert_non_null(text);
	free(text);
	assert_sound(w);
	buf_free(&line);
	free_steps(steps, n);
}

static void where_an_object_is_missing_nothing_is_removed(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct oids none = {0};
	size_t removed;
	bool packed;
	kit_write(w->s, &w->ward, "reports/11050", REPORT, "{state: draft, note: mine}");
	assert_int_equal(kit_run(w->dir, "printf 'litter' | git -C a.git hash-object -w --stdin"), 0);
	assert_int_equal(kit_run(w->dir, "t=$(git -C a.git rev-parse reports/11050^{tree}) && "
					 "rm -f a.git/objects/$(echo $t | cut -c1-2)/$(echo $t | cut -c3-)"),
	    0);
	store_close(w->s);
	assert_ok(store_open(w->path, &w->s, &err), err);
	assert_int_equal(heal_purge(w->s, &none, &removed, &packed, &err), ERR_CORRUPT);
	assert_int_equal(removed, 0);
	assert_int_equal(
	    kit_run(w->dir, "git -C a.git cat-file --batch-all-objects --batch | grep -q litter"), 0);
}

static void a_pack_is_left_alone_and_told(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct oids gone = {0};
	size_t removed;
	bool packed;
	report(w, "state: draft\n");
	struct oid bad = report(w, "{state: draft, note: " SECRET "}");
	assert_int_equal(kit_run(w->dir, "git -C a.git repack -adq"), 0);
	store_close(w->s);
	assert_ok(store_open(w->path, &w->s, &err), err);
	oids_add(&gone, &bad);
	struct heal_step steps[32];
	size_t n;
	heal_one(w, &bad, steps, &n);
	assert_ok(heal_purge(w->s, &gone, &removed, &packed, &err), err);
	assert_true(packed);
	assert_text(w, REPORT, "state: draft\n");
	oids_free(&gone);
	free_steps(steps, n);
}

/* Killed at each step: git finds nothing wrong, and healing once more ends as if nothing had happened. */
static void every_step_may_be_the_last(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	report(w, "{state: draft, values: {TT01: '4'}}");
	struct oid bad = report(w, "{state: draft, values: {TT01: '4'}, note: " SECRET "}");
	report(w, "{state: draft, values: {TT01: '4', TT02: '7'}, note: " SECRET "}");
	kit_write(w->s, &w->ward, LEDGER, TASK, "state: doing\n");
	store_close(w->s);
	assert_int_equal(kit_run(w->dir, "cp -r a.git whole.git"), 0);
	struct oids refused = {&bad, 1};
	bool killed = true;
	unsigned steps = 0;
	while (killed) {
		steps++;
		assert_int_equal(kit_run(w->dir, "rm -rf a.git && cp -r whole.git a.git"), 0);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct heal_step list[32];
			struct store *s;
			size_t n;
			int rc = store_open(w->path, &s, &err);
			steps_left = steps;
			if (rc == 0)
				rc = heal(s, &w->ward, &refused, list, &n, &err);
			steps_left = 0;
			_exit(rc ? 1 : 0);
		}
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		killed = WIFSIGNALED(status);
		assert_true(killed ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
		assert_sound(w);
		assert_ok(store_open(w->path, &w->s, &err), err);
		struct heal_step list[32];
		size_t n;
		heal_one(w, &bad, list, &n);
		free_steps(list, n);
		assert_text(w, REPORT, "state: draft\nvalues:\n  TT01: '4'\n  TT02: '7'\n");
		assert_text(w, TASK, "state: doing\n");
		assert_false(on_disk(w, SECRET));
		store_close(w->s);
	}
	assert_true(steps > 10);
	assert_ok(store_open(w->path, &w->s, &err), err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_stood_on_it_is_written_again),
	    TEST(healing_again_changes_nothing),
	    TEST(a_record_that_is_gone_is_begun_anew),
	    TEST(a_ledger_may_begin_with_it),
	    TEST(it_has_seen_no_more_than_before),
	    TEST(a_settlement_follows_its_conflict),
	    TEST(the_work_of_others_is_theirs_to_write_again),
	    TEST(what_changes_nothing_any_more_is_left_out),
	    TEST(what_the_judge_refuses_is_not_written),
	    TEST(purging_keeps_what_any_ref_reaches),
	    TEST(where_an_object_is_missing_nothing_is_removed),
	    TEST(a_pack_is_left_alone_and_told),
	    TEST(every_step_may_be_the_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
