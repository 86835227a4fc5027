/* room: registry */
/* Any bytes as the file of a parcel: the line of its piece, then its cover. What can be read is printed the same. */
#include <assert.h>
#include <string.h>

#include "registry/cover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char id[] = "00112233445566778899aabbccddeeff";
	struct cover_piece piece;
	struct cover c;
	struct err err = {0};
	struct buf out = {0};
	size_t skip = 0;
	if (cover_piece_read(data, size, &piece)) {
		cover_piece_print(&piece, &out);
		assert(out.len == piece.size && memcmp(out.data, data, out.len) == 0);
		skip = piece.size;
	}
	if (cover_read(skip ? piece.id : id, data + skip, size - skip, &c, &err) == 0) {
		assert(c.size <= size - skip && c.n_boxes && c.n_boxes <= COVER_BOXES_MAX);
		buf_cut(&out, 0);
		cover_name(&c, true, 1, 2, &out);
		assert(!strchr(out.data, '/'));
	} else {
		assert(err.code == ERR_INPUT);
	}
	buf_free(&out);
	return 0;
}
