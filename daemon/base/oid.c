#include "base/oid.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "base/buf.h"

int oid_cmp(const struct oid *a, const struct oid *b)
{
	return memcmp(a->b, b->b, OID_SIZE);
}

bool oid_eq(const struct oid *a, const struct oid *b)
{
	return oid_cmp(a, b) == 0;
}

bool oid_is_zero(const struct oid *a)
{
	static const struct oid zero;
	return oid_eq(a, &zero);
}

bool oid_parse(struct oid *out, const char *hex)
{
	if (strspn(hex, "0123456789abcdef") != OID_HEX || hex[OID_HEX])
		return false;
	return hex_decode(hex, out->b, OID_SIZE);
}

void oid_hex(const struct oid *id, char hex[OID_HEX + 1])
{
	hex_encode(id->b, OID_SIZE, hex);
}

void oids_add(struct oids *list, const struct oid *id)
{
	VEC_PUSH(list->items, list->n, *id);
}

bool oids_has(const struct oids *list, const struct oid *id)
{
	for (size_t i = 0; i < list->n; i++)
		if (oid_eq(&list->items[i], id))
			return true;
	return false;
}

static int by_id(const void *a, const void *b)
{
	return oid_cmp(a, b);
}

void oids_sort(struct oids *list)
{
	if (list->n < 2)
		return;
	qsort(list->items, list->n, sizeof *list->items, by_id);
	struct oids kept = {0};
	for (size_t i = 0; i < list->n; i++)
		if (i == 0 || !oid_eq(&list->items[i], &list->items[i - 1]))
			oids_add(&kept, &list->items[i]);
	free(list->items);
	*list = kept;
}

bool oids_eq(const struct oids *a, const struct oids *b)
{
	if (a->n != b->n)
		return false;
	return a->n == 0 || memcmp(a->items, b->items, a->n * sizeof *a->items) == 0;
}

void oids_copy(struct oids *to, const struct oids *from)
{
	*to = (struct oids){0};
	for (size_t i = 0; i < from->n; i++)
		oids_add(to, &from->items[i]);
}

void oids_free(struct oids *list)
{
	free(list->items);
	*list = (struct oids){0};
}

static void digest(
    const EVP_MD *md, const char *head, size_t head_len, const void *bytes, size_t len, unsigned char *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestInit_ex(ctx, md, NULL) != 1 || EVP_DigestUpdate(ctx, head, head_len) != 1 ||
	    EVP_DigestUpdate(ctx, bytes, len) != 1 || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort(); /* only when memory is out */
	EVP_MD_CTX_free(ctx);
}

void hash_sha256(const void *bytes, size_t len, unsigned char out[HASH_SIZE])
{
	digest(EVP_sha256(), "", 0, bytes, len, out);
}

bool hash_sha256_file(int fd, unsigned char out[HASH_SIZE])
{
	char piece[16384];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	off_t at = 0;
	ssize_t n = 0;
	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		abort(); /* only when memory is out */
	while ((n = pread(fd, piece, sizeof piece, at)) > 0 || (n < 0 && errno == EINTR)) {
		at += n > 0 ? n : 0;
		if (n > 0 && EVP_DigestUpdate(ctx, piece, (size_t)n) != 1)
			abort();
	}
	if (EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	return n == 0;
}

void hash_git_object(const char *kind, const void *bytes, size_t len, struct oid *out)
{
	char head[48];
	int n = snprintf(head, sizeof head, "%s %zu", kind, len);
	assert(n > 0 && (size_t)n < sizeof head);
	digest(EVP_sha1(), head, (size_t)n + 1, bytes, len, out->b);
}

void hex_encode(const unsigned char *bytes, size_t len, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[2 * len] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(const char *hex, unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int hi = hex_digit(hex[2 * i]);
		int lo = hi < 0 ? -1 : hex_digit(hex[2 * i + 1]);
		if (lo < 0)
			return false;
		bytes[i] = (unsigned char)(hi << 4 | lo);
	}
	return hex[2 * len] == '\0';
}
