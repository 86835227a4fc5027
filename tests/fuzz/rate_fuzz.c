/* room: registry */
/* The note of who has written how much: any bytes are read, and what was read is printed and read to the same. */
#include <assert.h>

#include "registry/rate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rate r = {0}, again = {0};
	struct buf one = {0}, other = {0};
	rate_read(&r, (const char *)data, size);
	rate_print(&r, 20000, &one);
	rate_read(&again, buf_str(&one), one.len);
	rate_print(&again, 20000, &other);
	assert(one.len == other.len);
	rate_free(&r);
	rate_free(&again);
	buf_free(&one);
	buf_free(&other);
	return 0;
}
