/* room: registry */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "registry/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read can be printed, and what is printed is read as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct config c, again;
	if (config_parse("fuzz", (const char *)data, size, &c, &err) < 0)
		return 0;
	struct buf first = {0}, second = {0};
	config_print(&c, &first);
	assert(config_parse("fuzz", buf_str(&first), first.len, &again, &err) == 0);
	config_print(&again, &second);
	assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	buf_free(&first);
	buf_free(&second);
	config_free(&c);
	config_free(&again);
	return 0;
}
