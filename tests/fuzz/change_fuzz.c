/* room: record */
#include <stdlib.h>
#include <string.h>

#include "record/change.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_dup_len((const char *)data, size), writer[136];
	struct arena arena = {0};
	struct change c = {0};
	struct err err = {0};
	struct buf again = {0};
	if (change_parse_message(&c, &arena, text, &err) == 0) {
		change_message(&c, &again);
		change_writer(&c, writer);
		if (strcmp(again.data, text) != 0 || strchr(c.subject, '\n'))
			abort();
		change_author(&c, &again);
	} else if (!err.rule) {
		abort();
	}
	buf_free(&again);
	arena_free(&arena);
	free(text);
	return 0;
}
