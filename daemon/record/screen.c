#include "record/screen.h"

#include <string.h>
#include <utf8proc.h>

#include "record/screen_plain.h"

#define GROUPS_MAX 6 /* of digits in one number: 09 12 34 56 78 */
#define SEPARATOR_MAX 3 /* characters between two of them */

/* Characters [from, to) of a plain text. */
struct span {
	size_t from, to;
};

#define WORDS(name, ...) static const char *const name[] = {__VA_ARGS__, NULL}

WORDS(identity_words, "cmnd", "cmt", "cmtnd", "cccd", "can cuoc", "dinh danh", "dinh danh ca nhan",
    "chung minh nhan dan", "chung minh thu", "chung minh thu nhan dan");
WORDS(identity_fillers, "so", "cong dan", "la", "cu", "moi", "gan chip", "dien tu", "the", "cap");
WORDS(passport_words, "ho chieu", "passport");
WORDS(passport_fillers, "so", "pho thong", "cong vu", "ngoai giao", "la", "no");
WORDS(phone_words, "dien thoai", "sdt", "so dt", "dt", "tel", "fax", "zalo", "hotline", "duong day nong",
    "di dong", "lien he");
WORDS(tax_words, "mst", "ma so thue", "ma so doanh nghiep");
WORDS(plain_fillers, "so", "la");
WORDS(
    birth_words, "sn", "sinh nam", "sinh ngay", "sinh thang", "nam sinh", "ngay sinh", "ngay thang nam sinh");
/* What makes something else of the "sinh" behind it: pupils, hygiene, what arises, registering, cohorts of children. */
WORDS(not_births, "hoc", "ve", "phat", "tai", "khai", "thi", "tuyen", "chieu", "hy", "hi", "dan", "an", "ky",
    "ki", "so", "moi", "thu", "nay", "san", "giao", "mon", "tap", "cuu", "quyen", "du", "luu", "phuc", "le",
    "muc", "suat", "tre", "tre em", "cong dan");
WORDS(cohort_words, "den", "tro", "-");
WORDS(person_words, "ong", "ba", "anh", "chi", "em", "chau", "doi tuong", "bi can", "bi cao", "ten",
    "nguoi ten");
/* Units of what is counted; "d" is đồng. */
WORDS(amount_words, "dong", "d", "nghin", "ngan", "trieu", "ty", "ti", "vnd", "usd", "nguoi", "the", "cuon",
    "luot", "truong hop", "cong dan", "ho so", "tai khoan", "kg", "m2", "ha");
/* Points between capitals that are no person's. */
WORDS(abbreviations, "tp", "tx", "tt", "tu", "tw", "nq", "ca", "qd", "ubnd", "hdnd", "mttq", "tphcm", "hcm",
    "pccc", "antt", "atgt", "csgt", "tand", "vksnd", "vks", "chxhcn", "ntm", "vac", "vip", "hiv", "aids",
    "sos", "oda", "gdp", "wto", "who", "usa", "ussr", "undp", "unodc", "abc");

static bool listed(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static bool behind(const struct plain *p, size_t i, const char *const *words, const char *const *fillers)
{
	size_t before;
	return plain_behind(p, i, words, fillers, &before);
}

/* ---- numbers ---- */

static size_t digits_at(const struct plain *p, size_t i)
{
	size_t n = 0;
	while (plain_digit(p->c[i + n]))
		n++;
	return n;
}

/* The number of at most four digits at i, or -1. *i moves behind it. */
static int number_at(const struct plain *p, size_t *i, size_t min, size_t max)
{
	size_t n = digits_at(p, *i);
	int value = 0;
	if (n < min || n > max || n > 4)
		return -1;
	for (size_t k = 0; k < n; k++)
		value = value * 10 + (p->c[*i + k] - '0');
	*i += n;
	return value;
}

static bool between(int value, int low, int high)
{
	return value >= low && value <= high;
}

static bool year_at(const struct plain *p, size_t *i)
{
	return between(number_at(p, i, 4, 4), 1900, 2099);
}

static bool words_at(const struct plain *p, size_t *i, const char *words)
{
	size_t n = strlen(words);
	if (strncmp(p->c + *i, words, n) != 0)
		return false;
	*i += n;
	return true;
}

static bool day_and_month(const struct plain *p, size_t *i, char *separator)
{
	if (!between(number_at(p, i, 1, 2), 1, 31))
		return false;
	*separator = p->c[*i];
	if (words_at(p, i, " thang "))
		*separator = 'n';
	else if (*separator == '/' || *separator == '.' || *separator == '-')
		++*i;
	else
		return false;
	return between(number_at(p, i, 1, 2), 1, 12);
}

/* 5/7/2026, 05.07.2026, "5 tháng 7 năm 2026" */
static bool day_first(const struct plain *p, size_t *i)
{
	char separator;
	if (!day_and_month(p, i, &separator))
		return false;
	if (separator == 'n' ? !words_at(p, i, " nam ") : p->c[(*i)++] != separator)
		return false;
	return year_at(p, i);
}

/* 2026-07-05 */
static bool year_first(const struct plain *p, size_t *i)
{
	if (!year_at(p, i) || (p->c[*i] != '-' && p->c[*i] != '.' && p->c[*i] != '/'))
		return false;
	char separator = p->c[(*i)++];
	return between(number_at(p, i, 1, 2), 1, 12) && p->c[(*i)++] == separator &&
	       between(number_at(p, i, 1, 2), 1, 31);
}

/* 07/2026 */
static bool month_first(const struct plain *p, size_t *i)
{
	return between(number_at(p, i, 1, 2), 1, 12) && p->c[*i] && strchr("/.- ", p->c[*i]) &&
	       (++*i, year_at(p, i));
}

/* 01.01-31.12.2026 */
static bool days_first(const struct plain *p, size_t *i)
{
	char separator;
	if (!day_and_month(p, i, &separator))
		return false;
	while (p->c[*i] == ' ')
		++*i;
	if (p->c[(*i)++] != '-')
		return false;
	while (p->c[*i] == ' ')
		++*i;
	return day_first(p, i);
}

/* A date at i; *end is behind it. */
static bool date_at(const struct plain *p, size_t i, bool whole, size_t *end)
{
	static bool (*const forms[])(const struct plain *, size_t *) = {
	    day_first, year_first, days_first, month_first};
	for (size_t k = 0; k < (whole ? 2 : sizeof forms / sizeof *forms); k++) {
		*end = i;
		if (forms[k](p, end) && !plain_digit(p->c[*end]))
			return true;
	}
	return false;
}

/* ---- groups of digits ---- */

struct groups {
	struct span g[GROUPS_MAX];
	size_t n;
	bool uniform; /* the same between all of them */
};

static size_t size_of(const struct groups *s, size_t k)
{
	return s->g[k].to - s->g[k].from;
}

static bool separator(char c)
{
	return c == ' ' || c == '.' || c == '-' || c == '(' || c == ')';
}

/* Where the next group begins behind a separator, or 0. */
static size_t next_group(const struct plain *p, size_t i)
{
	size_t n = 0;
	while (n < SEPARATOR_MAX && separator(p->c[i + n]))
		n++;
	return n && plain_digit(p->c[i + n]) ? i + n : 0;
}

/* The shortest run of groups from `from` on, with just so many digits; dates are none of it. */
static bool gather(const struct plain *p, size_t from, size_t digits, struct groups *s)
{
	size_t total = 0, end, gap = 0;
	*s = (struct groups){.uniform = true};
	for (size_t i = from; s->n < GROUPS_MAX && !date_at(p, i, false, &end);) {
		size_t n = digits_at(p, i);
		s->g[s->n++] = (struct span){i, i + n};
		total += n;
		if (total >= digits)
			return total == digits && !(p->c[i + n] >= 'a' && p->c[i + n] <= 'z');
		size_t next = next_group(p, i + n);
		if (!next)
			return false;
		if (gap && (next - i - n != gap || p->c[next - 1] != p->c[i - 1]))
			s->uniform = false;
		gap = next - i - n;
		i = next;
	}
	return false;
}

static struct span span_of(const struct groups *s)
{
	return (struct span){s->g[0].from, s->g[s->n - 1].to};
}

/* 01 02 03 04 05 06: wards by number, not one number. */
static bool counts_up(const struct plain *p, const struct groups *s)
{
	int first = -1, last = -1;
	for (size_t k = 0; k < s->n; k++) {
		size_t i = s->g[k].from;
		int value = number_at(p, &i, 1, 2);
		if (value <= last)
			return false;
		first = k ? first : value;
		last = value;
	}
	return s->n > 2 && last - first <= 20;
}

/* Would people write one number so? */
static bool one_number(const struct plain *p, const struct groups *s)
{
	bool after_letter = s->g[0].from && p->c[s->g[0].from - 1] >= 'a' && p->c[s->g[0].from - 1] <= 'z';
	if (s->n == 1)
		return true;
	if (after_letter || size_of(s, 0) < 2 || counts_up(p, s))
		return false; /* H05-260101-0001 is a dossier's */
	for (size_t k = 1; k < s->n; k++)
		if (size_of(s, k) < 2 && s->n > 4)
			return false;
	return s->uniform || (s->n <= 4 && size_of(s, 0) >= 3);
}

/* 123/QĐ-UBND, 15/CT */
static bool document_follows(const struct plain *p, size_t i)
{
	return p->c[i] == '/' && p->upper[i + 1] && (p->upper[i + 2] || p->c[i + 2] == '-');
}

/* ---- what is looked for; each at the place where it begins ---- */

static bool find_citizen(const struct plain *p, size_t i, struct span *out)
{
	struct groups s;
	if (!gather(p, i, 12, &s))
		return false;
	*out = span_of(&s);
	if (document_follows(p, out->to))
		return false;
	if (behind(p, i, identity_words, identity_fillers))
		return !plain_ahead(p, out->to, amount_words);
	if (p->c[i] == '0') /* as the codes of all provinces do, and no amount */
		return one_number(p, &s) && (s.n == 1 || size_of(&s, 0) >= 3 || s.n == GROUPS_MAX);
	return s.n == 1 && !plain_ahead(p, out->to, amount_words);
}

static bool find_identity(const struct plain *p, size_t i, struct span *out)
{
	struct groups s;
	if (!gather(p, i, 9, &s) || !behind(p, i, identity_words, identity_fillers))
		return false;
	*out = span_of(&s);
	return !plain_ahead(p, out->to, amount_words) && !document_follows(p, out->to);
}

/* Old area codes, too, where it is said to be a phone. */
static bool find_phone(const struct plain *p, size_t i, struct span *out)
{
	struct groups s;
	if (p->c[i] != '0')
		return false;
	bool mobile = p->c[i + 1] && strchr("35789", p->c[i + 1]) != NULL,
	     said = behind(p, i, phone_words, plain_fillers);
	bool right = (gather(p, i, 10, &s) && (mobile || said)) ||
		     (gather(p, i, 11, &s) && (p->c[i + 1] == '2' || said));
	if (!right || (!said && !one_number(p, &s)) || behind(p, i, tax_words, plain_fillers))
		return false;
	*out = span_of(&s);
	return !document_follows(p, out->to);
}

/* +84 912 345 678, (+84) 0225 3842 123, 0084…, and 84912345678 in one piece. */
static bool find_abroad(const struct plain *p, size_t i, struct span *out)
{
	struct groups s;
	size_t zeros = p->c[i] == '0' && p->c[i + 1] == '0' ? 2 : 0;
	bool plus = i && p->c[i - 1] == '+';
	if (strncmp(p->c + i + zeros, "84", 2) != 0)
		return false;
	for (size_t digits = 11 + zeros; digits <= 13 + zeros; digits++) {
		if (!gather(p, i, digits, &s))
			continue;
		*out = span_of(&s);
		size_t k = i + zeros + 2;
		while (separator(p->c[k]))
			k++;
		bool trunk = p->c[k] == '0';
		for (k += trunk; separator(p->c[k]);)
			k++;
		size_t national = digits - zeros - 2 - trunk;
		bool right = p->c[k] && ((national == 9 && strchr("35789", p->c[k])) ||
					    (national == 10 && p->c[k] == '2'));
		if (right && (plus || zeros || s.n == 1) && !plain_ahead(p, out->to, amount_words))
			return true;
	}
	return false;
}

static bool find_passport(const struct plain *p, size_t i, struct span *out)
{
	size_t k = i, letters = 0;
	if (i && plain_word(p->c[i - 1]))
		return false;
	while (letters < 2 && p->c[k] >= 'a' && p->c[k] <= 'z')
		letters++, k++;
	if (letters && p->c[k] == ' ')
		k++;
	size_t n = digits_at(p, k);
	if (n < 6 || n > 9 || letters + n < 7 || plain_word(p->c[k + n]))
		return false;
	*out = (struct span){i, k + n};
	return behind(p, i, passport_words, passport_fillers) && !plain_ahead(p, out->to, amount_words) &&
	       !document_follows(p, out->to);
}

static bool find_birth(const struct plain *p, size_t i, struct span *out)
{
	size_t end, before;
	if (!plain_digit(p->c[i]))
		return false;
	if (!date_at(p, i, true, &end) && !date_at(p, i, false, &end)) {
		end = i;
		if (!year_at(p, &end) || plain_word(p->c[end]))
			return false;
	}
	*out = (struct span){i, end};
	return plain_behind(p, i, birth_words, NULL, &before) && !behind(p, before, not_births, NULL) &&
	       !plain_ahead(p, end, cohort_words) && p->c[end] != '-';
}

static bool email_char(char c)
{
	return plain_word(c) || (c && strchr("._%+-", c));
}

static bool find_email(const struct plain *p, size_t i, struct span *out)
{
	size_t from = i, to = i + 1, label = i + 1;
	bool dotted = false;
	if (p->c[i] != '@')
		return false;
	while (from && i - from < 64 && email_char(p->c[from - 1]))
		from--;
	for (; to - i < 255 && (plain_word(p->c[to]) || p->c[to] == '-' || p->c[to] == '.'); to++)
		if (p->c[to] == '.' && plain_word(p->c[to + 1])) {
			dotted = true;
			label = to + 1;
		}
	while (to > i + 1 && !plain_word(p->c[to - 1]))
		to--;
	*out = (struct span){from, to};
	/* "units/cong-an@11383.yaml" is where the record of a station stands. */
	if (to - label == 4 && strncmp(p->c + label, "yaml", 4) == 0)
		return false;
	return from < i && dotted && to >= label + 2 && !plain_digit(p->c[label]);
}

/* "N.V.A", "Ng.Th.H": where it ends, how many letters, and these in a row. */
static size_t initials_at(const struct plain *p, size_t i, char letters[8], size_t *n)
{
	size_t end = i;
	bool roman = true, blank = false;
	for (*n = 0; *n < 7 && p->upper[i] && p->c[i] >= 'a' && p->c[i] <= 'z';) {
		roman = roman && strchr("ivx", p->c[i]);
		letters[(*n)++] = p->c[i++];
		if (p->c[i] >= 'a' && p->c[i] <= 'z' && !p->upper[i])
			i++;
		if (plain_word(p->c[i])) {
			--*n; /* the next word begins */
			break;
		}
		end = i;
		if (p->c[i] != '.')
			break;
		i++;
		blank = p->c[i] == ' ' && p->upper[i + 1] && p->c[i + 2] == '.';
		i += blank;
	}
	letters[*n] = '\0';
	if (roman)
		*n = 0; /* headings: V.I. */
	return end;
}

static bool find_initials(const struct plain *p, size_t i, struct span *out)
{
	char letters[8];
	size_t n, ignored;
	if (!p->upper[i] || (i && (plain_word(p->c[i - 1]) || strchr("/-", p->c[i - 1]))) ||
	    (i > 1 && p->c[i - 1] == '.' && plain_word(p->c[i - 2])))
		return false;
	*out = (struct span){i, initials_at(p, i, letters, &n)};
	if (n < 2 || n > 5 || listed(letters, abbreviations))
		return false;
	size_t k = out->to;
	while (p->c[k] && strchr(" .,(", p->c[k]))
		k++;
	size_t year = k;
	bool born = date_at(p, k, true, &ignored) || (year_at(p, &year) && !plain_word(p->c[year]));
	return n > 2 || born || behind(p, i, person_words, NULL);
}

/* A finder that wants digits is asked where a group of them begins, the others everywhere. */
static const struct {
	bool (*find)(const struct plain *p, size_t i, struct span *out);
	bool digits;
	enum screen_kind kind;
} finders[] = {
    {find_passport, false, SCREEN_PASSPORT},
    {find_citizen, true, SCREEN_CITIZEN},
    {find_identity, true, SCREEN_CITIZEN},
    {find_abroad, true, SCREEN_PHONE},
    {find_phone, true, SCREEN_PHONE},
    {find_birth, true, SCREEN_BIRTH},
    {find_initials, false, SCREEN_INITIALS},
    {find_email, false, SCREEN_EMAIL},
};

static bool find_at(const struct plain *p, size_t i, struct span *out, enum screen_kind *kind)
{
	bool begins = plain_digit(p->c[i]) && (!i || !plain_digit(p->c[i - 1]));
	for (size_t k = 0; k < sizeof finders / sizeof *finders; k++) {
		*kind = finders[k].kind;
		if ((begins || !finders[k].digits) && finders[k].find(p, i, out))
			return true;
	}
	return false;
}

/* As many stars as characters, up to what there is room for; of long ones the last three characters stand. */
static void mask(const char *bytes, size_t len, char out[SCREEN_MASKED])
{
	size_t starts[SCREEN_MASKED], n = 0, first = 1, used = 0;
	for (size_t i = 0; i < len; i++) {
		if (((unsigned char)bytes[i] & 0xC0) == 0x80)
			continue;
		starts[n % SCREEN_MASKED] = i;
		n++;
	}
	while (first < len && ((unsigned char)bytes[first] & 0xC0) == 0x80)
		first++;
	size_t shown = n >= 9 ? 3 : n > 2 ? 1 : 0;
	size_t tail = shown ? starts[(n - shown) % SCREEN_MASKED] : len;
	memcpy(out, bytes, first);
	used = first;
	for (size_t stars = n - 1 - shown; stars && used < SCREEN_MASKED - 1 - (len - tail); stars--)
		out[used++] = '*';
	memcpy(out + used, bytes + tail, len - tail);
	out[used + len - tail] = '\0';
}

int screen_text(const char *text, struct screen_hit *hit)
{
	struct plain p;
	struct span found;
	enum screen_kind kind;
	bool hits = false;
	if (!text || !*text)
		return 0;
	plain_read(&p, text);
	for (size_t i = 0; i < p.n && !hits; i++) {
		size_t end;
		if (plain_id(&p, i)) {
			i += PLAIN_ID - 1;
			continue;
		}
		hits = find_at(&p, i, &found, &kind);
		bool begins = plain_digit(p.c[i]) && (!i || !plain_digit(p.c[i - 1]));
		if (!hits && begins && date_at(&p, i, false, &end))
			i = end - 1;
	}
	if (hits) {
		*hit = (struct screen_hit){kind, p.at[found.from], p.at[found.to] - p.at[found.from], {0}};
		mask(text + hit->offset, hit->len, hit->masked);
	}
	plain_free(&p);
	return hits;
}
