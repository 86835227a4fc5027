#include "record/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/text.h"

static const char unit_key[] = "Tuyen-Unit", station_key[] = "Tuyen-Station", agency_key[] = "Tuyen-Agency",
		  rank_key[] = "Tuyen-Rank", rule_key[] = "Tuyen-Rule", grant_key[] = "Tuyen-Grant",
		  claim_key[] = "Tuyen-Claim", settles_key[] = "Tuyen-Settles";

#define NUMBER_MAX 999 /* ranks and rule versions */

static void put_trailer(struct buf *out, const char *key, const char *value)
{
	if (value)
		buf_printf(out, "%s: %s\n", key, value);
}

void change_message(const struct change *c, struct buf *out)
{
	char hex[OID_HEX + 1];
	buf_printf(out, "%s\n\n", c->subject);
	if (c->body)
		buf_printf(out, "%s\n\n", c->body);
	put_trailer(out, unit_key, c->unit);
	put_trailer(out, station_key, c->station);
	put_trailer(out, agency_key, c->agency);
	buf_printf(out, "%s: %d\n%s: %d\n", rank_key, c->rank, rule_key, c->rule);
	oid_hex(&c->grant, hex);
	put_trailer(out, grant_key, oid_is_zero(&c->grant) ? "anchor" : hex);
	if (c->claim != CLAIM_NONE) {
		oid_hex(&c->claim_basis, hex);
		buf_printf(out, "%s: %s %s\n", claim_key, c->claim == CLAIM_OWNER ? "owner" : "lead", hex);
	}
	for (size_t i = 0; i < c->n_settles; i++)
		put_trailer(out, settles_key, c->settles[i]);
}

/* Control characters have no place in a message: terminals obey them. */
static bool is_clean(const char *text, bool lines)
{
	struct buf nfc = {0};
	bool clean = *text && text_nfc(text, strlen(text), &nfc);
	for (const unsigned char *p = (const unsigned char *)text; *p && clean; p++)
		clean = (*p >= 0x20 && *p != 0x7F && !(p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)) ||
			(lines && (*p == '\n' || *p == '\t'));
	buf_free(&nfc);
	return clean;
}

/* The value of the trailer that begins at *at, if it has this key; then *at is the line after it. */
static char *take(struct arena *arena, const char **at, const char *key)
{
	size_t n = strlen(key), len;
	if (strncmp(*at, key, n) != 0 || strncmp(*at + n, ": ", 2) != 0)
		return NULL;
	const char *value = *at + n + 2;
	len = strcspn(value, "\n");
	if (!value[len])
		return NULL;
	*at = value + len + 1;
	return arena_dup_len(arena, value, len);
}

static bool take_id(struct arena *arena, const char **at, const char *key, const char **out)
{
	*out = take(arena, at, key);
	return !*out || text_is_id(*out);
}

static bool take_number(struct arena *arena, const char **at, const char *key, int *out)
{
	const char *text = take(arena, at, key);
	if (!text || strlen(text) > 3 || !*text || strspn(text, "0123456789") != strlen(text))
		return false;
	*out = atoi(text);
	return *out <= NUMBER_MAX;
}

static bool take_grant(struct change *c, struct arena *arena, const char **at)
{
	const char *text = take(arena, at, grant_key);
	c->grant = (struct oid){{0}};
	return text &&
	       (strcmp(text, "anchor") == 0 || (oid_parse(&c->grant, text) && !oid_is_zero(&c->grant)));
}

static bool take_claim(struct change *c, struct arena *arena, const char **at)
{
	const char *text = take(arena, at, claim_key);
	c->claim = CLAIM_NONE;
	c->claim_basis = (struct oid){{0}};
	if (!text)
		return true;
	bool owner = strncmp(text, "owner ", 6) == 0;
	if (!owner && strncmp(text, "lead ", 5) != 0)
		return false;
	c->claim = owner ? CLAIM_OWNER : CLAIM_LEAD;
	return oid_parse(&c->claim_basis, text + (owner ? 6 : 5)) && !oid_is_zero(&c->claim_basis);
}

static bool take_settles(struct change *c, struct arena *arena, const char **at)
{
	size_t lines = 0, n = 0;
	for (const char *p = *at; *p; p++)
		lines += *p == '\n';
	const char **ids = arena_alloc(arena, (lines + 1) * sizeof *ids);
	while ((ids[n] = take(arena, at, settles_key))) {
		if (!text_is_id(ids[n]) || (n && strcmp(ids[n - 1], ids[n]) >= 0))
			return false;
		n++;
	}
	c->settles = ids;
	c->n_settles = n;
	return true;
}

static bool take_trailers(struct change *c, struct arena *arena, const char *at)
{
	return take_id(arena, &at, unit_key, &c->unit) && c->unit &&
	       take_id(arena, &at, station_key, &c->station) && take_id(arena, &at, agency_key, &c->agency) &&
	       take_number(arena, &at, rank_key, &c->rank) && take_number(arena, &at, rule_key, &c->rule) &&
	       take_grant(c, arena, &at) && take_claim(c, arena, &at) && take_settles(c, arena, &at) &&
	       *at == '\0';
}

/* The last empty line: trailers hold none. */
static const char *last_gap(const char *message)
{
	const char *gap = NULL;
	for (const char *p = message; (p = strstr(p, "\n\n")); p++)
		gap = p;
	return gap;
}

static bool take_message(struct change *c, struct arena *arena, const char *message)
{
	const char *gap = last_gap(message), *first = strstr(message, "\n\n");
	if (!gap)
		return false;
	c->subject = arena_dup_len(arena, message, (size_t)(first - message));
	c->body = NULL;
	if (gap != first) {
		if (gap < first + 2)
			return false;
		c->body = arena_dup_len(arena, first + 2, (size_t)(gap - first - 2));
		size_t len = strlen(c->body);
		if (!is_clean(c->body, true) || c->body[0] == '\n' || c->body[len - 1] == '\n')
			return false;
	}
	return is_clean(c->subject, false) && take_trailers(c, arena, gap + 2);
}

int change_parse_message(struct change *c, struct arena *arena, const char *message, struct err *err)
{
	struct buf again = {0};
	bool good = strlen(message) <= CHANGE_MESSAGE_MAX && take_message(c, arena, message);
	if (good) {
		change_message(c, &again);
		good = strcmp(buf_str(&again), message) == 0;
	}
	buf_free(&again);
	if (!good) {
		err_set(err, ERR_INPUT, N_("the message of this change is not in its one form"));
		err_rule(err, "form", NULL, NULL);
	}
	return err->code;
}

void change_writer(const struct change *c, char out[136])
{
	if (c->station)
		snprintf(out, 136, "%s@%s", c->station, c->unit);
	else
		snprintf(out, 136, "%s", c->unit);
}

void change_author(const struct change *c, struct buf *out)
{
	if (c->station)
		buf_printf(out, "%s@%s <%s.%s@tuyen.invalid>", c->station, c->unit, c->station, c->unit);
	else
		buf_printf(out, "%s <%s@tuyen.invalid>", c->unit, c->unit);
}
