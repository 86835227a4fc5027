#include "reader.h"

#include <stdlib.h>
#include <string.h>

#include "record/date.h"
#include "store/verify.h"
#include "view_store.h"

int reader_open(const struct cli *cli, struct reader *out, struct err *err)
{
	*out = (struct reader){0};
	int rc = config_load(cli->dir, &out->config, err);
	if (rc != 0)
		return rc;
	char *path = cli_path(cli, "store.git");
	rc = store_open(path, &out->store, err);
	free(path);
	if (rc != 0)
		return rc;
	out->registry = registry_new();
	rc = config_pin(&out->config, out->registry, err);
	if (rc == 0)
		rc = registry_load(out->registry, out->store, err);
	if (rc == 0)
		rc = view_store_open(out->store, out->registry, &out->config, &out->view);
	return rc;
}

void reader_close(struct reader *r)
{
	registry_free(r->registry);
	store_close(r->store);
	config_free(&r->config);
	arena_free(&r->arena);
	*r = (struct reader){0};
}

int reader_unit(const struct reader *r, const char *typed, const char **id, struct err *err)
{
	const struct registry_unit *unit;
	*id = NULL;
	if (!typed)
		return 0;
	int rc = registry_resolve_on(r->registry, typed, date_of_time(r->view.now), &unit, err);
	if (rc == 0)
		*id = unit->id;
	return rc;
}

int reader_period(const struct cli *cli, const char **period, struct err *err)
{
	*period = args_get(&cli->args, "period");
	if (*period && **period)
		return 0;
	err_set(err, ERR_USAGE, "'%1' needs a period", cli->command->name);
	err_hint(err, N_("write --period 2026-06, for example"));
	return ERR_USAGE;
}

const char *reader_unit_name(struct reader *r, const char *id)
{
	const struct registry_unit *unit = id ? registry_unit(r->registry, id) : NULL;
	if (!unit || !unit->name)
		return arena_dup(&r->arena, id);
	return arena_printf(&r->arena, "%s (%s)", unit->name, unit->id);
}

const char *reader_time(struct reader *r, int64_t seconds)
{
	char text[32];
	date_time_print(seconds, text);
	return arena_dup(&r->arena, text);
}

const char *reader_day(struct reader *r, day_t day)
{
	char text[16];
	if (day == INT32_MIN || day == INT32_MAX)
		return NULL;
	date_print(day, text);
	return arena_dup(&r->arena, text);
}
