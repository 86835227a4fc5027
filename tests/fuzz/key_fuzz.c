/* room: base */
#include <stdlib.h>
#include <string.h>

#include "base/key.h"
#include "base/oid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Keys in text and in files, base64, ids: what is taken is written again as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_dup_len((const char *)data, size), again[KEY_TEXT_SIZE];
	unsigned char public[KEY_PUBLIC_SIZE], raw[32];
	struct key *key = NULL;
	struct err err = {0};
	struct oid id;
	struct buf plain = {0}, coded = {0};
	if (key_parse(text, public)) {
		key_text(public, again);
		if (strcmp(text, again) != 0)
			abort();
	}
	if (base64_decode((const char *)data, size, &plain)) {
		base64_encode(buf_str(&plain), plain.len, &coded);
		if (coded.len != size || memcmp(buf_str(&coded), data, size) != 0)
			abort();
	}
	if (key_read(data, size, "fuzz", &key, &err) == 0)
		key_free(key);
	oid_parse(&id, text);
	hex_decode(text, raw, 16);
	buf_free(&plain);
	buf_free(&coded);
	free(text);
	return 0;
}
