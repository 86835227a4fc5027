/* room: record */
/* Two texts, parted by 0xff, side by side: what stands between the hunks is the same in both, whole characters stay whole,
 * and no line is wider than it may be. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "record/text.h"
#include "record/text_columns.h"
#include "record/text_diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_common(const char *left, const char *right, const struct text_diff *d)
{
	size_t l = 0, r = 0;
	for (size_t i = 0; i <= d->n; i++) {
		size_t l_end = i < d->n ? d->hunks[i].left : strlen(left);
		size_t r_end = i < d->n ? d->hunks[i].right : strlen(right);
		assert(l_end >= l && l_end - l == r_end - r && memcmp(left + l, right + r, l_end - l) == 0);
		l = i < d->n ? l_end + d->hunks[i].left_len : l_end;
		r = i < d->n ? r_end + d->hunks[i].right_len : r_end;
		assert(l <= strlen(left) && r <= strlen(right));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0xff, size) : NULL;
	size_t len = end ? (size_t)(end - data) : size, rest = end ? size - len - 1 : 0;
	struct buf l = {0}, r = {0};
	struct text_diff d;
	struct text_beside b;
	if (size > 4096 || !text_nfc((const char *)data, len, &l) ||
	    !text_nfc((const char *)data + size - rest, rest, &r))
		goto out;
	const char *left = buf_str(&l), *right = buf_str(&r);
	text_diff(left, right, &d);
	check_common(left, right, &d);
	text_diff_free(&d);
	size_t width = TEXT_WIDTH_MIN * 2 + 4 + len % 70;
	text_beside(left, right, width, &b);
	assert(b.lines.n > 0 && b.first <= b.lines.n);
	for (size_t i = 0; i < b.lines.n; i++)
		assert(text_width(b.lines.items[i]) <= width && !strpbrk(b.lines.items[i], "\n\033\r\t"));
	text_beside_free(&b);
out:
	buf_free(&l);
	buf_free(&r);
	return 0;
}
