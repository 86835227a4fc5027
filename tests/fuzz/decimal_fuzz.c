/* room: record */
#include <stdlib.h>
#include <string.h>

#include "record/date.h"
#include "record/decimal.h"
#include "record/decimal_sum.h"
#include "record/period.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_number(const char *text)
{
	struct decimal d, again;
	struct err err = {0};
	char out[DECIMAL_TEXT], percent[DECIMAL_TEXT];
	if (decimal_parse(text, &d, &err) != 0)
		return;
	decimal_print(d, out);
	if (decimal_parse_canonical(out, &again, &err) != 0 || decimal_cmp(d, again) != 0)
		abort();
	struct decimal_sum sum = {0};
	struct decimal half;
	decimal_sum_add(&sum, d);
	if (!decimal_sum_fits(&sum, &half) || decimal_cmp(half, d) != 0)
		abort();
	decimal_sum_add(&sum, (struct decimal){-d.coefficient, d.scale});
	if (!decimal_sum_fits(&sum, &half) || !decimal_is_zero(half))
		abort();
	if (decimal_percent(d, again, 2, percent, &err) == 0 && strcmp(percent, "100.00") != 0)
		abort();
	err = (struct err){0};
	decimal_percent(d, decimal_from(7), 9, percent, &err);
	err = (struct err){0};
	decimal_percent(decimal_from(7), d, 9, percent, &err);
}

static void check_date(const char *text)
{
	day_t day;
	int64_t seconds, again;
	struct period p;
	struct err err = {0};
	char out[32], previous[65];
	if (date_parse_due(text, &day, &err) == 0 && strlen(text) == 10) {
		date_print(day, out);
		if (strcmp(out, text) != 0)
			abort();
	}
	err = (struct err){0};
	if (date_time_parse(text, &seconds, &err) == 0) {
		date_time_print(seconds, out);
		if (date_time_parse(out, &again, &err) != 0)
			abort();
	}
	err = (struct err){0};
	if (period_parse("nd09", NULL, 0, text, &p, &err) == 0 && p.first >= p.last)
		abort();
	period_previous(text, previous);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_dup_len((const char *)data, size);
	check_number(text);
	check_date(text);
	free(text);
	return 0;
}
