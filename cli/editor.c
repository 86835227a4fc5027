#include "editor.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "terminal.h"

#define TEXT_MAX (1u << 20)
#define SCISSORS "# ------------------------ >8 ------------------------"

static bool make_folder(const char *in, struct buf *out)
{
	buf_cut(out, 0);
	buf_printf(out, "%s/edit-XXXXXX", in);
	return mkdtemp(out->data) != NULL;
}

static int find_folder(const char *spool, struct buf *out, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	if (make_folder(spool, out) || make_folder(tmp && *tmp ? tmp : "/tmp", out))
		return 0;
	return sys_error(err, "create", buf_str(out));
}

static void remove_folder(const char *folder)
{
	DIR *d = opendir(folder);
	for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
		struct buf path = {0};
		buf_printf(&path, "%s/%s", folder, e->d_name);
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlink(buf_str(&path));
		buf_free(&path);
	}
	if (d)
		closedir(d);
	rmdir(folder);
}

static int write_text(const char *path, const char *text, const char *below, struct err *err)
{
	struct buf all = {0};
	buf_puts(&all, text);
	if (!all.len || all.data[all.len - 1] != '\n')
		buf_putc(&all, '\n');
	if (below)
		buf_printf(&all, SCISSORS "\n%s", below);
	int rc = sys_write_file(path, buf_str(&all), all.len, 0600, err);
	buf_free(&all);
	return rc;
}

static int read_text(const char *path, struct buf *out, struct err *err)
{
	int rc = sys_read_file(path, TEXT_MAX, out, err);
	if (rc)
		return rc;
	if (strlen(buf_str(out)) != out->len)
		return err_set(err, ERR_INPUT, N_("%1 is not a text file: it holds a NUL"), path);
	const char *end = strstr(buf_str(out), SCISSORS);
	if (end)
		buf_cut(out, (size_t)(end - out->data));
	while (out->len && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
		buf_cut(out, out->len - 1);
	return 0;
}

static const char *editor_name(void)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");
	return visual && *visual ? visual : editor && *editor ? editor : "vi";
}

int editor_text(const char *spool, const char *text, const char *below, struct buf *out, struct err *err)
{
	struct buf folder = {0}, path = {0};
	char code[16];
	int rc = find_folder(spool, &folder, err);
	if (rc)
		goto out;
	buf_printf(&path, "%s/text", buf_str(&folder));
	rc = write_text(buf_str(&path), text, below, err);
	int status = rc ? 0 : terminal_lend(editor_name(), buf_str(&path));
	snprintf(code, sizeof code, "%d", status);
	if (rc == 0 && status != 0) {
		rc = err_set(err, ERR_IO, N_("the editor '%1' failed (%2)"), editor_name(), code);
		err_hint(err, N_("set VISUAL or EDITOR to an editor that is installed"));
	}
	if (rc == 0 || status != 0) {
		int got = read_text(buf_str(&path), out, err); /* keeps the first error */
		rc = rc ? rc : got;
	}
	remove_folder(buf_str(&folder));
out:
	buf_free(&folder);
	buf_free(&path);
	return rc;
}
