/* room: store
 * Any bytes as a commit: read or refused, never half; and what is read is written again bit for bit. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/change.h"
#include "store/commit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct err err = {0};
	struct commit c;
	struct change change = {0};
	struct buf again = {0};
	if (commit_parse(&c, &arena, (const char *)data, size, &err) == 0) {
		commit_print(&c, &again);
		if (again.len != size || memcmp(again.data, data, size) != 0)
			abort();
		if (c.is_signed)
			commit_verify(&c, c.public_key);
		struct err why = {0};
		change_parse_message(&change, &arena, c.message, &why);
	}
	buf_free(&again);
	arena_free(&arena);
	return 0;
}
