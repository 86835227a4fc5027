#include "record/media.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"

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

/* ---- what it is instead ---- */

#define LOOK_AT 1024 /* bytes of a text in which its kind shows */

static bool holds_word(const char *bytes, size_t len, const char *word)
{
	size_t n = strlen(word), most = len < LOOK_AT ? len : LOOK_AT;
	for (size_t i = 0; i + n <= most; i++)
		if (strncasecmp(bytes + i, word, n) == 0)
			return true;
	return false;
}

/* The first member of an archive stands behind 30 bytes of which the seventh has the mark. */
static bool is_locked_zip(const char *bytes, size_t len)
{
	return len > 30 && begins(bytes, len, "PK\3\4", 4) && bytes[6] & 1;
}

const char *media_instead(const void *bytes, size_t len)
{
	static const struct {
		const char *begin;
		size_t n;
		const char *msg;
	} kinds[] = {
	    {"MZ", 2, N_("%1 is a program")},
	    {"\x7f"
	     "ELF",
		4, N_("%1 is a program")},
	    {"#!", 2, N_("%1 is a script")},
	    {"\xd0\xcf\x11\xe0", 4, N_("%1 is locked by a password, or of an old kind (doc, xls)")},
	    {"Rar!", 4, N_("%1 is an archive")},
	    {"7z\xbc\xaf", 4, N_("%1 is an archive")},
	    {"\x1f\x8b", 2, N_("%1 is an archive")},
	};
	static const char *const page[] = {"<html", "<!doctype html", "<script", "<svg"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (begins(bytes, len, kinds[i].begin, kinds[i].n))
			return kinds[i].msg;
	if (is_locked_zip(bytes, len))
		return N_("%1 is an archive locked by a password");
	if (begins(bytes, len, "PK\3\4", 4))
		return N_("%1 is an archive, or a document with macros");
	for (size_t i = 0; i < sizeof page / sizeof *page; i++)
		if (holds_word(bytes, len, page[i]))
			return N_("%1 is a web page");
	return NULL;
}

/* ---- its name ---- */

bool media_name_fits(const char *name, const char *type)
{
	static const char *const also[][2] = {{"jpeg", "jpg"}, {"jpeg", "jpe"}, {"tiff", "tif"}};
	const char *end = strrchr(name, '.');
	bool fits = end && strcasecmp(end + 1, type) == 0;
	for (size_t i = 0; end && i < sizeof also / sizeof *also; i++)
		fits |= strcmp(type, also[i][0]) == 0 && strcasecmp(end + 1, also[i][1]) == 0;
	return fits;
}

/* "con.pdf" names the console on Windows. */
static bool is_device(const char *name)
{
	static const char *const devices[] = {"con", "prn", "aux", "nul"};
	size_t n = strcspn(name, ".");
	for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
		if (n == 3 && strncasecmp(name, devices[i], 3) == 0)
			return true;
	return n == 4 && (strncasecmp(name, "com", 3) == 0 || strncasecmp(name, "lpt", 3) == 0) &&
	       name[3] >= '0' && name[3] <= '9';
}

const char *media_name_bad(const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f || strchr("\\/:*?\"<>|", name[i]))
			return N_("the name %1 has a character that file names may not have everywhere");
	if (len == 0 || len > MEDIA_NAME_MOST)
		return N_("the name %1 is too long");
	if (name[0] == '.' || name[0] == '-' || name[0] == ' ' || name[len - 1] == '.' ||
	    name[len - 1] == ' ')
		return N_("the name %1 begins or ends with a dot, a dash or a blank");
	return is_device(name) ? N_("the name %1 means a device on Windows") : NULL;
}
