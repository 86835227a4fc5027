#include "store_kit.h"
#include "base/sys.h"
#include "store/commit.h"

static struct commit sample(void)
{
	static struct oid parents[2];
	struct commit c = {.identity = "11383 <11383@tuyen.invalid>",
	    .time = KIT_NOW,
	    .message = "report: set\n\nTuyen-Unit: 11383\n"};
	memset(parents, 0x11, sizeof parents[0]);
	memset(&parents[1], 0x22, sizeof parents[1]);
	memset(&c.tree, 0xab, sizeof c.tree);
	c.parents = parents;
	c.n_parents = 1;
	return c;
}

static struct key *any_key(void)
{
	struct err err = {0};
	struct key *key;
	assert_ok(key_generate(&key, &err), err);
	return key;
}

static void unsigned_text_is_gits(void **state)
{
	(void)state;
	struct commit c = sample();
	struct buf text = {0};
	commit_print(&c, &text);
	assert_string_equal(buf_str(&text), "tree abababababababababababababababababababab\n"
					    "parent 1111111111111111111111111111111111111111\n"
					    "author 11383 <11383@tuyen.invalid> 1782867600 +0000\n"
					    "committer 11383 <11383@tuyen.invalid> 1782867600 +0000\n"
					    "\n"
					    "report: set\n\nTuyen-Unit: 11383\n");
	buf_free(&text);
}

static void signed_commit_comes_back(void **state)
{
	(void)state;
	struct key *key = any_key();
	struct commit c = sample(), back;
	struct arena arena = {0};
	struct buf text = {0}, again = {0};
	struct err err = {0};
	commit_sign(&c, key);
	commit_print(&c, &text);
	assert_ok(commit_parse(&back, &arena, text.data, text.len, &err), err);
	assert_true(back.is_signed && back.n_parents == 1 && back.time == c.time);
	assert_memory_equal(back.signature, c.signature, sizeof c.signature);
	assert_true(commit_verify(&back, key_public(key)));
	commit_print(&back, &again);
	assert_string_equal(buf_str(&again), buf_str(&text));
	arena_free(&arena);
	buf_free(&text);
	buf_free(&again);
	key_free(key);
}

/* Every single bit: either no commit at all, or one whose signature does not fit. */
static void no_flipped_bit_passes(void **state)
{
	(void)state;
	struct key *key = any_key();
	struct commit c = sample();
	struct buf text = {0};
	commit_sign(&c, key);
	commit_print(&c, &text);
	for (size_t bit = 0; bit < text.len * 8; bit++) {
		struct arena arena = {0};
		struct err err = {0};
		struct commit back;
		text.data[bit / 8] ^= (char)(1 << bit % 8);
		if (commit_parse(&back, &arena, text.data, text.len, &err) == 0)
			assert_false(commit_verify(&back, key_public(key)));
		text.data[bit / 8] ^= (char)(1 << bit % 8);
		arena_free(&arena);
	}
	buf_free(&text);
	key_free(key);
}

static void another_key_is_refused(void **state)
{
	(void)state;
	struct key *key = any_key(), *other = any_key();
	struct commit c = sample();
	commit_sign(&c, key);
	assert_false(commit_verify(&c, key_public(other)));
	memcpy(c.public_key, key_public(other), KEY_PUBLIC_SIZE);
	assert_false(commit_verify(&c, key_public(other)));
	c.is_signed = false;
	assert_false(commit_verify(&c, key_public(key)));
	key_free(key);
	key_free(other);
}

static void other_commits_are_refused(void **state)
{
	(void)state;
	static const char *const odd[] = {
	    "",
	    "tree ab\n",
	    "tree abababababababababababababababababababab\nauthor a <a> 1 +0700\ncommitter a <a> 1 "
	    "+0700\n\nx\n",
	    "tree abababababababababababababababababababab\nauthor a <a> 1 +0000\ncommitter b <b> 1 "
	    "+0000\n\nx\n",
	    "tree abababababababababababababababababababab\nauthor a <a> 01 +0000\ncommitter a <a> 01 "
	    "+0000\n\nx\n",
	    "tree abababababababababababababababababababab\nauthor a <a>  +0000\ncommitter a <a>  "
	    "+0000\n\nx\n",
	    "tree abababababababababababababababababababab\nauthor a <a> 1 +0000\ncommitter a <a> 1 "
	    "+0000\nencoding x\n\nx\n",
	    "tree abababababababababababababababababababab\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n",
	    "tree abababababababababababababababababababab\nauthor a <a> 1 +0000\ncommitter a <a> 1 "
	    "+0000\ngpgsig x\n\nx\n",
	};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct arena arena = {0};
		struct err err = {0};
		struct commit c;
		assert_int_equal(commit_parse(&c, &arena, odd[i], strlen(odd[i]), &err), ERR_INPUT);
		arena_free(&arena);
	}
}

static void file_text(const char *name, struct buf *out)
{
	struct err err = {0};
	char *path = kit_path("schema/vectors/store", name);
	assert_ok(sys_read_file(path, COMMIT_BYTES_MAX, out, &err), err);
	free(path);
}

/* schema/store.md: these bytes are the format. */
static void vector_holds(const char *name, struct commit *c, struct arena *arena)
{
	struct buf text = {0}, again = {0}, ids = {0}, line = {0};
	struct err err = {0};
	struct oid id;
	char hex[OID_HEX + 1];
	file_text(name, &text);
	file_text("ids", &ids);
	assert_ok(commit_parse(c, arena, text.data, text.len, &err), err);
	commit_print(c, &again);
	assert_string_equal(buf_str(&again), buf_str(&text));
	hash_git_object("commit", text.data, text.len, &id);
	oid_hex(&id, hex);
	buf_printf(&line, "%s %s\n", name, hex);
	assert_non_null(strstr(buf_str(&ids), buf_str(&line)));
	buf_free(&text);
	buf_free(&again);
	buf_free(&ids);
	buf_free(&line);
}

static void the_vectors_hold(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct commit c;
	struct change words = {0};
	struct err err = {0};
	struct buf message = {0}, author = {0};
	vector_holds("signed.commit", &c, &arena);
	assert_true(commit_verify(&c, c.public_key));
	assert_ok(change_parse_message(&words, &arena, c.message, &err), err);
	change_message(&words, &message);
	change_author(&words, &author);
	assert_string_equal(buf_str(&message), c.message);
	assert_string_equal(buf_str(&author), c.identity);
	vector_holds("merge.commit", &c, &arena);
	assert_false(c.is_signed);
	assert_int_equal(c.n_parents, 2);
	assert_string_equal(c.identity, MERGE_IDENTITY);
	struct buf merged = {0};
	merge_message(1, &merged);
	assert_string_equal(c.message, buf_str(&merged));
	buf_free(&merged);
	buf_free(&message);
	buf_free(&author);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(unsigned_text_is_gits),
	    cmocka_unit_test(signed_commit_comes_back),
	    cmocka_unit_test(no_flipped_bit_passes),
	    cmocka_unit_test(another_key_is_refused),
	    cmocka_unit_test(other_commits_are_refused),
	    cmocka_unit_test(the_vectors_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
