/* room: record */
#include <stdlib.h>
#include <string.h>

#include "record/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is found lies in the text, and is not told. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_dup_len((const char *)data, size);
	struct screen_hit hit;
	if (screen_text(text, &hit)) {
		if (hit.len == 0 || hit.offset + hit.len > strlen(text) || hit.kind >= SCREEN_KINDS)
			abort();
		char *found = mem_dup_len(text + hit.offset, hit.len);
		if (strstr(hit.masked, found) || strlen(hit.masked) > hit.len)
			abort();
		free(found);
	}
	free(text);
	return 0;
}
