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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_content), cmocka_unit_test(zips), cmocka_unit_test(no_programs_inside)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
