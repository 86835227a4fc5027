#include "store/commit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#define SHA512_SIZE 64
#define ARMOR_COLUMNS 70
#define ARMOR_BEGIN "-----BEGIN SSH SIGNATURE-----"
#define ARMOR_END "-----END SSH SIGNATURE-----"

/* PROTOCOL.sshsig: strings with big-endian lengths. Everything but key and signature is fixed. */
#define SIG_MAGIC "SSHSIG"
#define SIG_SPACE "\0\0\0\3git\0\0\0\0\0\0\0\6sha512" /* namespace, reserved, hash */
static const char sig_head[] = SIG_MAGIC "\0\0\0\1\0\0\0\63\0\0\0\13ssh-ed25519\0\0\0\40";
static const char sig_middle[] = SIG_SPACE "\0\0\0\123\0\0\0\13ssh-ed25519\0\0\0\100";
#define SIG_KEY_AT (sizeof sig_head - 1)
#define SIG_MIDDLE_AT (SIG_KEY_AT + KEY_PUBLIC_SIZE)
#define SIG_AT (SIG_MIDDLE_AT + sizeof sig_middle - 1)
#define SIG_SIZE (SIG_AT + KEY_SIGNATURE_SIZE)

/* What Ed25519 signs: the namespace and a hash of the message. */
static void signed_data(const struct commit *c, struct buf *out)
{
	static const char head[] = SIG_MAGIC SIG_SPACE "\0\0\0\100";
	unsigned char hash[SHA512_SIZE];
	struct buf payload = {0};
	commit_payload(c, &payload);
	if (EVP_Digest(payload.data, payload.len, hash, NULL, EVP_sha512(), NULL) != 1)
		abort(); /* only when memory is out */
	buf_free(&payload);
	buf_add(out, head, sizeof head - 1);
	buf_add(out, hash, sizeof hash);
}

void commit_sign(struct commit *c, const struct key *key)
{
	struct buf data = {0};
	c->is_signed = true;
	memcpy(c->public_key, key_public(key), KEY_PUBLIC_SIZE);
	signed_data(c, &data);
	key_sign(key, data.data, data.len, c->signature);
	buf_free(&data);
}

bool commit_verify(const struct commit *c, const unsigned char public_key[KEY_PUBLIC_SIZE])
{
	if (!c->is_signed || memcmp(c->public_key, public_key, KEY_PUBLIC_SIZE) != 0)
		return false;
	struct buf data = {0};
	signed_data(c, &data);
	bool good = key_verify(public_key, data.data, data.len, c->signature);
	buf_free(&data);
	return good;
}

/* The header "gpgsig": lines after the first begin with a blank, and no empty line ends it. */
static void print_signature(const struct commit *c, struct buf *out)
{
	unsigned char blob[SIG_SIZE];
	struct buf text = {0};
	memcpy(blob, sig_head, SIG_KEY_AT);
	memcpy(blob + SIG_KEY_AT, c->public_key, KEY_PUBLIC_SIZE);
	memcpy(blob + SIG_MIDDLE_AT, sig_middle, sizeof sig_middle - 1);
	memcpy(blob + SIG_AT, c->signature, KEY_SIGNATURE_SIZE);
	base64_encode(blob, sizeof blob, &text);
	buf_puts(out, "gpgsig " ARMOR_BEGIN "\n");
	for (size_t at = 0; at < text.len; at += ARMOR_COLUMNS) {
		size_t n = text.len - at < ARMOR_COLUMNS ? text.len - at : ARMOR_COLUMNS;
		buf_printf(out, " %.*s\n", (int)n, text.data + at);
	}
	buf_puts(out, " " ARMOR_END "\n");
	buf_free(&text);
}

static void print(const struct commit *c, bool with_signature, struct buf *out)
{
	char hex[OID_HEX + 1];
	oid_hex(&c->tree, hex);
	buf_printf(out, "tree %s\n", hex);
	for (size_t i = 0; i < c->n_parents; i++) {
		oid_hex(&c->parents[i], hex);
		buf_printf(out, "parent %s\n", hex);
	}
	buf_printf(out, "author %s %" PRId64 " +0000\n", c->identity, c->time);
	buf_printf(out, "committer %s %" PRId64 " +0000\n", c->identity, c->time);
	if (with_signature)
		print_signature(c, out);
	buf_putc(out, '\n');
	buf_puts(out, c->message);
}

void commit_payload(const struct commit *c, struct buf *out)
{
	print(c, false, out);
}

void commit_print(const struct commit *c, struct buf *out)
{
	print(c, c->is_signed, out);
}

/* The lines of a commit's head, cut out of a copy of its bytes. */
struct lines {
	char *next;
};

/* The rest of the next line if it begins with `head`; NULL leaves it for another try. */
static char *line_after(struct lines *l, const char *head)
{
	size_t len = strlen(head);
	char *end = strchr(l->next, '\n');
	if (!end || strncmp(l->next, head, len) != 0)
		return NULL;
	char *rest = l->next + len;
	*end = '\0';
	l->next = end + 1;
	return rest;
}

static bool parse_person(struct commit *c, char *line)
{
	static const char zone[] = " +0000";
	size_t len = strlen(line);
	if (len <= sizeof zone - 1 || strcmp(line + len - (sizeof zone - 1), zone) != 0)
		return false;
	line[len - (sizeof zone - 1)] = '\0';
	char *time = strrchr(line, ' ');
	if (!time || strlen(time + 1) > 12 || !time[1] || strspn(time + 1, "0123456789") != strlen(time + 1))
		return false;
	*time = '\0';
	c->identity = line;
	c->time = strtoll(time + 1, NULL, 10);
	return true;
}

static bool parse_signature(struct commit *c, struct lines *l)
{
	struct buf text = {0}, blob = {0};
	char *line;
	while ((line = line_after(l, " ")) && strcmp(line, ARMOR_END) != 0)
		buf_puts(&text, line);
	bool good = line && base64_decode(buf_str(&text), text.len, &blob) && blob.len == SIG_SIZE;
	if (good) {
		memcpy(c->public_key, blob.data + SIG_KEY_AT, KEY_PUBLIC_SIZE);
		memcpy(c->signature, blob.data + SIG_AT, KEY_SIGNATURE_SIZE);
		c->is_signed = true;
	}
	buf_free(&text);
	buf_free(&blob);
	return good;
}

/* Reads with a loose hand: commit_parse writes the result again and compares. */
static bool parse_head(struct commit *c, struct arena *arena, struct lines *l)
{
	struct oids parents = {0};
	char *line = line_after(l, "tree ");
	bool good = line && oid_parse(&c->tree, line);
	while (good && (line = line_after(l, "parent "))) {
		struct oid id;
		good = oid_parse(&id, line);
		if (good)
			oids_add(&parents, &id);
	}
	c->n_parents = parents.n;
	c->parents = memcpy(arena_alloc(arena, parents.n * sizeof *parents.items + 1),
	    parents.n ? parents.items : &c->tree, parents.n * sizeof *parents.items);
	oids_free(&parents);
	if (!good || !(line = line_after(l, "author ")) || !parse_person(c, line) ||
	    !line_after(l, "committer "))
		return false;
	if ((line = line_after(l, "gpgsig ")) && !parse_signature(c, l))
		return false;
	line = line_after(l, "");
	c->message = l->next;
	return line && !*line;
}

int commit_parse(struct commit *c, struct arena *arena, const char *bytes, size_t len, struct err *err)
{
	*c = (struct commit){0};
	if (len > COMMIT_BYTES_MAX || memchr(bytes, '\0', len))
		return err_set(err, ERR_INPUT, N_("a commit is too long or holds a NUL byte"));
	struct lines l = {arena_dup_len(arena, bytes, len)};
	struct buf again = {0};
	bool good = parse_head(c, arena, &l);
	if (good)
		commit_print(c, &again);
	good = good && again.len == len && memcmp(again.data, bytes, len) == 0;
	buf_free(&again);
	return good ? 0
		    : err_set(
			  err, ERR_INPUT, N_("a commit is not written the way this program writes commits"));
}
