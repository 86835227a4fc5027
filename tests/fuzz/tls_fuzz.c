/* room: net */
/* Any bytes at a listener, before anybody has shown a key: after the first word of a real dialler, or instead of it; in
 * pieces. It may answer, but must never open, nor ask about a key. */
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>

#include "net/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool welcome(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	(void)ctx, (void)key;
	return true;
}

static bool recall(void *ctx, const unsigned char id[TLS_MEMORY_ID], struct tls_memory *out)
{
	(void)ctx;
	memset(out, 7, sizeof *out);
	memcpy(out->id, id, TLS_MEMORY_ID);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_context *context;
	struct err err = {0};
	struct buf plain = {0}, wire = {0};
	if (!context) {
		struct key *key;
		if (key_generate(&key, &err) || tls_context_new(key, &context, &err))
			abort();
		key_free(key);
	}
	if (size < 2)
		return 0;
	struct tls *server = tls_new(context, TLS_SERVER, "fuzz", welcome, NULL);
	tls_set_recall(server, recall, NULL);
	size_t step = data[0] ? data[0] : size;
	int rc = 0;
	if (data[1] & 1) {
		struct tls *client = tls_new(context, TLS_CLIENT, "fuzz", welcome, NULL);
		struct buf first = {0};
		if (data[1] & 2)
			tls_enrol(client);
		tls_start(client, &first);
		rc = tls_feed(server, first.data, first.len, &plain, &wire, &err);
		buf_free(&first);
		tls_free(client);
	}
	for (size_t at = 2; rc == 0 && at < size; at += step)
		rc = tls_feed(server, data + at, size - at < step ? size - at : step, &plain, &wire, &err);
	if (tls_is_open(server) || plain.len)
		abort();
	tls_free(server);
	buf_free(&plain);
	buf_free(&wire);
	return 0;
}
