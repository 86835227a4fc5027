#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/sys.h"
#include "registry/config.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"

static const char minimal[] = "format: tuyen-conf/1\nunit: '11383'\nlevel: commune\nname: phường Lê Chân\n";

static const char full[] = "format: tuyen-conf/1\n"
			   "unit: '11383'\n"
			   "station: cong-an\n"
			   "agency: cong-an\n"
			   "level: commune\n"
			   "name: Công an phường\n"
			   "rank: '3'\n"
			   "listen: 127.0.0.1:7032\n"
			   "address: '[2001:db8::1]:7032'\n"
			   "window: 22:00-05:00,12:00-13:00\n"
			   "rate: 64k\n"
			   "rate_changes: '500'\n"
			   "rate_bytes: 8M\n"
			   "budget: 20M\n"
			   "lines:\n"
			   "  max: '64'\n"
			   "paused: 'yes'\n"
			   "superior:\n"
			   "  unit: '11383'\n"
			   "  address: 127.0.0.1:7031\n"
			   "  key: " KEY "\n"
			   "anchor:\n"
			   "  unit: '31'\n"
			   "  key: " KEY "\n"
			   "  reserve: " KEY "\n"
			   "handover:\n"
			   "  unit: '0'\n"
			   "  key: " KEY "\n"
			   "grant: 7c1f0e3b5d0a4c2f9e8d7b6a5f4e3d2c1b0a9f8e\n"
			   "above:\n"
			   "  - '31'\n"
			   "  - '11383'\n";

static int parse(const char *text, struct config *c, struct err *err)
{
	ERR_CLEAR(err);
	return config_parse("tuyen.conf", text, strlen(text), c, err);
}

static void what_is_printed_is_read_again(void **state)
{
	(void)state;
	struct err err = {0};
	struct config c, again;
	struct buf text = {0}, second = {0};
	char node[136];
	assert_int_equal(parse(full, &c, &err), 0);
	assert_string_equal(c.unit, "11383");
	assert_string_equal(c.station, "cong-an");
	assert_int_equal(c.rank, 3);
	assert_true(c.admitted && c.paused && !c.root);
	assert_string_equal(c.superior.address, "127.0.0.1:7031");
	assert_int_equal(c.anchor.key[31], 1);
	assert_true(c.anchor.has_reserve && c.anchor.reserve[31] == 1);
	assert_string_equal(c.handover.unit, "0");
	assert_false(c.handover.has_reserve);
	assert_int_equal(c.n_above, 2);
	assert_string_equal(c.above[0], "31");
	config_node(&c, node);
	assert_string_equal(node, "cong-an@11383");
	config_print(&c, &text);
	assert_int_equal(parse(buf_str(&text), &again, &err), 0);
	config_print(&again, &second);
	assert_string_equal(buf_str(&text), buf_str(&second));
	assert_string_equal(config_reach(&again), "[2001:db8::1]:7032");
	buf_free(&text);
	buf_free(&second);
	config_free(&c);
	config_free(&again);
}

static void a_new_node_knows_little(void **state)
{
	(void)state;
	struct err err = {0};
	struct config c;
	assert_int_equal(parse(minimal, &c, &err), 0);
	assert_int_equal(c.rank, -1);
	assert_false(c.admitted || c.root || c.paused);
	assert_null(c.superior.unit);
	assert_null(config_reach(&c));
	assert_true(oid_is_zero(&c.grant));
	config_free(&c);
}

static void errors_have_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *more;
		unsigned line;
		const char *says;
	} rows[] = {
	    {"lisen: 127.0.0.1:7031\n", 5, "listen"},
	    {"listen: 7031\n", 5, "host:port"},
	    {"listen: 127.0.0.1:70310\n", 5, "host:port"},
	    {"listen: [a, b]\n", 5, "single value"},
	    {"rank: three\n", 5, "whole number"},
	    {"rank: 99999\n", 5, "whole number"},
	    {"paused: perhaps\n", 5, "yes or no"},
	    {"station: công-an\n", 5, "id"},
	    {"superior: 31\n", 5, "other keys"},
	    {"superior:\n  unit: '31'\n", 6, "missing"},
	    {"superior:\n  unit: '31'\n  kye: x\n", 7, "key"},
	    {"superior:\n  unit: '31'\n  key: ssh-rsa AAAA\n", 7, "public key"},
	    {"grant: abc\n", 5, "40 hexadecimal"},
	    {"grant: 7c1f0e3b5d0a4c2f9e8d7b6a5f4e3d2c1b0a9f8e\n", 1, "anchor"},
	    {"root: yes\nrank: 0\n", 1, "anchor"},
	    {"above: 31\n", 5, "list"},
	    {"unit: '31'\n", 5, ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err;
		struct config c;
		struct buf text = {0}, said = {0};
		buf_printf(&text, "%s%s", minimal, rows[i].more);
		assert_int_equal(parse(buf_str(&text), &c, &err), ERR_INPUT);
		err_format(&err, NULL, &said);
		if (err.line != rows[i].line || !strstr(buf_str(&said), rows[i].says))
			fail_msg("%s gives %s", rows[i].more, buf_str(&said));
		assert_null(c.unit);
		buf_free(&text);
		buf_free(&said);
	}
}

static void other_files_are_not_configurations(void **state)
{
	(void)state;
	static const char *const texts[] = {
	    "", "- a\n", "x\n", "format: tuyen-conf/2\n", "format: {a: b}\n", "unit: '31'\n"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct err err;
		struct config c;
		assert_int_equal(parse(texts[i], &c, &err), ERR_INPUT);
	}
}

static void addresses(void **state)
{
	(void)state;
	static const char *const good[] = {
	    "127.0.0.1:7031", "haiphong.gov.vn:1", "[::1]:65535", "[fe80::1%eth0]:7031"};
	static const char *const bad[] = {"", ":", ":7031", "a:", "a:0", "a:65536", "a:07031", "a:7031x",
	    "::1:7031", "[]:1", "[::1:7031", "a b:1", "*:7031", "a:7031 ", "a/b:7031"};
	char host[256], port[6];
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(config_address(good[i], NULL, NULL));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (config_address(bad[i], host, port))
			fail_msg("'%s' is taken for an address", bad[i]);
	assert_true(config_address("[::1]:7031", host, port));
	assert_string_equal(host, "::1");
	assert_string_equal(port, "7031");
}

static void keys_are_set_and_cleared(void **state)
{
	(void)state;
	struct err err = {0};
	struct config c;
	const char *value = "";
	assert_int_equal(parse(full, &c, &err), 0);
	for (const struct config_key *k = config_keys; k->name; k++) {
		const char *good = strcmp(k->name, "window") == 0			     ? "22:00-05:00"
				   : strcmp(k->name, "attachments") == 0		     ? "ask"
				   : strcmp(k->name, "attachment.max") == 0		     ? "800KB"
				   : strcmp(k->name, "lines.max") == 0			     ? "40"
				   : strcmp(k->name, "relay") == 0			     ? "totals"
				   : strstr(k->name, "listen") || strstr(k->name, "address") ? "10.0.0.1:7001"
											     : "200k";
		assert_int_equal(config_set(&c, k->name, good, &err), 0);
		assert_int_equal(config_get(&c, k->name, &value, &err), 0);
		assert_string_equal(value, good);
		assert_int_equal(config_set(&c, k->name, "nowhere", &err), ERR_INPUT);
		ERR_CLEAR(&err);
		assert_int_equal(config_set(&c, k->name, "", &err), 0);
		assert_int_equal(config_get(&c, k->name, &value, &err), 0);
		assert_null(value);
	}
	assert_int_equal(config_set(&c, "lissen", "a:1", &err), ERR_NOT_FOUND);
	assert_string_equal(err.arg[1], "listen");
	config_free(&c);
	ERR_CLEAR(&err);
	assert_int_equal(parse(minimal, &c, &err), 0);
	assert_int_equal(config_set(&c, "superior.address", "a:1", &err), ERR_REFUSED);
	config_free(&c);
}

static void attachments_have_a_limit(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
	} limits[] = {{"16MB", 16 << 20}, {"800KB", 800 << 10}, {"800 KB", 800 << 10}, {"1", 1},
	    {"256MB", 256 << 20}, {"257MB", 0}, {"0", 0}, {"-1", 0}, {"1GB", 0}, {"MB", 0},
	    {"99999999999999999999MB", 0}};
	struct config c;
	struct err err = {0};
	assert_int_equal(parse(full, &c, &err), 0);
	assert_int_equal(config_attachment_max(&c), ATTACHMENT_MAX);
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		ERR_CLEAR(&err);
		assert_int_equal(
		    config_set(&c, "attachment.max", limits[i].text, &err), limits[i].bytes ? 0 : ERR_INPUT);
		if (limits[i].bytes)
			assert_int_equal(config_attachment_max(&c), limits[i].bytes);
	}
	config_free(&c);
}

static void a_saved_configuration_is_loaded(void **state)
{
	(void)state;
	char dir[] = "/tmp/tuyen-config-XXXXXX";
	assert_non_null(mkdtemp(dir));
	struct err err = {0};
	struct config c, again;
	assert_int_equal(config_load(dir, &c, &err), ERR_NOT_FOUND);
	assert_non_null(err.hint);
	ERR_CLEAR(&err);
	assert_int_equal(parse(full, &c, &err), 0);
	c.paused = false;
	assert_int_equal(config_save(&c, dir, &err), 0);
	assert_int_equal(config_load(dir, &again, &err), 0);
	assert_false(again.paused);
	assert_string_equal(again.name, "Công an phường");
	c.unit = "11 383";
	assert_int_equal(config_save(&c, dir, &err), ERR_INPUT);
	config_free(&c);
	config_free(&again);
	char path[64];
	snprintf(path, sizeof path, "%s/%s", dir, CONFIG_FILE);
	unlink(path);
	rmdir(dir);
}

static void what_init_is_given_is_checked(void **state)
{
	(void)state;
	const struct config good = {
	    .unit = "11383", .level = "commune", .name = "Lê Chân", .listen = "127.0.0.1:7032"};
	char id[70];
	memset(id, 'a', 60);
	id[60] = '\0';
	struct err err = {0};
	assert_int_equal(config_check(&good, &err), 0);
	struct config bad[7];
	for (size_t i = 0; i < 7; i++)
		bad[i] = good;
	bad[0].unit = NULL;
	bad[1].unit = "a@b";
	bad[2].level = "xã";
	bad[3].name = "one\ntwo";
	bad[4].listen = "7032";
	bad[5].name = "\xff";
	bad[6].station = id;
	for (size_t i = 0; i < 7; i++) {
		ERR_CLEAR(&err);
		assert_int_equal(config_check(&bad[i], &err), ERR_INPUT);
	}
}

/* The man page has a row for every key of the file and for every key that can be set. */
static void the_man_page_names_every_key(void **state)
{
	(void)state;
	struct err err = {0};
	struct buf page = {0}, text = {0};
	struct config c;
	assert_int_equal(sys_read_file("daemon/tuyen.conf.5", 1 << 20, &page, &err), 0);
	assert_int_equal(parse(full, &c, &err), 0);
	c.root = true;
	config_print(&c, &text);
	char key[64], row[96];
	int used;
	size_t n = 0;
	for (const char *line = buf_str(&text); line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (sscanf(line, " %31[a-z_]:%n", key, &used) != 1)
			continue;
		snprintf(row, sizeof row, ".It Cm %s\n", key);
		bool found = strstr(buf_str(&page), row) != NULL;
		snprintf(row, sizeof row, ".It Cm %s No *\n", key);
		if (!found && !strstr(buf_str(&page), row))
			fail_msg("tuyen.conf.5 does not tell of %s", key);
		n++;
	}
	assert_int_equal(n, 31);
	for (const struct config_key *k = config_keys; k->name; k++)
		assert_non_null(strstr(buf_str(&page), k->name));
	buf_free(&page);
	buf_free(&text);
	config_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_printed_is_read_again),
	    cmocka_unit_test(a_new_node_knows_little),
	    cmocka_unit_test(errors_have_their_place),
	    cmocka_unit_test(other_files_are_not_configurations),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(keys_are_set_and_cleared),
	    cmocka_unit_test(attachments_have_a_limit),
	    cmocka_unit_test(a_saved_configuration_is_loaded),
	    cmocka_unit_test(what_init_is_given_is_checked),
	    cmocka_unit_test(the_man_page_names_every_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
