#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void)
{
	fputs("tuyen: out of memory\n", stderr);
	abort();
}

void *mem_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *mem_grow(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		out_of_memory();
	size_t bytes = n * size;
	p = realloc(p, bytes > 0 ? bytes : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *mem_dup_len(const char *bytes, size_t len)
{
	char *p = mem_alloc(len + 1);
	if (len)
		memcpy(p, bytes, len);
	return p;
}

char *mem_dup(const char *text)
{
	return text ? mem_dup_len(text, strlen(text)) : NULL;
}

bool str_is(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

bool str_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void reserve(struct buf *b, size_t more)
{
	if (more > SIZE_MAX / 2 - b->len)
		out_of_memory();
	size_t want = b->len + more + 1;
	if (want <= b->room)
		return;
	size_t room = b->room ? b->room : 64;
	while (room < want)
		room *= 2;
	b->data = mem_grow(b->data, room, 1);
	b->room = room;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	reserve(b, len);
	if (len)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list ap, again;
	va_start(ap, format);
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len < 0)
		out_of_memory();
	reserve(b, (size_t)len);
	vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
	va_end(again);
	b->len += (size_t)len;
}

void buf_cut(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
	reserve(b, 0);
	char *data = b->data;
	data[b->len] = '\0';
	*b = (struct buf){0};
	return data;
}

#define ARENA_BLOCK 4096

struct arena_block {
	struct arena_block *next;
	size_t used, room;
	max_align_t data[];
};

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = sizeof(max_align_t);
	if (size > SIZE_MAX / 2)
		out_of_memory();
	size = (size + align - 1) / align * align;
	struct arena_block *block = a->blocks;
	if (!block || block->room - block->used < size) {
		size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;
		struct arena_block *fresh = mem_alloc(sizeof *fresh + room);
		fresh->room = room;
		/* A large piece goes behind the current block, whose rest stays in use. */
		if (block && room > ARENA_BLOCK) {
			fresh->next = block->next;
			block->next = fresh;
		} else {
			fresh->next = block;
			a->blocks = fresh;
		}
		block = fresh;
	}
	void *p = (char *)block->data + block->used;
	block->used += size;
	return p;
}

char *arena_dup_len(struct arena *a, const char *bytes, size_t len)
{
	char *p = arena_alloc(a, len + 1);
	if (len)
		memcpy(p, bytes, len);
	return p;
}

char *arena_dup(struct arena *a, const char *text)
{
	return text ? arena_dup_len(a, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list ap, again;
	va_start(ap, format);
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len < 0)
		out_of_memory();
	char *p = arena_alloc(a, (size_t)len + 1);
	vsnprintf(p, (size_t)len + 1, format, again);
	va_end(again);
	return p;
}

void arena_free(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *next = a->blocks->next;
		free(a->blocks);
		a->blocks = next;
	}
}

void strs_add(struct strs *s, const char *text)
{
	VEC_PUSH(s->items, s->n, mem_dup(text));
}

bool strs_has(const struct strs *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->items[i], text) == 0)
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strs_sort(struct strs *s)
{
	if (s->n < 2)
		return;
	qsort(s->items, s->n, sizeof *s->items, by_bytes);
	size_t kept = 1;
	for (size_t i = 1; i < s->n; i++) {
		if (strcmp(s->items[i], s->items[kept - 1]) == 0)
			free(s->items[i]);
		else
			s->items[kept++] = s->items[i];
	}
	/* VEC_PUSH doubles at powers of two: keep the room it will expect. */
	s->n = kept;
	size_t room = 1;
	while (room < kept)
		room *= 2;
	s->items = mem_grow(s->items, room, sizeof *s->items);
}

void strs_free(struct strs *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->items[i]);
	free(s->items);
	*s = (struct strs){0};
}
