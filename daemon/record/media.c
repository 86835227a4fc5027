#include "record/media.h"

#include <stdbool.h>
#include <string.h>

#define ZIP_TAIL (256 * 1024) /* the list of a zip file's members is looked for in its last bytes */

static bool begins(const void *bytes, size_t len, const char *with, size_t n)
{
	return len >= n && memcmp(bytes, with, n) == 0;
}

static bool holds(const char *bytes, size_t len, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = bytes; len >= n;) {
		const char *hit = memchr(at, word[0], len - n + 1);
		if (!hit)
			return false;
		if (memcmp(hit, word, n) == 0)
			return true;
		len -= (size_t)(hit + 1 - at);
		at = hit + 1;
	}
	return false;
}

/* The first member of an OpenDocument file says what it is, stored as it is. */
static const char *open_document(const char *bytes, size_t len)
{
	static const char member[] = "mimetype", text[] = "application/vnd.oasis.opendocument.text",
			  sheet[] = "application/vnd.oasis.opendocument.spreadsheet";
	const size_t at = 30 + sizeof member - 1;
	if (len < at || memcmp(bytes + 30, member, sizeof member - 1) != 0)
		return NULL;
	/* "…text-template" is not "…text": what follows must be the next member. */
	if (begins(bytes + at, len - at, text, sizeof text - 1) &&
	    begins(bytes + at + sizeof text - 1, len - at - (sizeof text - 1), "PK", 2))
		return "odt";
	if (begins(bytes + at, len - at, sheet, sizeof sheet - 1) &&
	    begins(bytes + at + sizeof sheet - 1, len - at - (sizeof sheet - 1), "PK", 2))
		return "ods";
	return NULL;
}

static const char *zip_type(const char *bytes, size_t len)
{
	size_t tail = len < ZIP_TAIL ? len : ZIP_TAIL;
	const char *list = bytes + len - tail;
	if (holds(list, tail, "vbaProject.bin") || holds(list, tail, "Basic/script-lc.xml"))
		return NULL;
	if (holds(list, tail, "[Content_Types].xml")) {
		if (holds(list, tail, "word/document.xml"))
			return "docx";
		return holds(list, tail, "xl/workbook.xml") ? "xlsx" : NULL;
	}
	return open_document(bytes, len);
}

const char *media_type(const void *bytes, size_t len)
{
	if (begins(bytes, len, "%PDF-", 5))
		return "pdf";
	if (begins(bytes, len, "\x89PNG\r\n\x1a\n", 8))
		return "png";
	if (begins(bytes, len, "\xff\xd8\xff", 3))
		return "jpeg";
	if (begins(bytes, len, "II*\0", 4) || begins(bytes, len, "MM\0*", 4))
		return "tiff";
	if (begins(bytes, len, "PK\3\4", 4))
		return zip_type(bytes, len);
	return NULL;
}
