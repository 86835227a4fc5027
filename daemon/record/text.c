#include "record/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* utf8proc orders a run of combining marks by insertion, so a long run costs its square. Unicode's stream-safe
 * form (UAX 15) has at most 30; no real word has more than three. */
#define MARKS_MAX 30

static bool all_ascii(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] >= 0x80 || bytes[i] == '\0')
			return false;
	return true;
}

/* The character at `bytes`; 0 when it is no valid one (or a NUL). *n is its length. */
static utf8proc_int32_t next_char(const char *bytes, size_t len, size_t *n)
{
	utf8proc_int32_t c = 0;
	utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)bytes, (utf8proc_ssize_t)len, &c);
	*n = used > 0 ? (size_t)used : 1;
	return used > 0 && c > 0 ? c : 0;
}

static bool valid(const char *bytes, size_t len)
{
	unsigned marks = 0;
	for (size_t i = 0, n; i < len; i += n) {
		utf8proc_int32_t c = next_char(bytes + i, len - i, &n);
		if (!c)
			return false;
		marks = utf8proc_get_property(c)->combining_class ? marks + 1 : 0;
		if (marks > MARKS_MAX)
			return false;
	}
	return true;
}

/* utf8proc's answer to the mapping, or NULL. To be freed. */
static char *mapped(const char *bytes, size_t len, utf8proc_option_t options, size_t *out_len)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t n = utf8proc_map(
	    (const utf8proc_uint8_t *)bytes, (utf8proc_ssize_t)len, &out, options | UTF8PROC_STABLE);
	if (n == UTF8PROC_ERROR_NOMEM || n == UTF8PROC_ERROR_OVERFLOW)
		abort();
	if (n < 0)
		return NULL;
	*out_len = (size_t)n;
	return (char *)out;
}

bool text_nfc(const char *bytes, size_t len, struct buf *out)
{
	if (all_ascii(bytes, len)) {
		buf_add(out, bytes, len);
		return true;
	}
	size_t n;
	char *nfc = valid(bytes, len) ? mapped(bytes, len, UTF8PROC_COMPOSE, &n) : NULL;
	if (!nfc)
		return false;
	buf_add(out, nfc, n);
	free(nfc);
	return true;
}

static bool is_blank(utf8proc_int32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

/* Append, with runs of blanks as one, none at the ends, and đ (which has no decomposition) as d. */
static void fold_rest(const char *bytes, size_t len, struct buf *out)
{
	size_t begin = out->len;
	bool blank = false;
	for (size_t i = 0, n; i < len; i += n) {
		utf8proc_int32_t c = next_char(bytes + i, len - i, &n);
		if (is_blank(c)) {
			blank = true;
			continue;
		}
		if (blank && out->len > begin)
			buf_putc(out, ' ');
		blank = false;
		if (c == 0x111)
			buf_putc(out, 'd');
		else
			buf_add(out, bytes + i, n);
	}
}

void text_fold(const char *text, struct buf *out)
{
	size_t len = strlen(text), n = 0;
	char *folded = NULL;
	if (valid(text, len))
		folded = mapped(text, len, UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK, &n);
	fold_rest(folded ? folded : text, folded ? n : len, out);
	free(folded);
}

bool text_fold_eq(const char *a, const char *b)
{
	struct buf fa = {0}, fb = {0};
	text_fold(a, &fa);
	text_fold(b, &fb);
	bool eq = strcmp(buf_str(&fa), buf_str(&fb)) == 0;
	buf_free(&fa);
	buf_free(&fb);
	return eq;
}

enum script { SCRIPT_OTHER = 0, SCRIPT_LATIN = 1, SCRIPT_STRANGE = 2 };

/* Blocks of Unicode that look alike: Latin on one side, Greek and Cyrillic on the other. */
static enum script script_of(utf8proc_int32_t c)
{
	static const struct {
		utf8proc_int32_t first, last;
		enum script script;
	} ranges[] = {
	    {'A', 'Z', SCRIPT_LATIN},
	    {'a', 'z', SCRIPT_LATIN},
	    {0xC0, 0x24F, SCRIPT_LATIN},
	    {0x370, 0x3FF, SCRIPT_STRANGE},
	    {0x400, 0x52F, SCRIPT_STRANGE},
	    {0x1C80, 0x1C8F, SCRIPT_STRANGE},
	    {0x1E00, 0x1EFF, SCRIPT_LATIN},
	    {0x1F00, 0x1FFF, SCRIPT_STRANGE},
	    {0x2C60, 0x2C7F, SCRIPT_LATIN},
	    {0x2DE0, 0x2DFF, SCRIPT_STRANGE},
	    {0xA640, 0xA69F, SCRIPT_STRANGE},
	    {0xA720, 0xA7FF, SCRIPT_LATIN},
	};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].script;
	return SCRIPT_OTHER;
}

static bool in_word(utf8proc_int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);
	return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_ME) || k == UTF8PROC_CATEGORY_ND;
}

bool text_mixed_script(const char *text, size_t *word)
{
	size_t len = strlen(text), begin = 0;
	unsigned seen = 0;
	for (size_t i = 0, n; i < len; i += n) {
		utf8proc_int32_t c = next_char(text + i, len - i, &n);
		if (!in_word(c)) {
			seen = 0;
			begin = i + n;
			continue;
		}
		seen |= script_of(c);
		if (seen == (SCRIPT_LATIN | SCRIPT_STRANGE)) {
			if (word)
				*word = begin;
			return true;
		}
	}
	return false;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool text_is_id(const char *text)
{
	size_t len = strlen(text);
	if (len < 1 || len > 64 || !is_alnum(text[0]) || strstr(text, ".."))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(text[i]) && !strchr("._-@", text[i]))
			return false;
	return text[len - 1] != '.' && (len < 5 || strcmp(text + len - 5, ".lock") != 0);
}

size_t text_width_of(const char *bytes, size_t len)
{
	size_t width = 0;
	for (size_t i = 0, n; i < len; i += n) {
		int w = utf8proc_charwidth(next_char(bytes + i, len - i, &n));
		width += w > 0 ? (size_t)w : 0;
	}
	return width;
}

size_t text_width(const char *text)
{
	return text_width_of(text, strlen(text));
}

size_t text_cluster(const char *bytes, size_t len)
{
	utf8proc_int32_t state = 0, last, next;
	size_t i, n;
	if (len == 0)
		return 0;
	last = next_char(bytes, len, &i);
	for (; i < len; i += n) {
		next = next_char(bytes + i, len - i, &n);
		if (utf8proc_grapheme_break_stateful(last, next, &state))
			break;
		last = next;
	}
	return i;
}

size_t text_chars(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}
