/* room: merge */
/* Packed changes, each behind two bytes of its length: whatever is taken can be asked, rested, packed again and taken
 * back, and says the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"

#define LENGTH 4 /* in the packed form */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *state_of(const struct history *h)
{
	struct oids none = {0}, tips;
	struct merge_result r;
	struct buf text = {0};
	history_tips(h, &tips);
	merge_advance(h, "reports/11383", &none, &tips, &r);
	for (size_t i = 0; i < r.n; i++)
		buf_printf(&text, "%s\n%s\n", r.records[i].path, r.records[i].text ? r.records[i].text : "");
	merge_result_free(&r);
	oids_free(&tips);
	return buf_take(&text);
}

/* As it is, but for the length, which no fuzzer guesses. */
static unsigned char *next(const uint8_t **data, size_t *size, size_t *len)
{
	size_t said = (size_t)((*data)[0] | (*data)[1] << 8);
	*data += 2;
	*size -= 2;
	*len = said < *size ? said : *size;
	unsigned char *bytes = mem_alloc(*len + LENGTH);
	memcpy(bytes + LENGTH, *data, *len);
	*data += *len;
	*size -= *len;
	*len += LENGTH;
	for (unsigned i = 0; i < LENGTH; i++)
		bytes[i] = (unsigned char)(*len >> 8 * i);
	return bytes;
}

static void check_again(const struct history *h)
{
	struct history *again = history_new();
	char *one = state_of(h), *other;
	for (size_t i = 0; i < history_count(h); i++) {
		const void *bytes;
		size_t len;
		history_packed(h, i, &bytes, &len);
		assert(history_take(again, bytes, len));
	}
	other = state_of(again);
	assert(strcmp(one, other) == 0);
	free(one);
	free(other);
	history_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct history *h = history_new();
	unsigned char *kept[32];
	size_t n = 0;
	while (size > 2 && n < sizeof kept / sizeof *kept) {
		size_t len;
		kept[n] = next(&data, &size, &len);
		history_take(h, kept[n++], len);
		free(state_of(h));
	}
	check_again(h);
	for (size_t left = history_count(h); left > 0; left--) {
		history_drop_last(h);
		free(state_of(h));
	}
	history_free(h);
	while (n > 0)
		free(kept[--n]);
	return 0;
}
