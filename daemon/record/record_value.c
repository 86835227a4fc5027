#include <string.h>
#include <strings.h>
#include <stdio.h>
#include <utf8proc.h>

#include "base/key.h"
#include "base/nearest.h"
#include "base/oid.h"
#include "record/date.h"
#include "record/decimal.h"
#include "record/record_parts.h"
#include "record/text.h"

#define INTEGER_MAX 1000000000000000 /* 10^15 */

/* Where a value comes from: people's input is brought into form, what is stored must be in it. */
enum origin { FROM_PEOPLE, FROM_STORE };

static bool is_one_of(const char *word, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (strcasecmp(word, words[i]) == 0)
			return true;
	return false;
}

static const char *const truth_words[] = {"y", "yes", "n", "no", "on", "off", "true", "false", NULL};
static const char *const null_words[] = {"~", "null", NULL};
static const char *const number_words[] = {"nan", "inf", "infinity", NULL};

static bool is_control(utf8proc_int32_t c, bool in_text)
{
	if (c < 0x20)
		return !in_text || (c != '\n' && c != '\t');
	return (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0xFFFE ||
	       c == 0xFFFF;
}

static int refuse_control(utf8proc_int32_t c, bool in_text, struct err *err)
{
	char name[16];
	if (!in_text && (c == '\n' || c == '\r'))
		return err_set(err, ERR_INPUT, N_("this text must stand on one line"));
	if (c < 0)
		return err_set(err, ERR_INPUT, N_("this is not UTF-8 text"));
	snprintf(name, sizeof name, "U+%04X", (unsigned)c & 0x1FFFFF);
	err_set(err, ERR_INPUT, N_("there is a character in it that no text needs (%1)"), name);
	err_hint(err, N_("remove it"));
	return err->code;
}

static int check_controls(const char *text, bool in_text, struct err *err)
{
	utf8proc_ssize_t n;
	for (; *text; text += n) {
		utf8proc_int32_t c = -1;
		n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
		if (n < 1 || is_control(c, in_text))
			return refuse_control(n < 1 ? -1 : c, in_text, err);
	}
	return 0;
}

/* Lines end in LF and not in blanks; no empty lines at the beginning and the end. */
static void tidy_text(const char *text, struct buf *out)
{
	size_t ends = 0;
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n"), kept = n;
		while (kept && strchr(" \t\r", line[kept - 1]))
			kept--;
		for (; kept && ends; ends--)
			buf_putc(out, '\n');
		buf_add(out, line, kept);
		ends += line[n] && out->len;
		line += n + (line[n] == '\n');
	}
}

static void tidy_line(const char *text, struct buf *out)
{
	size_t blanks = strspn(text, " \t\r\n"), len = strlen(text);
	while (len > blanks && strchr(" \t\r\n", text[len - 1]))
		len--;
	buf_add(out, text + blanks, len - blanks);
}

static int value_text(struct arena *arena, const struct field_type *type, enum origin origin,
    const char *value, const char **out, struct err *err)
{
	bool in_text = type->kind == FIELD_TEXT;
	struct buf nfc = {0}, tidy = {0};
	int rc = 0;
	if (!text_nfc(value, strlen(value), &nfc))
		rc = err_set(err, ERR_INPUT, N_("this is not UTF-8 text"));
	else if (origin == FROM_STORE && in_text)
		buf_add(&tidy, nfc.data, nfc.len);
	else if (in_text)
		tidy_text(buf_str(&nfc), &tidy);
	else
		tidy_line(buf_str(&nfc), &tidy);
	if (rc == 0)
		rc = check_controls(buf_str(&tidy), in_text, err);
	if (rc == 0 && !tidy.len)
		rc = err_set(err, ERR_INPUT, N_("the text is empty"));
	if (rc == 0)
		*out = arena_dup(arena, buf_str(&tidy));
	buf_free(&nfc);
	buf_free(&tidy);
	return rc;
}

static int refuse_id(const char *value, struct err *err)
{
	if (text_mixed_script(value, NULL)) {
		err_set(err, ERR_INPUT, N_("'%1' mixes letters of two alphabets that look alike"), value);
		err_hint(err, N_("type it again on a Latin keyboard"));
		return err->code;
	}
	err_set(err, ERR_INPUT, N_("'%1' cannot be an id"), value);
	err_hint(err,
	    N_("use 1 to 64 letters without marks, digits and . _ - @, beginning with a letter or digit"));
	return err->code;
}

int record_key_check(const char *key, struct err *err)
{
	return text_is_id(key) ? 0 : refuse_id(key, err);
}

static int value_id(struct arena *arena, const char *value, const char **out, struct err *err)
{
	if (!text_is_id(value))
		return refuse_id(value, err);
	*out = arena_dup(arena, value);
	return 0;
}

static int value_choice(
    struct arena *arena, const struct field_type *type, const char *value, const char **out, struct err *err)
{
	struct buf all = {0};
	size_t n = 0;
	for (; type->choices[n]; n++) {
		if (strcmp(type->choices[n], value) == 0) {
			*out = arena_dup(arena, value);
			buf_free(&all);
			return 0;
		}
		buf_printf(&all, "%s%s", n ? ", " : "", type->choices[n]);
	}
	const char *nearest = nearest_word(value, type->choices, n);
	err_set(err, ERR_INPUT, N_("'%1' cannot stand here"), value, buf_str(&all), nearest);
	err_hint(err, nearest ? N_("did you mean '%3'?") : N_("write one of: %2"));
	buf_free(&all);
	return err->code;
}

static int read_decimal(enum origin origin, const char *value, struct decimal *d, struct err *err)
{
	return origin == FROM_STORE ? decimal_parse_canonical(value, d, err) : decimal_parse(value, d, err);
}

static int value_decimal(
    struct arena *arena, enum origin origin, const char *value, const char **out, struct err *err)
{
	struct decimal d;
	char text[DECIMAL_TEXT];
	int rc = read_decimal(origin, value, &d, err);
	if (rc)
		return rc;
	decimal_print(d, text);
	*out = arena_dup(arena, text);
	return 0;
}

static int value_integer(
    struct arena *arena, enum origin origin, const char *value, const char **out, struct err *err)
{
	struct decimal d;
	int rc = read_decimal(origin, value, &d, err);
	if (rc)
		return rc;
	if (d.scale || d.coefficient < 0 || d.coefficient > INTEGER_MAX)
		return err_set(err, ERR_INPUT, N_("'%1' is not a whole number from 0 to 10^15"), value);
	return value_decimal(arena, origin, value, out, err);
}

static int refuse_ratio(const char *value, const char *msg, struct err *err)
{
	err_set(err, ERR_INPUT, msg, value);
	err_hint(err, N_("write the part and the whole, such as 31/58"));
	return err->code;
}

/* "31/58" stays as it is: both numbers are summed apart. More parts than the whole is surprising, not malformed. */
static int value_ratio(
    struct arena *arena, enum origin origin, const char *value, const char **out, struct err *err)
{
	char left[DECIMAL_TEXT * 2], first[DECIMAL_TEXT], second[DECIMAL_TEXT];
	struct decimal part, whole;
	const char *slash = strchr(value, '/');
	size_t n = (size_t)(slash - value);
	if (n == 0 || n >= sizeof left || slash[1] == '\0' || strchr(slash + 1, '/'))
		return refuse_ratio(value, N_("'%1' is not a ratio"), err);
	memcpy(left, value, n);
	left[n] = '\0';
	int rc = read_decimal(origin, left, &part, err);
	if (rc == 0)
		rc = read_decimal(origin, slash + 1, &whole, err);
	if (rc)
		return rc;
	if (part.coefficient < 0 || whole.coefficient < 0)
		return refuse_ratio(value, N_("'%1' has a negative number, which a ratio cannot have"), err);
	if (decimal_is_zero(whole) && !decimal_is_zero(part))
		return refuse_ratio(value, N_("'%1' is a part of nothing"), err);
	decimal_print(part, first);
	decimal_print(whole, second);
	*out = arena_printf(arena, "%s/%s", first, second);
	return 0;
}

static int value_figure(
    struct arena *arena, enum origin origin, const char *value, const char **out, struct err *err)
{
	static const char *const vietnamese[] = {"có", "không", "co", "khong", NULL};
	bool letter = (value[0] >= 'a' && value[0] <= 'z') || (value[0] >= 'A' && value[0] <= 'Z');
	if (strchr(value, '/'))
		return value_ratio(arena, origin, value, out, err);
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
		if (is_one_of(value, truth_words) || is_one_of(value, vietnamese)) {
			err_set(err, ERR_INPUT, N_("'%1' is neither yes nor no"), value);
			err_hint(err, N_("write yes or no, in small letters"));
			return err->code;
		}
		if (!letter || is_one_of(value, number_words) || is_one_of(value, null_words))
			return value_decimal(arena, origin, value, out, err);
	}
	return value_id(arena, value, out, err);
}

static int value_date(
    struct arena *arena, const struct field_type *type, const char *value, const char **out, struct err *err)
{
	day_t day;
	int rc = type->kind == FIELD_DUE ? date_parse_due(value, &day, err) : date_parse(value, &day, err);
	if (rc == 0)
		*out = arena_dup(arena, value);
	return rc;
}

static int value_time(struct arena *arena, const char *value, const char **out, struct err *err)
{
	int64_t seconds;
	char text[32];
	int rc = date_time_parse(value, &seconds, err);
	if (rc)
		return rc;
	date_time_print(seconds, text);
	*out = arena_dup(arena, text);
	return 0;
}

static int value_key(struct arena *arena, const char *value, const char **out, struct err *err)
{
	unsigned char key[KEY_PUBLIC_SIZE];
	char text[KEY_TEXT_SIZE];
	if (!key_parse(value, key)) {
		err_set(err, ERR_INPUT, N_("this is not a public key"));
		err_hint(err, N_("copy the whole line that begins with ssh-ed25519"));
		return err->code;
	}
	key_text(key, text);
	*out = arena_dup(arena, text);
	return 0;
}

static int value_change(struct arena *arena, const char *value, const char **out, struct err *err)
{
	struct oid id;
	if (!oid_parse(&id, value))
		return err_set(
		    err, ERR_INPUT, N_("'%1' is not the id of a change (40 hexadecimal digits)"), value);
	*out = arena_dup(arena, value);
	return 0;
}

static int value_from(enum origin origin, struct arena *arena, const struct field_type *type,
    const char *value, const char **out, struct err *err)
{
	switch (type->kind) {
	case FIELD_LINE:
	case FIELD_TEXT:
		return value_text(arena, type, origin, value, out, err);
	case FIELD_ID:
		return value_id(arena, value, out, err);
	case FIELD_DATE:
	case FIELD_DUE:
		return value_date(arena, type, value, out, err);
	case FIELD_TIME:
		return value_time(arena, value, out, err);
	case FIELD_DECIMAL:
		return value_decimal(arena, origin, value, out, err);
	case FIELD_INTEGER:
		return value_integer(arena, origin, value, out, err);
	case FIELD_FIGURE:
		return value_figure(arena, origin, value, out, err);
	case FIELD_CHOICE:
		return value_choice(arena, type, value, out, err);
	case FIELD_KEY:
		return value_key(arena, value, out, err);
	case FIELD_CHANGE:
		return value_change(arena, value, out, err);
	}
	return err_set(err, ERR_INPUT, N_("'%1' cannot stand here"), value);
}

int record_value(
    struct arena *arena, const struct field_type *type, const char *value, const char **out, struct err *err)
{
	return value_from(FROM_PEOPLE, arena, type, value, out, err);
}

bool record_value_is_canonical(const struct field_type *type, const char *value)
{
	struct arena arena = {0};
	struct err err = {0};
	const char *out = NULL;
	bool same = value_from(FROM_STORE, &arena, type, value, &out, &err) == 0 && strcmp(out, value) == 0;
	arena_free(&arena);
	return same;
}

/* The rest of a number after its whole part: "", ".5", "e3", ".5e3". */
static bool is_number_rest(const char *p, bool digits)
{
	if (*p == '.') {
		size_t n = strspn(++p, "0123456789_");
		digits = digits || n;
		p += n;
	}
	if (digits && (*p == 'e' || *p == 'E')) {
		p++;
		p += *p == '+' || *p == '-';
		digits = strspn(p, "0123456789") > 0;
		p += strspn(p, "0123456789");
	}
	return digits && *p == '\0';
}

/* ":30", ":30:59": what YAML 1.1 counts in sixties. */
static bool is_sixties(const char *p)
{
	while (*p == ':') {
		size_t n = strspn(++p, "0123456789");
		if (n < 1 || n > 2 || (n == 2 && *p > '5'))
			return false;
		p += n;
	}
	return *p == '\0' || (*p == '.' && p[1 + strspn(p + 1, "0123456789_")] == '\0');
}

/* What some YAML reader, 1.1 or 1.2, takes for a number; but digits alone are taken as they are written: they
 * are codes. */
static bool is_number(const char *text)
{
	static const char *const bases[][2] = {
	    {"0x", "0123456789abcdefABCDEF_"}, {"0o", "01234567_"}, {"0b", "01_"}};
	const char *p = text + (*text == '+' || *text == '-');
	if (strcasecmp(p, ".inf") == 0 || strcasecmp(p, ".nan") == 0)
		return true;
	for (size_t i = 0; i < 3; i++)
		if (strncmp(p, bases[i][0], 2) == 0 && p[2])
			return p[2 + strspn(p + 2, bases[i][1])] == '\0';
	size_t plain = strspn(p, "0123456789"), n = plain ? strspn(p, "0123456789_") : 0;
	if (p == text && p[plain] == '\0')
		return false;
	return n && p[n] == ':' ? is_sixties(p + n) : is_number_rest(p + n, n > 0);
}

int record_value_plain(const struct field_type *type, const char *text, struct err *err)
{
	bool text_kind = type->kind == FIELD_LINE || type->kind == FIELD_TEXT || type->kind == FIELD_ID;
	if (!text_kind && type->kind != FIELD_CHOICE && type->kind != FIELD_FIGURE)
		return 0;
	if (is_one_of(text, null_words)) {
		err_set(err, ERR_INPUT, N_("%1 without quotes means nothing at all"), text);
		err_hint(err, N_("leave the key out, or write '%1' with quotes"));
	} else if (is_one_of(text, truth_words)) {
		err_set(err, ERR_INPUT, N_("%1 without quotes is a truth value to many programs"), text);
		err_hint(err, N_("write '%1' with quotes"));
	} else if (type->kind != FIELD_FIGURE && is_number(text)) {
		err_set(err, ERR_INPUT, N_("%1 without quotes is a number to many programs"), text);
		err_hint(err, N_("write '%1' with quotes"));
	}
	return err->code;
}
