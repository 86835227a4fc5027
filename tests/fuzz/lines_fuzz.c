/* room: merge */
/* The line blend: any three texts, parted by 0xff. It must not care for the order of the sides, must give a side back
 * when the other changed nothing, and must stay within what both could have written. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *part(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size ? memchr(*data, 0xff, *size) : NULL;
	size_t len = end ? (size_t)(end - *data) : *size;
	char *text = mem_dup_len((const char *)*data, len);
	*data += len + (end != NULL);
	*size -= len + (end != NULL);
	for (size_t i = 0; i < len; i++)
		if (!text[i])
			text[i] = '0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *base = part(&data, &size), *a = part(&data, &size), *b = part(&data, &size);
	struct buf one = {0}, other = {0}, same = {0};
	bool ok = merge_lines(base, (const char *const[]){a, b}, 2, &one);
	assert(ok == merge_lines(base, (const char *const[]){b, a}, 2, &other));
	assert(strcmp(buf_str(&one), buf_str(&other)) == 0);
	assert(ok || one.len == 0);
	assert(one.len <= strlen(base) + strlen(a) + strlen(b) + 2);
	if (merge_lines(base, (const char *const[]){base, a, a}, 3, &same))
		assert(strcmp(buf_str(&same), a) == 0);
	buf_free(&one);
	buf_free(&other);
	buf_free(&same);
	free(base);
	free(a);
	free(b);
	return 0;
}
