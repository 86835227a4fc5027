/* What things cost in bytes: the marks of schema/wire.md, "Sizes", on a ledger like a real one. */
#include "world.h"

static struct node city, ward;

static const char *const sentences[] = {
    "Tổ chức tuyên truyền lưu động tại các tổ dân phố, trường học và chợ dân sinh.",
    "Rà soát, lập hồ sơ quản lý theo quy định, không để sót đối tượng.",
    "Phối hợp với Mặt trận Tổ quốc và các đoàn thể vận động nhân dân tố giác tội phạm.",
    "Kiểm tra các cơ sở kinh doanh có điều kiện, nhắc nhở và lập biên bản khi cần.",
    "Duy trì mô hình camera an ninh, tiếng loa an ninh ở khu dân cư.",
    "Khó khăn: địa bàn rộng, lực lượng mỏng, kinh phí còn hạn chế.",
    "Đề nghị cấp trên bổ sung kinh phí và trang thiết bị phục vụ công tác.",
    "Tháng tới tiếp tục thực hiện các chỉ tiêu đã đề ra, sơ kết vào cuối quý.",
};

static unsigned random_state = 7;
static unsigned dice(unsigned sides)
{
	random_state = random_state * 1103515245 + 12345;
	return random_state >> 16 & 0x7FFF ? (random_state >> 16 & 0x7FFF) % sides : 0;
}

/* A report of about 1.5 KB whose `note` is fresh text; `seed` chooses the figures. */
static void report_text(char *text, size_t size, unsigned seed)
{
	int n = snprintf(text, size, "state: submitted\nversion: '%u'\nvalues:\n", seed % 9 + 1);
	for (unsigned i = 1; i <= 30; i++)
		n +=
		    snprintf(text + n, size - (size_t)n, "  TT%02u: '%u'\n", i, seed * 31 % 97 + i * (i % 3));
	n += snprintf(text + n, size - (size_t)n, "note: |\n");
	for (unsigned i = 0; i < 6; i++) {
		unsigned number = dice(1000);
		n += snprintf(text + n, size - (size_t)n, "  %s %u\n", sentences[dice(8)], number);
	}
	assert_true(n > 900 && n < (int)size);
}

static void edit(char *text, const char *key, unsigned value)
{
	char *at = strstr(text, key);
	assert_non_null(at);
	at += strlen(key) + 3;
	char *end = strchr(at, '\'');
	char tail[4000];
	snprintf(tail, sizeof tail, "%s", end);
	sprintf(at, "%u%s", value, tail);
}

static void task_text(char *text, size_t size, unsigned percent)
{
	snprintf(text, size, "state: doing\npercent: '%u'\nresult: |\n  %s\nnote: |\n  %s\n", percent,
	    sentences[percent % 8], sentences[(percent + 3) % 8]);
}

static char reports[60][4096];

static int begin(void **state)
{
	(void)state;
	random_state = 7;
	city = (struct node){.unit = "31", .instance = "city 1"};
	ward = (struct node){.unit = "11383", .instance = "ward 1"};
	share(&city, &ward, "directives/31");
	share(&city, &ward, "reports/11383");
	for (unsigned i = 0; i < 50; i++) {
		char path[80], text[1024];
		snprintf(path, sizeof path, "progress/31/hp.2026-06/nv%02u.yaml", i);
		task_text(text, sizeof text, i);
		node_write(&ward, "reports/11383", "task set", path, text, NULL, NULL);
	}
	for (unsigned i = 0; i < 60; i++) {
		char path[80];
		snprintf(
		    path, sizeof path, "reports/31/hp.2026-06/20%02u-%02u.yaml", 26 + i / 12, i % 12 + 1);
		report_text(reports[i], sizeof reports[i], i);
		node_write(&ward, "reports/11383", "report set", path, reports[i], NULL, NULL);
	}
	node_open(&ward, SYNC_DIALER, 0);
	node_open(&city, SYNC_LISTENER, 0);
	converse(&ward, &city, 0);
	assert_same(&city, &ward);
	ward.sent = city.sent = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	node_free(&city);
	node_free(&ward);
	return 0;
}

/* Three figures of a report and one task. */
static void update(struct node *n, unsigned i)
{
	char path[80], task_path[80], task[1024];
	unsigned r = i % 60;
	snprintf(path, sizeof path, "reports/31/hp.2026-06/20%02u-%02u.yaml", 26 + r / 12, r % 12 + 1);
	snprintf(task_path, sizeof task_path, "progress/31/hp.2026-06/nv%02u.yaml", i % 50);
	edit(reports[r], "TT01", 100 + i);
	edit(reports[r], "TT07", 200 + i);
	edit(reports[r], "TT19", 300 + i);
	task_text(task, sizeof task, i % 50 + 1);
	edit(task, "percent", i % 90 + 5);
	node_write(n, "reports/11383", "report set", task_path, task, path, reports[r]);
}

/* Since it was asked last, or since the beginning. */
static void costs(unsigned up, unsigned down)
{
	assert_int_equal(ward.sent, up);
	assert_int_equal(city.sent, down);
	ward.sent = city.sent = 0;
}

static void one_update_on_an_established_line(void **state)
{
	(void)state;
	sync_request(ward.sync, 1, 500);
	assert_int_equal(converse(&ward, &city, 500), 2);
	costs(16, 16);
	update(&ward, 3);
	sync_local(ward.sync, 1000);
	assert_int_equal(converse(&ward, &city, 1000), 2);
	costs(146, 19);
	update(&ward, 9);
	sync_local(ward.sync, 2000);
	assert_int_equal(converse(&ward, &city, 2000), 2);
	costs(149, 19);
	update(&city, 12);
	sync_local(city.sync, 3000);
	assert_int_equal(converse(&ward, &city, 3000), 2);
	costs(19, 308);
}

/* Typed one after the other, and in one flight. */
static void a_report_and_a_task(void **state)
{
	(void)state;
	char task[1024];
	edit(reports[7], "TT01", 101);
	edit(reports[7], "TT07", 102);
	edit(reports[7], "TT19", 103);
	node_write(&ward, "reports/11383", "report set", "reports/31/hp.2026-06/2026-08.yaml", reports[7],
	    NULL, NULL);
	sync_local(ward.sync, 1000);
	task_text(task, sizeof task, 9);
	edit(task, "percent", 55);
	node_write(&ward, "reports/11383", "task set", "progress/31/hp.2026-06/nv08.yaml", task, NULL, NULL);
	sync_local(ward.sync, 1100);
	assert_int_equal(converse(&ward, &city, 1100), 2);
	costs(225, 19);
}

static void one_update_from_nothing(void **state)
{
	(void)state;
	update(&ward, 3);
	node_open(&ward, SYNC_DIALER, 0);
	node_open(&city, SYNC_LISTENER, 0);
	assert_int_equal(converse(&ward, &city, 0), 2);
	costs(302, 35);
}

static void a_hundred_changes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++)
		update(&ward, i);
	sync_local(ward.sync, 1000);
	assert_int_equal(converse(&ward, &city, 1000), 2);
	costs(10718, 37);
}

static void a_thousand_changes_to_a_fresh_node(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 890; i++)
		update(&ward, i);
	sync_local(ward.sync, 1000);
	converse(&ward, &city, 1000);
	node_forget(&city, NULL);
	buf_free(&city.memory);
	city.instance[0] = 'C';
	ward.sent = city.sent = 0;
	node_open(&ward, SYNC_DIALER, 0);
	node_open(&city, SYNC_LISTENER, 0);
	assert_int_equal(converse(&ward, &city, 0), 10);
	assert_same(&city, &ward);
	costs(110853, 175);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(one_update_on_an_established_line, begin, end),
	    cmocka_unit_test_setup_teardown(a_report_and_a_task, begin, end),
	    cmocka_unit_test_setup_teardown(one_update_from_nothing, begin, end),
	    cmocka_unit_test_setup_teardown(a_hundred_changes, begin, end),
	    cmocka_unit_test_setup_teardown(a_thousand_changes_to_a_fresh_node, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
