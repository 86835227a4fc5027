/* A small administrative tree for the tests of this room: 0 (centre) > 31, 01 (cities) > communes; a station. */
#ifndef TUYEN_TESTS_REGISTRY_TREE_H
#define TUYEN_TESTS_REGISTRY_TREE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "registry/registry.h"

static inline struct oid tree_change(unsigned char n)
{
	struct oid id = {{0}};
	memset(id.b, n, sizeof id.b);
	return id;
}

/* The public key that stands for node n; nobody signs with it. */
static inline const unsigned char *tree_key(unsigned char n)
{
	static unsigned char key[KEY_PUBLIC_SIZE];
	memset(key, n, sizeof key);
	return key;
}

static inline const char *tree_key_text(unsigned char n)
{
	static char text[4][KEY_TEXT_SIZE];
	static int at;
	at = (at + 1) % 4;
	key_text(tree_key(n), text[at]);
	return text[at];
}

static inline void tree_fail(const struct err *err)
{
	struct buf said = {0};
	err_format(err, NULL, &said);
	fail_msg("%s", buf_str(&said));
}

static inline struct record tree_record(struct arena *arena, const char *type, const char *yaml)
{
	struct err err = {0};
	struct record rec;
	if (record_read(&rec, arena, type_by_name(type), "test", yaml, strlen(yaml), &err) < 0)
		tree_fail(&err);
	return rec;
}

static inline void tree_feed(
    struct registry *r, const char *issuer, unsigned char change, const char *id, const char *yaml)
{
	struct arena arena = {0};
	struct err err = {0};
	char path[80];
	snprintf(path, sizeof path, "units/%s.yaml", id);
	struct record rec = tree_record(&arena, "unit", yaml);
	struct oid c = tree_change(change);
	if (registry_feed(r, &(struct registry_source){issuer, c, NULL}, path, &rec, &err) < 0)
		tree_fail(&err);
	arena_free(&arena);
}

/* A unit whose node has key number `key`; 0: no node. */
static inline void tree_add(struct registry *r, const char *issuer, unsigned char key, const char *id,
    const char *code, const char *level, int rank, const char *name)
{
	char yaml[1024], keys[256] = "";
	const char *at = strchr(id, '@');
	if (key)
		snprintf(keys, sizeof keys, "keys: {k1: {key: %s, state: active}}\n", tree_key_text(key));
	snprintf(yaml, sizeof yaml, "code: '%s'\n%s%.*s%sname: %s\nlevel: %s\nrank: %d\n%s%s", code,
	    at ? "station: " : "", at ? (int)(at - id) : 0, id, at ? "\n" : "", name, level, rank,
	    at ? "agency: cong-an\n" : "", keys);
	tree_feed(r, issuer, key ? key : 200, id, yaml);
}

static inline struct registry *tree_new(void)
{
	struct registry *r = registry_new();
	struct err err = {0};
	if (registry_set_anchor(r, "0", tree_key(9), &err) < 0)
		tree_fail(&err);
	tree_add(r, "0", 9, "0", "0", "central", 0, "Trung ương");
	tree_add(r, "0", 31, "31", "31", "province", 1, "Hải Phòng");
	tree_add(r, "0", 1, "01", "01", "province", 1, "Hà Nội");
	tree_add(r, "31", 83, "11383", "11383", "commune", 3, "phường Lê Chân");
	tree_add(r, "31", 50, "11050", "11050", "commune", 3, "xã Gia Phúc");
	tree_add(r, "01", 0, "00004", "00004", "commune", 3, "phường Ba Đình");
	tree_add(r, "11383", 84, "cong-an@11383", "11383", "commune", 3, "Công an phường");
	return r;
}

#endif
