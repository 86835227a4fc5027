/* room: record */
#include <stdlib.h>
#include <string.h>

#include "record/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const struct record_type *type, const char *bytes, size_t len, bool must)
{
	struct arena arena = {0};
	struct record r;
	struct err err = {0};
	struct buf again = {0};
	int rc = record_parse(&r, &arena, type, bytes, len, &err);
	if (rc ? (must || err.code != ERR_INPUT || !err.rule) : err.code)
		abort();
	if (rc == 0) {
		record_print(&r, &again);
		if (again.len != len || memcmp(again.data, bytes, len) != 0)
			abort();
		for (size_t i = 1; i < r.n; i++)
			if (strcmp(r.fields[i - 1].path, r.fields[i].path) >= 0)
				abort();
	}
	buf_free(&again);
	arena_free(&arena);
}

/* The first byte names the type. What people may write must be canonical once it is printed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	size_t n = 0;
	while (type_at(n))
		n++;
	const struct record_type *type = type_at(data[0] % n);
	const char *bytes = (const char *)data + 1;
	struct arena arena = {0};
	struct record r;
	struct err err = {0};
	struct buf text = {0};
	parse(type, bytes, size - 1, false);
	if (record_read(&r, &arena, type, "fuzz", bytes, size - 1, &err) == 0) {
		record_print(&r, &text);
		if (text.len <= YAML_RECORD_MAX)
			parse(type, text.data, text.len, true);
	} else if (err.code != ERR_INPUT) {
		abort();
	}
	buf_free(&text);
	arena_free(&arena);
	return 0;
}
