/* room: sync */
/* What a node keeps of its peers: whom it met, and what each has. The bytes are its own, but a disk may have damaged
 * them, and what they hold came from outside. */
#include <stdlib.h>
#include <string.h>

#include "sync/book.h"
#include "sync/instances.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void met(const char *bytes, size_t len)
{
	struct instances list = {0}, same = {0};
	struct buf once = {0}, twice = {0};
	const struct instance *it;
	instances_read(&list, bytes, len);
	instances_print(&list, &once);
	instances_read(&same, buf_str(&once), once.len);
	instances_print(&same, &twice);
	if (once.len != twice.len || memcmp(buf_str(&once), buf_str(&twice), once.len) != 0)
		abort();
	for (unsigned char i = 0; list.n && i < 2 * INSTANCES_MAX; i++) {
		unsigned char id[INSTANCE_SIZE] = {i, 1};
		instances_saw(&list, list.items[0].peer, id, i, &it);
		if (it->slot >= INSTANCES_MAX)
			abort();
	}
	instances_free(&list);
	instances_free(&same);
	buf_free(&once);
	buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct book b = {0};
	met((const char *)data, size);
	book_load(&b, data, size);
	book_free(&b);
	return 0;
}
