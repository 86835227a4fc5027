#include "record/screen_plain.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define DECOMPOSED_MAX 32

static char plain_char(utf8proc_int32_t c)
{
	static const struct {
		utf8proc_int32_t from;
		char to;
	} alike[] = {{0x111, 'd'}, {0x110, 'd'}, {0xB7, '.'}, {0x2022, '.'}, {0x2219, '.'}, {0x3002, '.'},
	    {0x2212, '-'}};
	for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
		if (alike[i].from == c)
			return alike[i].to;
	if (c < 0x80)
		return c == '\t' || c == '\r' ? ' ' : (char)c;
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_PD:
		return '-';
	case UTF8PROC_CATEGORY_ZS:
		return ' ';
	default:
		return '?';
	}
}

static void put(struct plain *p, utf8proc_int32_t c, bool upper, size_t at)
{
	p->c[p->n] = plain_char(c);
	p->upper[p->n] = upper;
	p->at[p->n++] = at;
}

/* A character that would come apart into more than it has bytes (one of a whole word, a fraction) is none of ours. */
void plain_read(struct plain *p, const char *text)
{
	size_t len = strlen(text), room = len + 1;
	*p = (struct plain){
	    mem_alloc(room), mem_alloc(room * sizeof(bool)), mem_alloc(room * sizeof(size_t)), 0};
	for (size_t i = 0, used; i < len; i += used) {
		utf8proc_int32_t c, parts[DECOMPOSED_MAX];
		utf8proc_ssize_t n =
		    utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(len - i), &c);
		used = n > 0 ? (size_t)n : 1;
		int boundary = UTF8PROC_BOUNDCLASS_START;
		utf8proc_ssize_t count = n > 0
					     ? utf8proc_decompose_char(c, parts, DECOMPOSED_MAX,
						   UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
						       UTF8PROC_STRIPMARK | UTF8PROC_IGNORE,
						   &boundary)
					     : -1;
		bool upper = n > 0 && utf8proc_category(c) == UTF8PROC_CATEGORY_LU;
		bool whole = count < 0 || (size_t)count > used;
		if (whole)
			put(p, 0xFFFD, false, i);
		for (utf8proc_ssize_t k = 0; !whole && k < count; k++)
			put(p, parts[k], upper, i);
	}
	p->c[p->n] = '\0';
	p->at[p->n] = len;
}

void plain_free(struct plain *p)
{
	free(p->c);
	free(p->upper);
	free(p->at);
	*p = (struct plain){0};
}

bool plain_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool letter(char c)
{
	return c >= 'a' && c <= 'z';
}

bool plain_word(char c)
{
	return letter(c) || plain_digit(c);
}

bool plain_id(const struct plain *p, size_t i)
{
	size_t n = 0, letters = 0;
	if (i && plain_word(p->c[i - 1]))
		return false;
	for (; n < PLAIN_ID && plain_word(p->c[i + n]); n++) {
		char c = p->c[i + n];
		if (letter(c) && (c > 'f' || p->upper[i + n]))
			return false;
		letters += letter(c);
	}
	return n == PLAIN_ID && !plain_word(p->c[i + n]) && letters > 2;
}

/* Cut blanks and the phrase off the end of a tail of words. */
static bool cut_phrase(const char *tail, size_t *len, const char *phrase)
{
	size_t n = strlen(phrase);
	if (*len < n || memcmp(tail + *len - n, phrase, n) != 0 || (*len > n && tail[*len - n - 1] != ' '))
		return false;
	*len -= n;
	while (*len && tail[*len - 1] == ' ')
		--*len;
	return true;
}

static bool cut_any(const char *tail, size_t *len, const char *const *phrases)
{
	for (; phrases && *phrases; phrases++)
		if (cut_phrase(tail, len, *phrases))
			return true;
	return false;
}

bool plain_behind(
    const struct plain *p, size_t i, const char *const *phrases, const char *const *fillers, size_t *before)
{
	char tail[PLAIN_BACK], words[PLAIN_BACK];
	size_t where[PLAIN_BACK], n = 0, len = 0;
	while (n < PLAIN_BACK && n < i && p->c[i - n - 1] != '\n' && !plain_digit(p->c[i - n - 1]))
		n++;
	memcpy(tail, p->c + i - n, n);
	for (size_t k = 0; k < n; k++) {
		bool blank = !letter(tail[k]);
		if (blank && (len == 0 || words[len - 1] == ' '))
			continue;
		where[len] = i - n + k;
		words[len++] = blank ? ' ' : tail[k];
	}
	if (len && words[len - 1] == ' ')
		len--;
	for (;;) {
		size_t cut = len;
		if (cut_any(words, &cut, phrases)) {
			size_t begin = cut;
			while (begin < len && words[begin] == ' ')
				begin++;
			*before = where[begin];
			return true;
		}
		if (!cut_any(words, &len, fillers))
			return false;
	}
}

bool plain_ahead(const struct plain *p, size_t i, const char *const *words)
{
	while (p->c[i] == ' ')
		i++;
	for (; *words; words++) {
		size_t n = strlen(*words);
		if (strncmp(p->c + i, *words, n) == 0 && !plain_word(p->c[i + n]))
			return true;
	}
	return false;
}
