/* Keys on disk and as text, signatures, base64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/key.h"
#include "base/sys.h"

static char path[96];

static int set_up(void **state)
{
	(void)state;
	strcpy(path, "/tmp/tuyen-key-XXXXXX");
	int fd = mkstemp(path);
	close(fd);
	return unlink(path);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void a_key_survives_the_disk(void **state)
{
	(void)state;
	struct err err = {0};
	struct key *key, *again;
	struct stat st;
	unsigned char sig[KEY_SIGNATURE_SIZE];
	assert_int_equal(key_generate(&key, &err), 0);
	assert_int_equal(key_save(key, path, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(key_load(path, &again, &err), 0);
	assert_memory_equal(key_public(again), key_public(key), KEY_PUBLIC_SIZE);
	key_sign(again, "words", 5, sig);
	assert_true(key_verify(key_public(key), "words", 5, sig));
	assert_false(key_verify(key_public(key), "Words", 5, sig));
	sig[3] ^= 1;
	assert_false(key_verify(key_public(key), "words", 5, sig));
	assert_int_equal(key_save(key, path, &err), ERR_REFUSED);
	key_free(key);
	key_free(again);
	key_free(NULL);
}

static void load_refuses(const char *text, const char *sentence)
{
	struct err err = {0};
	struct key *key = NULL;
	assert_int_equal(sys_write_file(path, text, strlen(text), 0600, &err), 0);
	assert_int_equal(key_load(path, &key, &err), ERR_INPUT);
	assert_string_equal(err.msg, sentence);
	assert_null(key);
}

static void other_files_are_refused_without_a_question(void **state)
{
	(void)state;
	struct err err = {0};
	struct key *key;
	load_refuses("", "%1 is not a private key");
	load_refuses("ssh-ed25519 AAAA\n", "%1 is not a private key");
	load_refuses("-----BEGIN PRIVATE KEY-----\n"
		     "MC4CAQAwBQYDK2VuBCIEIKg0Ng+jpW/IqFpKDANNXkxCyWf+lG9uPtSPCivw0Glc\n"
		     "-----END PRIVATE KEY-----\n",
	    "the key file does not hold an Ed25519 key");
	/* With a passphrase, which is "x". */
	load_refuses("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
		     "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiFxUyprYOjqQICCAAw\n"
		     "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEAlwPvjFZz5prPu6XrwQ8w8EQFGc\n"
		     "DAXuT5cAIAsyLwL0hXsuvF+YAApQiU3JnSoCkWjuMBDT1y8MEOyhfd9kNOweUDZu\n"
		     "AmOjx7wZ3sfh7p6whfE=\n"
		     "-----END ENCRYPTED PRIVATE KEY-----\n",
	    "%1 is not a private key");
	unlink(path);
	assert_int_equal(key_load(path, &key, &err), ERR_NOT_FOUND);
}

static void texts_of_keys(void **state)
{
	(void)state;
	static const char good[] =
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
	unsigned char key[KEY_PUBLIC_SIZE], again[KEY_PUBLIC_SIZE];
	char text[KEY_TEXT_SIZE], bad[KEY_TEXT_SIZE + 8];
	for (unsigned i = 0; i < sizeof key; i++)
		key[i] = (unsigned char)i;
	key_text(key, text);
	assert_string_equal(text, good);
	assert_true(key_parse(good, again));
	assert_memory_equal(again, key, sizeof key);
	assert_false(key_parse("", again));
	assert_false(key_parse("ssh-ed25519 ", again));
	assert_false(
	    key_parse("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", again));
	snprintf(bad, sizeof bad, "%s x", good);
	assert_false(key_parse(bad, again));
	snprintf(bad, sizeof bad, "%s", good);
	bad[20] = 'B'; /* another kind of key inside */
	assert_false(key_parse(bad, again));
	struct buf out = {0};
	key_fingerprint(key, &out);
	assert_string_equal(out.data, "SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA");
	buf_free(&out);
	key_spoken(key, &out);
	assert_string_equal(out.data, "lau ha chu phang loi tao");
	buf_free(&out);
}

static void base64_has_one_form(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "Zg=", "Zg", "Z===", "====", "Zh==", "Zm9=", "Zm9v ", " Zm9v", "Zm\n9v", "Zm9v\n", "Zm9_"};
	static const struct {
		const char *bytes, *text;
	} good[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct buf text = {0}, bytes = {0};
		base64_encode(good[i].bytes, strlen(good[i].bytes), &text);
		assert_string_equal(buf_str(&text), good[i].text);
		assert_true(base64_decode(good[i].text, strlen(good[i].text), &bytes));
		assert_string_equal(buf_str(&bytes), good[i].bytes);
		buf_free(&text);
		buf_free(&bytes);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf bytes = {0};
		if (base64_decode(bad[i], strlen(bad[i]), &bytes))
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(bytes.len, 0);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(a_key_survives_the_disk),
	    T(other_files_are_refused_without_a_question),
	    T(texts_of_keys),
	    T(base64_has_one_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
