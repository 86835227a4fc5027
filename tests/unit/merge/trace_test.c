/* Who ever wrote a field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "merge/trace.h"

#define REPORT "reports/31/p/2026-06.yaml"

static void add(struct history *h, char name, char sees, const char *writer, const struct write *write)
{
	struct err err = {0};
	struct history_change c = {.writer = writer, .unit = writer, .claim = CLAIM_NONE};
	struct oid head;
	memset(c.id.b, name, OID_SIZE);
	memset(head.b, sees, OID_SIZE);
	if (sees)
		oids_add(&c.heads, &head);
	c.writes = write;
	c.n_writes = write != NULL;
	assert_int_equal(history_add(h, &c, &err), 0);
	oids_free(&c.heads);
}

static void print(void *ctx, const struct trace_write *w)
{
	char *out = ctx;
	size_t len = strlen(out);
	snprintf(out + len, 128 - len, "%c %s %s%s; ", w->change.b[0], w->writer, w->value ? w->value : "-",
	    w->seal ? " sealed" : "");
}

static void every_write_in_order(void **state)
{
	(void)state;
	char said[128] = "", other[128] = "";
	struct history *h = history_new();
	add(h, 'a', 0, "11383", &(struct write){.record = REPORT, .field = "version", .value = "1"});
	add(h, 'b', 'a', "31",
	    &(struct write){.record = REPORT, .field = "version", .value = "1", .seal = true});
	add(h, 'c', 'a', "11383", &(struct write){.record = REPORT, .field = "version", .value = "2"});
	add(h, 'd', 'b', "31", &(struct write){.record = REPORT, .field = "note", .value = "x"});
	add(h, 'e', 'c', "11383", &(struct write){.record = REPORT, .field = "version"});
	trace_field(h, REPORT, "version", print, said);
	assert_string_equal(said, "a 11383 1; b 31 1 sealed; c 11383 2; e 11383 -; ");
	trace_field(h, REPORT, "values.A", print, other);
	trace_field(h, "acks/31/D-1.yaml", "version", print, other);
	assert_string_equal(other, "");
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_write_in_order)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
