/* Which loose objects there are. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "base/sys.h"
#include "store/loose.h"
#include "store/repo.h"

static int each_in(const char *path, unsigned fan, loose_visit *visit, void *ctx, struct err *err)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int rc = dir || errno == ENOENT ? 0 : sys_error(err, "read", path);
	while (rc == 0 && dir && (e = readdir(dir))) {
		struct buf file = {0}, hex = {0};
		struct oid id;
		buf_printf(&file, "%s/%s", path, e->d_name);
		buf_printf(&hex, "%02x%s", fan, e->d_name);
		if (oid_parse(&id, buf_str(&hex)))
			rc = visit(ctx, buf_str(&file), &id, err);
		buf_free(&file);
		buf_free(&hex);
	}
	if (dir)
		closedir(dir);
	return rc;
}

int loose_each(
    const struct store *s, unsigned first, unsigned n, loose_visit *visit, void *ctx, struct err *err)
{
	int rc = 0;
	for (unsigned fan = first; rc == 0 && fan < first + n; fan++) {
		struct buf path = {0};
		buf_printf(&path, "%s/objects/%02x", s->path, fan);
		rc = each_in(buf_str(&path), fan, visit, ctx, err);
		buf_free(&path);
	}
	return rc;
}
