/* room: plan */
/* What a node keeps beside its store of what others said, and may find damaged: the lists of incidents and of refusals;
 * and the file of a plan. What was read is printed and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "plan/incident_list.h"
#include "plan/plan_file.h"
#include "plan/refusals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void incidents(const char *bytes, size_t len)
{
	struct incident_list list = {0}, same = {0};
	struct buf once = {0}, twice = {0};
	incident_list_read(&list, bytes, len);
	incident_list_print(&list, &once);
	incident_list_read(&same, buf_str(&once), once.len);
	incident_list_print(&same, &twice);
	if (same.n != list.n || once.len != twice.len ||
	    memcmp(buf_str(&once), buf_str(&twice), once.len) != 0)
		abort();
	incident_list_free(&list);
	incident_list_free(&same);
	buf_free(&once);
	buf_free(&twice);
}

static void refused(const char *bytes, size_t len)
{
	struct refusals list = {0}, same = {0};
	struct buf once = {0}, twice = {0};
	refusals_read(&list, bytes, len);
	refusals_print(&list, &once);
	refusals_read(&same, buf_str(&once), once.len);
	refusals_print(&same, &twice);
	if (same.n != list.n || once.len != twice.len ||
	    memcmp(buf_str(&once), buf_str(&twice), once.len) != 0)
		abort();
	refusals_free(&list);
	refusals_free(&same);
	buf_free(&once);
	buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct err err = {0};
	struct plan_file plan;
	const char *bytes = (const char *)data;
	incidents(bytes, size);
	refused(bytes, size);
	plan_file_read(&plan, &arena, "fuzz", bytes, size, NULL, &err);
	arena_free(&arena);
	return 0;
}
