/*
 * base/buf.h - growable bytes, and memory that never fails.
 *
 * When memory runs out the process ends: everything that was promised is on disk, and the service manager
 * starts it again. So no caller checks an allocation.
 */
#ifndef TUYEN_BASE_BUF_H
#define TUYEN_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t size); /* zeroed */
void *mem_grow(void *p, size_t n, size_t size); /* realloc to n * size, overflow checked */
char *mem_dup(const char *text); /* NULL gives NULL */
char *mem_dup_len(const char *bytes, size_t len); /* adds a NUL */

/* Are both texts there and equal? A text that is absent (NULL) equals nothing. */
bool str_is(const char *a, const char *b);
/* The same where two absent texts are equal, too. */
bool str_same(const char *a, const char *b);

/* Bytes with a NUL kept after them, so that `data` is also a C string. Zero-initialise; buf_free when done. */
struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t len, room;
};

void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_cut(struct buf *b, size_t len); /* shorten to len */
void buf_free(struct buf *b); /* back to zero; accepts a zero buf */
const char *buf_str(const struct buf *b); /* "" when empty; borrowed */
char *buf_take(struct buf *b); /* the caller owns the bytes; b is zero again; never NULL */

/* Append to an array of any type: VEC_PUSH(list->items, list->n, item). Grows by doubling. */
#define VEC_PUSH(items, n, item)                                                                 \
	do {                                                                                     \
		if (((n) & ((n)-1)) == 0)                                                        \
			(items) = mem_grow((items), (n) ? 2 * (size_t)(n) : 1, sizeof *(items)); \
		(items)[(n)++] = (item);                                                         \
	} while (0)

/* Memory that is freed all at once. Zero-initialise. */
struct arena {
	struct arena_block *blocks;
};
void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned for any type */
char *arena_dup(struct arena *a, const char *text); /* NULL gives NULL */
char *arena_dup_len(struct arena *a, const char *bytes, size_t len);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);

/* A list of strings the list owns. Zero-initialise. */
struct strs {
	char **items;
	size_t n;
};
void strs_add(struct strs *s, const char *text);
bool strs_has(const struct strs *s, const char *text);
void strs_sort(struct strs *s); /* by bytes; also drops repetitions */
void strs_free(struct strs *s);

#endif
