#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "record/media.h"

#define IS(type, bytes) assert_string_equal(media_type(bytes, sizeof(bytes) - 1), type)
#define NONE(bytes) assert_null(media_type(bytes, sizeof(bytes) - 1))

static void by_content(void **state)
{
	(void)state;
	IS("pdf", "%PDF-1.7\n");
	IS("png", "\x89PNG\r\n\x1a\nrest");
	IS("jpeg", "\xff\xd8\xff\xe0");
	IS("tiff", "II*\0....");
	IS("tiff", "MM\0*....");
	NONE("");
	NONE("%PDF");
	NONE("MZ\x90");
	NONE("format: plan/1\n");
}

#define HEAD "PK\3\4..........................mimetype"
static void zips(void **state)
{
	(void)state;
	IS("docx", "PK\3\4 [Content_Types].xml word/document.xml");
	IS("xlsx", "PK\3\4 [Content_Types].xml xl/workbook.xml");
	IS("odt", HEAD "application/vnd.oasis.opendocument.textPK");
	IS("ods", HEAD "application/vnd.oasis.opendocument.spreadsheetPK");
	NONE(HEAD "application/vnd.oasis.opendocument.text-templatePK");
	NONE(HEAD "application/vnd.oasis.opendocument.text");
	NONE(HEAD);
	NONE("PK\3\4");
	NONE("PK\3\4 word/document.xml");
}

static void no_programs_inside(void **state)
{
	(void)state;
	NONE("PK\3\4 [Content_Types].xml word/document.xml word/vbaProject.bin");
	NONE(HEAD "application/vnd.oasis.opendocument.textPK Basic/script-lc.xml");
}

static void what_it_is_instead(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *word;
	} rows[] = {{"MZ\x90", 3, "program"},
	    {"\x7f"
	     "ELF\2",
		5, "program"},
	    {"#!/bin/sh\n", 10, "script"}, {"\xd0\xcf\x11\xe0\xa1\xb1", 6, "password"},
	    {"\n <!DOCTYPE HTML>", 17, "web page"}, {"<svg onload=x>", 14, "web page"},
	    {"PK\3\4\24\0\1\0........................", 32, "locked"},
	    {"PK\3\4\24\0\0\0........................", 32, "macros"}, {"Rar!..", 6, "archive"}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_non_null(media_instead(rows[i].bytes, rows[i].len));
		assert_non_null(strstr(media_instead(rows[i].bytes, rows[i].len), rows[i].word));
	}
	assert_null(media_instead("", 0));
	assert_null(media_instead("P", 1));
	assert_null(media_instead("format: plan/1\n", 15));
}

static void names(void **state)
{
	static const char *const bad[] = {"", "a/b.pdf", "..", ".a.pdf", "-a.pdf", "a.pdf.", "a:b.pdf",
	    "a\\b.pdf", "a\nb.pdf", "con.pdf", "COM1.pdf", "a?.pdf", "a.pdf "};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_non_null(media_name_bad(bad[i]));
	char name[MEDIA_NAME_MOST + 2];
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_non_null(media_name_bad(name));
	name[sizeof name - 2] = '\0';
	assert_null(media_name_bad(name));
	assert_null(media_name_bad("Báo cáo tháng 6 (bản ký).pdf"));
	assert_null(media_name_bad("console.pdf"));
	assert_true(media_name_fits("a.b.PDF", "pdf"));
	assert_true(media_name_fits("a.jpg", "jpeg"));
	assert_true(media_name_fits("a.TIF", "tiff"));
	assert_false(media_name_fits("a.pdf", "jpeg"));
	assert_false(media_name_fits("pdf", "pdf"));
	assert_false(media_name_fits("a.jpg", "pdf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(by_content), cmocka_unit_test(zips),
	    cmocka_unit_test(no_programs_inside), cmocka_unit_test(what_it_is_instead),
	    cmocka_unit_test(names)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
