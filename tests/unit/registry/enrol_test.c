#include "tree.h"
#include <stdlib.h>

#include "registry/enrol.h"

/* A node: its configuration, its key, and (for superiors) what it knows of the registry. */
struct node {
	struct config config;
	struct key *key;
	struct registry *registry;
	unsigned char change;
	struct arena arena;
};

static struct node node_new(
    const char *unit, const char *station, const char *level, const char *name, const char *listen)
{
	struct node n = {.registry = registry_new()};
	struct err err = {0};
	config_init(&n.config);
	n.config.unit = unit;
	n.config.station = station;
	n.config.agency = station;
	n.config.level = level;
	n.config.name = name;
	n.config.listen = listen;
	if (key_generate(&n.key, &err) < 0)
		tree_fail(&err);
	return n;
}

static void node_free(struct node *n)
{
	key_free(n->key);
	registry_free(n->registry);
	config_free(&n->config);
	arena_free(&n->arena);
}

static void feed(struct node *n, const struct enrol_edit *edit)
{
	struct err err = {0};
	struct oid change = tree_change(++n->change);
	if (registry_feed(n->registry, &(struct registry_source){n->config.unit, change, NULL}, edit->path,
		&edit->record, &err) < 0)
		tree_fail(&err);
}

static struct node root_new(const char *unit, const char *level)
{
	struct node n = node_new(unit, NULL, level, "Hải Phòng", "127.0.0.1:7031");
	struct enrol_edit levels, own;
	struct err err = {0};
	if (enrol_genesis(&n.config, key_public(n.key), &n.arena, &levels, &own, &err) < 0 ||
	    registry_set_anchor(n.registry, n.config.anchor.unit, n.config.anchor.key, &err) < 0)
		tree_fail(&err);
	feed(&n, &own);
	return n;
}

static day_t today(void)
{
	day_t day = 0;
	struct err err = {0};
	date_parse("2026-07-01", &day, &err);
	return day;
}

static int ask(const struct node *n, struct arena *arena, struct enrol_request *out, struct err *err)
{
	struct buf text = {0};
	int rc = enrol_request(&n->config, n->key, false, &text, err);
	if (rc == 0)
		rc = enrol_read_request(
		    arena, "req.yaml", arena_dup(arena, buf_str(&text)), text.len, out, err);
	buf_free(&text);
	return rc;
}

static int admit(struct node *by, const struct enrol_request *req, struct enrol_edit *edit, struct err *err)
{
	int rc = enrol_admit(by->registry, &by->config, NULL, req, today(), &by->arena, edit, err);
	if (rc == 0 && edit->changed)
		feed(by, edit);
	return rc;
}

/* Request, admission and welcome in one go. */
static int join(struct node *n, struct node *by, struct buf *welcome, struct err *err)
{
	struct enrol_request req;
	struct enrol_welcome w;
	struct enrol_edit edit;
	int rc = ask(n, &n->arena, &req, err);
	if (rc == 0)
		rc = admit(by, &req, &edit, err);
	if (rc == 0)
		rc = enrol_welcome(by->registry, &by->config, by->key, &req, welcome, err);
	if (rc == 0)
		rc = enrol_read_welcome(&n->arena, "welcome.yaml", buf_str(welcome), welcome->len, &w, err);
	return rc == 0 ? enrol_take(&n->config, &w, key_public(n->key), NULL, err) : rc;
}

static void a_root_begins(void **state)
{
	(void)state;
	struct node root = node_new("31", NULL, "province", "Hải Phòng", "127.0.0.1:7031");
	struct enrol_edit levels, own;
	struct err err = {0};
	assert_int_equal(
	    enrol_genesis(&root.config, key_public(root.key), &root.arena, &levels, &own, &err), 0);
	assert_true(root.config.root && root.config.admitted);
	assert_int_equal(root.config.rank, 1);
	assert_string_equal(root.config.anchor.unit, "31");
	assert_string_equal(levels.path, "levels.yaml");
	assert_string_equal(record_get(&levels.record, "levels.commune.rank"), "3");
	assert_string_equal(own.path, "units/31.yaml");
	assert_string_equal(record_get(&own.record, "keys.k1.state"), "active");
	assert_int_equal(record_check(&own.record, &err), 0);
	root.config.level = "provinz";
	assert_int_equal(
	    enrol_genesis(&root.config, key_public(root.key), &root.arena, &levels, &own, &err), ERR_INPUT);
	assert_string_equal(err.arg[1], "province");
	ERR_CLEAR(&err);
	root.config.station = "cong-an";
	root.config.level = "province";
	assert_int_equal(
	    enrol_genesis(&root.config, key_public(root.key), &root.arena, &levels, &own, &err), ERR_USAGE);
	ERR_CLEAR(&err);
	node_free(&root);
}

static void three_tiers_and_a_station_join(void **state)
{
	(void)state;
	struct node centre = root_new("0", "central");
	struct node city = node_new("31", NULL, "province", "Hải Phòng", "127.0.0.1:7031");
	struct node ward = node_new("11383", NULL, "commune", "phường Lê Chân", NULL);
	struct node police = node_new("11383", "cong-an", "commune", "Công an phường", NULL);
	struct buf welcome = {0}, again = {0};
	struct err err = {0};
	if (join(&city, &centre, &welcome, &err) < 0)
		tree_fail(&err);
	buf_cut(&welcome, 0);
	if (join(&ward, &city, &welcome, &err) < 0)
		tree_fail(&err);
	assert_true(ward.config.admitted);
	assert_int_equal(ward.config.rank, 3);
	assert_string_equal(ward.config.superior.unit, "31");
	assert_string_equal(ward.config.superior.address, "127.0.0.1:7031");
	assert_memory_equal(ward.config.superior.key, key_public(city.key), KEY_PUBLIC_SIZE);
	assert_string_equal(ward.config.anchor.unit, "0");
	assert_memory_equal(ward.config.anchor.key, key_public(centre.key), KEY_PUBLIC_SIZE);
	assert_int_equal(ward.config.n_above, 2);
	assert_string_equal(ward.config.above[0], "0");
	assert_string_equal(ward.config.above[1], "31");
	struct oid grant = tree_change(1);
	assert_true(oid_eq(&ward.config.grant, &grant));
	/* Once more: nothing changes and the welcome is the same. */
	unsigned char changes = city.change;
	if (join(&ward, &city, &again, &err) < 0)
		tree_fail(&err);
	assert_int_equal(city.change, changes);
	assert_string_equal(buf_str(&again), buf_str(&welcome));
	buf_cut(&welcome, 0);
	if (join(&police, &ward, &welcome, &err) < 0)
		tree_fail(&err);
	assert_int_equal(police.config.rank, 3);
	assert_string_equal(police.config.superior.unit, "11383");
	assert_null(police.config.superior.address);
	assert_string_equal(police.config.above[2], "11383");
	assert_string_equal(registry_unit(ward.registry, "cong-an@11383")->agency, "cong-an");
	buf_free(&welcome);
	buf_free(&again);
	node_free(&centre);
	node_free(&city);
	node_free(&ward);
	node_free(&police);
}

static void whom_a_unit_does_not_admit(void **state)
{
	(void)state;
	static const struct {
		const char *unit, *station, *level;
		int code;
		const char *says;
	} rows[] = {
	    {"01", NULL, "province", ERR_REFUSED, "rank below"},
	    {"0", NULL, "central", ERR_REFUSED, "rank below"},
	    {"31", NULL, "province", ERR_REFUSED, "rank below"},
	    {"11383", NULL, "comune", ERR_INPUT, "commune"},
	    {"11383", NULL, "galaxy", ERR_INPUT, "central, commune, district, province"},
	    {"31", "cong-an", "commune", ERR_REFUSED, "level of its unit"},
	    {"01", "cong-an", "province", ERR_REFUSED, "this is 31"},
	};
	struct node city = root_new("31", "province");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct node n = node_new(rows[i].unit, rows[i].station, rows[i].level, "x", NULL);
		struct err err = {0};
		struct buf said = {0}, welcome = {0};
		int rc = join(&n, &city, &welcome, &err);
		err_format(&err, NULL, &said);
		if (rc != rows[i].code || !strstr(buf_str(&said), rows[i].says))
			fail_msg("row %zu: %d %s", i, rc, buf_str(&said));
		buf_free(&said);
		buf_free(&welcome);
		node_free(&n);
	}
	node_free(&city);
}

static void who_admits_nobody(void **state)
{
	(void)state;
	struct node ward = node_new("11383", NULL, "commune", "x", NULL);
	struct node station = node_new("11383", "cong-an", "commune", "x", NULL);
	struct node city = node_new("31", NULL, "province", "x", NULL);
	struct buf welcome = {0};
	struct err err = {0};
	assert_int_equal(join(&ward, &city, &welcome, &err), ERR_REFUSED);
	ERR_CLEAR(&err);
	station.config.admitted = true;
	station.config.rank = 3;
	assert_int_equal(join(&ward, &station, &welcome, &err), ERR_REFUSED);
	node_free(&ward);
	node_free(&station);
	node_free(&city);
}

static void one_unit_has_one_node(void **state)
{
	(void)state;
	struct node city = root_new("31", "province");
	struct node ward = node_new("11383", NULL, "commune", "x", NULL);
	struct node other = node_new("11383", NULL, "commune", "x", NULL);
	struct node copy = node_new("11050", NULL, "commune", "x", NULL);
	struct buf welcome = {0}, spoken = {0};
	struct err err = {0};
	assert_int_equal(join(&ward, &city, &welcome, &err), 0);
	assert_int_equal(join(&other, &city, &welcome, &err), ERR_REFUSED);
	enrol_fingerprint(key_public(ward.key), &spoken);
	assert_string_equal(err.arg[1], buf_str(&spoken));
	buf_cut(&spoken, 0);
	enrol_fingerprint(key_public(other.key), &spoken);
	assert_string_equal(err.arg[2], buf_str(&spoken));
	assert_string_equal(err.rule, "keys");
	/* A key that was copied to another unit. */
	ERR_CLEAR(&err);
	key_free(copy.key);
	copy.key = ward.key;
	assert_int_equal(join(&copy, &city, &welcome, &err), ERR_REFUSED);
	assert_string_equal(err.arg[1], "11383");
	copy.key = NULL;
	buf_free(&welcome);
	buf_free(&spoken);
	node_free(&city);
	node_free(&ward);
	node_free(&other);
	node_free(&copy);
}

static int add(struct node *by, const struct enrol_unit *unit, struct enrol_edit *edit, struct err *err)
{
	ERR_CLEAR(err);
	int rc = enrol_add(by->registry, &by->config, NULL, unit, &by->arena, edit, err);
	if (rc == 0 && edit->changed)
		feed(by, edit);
	return rc;
}

static void codes_are_used_again_and_ids_are_not(void **state)
{
	(void)state;
	struct node city = root_new("31", "province");
	struct node ward = node_new("11383", NULL, "commune", "tên khác", NULL);
	struct enrol_unit old = {
	    .code = "11383", .name = "phường cũ", .level = "commune", .valid_to = "2025-06-30"};
	struct enrol_unit new = {.code = "11383",
	    .name = "phường Lê Chân",
	    .level = "commune",
	    .type = "phường",
	    .valid_from = "2025-07-01"};
	struct enrol_edit edit;
	struct err err;
	struct buf welcome = {0};
	assert_int_equal(add(&city, &old, &edit, &err), 0);
	assert_string_equal(edit.path, "units/11383.yaml");
	assert_int_equal(add(&city, &new, &edit, &err), 0);
	assert_string_equal(edit.path, "units/11383.2.yaml");
	assert_true(edit.changed);
	assert_int_equal(add(&city, &new, &edit, &err), 0);
	assert_string_equal(edit.id, "11383.2");
	assert_false(edit.changed);
	new.name = "other";
	assert_int_equal(add(&city, &new, &edit, &err), ERR_REFUSED);
	/* The node of the code is the one of today's unit, which keeps its name. */
	ERR_CLEAR(&err);
	if (join(&ward, &city, &welcome, &err) < 0)
		tree_fail(&err);
	assert_string_equal(ward.config.unit, "11383.2");
	const struct registry_unit *u = registry_unit(city.registry, "11383.2");
	assert_true(u->has_key);
	assert_string_equal(u->name, "phường Lê Chân");
	assert_string_equal(record_get(registry_record(city.registry, "11383.2"), "type"), "phường");
	assert_false(registry_unit(city.registry, "11383")->has_key);
	buf_cut(&welcome, 0);
	assert_int_equal(join(&ward, &city, &welcome, &err), 0);
	assert_string_equal(ward.config.unit, "11383.2");
	buf_free(&welcome);
	node_free(&city);
	node_free(&ward);
}

static void what_cannot_be_added(void **state)
{
	(void)state;
	static const struct enrol_unit rows[] = {
	    {.code = "01", .name = "x", .level = "province"},
	    {.code = "a@b", .name = "x", .level = "commune"},
	    {.code = "", .name = "x", .level = "commune"},
	    {.code = "1", .name = "", .level = "commune"},
	    {.code = "1", .name = "x", .level = "commune", .valid_from = "2025-02-30"},
	    {.code = "1",
		.name = "x",
		.level = "commune",
		.valid_from = "2025-07-01",
		.valid_to = "2025-06-30"},
	};
	struct node city = root_new("31", "province");
	struct enrol_edit edit;
	struct err err;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_true(add(&city, &rows[i], &edit, &err) < 0);
	node_free(&city);
}

/* The levels are the root's to name. */
static void levels_come_from_the_record(void **state)
{
	(void)state;
	struct node city = root_new("31", "province");
	struct arena arena = {0};
	struct record levels =
	    tree_record(&arena, "levels", "levels: {province: {rank: 1}, hamlet: {rank: 7}}\n");
	struct enrol_unit unit = {.code = "5", .name = "x", .level = "hamlet"};
	struct enrol_edit edit;
	struct err err = {0};
	assert_int_equal(enrol_add(city.registry, &city.config, &levels, &unit, &arena, &edit, &err), 0);
	assert_string_equal(record_get(&edit.record, "rank"), "7");
	unit.level = "commune";
	assert_int_equal(
	    enrol_add(city.registry, &city.config, &levels, &unit, &arena, &edit, &err), ERR_INPUT);
	arena_free(&arena);
	node_free(&city);
}

/* Load a table at a city; what became of its rows as "added 1 | other 2". Errors as their place. */
static const char *load(struct node *by, const char *text, bool keep, struct err *err)
{
	static const char *const fates[] = {"other", "added", "changed", "same"};
	struct arena arena = {0};
	struct unit_list list;
	struct enrol_load l = {0};
	struct buf said = {0};
	ERR_CLEAR(err);
	int rc = unit_list_read(&arena, "t.csv", text, strlen(text), UNIT_LIST_FULL, &list, err);
	if (rc == 0)
		rc = enrol_load(by->registry, &by->config, NULL, &(struct enrol_tables){&list, NULL}, today(),
		    &arena, &l, err);
	for (size_t i = 0; rc == 0 && i < l.n; i++) {
		buf_printf(&said, "%s%s %s", i ? " | " : "", fates[l.rows[i].fate],
		    l.rows[i].edit.id ? l.rows[i].edit.id : l.rows[i].row->cell[UNIT_CODE].text);
		if (keep && l.rows[i].fate != ENROL_OTHER && l.rows[i].edit.changed)
			feed(by, &l.rows[i].edit);
	}
	if (rc)
		buf_printf(&said, "%s:%u:%u", err->file, err->line, err->column);
	const char *out = arena_dup(&by->arena, buf_str(&said));
	buf_free(&said);
	arena_free(&arena);
	return out;
}

#define HEAD "code,parent,level,type,name\n"

static void a_table_is_loaded(void **state)
{
	(void)state;
	struct node city = root_new("31", "province");
	struct node ward = node_new("11383", NULL, "commune", "Lê Chân", NULL);
	struct buf welcome = {0};
	struct err err = {0};
	static const char table[] = HEAD "31,0,province,tp,Hải Phòng\n11383,31,commune,phuong,Lê Chân\n"
					 "00004,01,commune,phuong,Ba Đình\n11050,31,commune,xa,Gia Phúc\n";
	assert_string_equal(
	    load(&city, table, false, &err), "other 31 | added 11383 | other 00004 | added 11050");
	assert_null(registry_unit(city.registry, "11050"));
	assert_string_equal(
	    load(&city, table, true, &err), "other 31 | added 11383 | other 00004 | added 11050");
	assert_string_equal(
	    load(&city, table, true, &err), "other 31 | same 11383 | other 00004 | same 11050");
	assert_int_equal(registry_unit(city.registry, "11050")->rank, 3);
	/* The key that came since, and what the table leaves blank, stay. */
	assert_int_equal(join(&ward, &city, &welcome, &err), 0);
	assert_string_equal(
	    load(&city, HEAD "11383,31,commune,,Lê  Chân mới\n", true, &err), "changed 11383");
	assert_string_equal(registry_unit(city.registry, "11383")->name, "Lê  Chân mới");
	assert_string_equal(record_get(registry_record(city.registry, "11383"), "type"), "phuong");
	assert_true(registry_unit(city.registry, "11383")->has_key);
	assert_string_equal(
	    load(&city, HEAD "11383,31,commune,xa,Lê  Chân mới\n", true, &err), "changed 11383");
	assert_string_equal(record_get(registry_record(city.registry, "11383"), "type"), "xa");
	buf_free(&welcome);
	node_free(&city);
	node_free(&ward);
}

static void a_wrong_table_names_the_cell(void **state)
{
	static const struct {
		const char *text, *place;
	} wrong[] = {
	    {HEAD "1,31,comune,xa,A\n", "t.csv:2:6"},
	    {HEAD "1,99,comune,xa,A\n", "t.csv:2:6"},
	    {HEAD "1,31,commune,xa,\n", "t.csv:2:17"},
	    {HEAD "1,31,province,xa,A\n", "t.csv:2:6"},
	    {HEAD "a@31,31,commune,xa,A\n", "t.csv:2:1"},
	    {HEAD "1,31,commune,xa,\"A\nB\"\n", "t.csv:2:17"},
	    {HEAD "7,31,district,xa,A\n", "t.csv:2:6"},
	    {HEAD "8,31,commune,xa,A\n", "t.csv:2:1"},
	};
	(void)state;
	struct node city = root_new("31", "province");
	struct enrol_unit known = {.code = "7", .name = "A", .level = "commune"};
	struct enrol_unit ended = {.code = "8", .name = "A", .level = "commune", .valid_to = "2025-06-30"};
	struct enrol_unit now = {.code = "8", .name = "A", .level = "commune", .valid_from = "2025-07-01"};
	struct enrol_edit edit;
	struct err err = {0};
	assert_int_equal(add(&city, &known, &edit, &err), 0);
	assert_int_equal(add(&city, &ended, &edit, &err), 0);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_string_equal(load(&city, wrong[i].text, false, &err), wrong[i].place);
	/* Once the unit that has the code now is known, the table speaks of that one. */
	assert_int_equal(add(&city, &now, &edit, &err), 0);
	assert_string_equal(load(&city, HEAD "8,31,commune,xa,B\n", false, &err), "changed 8.2");
	/* Nobody below a commune, nobody at all below a node that is not admitted. */
	struct node ward = node_new("11383", NULL, "commune", "x", NULL);
	load(&ward, HEAD "8,31,commune,xa,B\n", false, &err);
	assert_int_equal(err.code, ERR_REFUSED);
	node_free(&city);
	node_free(&ward);
}

/* "x" for every place of the text where it is not x already: no such request or welcome is taken. */
static void no_byte_can_be_changed(void **state)
{
	(void)state;
	struct node city = root_new("31", "province");
	struct node ward = node_new("11383", NULL, "commune", "phường Lê Chân", "127.0.0.1:7032");
	struct buf request = {0}, welcome = {0};
	struct err err = {0};
	assert_int_equal(join(&ward, &city, &welcome, &err), 0);
	ward.config.unit = "11383";
	assert_int_equal(enrol_request(&ward.config, ward.key, false, &request, &err), 0);
	for (int turn = 0; turn < 2; turn++) {
		struct buf *text = turn ? &welcome : &request;
		for (size_t i = 0; i < text->len; i++) {
			struct arena arena = {0};
			struct enrol_request req;
			struct enrol_welcome w;
			char old = text->data[i];
			text->data[i] = old == 'x' ? 'w' : 'x';
			ERR_CLEAR(&err);
			int rc = turn ? enrol_read_welcome(&arena, "w", text->data, text->len, &w, &err)
				      : enrol_read_request(&arena, "r", text->data, text->len, &req, &err);
			if (rc == 0)
				fail_msg(
				    "byte %zu of the %s may be changed", i, turn ? "welcome" : "request");
			text->data[i] = old;
			arena_free(&arena);
		}
	}
	buf_free(&request);
	buf_free(&welcome);
	node_free(&city);
	node_free(&ward);
}

/* Mail programs change line ends; that is no forgery. */
static void line_ends_do_not_matter(void **state)
{
	(void)state;
	struct node ward = node_new("11383", NULL, "commune", "phường Lê Chân", NULL);
	struct buf request = {0}, other = {0};
	struct arena arena = {0};
	struct enrol_request req;
	struct err err = {0};
	assert_int_equal(enrol_request(&ward.config, ward.key, false, &request, &err), 0);
	for (size_t i = 0; i < request.len; i++)
		buf_printf(&other, "%s%c", request.data[i] == '\n' ? "\r" : "", request.data[i]);
	if (enrol_read_request(&arena, "r", other.data, other.len, &req, &err) < 0)
		tree_fail(&err);
	assert_string_equal(req.name, "phường Lê Chân");
	arena_free(&arena);
	buf_free(&request);
	buf_free(&other);
	node_free(&ward);
}

static void a_root_is_put_under_a_centre(void **state)
{
	(void)state;
	struct node centre = root_new("0", "central"), rival = root_new("9", "central");
	struct node city = root_new("31", "province"), odd = root_new("01", "province");
	struct buf text = {0}, ignored = {0};
	struct enrol_edit handover;
	struct err err = {0};
	assert_int_equal(join(&city, &centre, &text, &err), 0);
	assert_false(city.config.root);
	assert_int_equal(city.config.rank, 1);
	assert_string_equal(city.config.anchor.unit, "31");
	assert_string_equal(city.config.superior.unit, "0");
	assert_string_equal(city.config.handover.unit, "0");
	assert_memory_equal(city.config.handover.key, key_public(centre.key), KEY_PUBLIC_SIZE);
	assert_non_null(record_get(registry_record(centre.registry, "31"), "anchor_key"));
	assert_int_equal(enrol_handover(&city.config, &city.arena, &handover, &err), 0);
	assert_string_equal(handover.path, "handovers/0.yaml");
	assert_int_equal(record_check(&handover.record, &err), 0);
	/* Once more is the same, another centre is refused. */
	buf_cut(&ignored, 0);
	assert_int_equal(join(&city, &centre, &ignored, &err), 0);
	buf_cut(&ignored, 0);
	assert_int_equal(join(&city, &rival, &ignored, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "anchor");
	/* It keeps the rank under which it has written. */
	ERR_CLEAR(&err);
	odd.config.rank = 2;
	buf_cut(&ignored, 0);
	assert_int_equal(join(&odd, &centre, &ignored, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "anchor");
	assert_true(odd.config.root);
	/* No root is put under its equal. */
	ERR_CLEAR(&err);
	odd.config.rank = 1;
	buf_cut(&ignored, 0);
	assert_int_equal(join(&odd, &city, &ignored, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "rank");
	buf_free(&text);
	buf_free(&ignored);
	node_free(&centre);
	node_free(&rival);
	node_free(&city);
	node_free(&odd);
}

static void a_welcome_is_for_one_node(void **state)
{
	(void)state;
	struct node city = root_new("31", "province"), rival = root_new("01", "province");
	struct node ward = node_new("11383", NULL, "commune", "x", NULL);
	struct node other = node_new("11050", NULL, "commune", "x", NULL);
	struct buf text = {0}, ignored = {0};
	struct enrol_welcome w;
	struct err err = {0};
	assert_int_equal(join(&ward, &city, &text, &err), 0);
	assert_int_equal(enrol_read_welcome(&ward.arena, "w", buf_str(&text), text.len, &w, &err), 0);
	assert_int_equal(enrol_take(&other.config, &w, key_public(other.key), NULL, &err), ERR_REFUSED);
	ERR_CLEAR(&err);
	other.config.unit = "11383";
	assert_int_equal(enrol_take(&other.config, &w, key_public(other.key), NULL, &err), ERR_REFUSED);
	assert_non_null(strstr(err.msg, "key"));
	assert_false(other.config.admitted);
	ERR_CLEAR(&err);
	assert_int_equal(enrol_take(&rival.config, &w, key_public(rival.key), NULL, &err), ERR_REFUSED);
	/* The superior's address may be another one than it says. */
	ERR_CLEAR(&err);
	assert_int_equal(enrol_take(&ward.config, &w, key_public(ward.key), "10.0.0.1:7001", &err), 0);
	assert_string_equal(ward.config.superior.address, "10.0.0.1:7001");
	assert_int_equal(enrol_take(&ward.config, &w, key_public(ward.key), "nowhere", &err), ERR_INPUT);
	/* An anchor is pinned once. */
	ERR_CLEAR(&err);
	assert_int_equal(join(&ward, &rival, &ignored, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "anchor");
	assert_string_equal(ward.config.superior.unit, "31");
	buf_free(&text);
	buf_free(&ignored);
	node_free(&city);
	node_free(&rival);
	node_free(&ward);
	node_free(&other);
}

/* A new machine for a unit whose old one is lost: it need not know level and name, and the old key goes. */
static void a_lost_machine_is_replaced(void **state)
{
	(void)state;
	struct node city = root_new("31", "province");
	struct node ward = node_new("11383", NULL, "commune", "phường Lê Chân", NULL);
	struct node fresh = node_new("11383", NULL, ENROL_UNKNOWN, "11383", NULL);
	struct node nobody = node_new("11914", NULL, ENROL_UNKNOWN, "11914", NULL);
	struct buf text = {0}, welcome = {0};
	struct enrol_request req, vain;
	struct enrol_welcome w;
	struct enrol_edit edit;
	struct err err = {0};
	struct arena *arena = &fresh.arena;
	assert_int_equal(join(&ward, &city, &welcome, &err), 0);
	buf_cut(&welcome, 0);
	assert_int_equal(enrol_request(&fresh.config, fresh.key, true, &text, &err), 0);
	assert_int_equal(enrol_read_request(arena, "r", buf_str(&text), text.len, &req, &err), 0);
	assert_true(req.recover);
	/* Not by the way: somebody has to say that the old one is gone. */
	assert_int_equal(
	    enrol_admit(city.registry, &city.config, NULL, &req, today(), arena, &edit, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "keys");
	assert_non_null(strstr(err.hint, "--recover"));
	ERR_CLEAR(&err);
	if (enrol_readmit(city.registry, &city.config, NULL, &req, today(), "suspended", arena, &edit, &err) <
	    0)
		tree_fail(&err);
	assert_int_equal(edit.n_lost, 1);
	assert_string_equal(edit.lost[0], "k1");
	assert_string_equal(record_get(&edit.record, "keys.k1.state"), "suspended");
	assert_string_equal(record_get(&edit.record, "keys.k2.state"), "active");
	feed(&city, &edit);
	assert_null(registry_by_key(city.registry, key_public(ward.key)));
	assert_int_equal(enrol_welcome(city.registry, &city.config, city.key, &req, &welcome, &err), 0);
	assert_int_equal(enrol_read_welcome(arena, "w", buf_str(&welcome), welcome.len, &w, &err), 0);
	assert_int_equal(enrol_take(&fresh.config, &w, key_public(fresh.key), NULL, &err), 0);
	assert_string_equal(fresh.config.level, "commune");
	assert_string_equal(fresh.config.name, "phường Lê Chân");
	assert_int_equal(fresh.config.rank, 3);
	/* Again: nothing is lost any more. */
	assert_int_equal(
	    enrol_readmit(city.registry, &city.config, NULL, &req, today(), "retired", arena, &edit, &err),
	    0);
	assert_false(edit.changed);
	assert_int_equal(edit.n_lost, 0);
	/* The old machine asks to come back: its key is gone for good. */
	assert_int_equal(ask(&ward, arena, &vain, &err), 0);
	assert_int_equal(
	    enrol_readmit(city.registry, &city.config, NULL, &vain, today(), "retired", arena, &edit, &err),
	    ERR_REFUSED);
	ERR_CLEAR(&err);
	buf_cut(&text, 0);
	assert_int_equal(enrol_request(&nobody.config, nobody.key, true, &text, &err), 0);
	assert_int_equal(enrol_read_request(arena, "r", buf_str(&text), text.len, &req, &err), 0);
	assert_int_equal(
	    enrol_readmit(city.registry, &city.config, NULL, &req, today(), "retired", arena, &edit, &err),
	    ERR_REFUSED);
	assert_non_null(strstr(err.msg, "nothing to recover"));
	buf_free(&text);
	buf_free(&welcome);
	node_free(&city);
	node_free(&ward);
	node_free(&fresh);
	node_free(&nobody);
}

static void a_welcome_needs_an_admission(void **state)
{
	(void)state;
	struct node city = root_new("31", "province");
	struct node ward = node_new("11383", NULL, "commune", "x", NULL);
	struct enrol_request req;
	struct buf text = {0};
	struct err err = {0};
	assert_int_equal(ask(&ward, &ward.arena, &req, &err), 0);
	assert_int_equal(
	    enrol_welcome(city.registry, &city.config, city.key, &req, &text, &err), ERR_NOT_FOUND);
	node_free(&city);
	node_free(&ward);
}

static void what_is_written_passes_the_check(void **state)
{
	(void)state;
	struct node city = root_new("31", "province");
	struct node ward = node_new("11383", NULL, "commune", "x", NULL);
	struct enrol_request req;
	struct enrol_edit edit;
	struct buf text = {0};
	struct err err = {0};
	struct oid zero = {{0}};
	assert_int_equal(ask(&ward, &ward.arena, &req, &err), 0);
	assert_int_equal(
	    enrol_admit(city.registry, &city.config, NULL, &req, today(), &city.arena, &edit, &err), 0);
	record_print(&edit.record, &text);
	struct change_record rec = {edit.path, buf_str(&text), text.len};
	struct change_texts texts = {edit.path, NULL, buf_str(&text), 0, text.len};
	struct change c = {.ledger = "directives/31",
	    .unit = "31",
	    .rank = 1,
	    .rule = 1,
	    .claim = CLAIM_NONE,
	    .subject = "unit: admit",
	    .records = &rec,
	    .n_records = 1};
	if (registry_check(
		city.registry, registry_grant(city.registry, &zero, "31", NULL), &c, &texts, 1, &err) < 0)
		tree_fail(&err);
	buf_free(&text);
	node_free(&city);
	node_free(&ward);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_root_begins),
	    cmocka_unit_test(three_tiers_and_a_station_join),
	    cmocka_unit_test(whom_a_unit_does_not_admit),
	    cmocka_unit_test(who_admits_nobody),
	    cmocka_unit_test(one_unit_has_one_node),
	    cmocka_unit_test(codes_are_used_again_and_ids_are_not),
	    cmocka_unit_test(what_cannot_be_added),
	    cmocka_unit_test(levels_come_from_the_record),
	    cmocka_unit_test(a_table_is_loaded),
	    cmocka_unit_test(a_wrong_table_names_the_cell),
	    cmocka_unit_test(no_byte_can_be_changed),
	    cmocka_unit_test(line_ends_do_not_matter),
	    cmocka_unit_test(a_root_is_put_under_a_centre),
	    cmocka_unit_test(a_welcome_is_for_one_node),
	    cmocka_unit_test(a_lost_machine_is_replaced),
	    cmocka_unit_test(a_welcome_needs_an_admission),
	    cmocka_unit_test(what_is_written_passes_the_check),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
