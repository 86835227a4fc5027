/* room: registry */
#include <stddef.h>
#include <stdint.h>

#include "registry/enrol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both readers see the same bytes; nobody who reads them may crash. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct err err = {0};
	struct enrol_request request;
	struct enrol_welcome welcome;
	enrol_read_request(&arena, "fuzz", (const char *)data, size, &request, &err);
	ERR_CLEAR(&err);
	enrol_read_welcome(&arena, "fuzz", (const char *)data, size, &welcome, &err);
	arena_free(&arena);
	return 0;
}
