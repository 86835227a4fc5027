#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/record.h"
#include "record/screen.h"

static const struct {
	const char *text;
	enum screen_kind kind;
	const char *masked; /* NULL: not looked at */
} persons[] = {
    {"001090012345", SCREEN_CITIZEN, "0********345"},
    {"số 031 090 012 345 đã xử lý", SCREEN_CITIZEN, "0***********345"},
    {"031.090.012.345", SCREEN_CITIZEN, NULL},
    {"031-090-012-345", SCREEN_CITIZEN, NULL},
    {"031 – 090012345", SCREEN_CITIZEN, NULL},
    {"0310 9001 2345", SCREEN_CITIZEN, NULL},
    {"031\u00A0090\u00A0012\u00A0345", SCREEN_CITIZEN, NULL},
    {"０３１０９００１２３４５", SCREEN_CITIZEN, "０********３４５"},
    {"０３１．０９０．０１２．３４５", SCREEN_CITIZEN, NULL},
    {"031\u200B090\u200B012\u200B345", SCREEN_CITIZEN, NULL},
    {"03 10 90 01 23 45", SCREEN_CITIZEN, NULL},
    {"năm 2025 001090012345", SCREEN_CITIZEN, "0********345"},
    {"CCCD001090012345", SCREEN_CITIZEN, NULL},
    {"số định danh 120 000 000 000", SCREEN_CITIZEN, NULL},
    {"120000123456", SCREEN_CITIZEN, NULL},
    {"CMND 031234567", SCREEN_CITIZEN, "0*****567"},
    {"CMND số: 031 234 567", SCREEN_CITIZEN, NULL},
    {"căn cước công dân số 131.234.567", SCREEN_CITIZEN, NULL},
    {"chứng minh nhân dân: 131234567", SCREEN_CITIZEN, NULL},
    {"Số CMT cũ 131234567", SCREEN_CITIZEN, NULL},
    {"hộ chiếu B1234567", SCREEN_PASSPORT, "B******7"},
    {"Hộ chiếu phổ thông số: P00123456", SCREEN_PASSPORT, NULL},
    {"hộ chiếu số C 7654321", SCREEN_PASSPORT, NULL},
    {"liên hệ 0912345678", SCREEN_PHONE, "0******678"},
    {"0912.345.678", SCREEN_PHONE, NULL},
    {"0912 345 678", SCREEN_PHONE, NULL},
    {"091 234 5678", SCREEN_PHONE, NULL},
    {"09 12 34 56 78", SCREEN_PHONE, NULL},
    {"ĐT:0912-345-678", SCREEN_PHONE, NULL},
    {"SĐT0912345678", SCREEN_PHONE, NULL},
    {"0225.3842.123", SCREEN_PHONE, NULL},
    {"(0225) 3842 123", SCREEN_PHONE, NULL},
    {"024 3825 1234", SCREEN_PHONE, NULL},
    {"điện thoại 04.38251234", SCREEN_PHONE, NULL},
    {"+84 912 345 678", SCREEN_PHONE, NULL},
    {"+84912345678", SCREEN_PHONE, "8*******678"},
    {"(+84) 225 3842 123", SCREEN_PHONE, NULL},
    {"+84 (0) 912 345 678", SCREEN_PHONE, NULL},
    {"0084912345678", SCREEN_PHONE, NULL},
    {"84912345678", SCREEN_PHONE, NULL},
    {"０９１２　３４５　６７８", SCREEN_PHONE, NULL},
    {"ngày 05/7/2026, 0912345678", SCREEN_PHONE, NULL},
    {"0912345678/0987654321", SCREEN_PHONE, NULL},
    {"gửi nva@haiphong.gov.vn trước ngày 5", SCREEN_EMAIL, "n***************.vn"},
    {"a.b+c@x.vn", SCREEN_EMAIL, NULL},
    {"ａ＠ｘ．ｖｎ", SCREEN_EMAIL, NULL},
    {"SN 1990", SCREEN_BIRTH, "1**0"},
    {"(SN: 1990)", SCREEN_BIRTH, NULL},
    {"SN1990", SCREEN_BIRTH, NULL},
    {"đối tượng sinh năm 1990", SCREEN_BIRTH, NULL},
    {"Sinh năm: 1990", SCREEN_BIRTH, NULL},
    {"sinh ngày 05/3/1990", SCREEN_BIRTH, NULL},
    {"sinh ngày 5 tháng 3 năm 1990", SCREEN_BIRTH, "5**************990"},
    {"ngày sinh 1990-03-05", SCREEN_BIRTH, NULL},
    {"năm sinh: 1990", SCREEN_BIRTH, NULL},
    {"N.V.A., SN 1990", SCREEN_INITIALS, "N***A"},
    {"bắt N.V.A. cùng đồng bọn", SCREEN_INITIALS, NULL},
    {"Ng.Th.H, trú tại tổ 5", SCREEN_INITIALS, NULL},
    {"N. V. A. đã khai", SCREEN_INITIALS, NULL},
    {"đối tượng Đ.T.", SCREEN_INITIALS, NULL},
    {"V.A (1990)", SCREEN_INITIALS, NULL},
    {"V.A., 05/3/1990", SCREEN_INITIALS, NULL},
    {"ef53ac09ab5678ab77de00109bcd001090012345 0912345678", SCREEN_PHONE, NULL},
    {"EF53AC09AB5678AB77DE00109BCD001090012345", SCREEN_CITIZEN, NULL},
};

static const char *const works[] = {
    "",
    "phường Lê Chân, đường Trần Hưng Đạo, xã Nguyễn Bỉnh Khiêm, phố Lý Thường Kiệt",
    "120.000.000.000 đồng",
    "120 000 000 000 đ",
    "120000000000 đồng",
    "120000000000 VNĐ",
    "120.000.000.000",
    "kinh phí 120,5 tỷ; 912345678 đồng; 84912345678 đồng",
    "+84.950.000.000 đồng so với năm trước",
    "1.234.567.890.123",
    "thu 131234567 đồng, 131.234.567 lượt",
    "căn cước: 131.234.567 thẻ",
    "cấp căn cước cho 131234567 người",
    "cấp 1234567 hộ chiếu, hộ chiếu 1234567 cuốn",
    "chứng minh 131234567 là đúng",
    "7820/HD-C04-P6, 91/KH-UBND, 163/2024/QH15, 15/CT-UBND",
    "0912345678/QĐ-UBND",
    "Reissue-of: ef53ac09ab5678ab77de00109bcd001090012345",
    "k1 reports/11383 ef53ac09ab5678ab77de00109bcd001090012345",
    "mã hồ sơ 000.00.05.H05-260101-0001",
    "MST 0312345678",
    "mã số thuế: 0312345678",
    "từ 01.01-31.12.2026",
    "05.07.2026 12 vụ",
    "2026-07-05 123456",
    "từ 08.00-11.30 và 13.30-17.00 ngày 05.07.2026",
    "các năm 2021 2022 2023",
    "2011-2025, 2021-2025, 2026-2030",
    "các tổ 01 02 03 04 05 06",
    "các xóm 05-07-08-09-10",
    "dòng 288-290, 451-453",
    "tháng 09 2026 1234 lượt",
    "31/58; 44,5%; 0,123456789; 0.123456789",
    "192.168.100.200:7031",
    "cong-an@11383, 11383@tuyen",
    "units/cong-an@11383.yaml",
    "giá 5000@3.5",
    "học sinh năm 2026; sinh viên năm 2025; vệ sinh năm 2026; phát sinh năm 2025",
    "tuyển sinh năm 2026, thí sinh năm 2025, khai sinh ngày 05/3/2026",
    "hy sinh năm 1968, dân sinh năm 2025, an sinh năm 2026",
    "số trẻ em sinh năm 2020 đã tiêm: 120; tỷ lệ sinh năm 2025",
    "công dân sinh năm 2007 khám tuyển",
    "sinh năm 2007 đến 2010, sinh năm 1990-1995, sinh năm 2008 trở về trước",
    "SN 12 đường Trần Phú",
    "ngày sinh hoạt 05/3/2026",
    "mục V.I.X, phần I.V.",
    "P.C.C.C, H.Đ.N.D., U.B.N.D, TP.HCM, T.Ư, v.v., T.P Hải Phòng",
    "loại A. Các tổ; loại B. Khác",
    "Q.1, P.5, C04, PC04, KV IV",
    "Lưu VT, CAX (3 bản), T.W 2025",
    "113, 114, 115, 1800 1567",
    "2026-07-05T08:00:00+07:00",
    "ab0912345678cd",
};

static void what_points_to_a_person_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof persons / sizeof *persons; i++) {
		struct screen_hit hit;
		bool found = screen_text(persons[i].text, &hit);
		if (!found || hit.kind != persons[i].kind)
			print_error("%s: %s %d\n", persons[i].text, found ? hit.masked : "nothing",
			    found ? (int)hit.kind : -1);
		assert_true(found);
		assert_int_equal(hit.kind, persons[i].kind);
		if (persons[i].masked)
			assert_string_equal(hit.masked, persons[i].masked);
		assert_true(hit.len && hit.offset + hit.len <= strlen(persons[i].text));
		assert_null(strstr(hit.masked, persons[i].text));
	}
}

static void what_is_said_of_work_is_not(void **state)
{
	(void)state;
	struct screen_hit hit;
	for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
		if (screen_text(works[i], &hit))
			print_error("%s: %s %d\n", works[i], hit.masked, (int)hit.kind);
		assert_false(screen_text(works[i], &hit));
	}
	assert_false(screen_text(NULL, &hit));
}

static void the_place_is_that_of_the_text(void **state)
{
	(void)state;
	struct screen_hit hit;
	assert_true(screen_text("đã báo 0912.345.678 rồi", &hit));
	assert_int_equal(hit.offset, strlen("đã báo "));
	assert_int_equal(hit.len, 12);
}

static void a_long_one_is_cut_in_the_mask(void **state)
{
	(void)state;
	char text[200] = {0};
	struct screen_hit hit;
	memset(text, 'a', 60);
	strcat(text, "@haiphong.gov.vn");
	assert_true(screen_text(text, &hit));
	assert_int_equal(strlen(hit.masked), SCREEN_MASKED - 1);
	assert_int_equal(strspn(hit.masked + 1, "*"), SCREEN_MASKED - 5);
}

static void a_long_text_costs_its_length(void **state)
{
	(void)state;
	static const char *const pieces[] = {"7", "0 ", "00.", "a.", "A.", "@", "sinh nam ", "01-", "8484 "};
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct buf b = {0};
		struct screen_hit hit;
		while (b.len < 500000)
			buf_puts(&b, pieces[i]);
		screen_text(b.data, &hit);
		buf_free(&b);
	}
}

/* ---- changes ---- */

static char *report_text(struct arena *arena, const char *note)
{
	struct record r;
	struct buf b = {0};
	record_init(&r, arena, type_by_name("report"));
	record_put(&r, "values.TT01", "120000000000");
	if (note)
		record_put(&r, "note", note);
	record_print(&r, &b);
	char *text = arena_dup(arena, buf_str(&b));
	buf_free(&b);
	return text;
}

static int screened(const char *before, const char *after, const char *body, struct err *err)
{
	struct arena arena = {0};
	struct change c = {.ledger = "reports/11383", .subject = "report: set p 2026-06", .body = body};
	struct change_texts t = {.path = "reports/31/p/2026-06.yaml",
	    .before = before ? report_text(&arena, before) : NULL,
	    .after = after ? report_text(&arena, after) : NULL};
	t.before_len = t.before ? strlen(t.before) : 0;
	t.after_len = t.after ? strlen(t.after) : 0;
	*err = (struct err){0};
	int rc = screen_change(&c, &t, 1, err);
	arena_free(&arena);
	return rc;
}

static void only_what_a_change_says_anew_counts(void **state)
{
	(void)state;
	struct err err;
	assert_int_equal(screened(NULL, "gọi 0912345678", NULL, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "personal-data");
	assert_string_equal(err.record, "reports/31/p/2026-06.yaml");
	assert_string_equal(err.field, "note");
	assert_string_equal(err.arg[0], "0******678");
	assert_non_null(err.hint);
	assert_int_equal(screened("cũ", "gọi 0912345678", NULL, &err), ERR_REFUSED);
	assert_int_equal(screened("gọi 0912345678", "gọi 0912345678", NULL, &err), 0);
	assert_int_equal(screened("gọi 0912345678", "đã gọi", NULL, &err), 0);
	assert_int_equal(screened("gọi 0912345678", NULL, NULL, &err), 0);
	assert_int_equal(screened(NULL, "đã gọi 12 hộ", NULL, &err), 0);
	assert_int_equal(screened("a", "b", "theo lời N.V.A.", &err), ERR_REFUSED);
	assert_string_equal(err.field, "reason");
}

static void a_member_of_a_set_is_a_text(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct record r;
	struct buf b = {0};
	struct err err = {0};
	record_init(&r, &arena, type_by_name("plan"));
	record_put(&r, "title", "Kế hoạch");
	record_put(&r, "recipients.Lưu VT", "+");
	record_put(&r, "recipients.ĐT 0912345678", "+");
	record_print(&r, &b);
	struct change c = {.ledger = "directives/31", .subject = "plan: load p"};
	struct change_texts t = {.path = "plans/p/plan.yaml", .after = buf_str(&b), .after_len = b.len};
	assert_int_equal(screen_change(&c, &t, 1, &err), ERR_REFUSED);
	assert_string_equal(err.field, "recipients");
	assert_string_equal(err.arg[0], "0******678");
	buf_free(&b);
	arena_free(&arena);
}

static void the_id_of_a_conflict_is_no_number(void **state)
{
	(void)state;
	static const char *const settles[] = {
	    "0310900123450000000000000000000000000000000000000000000000000000"};
	struct change c = {.ledger = "reports/11383", .subject = "conflict: settle 031090012345"};
	struct err err = {0};
	assert_int_equal(screen_change(&c, NULL, 0, &err), ERR_REFUSED);
	ERR_CLEAR(&err);
	c.settles = settles;
	c.n_settles = 1;
	assert_int_equal(screen_change(&c, NULL, 0, &err), 0);
	struct change_texts t = {
	    .path = "conflicts/03/0310900123450000000000000000000000000000000000000000000000000000.yaml"};
	c.n_settles = 0;
	assert_int_equal(screen_change(&c, &t, 1, &err), 0);
}

static void an_error_quotes_nobody(void **state)
{
	(void)state;
	struct err err = {0};
	err_set(
	    &err, ERR_REFUSED, "%1 may not write %2", "11383", "recipients.N.V.A, 0912345678 và 0912345679");
	err_rule(&err, "right", "plans/p/plan.yaml", "recipients.0912345678");
	screen_err(&err);
	assert_string_equal(err.arg[0], "11383");
	assert_null(strstr(err.arg[1], "0912"));
	assert_non_null(strstr(err.arg[1], "0******678 và 0******679"));
	assert_string_equal(err.record, "plans/p/plan.yaml");
	assert_string_equal(err.field, "recipients.0******678");
	char full[ERR_ARG_SIZE] = {0};
	for (size_t n = 0; n + 9 < sizeof full; n += 9)
		memcpy(full + n, "sn 1990, ", 9);
	ERR_CLEAR(&err);
	err_set(&err, ERR_REFUSED, "%1", full);
	screen_err(&err);
	assert_null(strstr(err.arg[0], "1990"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_points_to_a_person_is_found),
	    cmocka_unit_test(what_is_said_of_work_is_not),
	    cmocka_unit_test(the_place_is_that_of_the_text),
	    cmocka_unit_test(a_long_one_is_cut_in_the_mask),
	    cmocka_unit_test(a_long_text_costs_its_length),
	    cmocka_unit_test(only_what_a_change_says_anew_counts),
	    cmocka_unit_test(a_member_of_a_set_is_a_text),
	    cmocka_unit_test(an_error_quotes_nobody),
	    cmocka_unit_test(the_id_of_a_conflict_is_no_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
