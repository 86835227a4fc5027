/* room: plan */
/* A filled-in form, as people send it: whatever it holds, it is imported or refused with a sentence. */
#include "memory_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 4096)
		return 0;
	struct memory *m = memory_country();
	char *text = mem_dup_len((const char *)data + 1, size - 1);
	const char *source = data[0] & 1 ? "--source=form.csv" : "--source=form.yaml";
	memory_at(m, "11383", NULL, NULL);
	int rc = data[0] & 2 ? memory_do(m, "report import", "hp.2026-06", "2026-06", text, source)
			     : memory_do(m, "report import", text, source);
	if ((rc == 0) != (m->err.code == 0) || (rc && !m->err.msg))
		abort();
	free(text);
	memory_free(m);
	return 0;
}
