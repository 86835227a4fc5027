#include "registry/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/text.h"
#include "registry/inside.h"

#define IDS_MAX 64

static void fail(struct form *f, const struct yaml_node *at, const char *msg, const char *key)
{
	if (f->rc < 0)
		return;
	f->rc = err_set(f->err, ERR_INPUT, msg, key, at && at->text ? at->text : "");
	if (at)
		err_at(f->err, f->file, at->line, at->column);
}

/* "tuyen-conf/2" where "tuyen-conf/1" is wanted? */
static bool is_newer(const char *given, const char *format)
{
	size_t name = strcspn(format, "/") + 1;
	const char *number = given + name;
	return strncmp(given, format, name) == 0 && *number >= '1' && *number <= '9' && strlen(number) < 6 &&
	       strspn(number, "0123456789") == strlen(number) && atoi(number) > atoi(format + name);
}

void form_open(struct form *f, struct arena *arena, const char *file, const char *bytes, size_t len,
    const char *format, const char *const *known, struct err *err)
{
	struct yaml_node *map = NULL;
	*f = (struct form){.file = file, .err = err};
	f->rc = yaml_parse(arena, file, bytes, len, &map, err);
	if (f->rc < 0)
		return;
	f->map = map;
	const struct yaml_node *given = yaml_get(map, "format");
	if (map->kind == YAML_MAP && given && given->kind == YAML_SCALAR && is_newer(given->text, format)) {
		f->rc = err_set(err, ERR_INPUT,
		    N_("this file is of the form %1, which a newer version of tuyen writes; this one knows "
		       "%2"),
		    given->text, format);
		err_hint(err, N_("nothing was changed; install that version again, or a newer one"));
		err_at(err, file, given->line, given->column);
		return;
	}
	if (map->kind != YAML_MAP || !given || given->kind != YAML_SCALAR ||
	    strcmp(given->text, format) != 0) {
		f->rc = err_set(err, ERR_INPUT, N_("this is not a file of the form %1"), format);
		err_at(err, file, given ? given->line : map->line, given ? given->column : map->column);
		return;
	}
	f->rc = yaml_only(map, file, known, err);
}

bool form_sub(struct form *f, const char *key, const char *const *known, struct form *out)
{
	*out = *f;
	const struct yaml_node *node = f->rc < 0 ? NULL : yaml_get(f->map, key);
	if (!node)
		return false;
	if (node->kind != YAML_MAP) {
		fail(f, node, N_("%1 holds other keys, each on a line of its own"), key);
		return false;
	}
	out->map = node;
	out->rc = yaml_only(node, f->file, known, f->err);
	form_join(f, out);
	return f->rc == 0;
}

void form_join(struct form *f, const struct form *sub)
{
	if (f->rc == 0)
		f->rc = sub->rc;
}

static const struct yaml_node *scalar(struct form *f, const char *key, bool required)
{
	const struct yaml_node *node = f->rc < 0 ? NULL : yaml_get(f->map, key);
	if (node && node->kind != YAML_SCALAR) {
		fail(f, node, N_("%1 must be a single value"), key);
		return NULL;
	}
	if (!node && required)
		fail(f, f->map, N_("%1 is missing"), key);
	return node;
}

const char *form_id(struct form *f, const char *key, bool required)
{
	const struct yaml_node *node = scalar(f, key, required);
	if (node && text_is_id(node->text))
		return node->text;
	if (node)
		fail(f, node, N_("%1 must be an id: letters a-z, digits and . _ - @, not '%2'"), key);
	return NULL;
}

bool form_is_line(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			return false;
	return *text && text_chars(text) <= FORM_LINE_MAX;
}

const char *form_line(struct form *f, const char *key, bool required)
{
	const struct yaml_node *node = scalar(f, key, required);
	if (node && form_is_line(node->text))
		return node->text;
	if (node)
		fail(f, node, N_("%1 must be one line of 1 to 200 characters"), key);
	return NULL;
}

const char *form_address(struct form *f, const char *key)
{
	const struct yaml_node *node = scalar(f, key, false);
	if (node && config_address(node->text, NULL, NULL))
		return node->text;
	if (node)
		fail(f, node, N_("%1 must be host:port, such as 10.31.0.2:7031, not '%2'"), key);
	return NULL;
}

bool form_yes(struct form *f, const char *key)
{
	const struct yaml_node *node = scalar(f, key, false);
	bool yes = node && strcmp(node->text, "yes") == 0;
	if (node && !yes && strcmp(node->text, "no") != 0)
		fail(f, node, N_("%1 must be yes or no, not '%2'"), key);
	return yes;
}

int form_rank(struct form *f, const char *key, bool required)
{
	const struct yaml_node *node = scalar(f, key, required);
	int rank = node ? registry_rank(node->text) : -1;
	if (node && rank < 0)
		fail(f, node, N_("%1 must be a whole number from 0 to 9999, not '%2'"), key);
	return rank;
}

bool form_change(struct form *f, const char *key, bool required, struct oid *out)
{
	const struct yaml_node *node = scalar(f, key, required);
	bool good = node && oid_parse(out, node->text);
	if (node && !good)
		fail(f, node, N_("%1 must be the id of a change, 40 hexadecimal digits"), key);
	return good;
}

bool form_key(struct form *f, const char *key, bool required, unsigned char out[KEY_PUBLIC_SIZE])
{
	const struct yaml_node *node = scalar(f, key, required);
	bool good = node && key_parse(node->text, out);
	if (node && !good)
		fail(f, node, N_("%1 must be a public key: ssh-ed25519 and its base64 text"), key);
	return good;
}

bool form_signature(struct form *f, unsigned char out[KEY_SIGNATURE_SIZE])
{
	const struct yaml_node *node = scalar(f, "signature", true);
	struct buf bytes = {0};
	bool good =
	    node && base64_decode(node->text, strlen(node->text), &bytes) && bytes.len == KEY_SIGNATURE_SIZE;
	if (good)
		memcpy(out, bytes.data, KEY_SIGNATURE_SIZE);
	else if (node)
		fail(f, node, N_("%1 must be the base64 text of 64 bytes"), "signature");
	buf_free(&bytes);
	return good;
}

void form_peer(struct form *f, const char *key, bool required, struct config_peer *out)
{
	static const char *const known[] = {"unit", "address", "key", "reserve", NULL};
	struct form sub;
	if (form_sub(f, key, known, &sub)) {
		out->unit = form_id(&sub, "unit", true);
		out->address = form_address(&sub, "address");
		form_key(&sub, "key", true, out->key);
		out->has_reserve = form_key(&sub, "reserve", false, out->reserve);
		form_join(f, &sub);
	} else if (required) {
		fail(f, f->map, N_("%1 is missing"), key);
	}
}

const char *const *form_ids(struct form *f, struct arena *arena, const char *key, size_t *n)
{
	const struct yaml_node *node = f->rc < 0 ? NULL : yaml_get(f->map, key);
	*n = 0;
	if (!node)
		return NULL;
	if (node->kind != YAML_LIST || node->n > IDS_MAX) {
		fail(f, node, N_("%1 must be a list of at most 64 ids"), key);
		return NULL;
	}
	const char **ids = arena_alloc(arena, (node->n + 1) * sizeof *ids);
	for (const struct yaml_node *item = node->first; item; item = item->next) {
		if (item->kind != YAML_SCALAR || !text_is_id(item->text)) {
			fail(f, item, N_("%1 must be a list of at most 64 ids"), key);
			return NULL;
		}
		ids[(*n)++] = item->text;
	}
	return ids;
}

void form_fail(struct form *f, const char *key, const char *msg)
{
	fail(f, f->rc < 0 ? NULL : yaml_get(f->map, key), msg, key);
}

/* The signature stands over the canonical text, which the reader makes again from what it read: a file that lost its
 * line ends on the way is still the same. */
void form_sign(struct buf *out, const struct key *key)
{
	unsigned char sig[KEY_SIGNATURE_SIZE];
	struct buf line = {0};
	key_sign(key, buf_str(out), out->len, sig);
	base64_encode(sig, sizeof sig, &line);
	form_put(out, 0, "signature", buf_str(&line));
	buf_free(&line);
}

void form_put(struct buf *out, int depth, const char *key, const char *value)
{
	struct buf nfc = {0};
	if (value)
		yaml_put_scalar(out, depth, key, text_nfc(value, strlen(value), &nfc) ? buf_str(&nfc) : "?");
	buf_free(&nfc);
}

void form_put_key(
    struct buf *out, int depth, const char *key, const unsigned char public_key[KEY_PUBLIC_SIZE])
{
	char text[KEY_TEXT_SIZE];
	key_text(public_key, text);
	yaml_put_scalar(out, depth, key, text);
}

void form_put_peer(struct buf *out, const char *key, const struct config_peer *peer)
{
	if (!peer->unit)
		return;
	yaml_put_open(out, 0, key);
	form_put(out, 1, "unit", peer->unit);
	form_put(out, 1, "address", peer->address);
	form_put_key(out, 1, "key", peer->key);
	if (peer->has_reserve)
		form_put_key(out, 1, "reserve", peer->reserve);
}

void form_put_change(struct buf *out, const char *key, const struct oid *id)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	if (!oid_is_zero(id))
		yaml_put_scalar(out, 0, key, hex);
}

void form_put_rank(struct buf *out, int rank)
{
	char text[16];
	snprintf(text, sizeof text, "%d", rank);
	if (rank >= 0)
		yaml_put_scalar(out, 0, "rank", text);
}

void form_put_ids(struct buf *out, const char *key, const char *const *ids, size_t n)
{
	if (n)
		yaml_put_open(out, 0, key);
	for (size_t i = 0; i < n; i++)
		yaml_put_item(out, 1, ids[i]);
}
