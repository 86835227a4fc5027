#include "sync/squeeze.h"

#include <assert.h>
#include <zlib.h>

#define WINDOW_BITS (-15) /* raw, 32 KB */
#define CHUNK 16384

static void use_tail(const struct buf *dictionary, const Bytef **at, uInt *len)
{
	size_t n = dictionary->len < SQUEEZE_DICTIONARY_MAX ? dictionary->len : SQUEEZE_DICTIONARY_MAX;
	*at = (const Bytef *)buf_str(dictionary) + (dictionary->len - n);
	*len = (uInt)n;
}

void squeeze(const struct buf *dictionary, const struct buf *plain, struct buf *out)
{
	z_stream z = {0};
	int rc = deflateInit2(&z, 9, Z_DEFLATED, WINDOW_BITS, 9, Z_DEFAULT_STRATEGY);
	assert(rc == Z_OK || rc == Z_MEM_ERROR);
	if (rc == Z_MEM_ERROR)
		mem_grow(NULL, SIZE_MAX, 2); /* ends the process, as any lack of memory does */
	const Bytef *words;
	uInt n_words;
	use_tail(dictionary, &words, &n_words);
	rc = deflateSetDictionary(&z, words, n_words);
	assert(rc == Z_OK);
	z.next_in = (Bytef *)buf_str(plain);
	z.avail_in = (uInt)plain->len;
	do {
		unsigned char chunk[CHUNK];
		z.next_out = chunk;
		z.avail_out = sizeof chunk;
		rc = deflate(&z, Z_FINISH);
		assert(rc == Z_OK || rc == Z_STREAM_END);
		buf_add(out, chunk, sizeof chunk - z.avail_out);
	} while (rc != Z_STREAM_END);
	deflateEnd(&z);
}

bool squeeze_undo(const struct buf *dictionary, const void *bytes, size_t len, size_t max, struct buf *plain)
{
	z_stream z = {0};
	int rc = inflateInit2(&z, WINDOW_BITS);
	if (rc != Z_OK)
		mem_grow(NULL, SIZE_MAX, 2);
	const Bytef *words;
	uInt n_words;
	use_tail(dictionary, &words, &n_words);
	rc = inflateSetDictionary(&z, words, n_words);
	z.next_in = (Bytef *)(len ? bytes : "");
	z.avail_in = (uInt)len;
	while (rc == Z_OK) {
		unsigned char chunk[CHUNK];
		z.next_out = chunk;
		z.avail_out = sizeof chunk;
		rc = inflate(&z, Z_NO_FLUSH);
		buf_add(plain, chunk, sizeof chunk - z.avail_out);
		if (plain->len > max)
			rc = Z_DATA_ERROR;
	}
	bool whole = rc == Z_STREAM_END && z.avail_in == 0;
	inflateEnd(&z);
	return whole;
}
