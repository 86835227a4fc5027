#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "control/control.h"
#include "node/attach_inside.h"
#include "node/requests.h"
#include "plan/ops.h"
#include "record/media.h"

#define TOKEN 32 /* hexadecimal digits */
#define ADDED_MAX 32 /* files of one command */

static bool token_ok(const char *token)
{
	return strlen(token) == TOKEN && strspn(token, "0123456789abcdef") == TOKEN;
}

/* attach put TOKEN OFFSET BYTES: the next bytes of a file, in hexadecimal digits. */
int node_attach_put(struct node *n, struct control_request *req, struct err *err)
{
	const char *token = args_word(&req->args, 0), *hex = args_word(&req->args, 2);
	uint64_t offset = strtoull(args_word(&req->args, 1), NULL, 10),
		 most = config_attachment_max(&n->config);
	size_t len = strlen(hex) / 2;
	if (!token_ok(token) || strlen(hex) % 2)
		return err_set(err, ERR_USAGE, N_("'%1' needs other words"), req->command);
	if (offset > most || len > most - offset)
		return err_set(err, ERR_REFUSED, N_("the file is longer than an attachment may be here"));
	unsigned char *bytes = mem_alloc(len + 1);
	char *path = attach_incoming(n, token);
	struct stat st;
	int fd = -1, rc = 0;
	if (!hex_decode(hex, bytes, len))
		rc = err_set(err, ERR_USAGE, N_("'%1' needs other words"), req->command);
	else if ((fd = open(path, O_WRONLY | O_APPEND | (offset ? 0 : O_CREAT | O_EXCL) | O_CLOEXEC, 0640)) <
		     0 ||
		 fstat(fd, &st) != 0)
		rc = sys_error(err, "write", path);
	else if ((uint64_t)st.st_size != offset)
		rc = err_set(err, ERR_USAGE, N_("'%1' needs other words"), req->command);
	else if (write(fd, bytes, len) != (ssize_t)len)
		rc = sys_error(err, "write", path);
	if (fd >= 0)
		close(fd);
	free(path);
	free(bytes);
	return rc;
}

/* ---- adding ---- */

struct added {
	const void *bytes;
	size_t len;
	char *path;
	char hex[ATTACH_HEX + 1];
	bool fresh; /* it was not here before */
};

static int check_kind(const struct added *one, const char *name, const char *type, struct err *err)
{
	const char *bad = media_name_bad(name), *instead = type ? NULL : media_instead(one->bytes, one->len);
	if (bad) {
		err_set(err, ERR_REFUSED, bad, name);
		err_hint(err, N_("give the file another name"));
	} else if (instead) {
		err_set(err, ERR_REFUSED, instead, name);
		err_hint(err, N_("print it to PDF, or scan it; such files are not taken"));
	} else if (!type) {
		err_set(
		    err, ERR_REFUSED, N_("%1 is of no kind that is taken; taken are %2"), name, MEDIA_TYPES);
		err_hint(err, N_("print it to PDF, or scan it; what counts is the content, not the name"));
	} else if (!media_name_fits(name, type)) {
		err_set(err, ERR_REFUSED, N_("%1 does not end as what it is: what stands in it is %2"), name,
		    type);
		err_hint(err, N_("call it by its right ending, such as scan.%2"));
	}
	return err->code;
}

/* Map what was handed in as TOKEN, look at it, and say it to the operation: "HEX SIZE TYPE NAME". */
static int take(struct node *n, const char *upload, struct added *one, struct args *args, struct err *err)
{
	char token[TOKEN + 1];
	snprintf(token, sizeof token, "%s", upload);
	const char *name = strlen(upload) > TOKEN ? upload + TOKEN + 1 : "";
	if (!token_ok(token) || !*name)
		return err_set(err, ERR_USAGE, N_("'%1' needs other words"), "attach add");
	one->path = attach_incoming(n, token);
	int rc = attach_map(one->path, &one->bytes, &one->len, err);
	if (rc)
		return rc;
	if (one->len == 0)
		return err_set(err, ERR_INPUT, N_("%1 is empty"), name);
	const char *type = media_type(one->bytes, one->len);
	rc = check_kind(one, name, type, err);
	if (rc)
		return rc;
	unsigned char hash[HASH_SIZE];
	int fd = open(one->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !hash_sha256_file(fd, hash))
		rc = sys_error(err, "read", one->path);
	if (fd >= 0)
		close(fd);
	if (rc)
		return rc;
	hex_encode(hash, HASH_SIZE, one->hex);
	struct buf row = {0};
	buf_printf(&row, "%s %zu %s %s", one->hex, one->len, type, name);
	args_add_option(args, "row", buf_str(&row));
	buf_free(&row);
	return 0;
}

static void forget_incoming(struct node *n, const struct args *a)
{
	for (size_t i = 0; i < a->n_options; i++) {
		struct err none = {0};
		char token[TOKEN + 1];
		snprintf(token, sizeof token, "%s", a->options[i].value);
		if (strcmp(a->options[i].name, "upload") != 0 || !token_ok(token))
			continue;
		char *path = attach_incoming(n, token);
		sys_remove(path, &none);
		free(path);
	}
}

static int write_op(struct node *n, const char *name, struct control_request *req, struct added *files,
    size_t n_files, struct err *err)
{
	const struct op *op = op_find(name);
	struct outcome o = {0};
	struct view v;
	int rc = node_admitted(n, err);
	node_view(n, &v);
	if (rc == 0)
		rc = op->run(&v, &req->args, &o, err);
	for (size_t i = 0; rc == 0 && i < n_files; i++) {
		files[i].fresh = !attach_here(n->store, files[i].hex, NULL);
		rc = attach_keep(n->store, files[i].hex, files[i].path, err);
		attach_file(n, files[i].hex)->here = rc == 0;
	}
	if (rc == 0)
		rc = node_write(n, &o, err);
	if (rc == 0)
		node_requests_tell(req, &o);
	for (size_t i = 0; rc && i < n_files; i++) {
		struct err none = {0};
		if (!files[i].fresh)
			continue;
		attach_drop(n->store, files[i].hex, &none);
		attach_file(n, files[i].hex)->here = false;
	}
	outcome_free(&o);
	return rc;
}

int node_attach_add(struct node *n, struct control_request *req, struct err *err)
{
	struct added files[ADDED_MAX] = {{0}};
	size_t n_files = 0, given = req->args.n_options;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < given; i++) {
		if (strcmp(req->args.options[i].name, "upload") != 0)
			continue;
		if (n_files == ADDED_MAX)
			rc = err_set(err, ERR_USAGE, N_("no more than %1 files at once"), "32");
		else
			rc = take(n, req->args.options[i].value, &files[n_files++], &req->args, err);
	}
	if (rc == 0)
		rc = write_op(n, "attach add", req, files, n_files, err);
	for (size_t i = 0; i < n_files; i++) {
		attach_unmap(files[i].bytes, files[i].len);
		free(files[i].path);
	}
	forget_incoming(n, &req->args);
	return rc;
}

/* ---- removing ---- */

/* What no record names any more is not kept. */
static int drop_unnamed(struct node *n, const struct strs *before, struct err *err)
{
	struct strs ledgers = {0};
	int rc = store_ledgers(n->store, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		attach_look(n, ledgers.items[i]);
	for (size_t i = 0; rc == 0 && i < before->n; i++) {
		if (attach_is_named(n, before->items[i]))
			continue;
		rc = attach_drop(n->store, before->items[i], err);
		attach_file(n, before->items[i])->here = false;
	}
	strs_free(&ledgers);
	return rc;
}

static void named_now(struct node *n, struct strs *out)
{
	const struct table *all = &n->attachments->ledgers;
	for (size_t i = 0; i < all->n; i++) {
		const struct attach_ledger *l = all->rows[i].value;
		for (size_t k = 0; k < l->n; k++)
			strs_add(out, l->rows[k].hex);
	}
	strs_sort(out);
}

int node_attach_remove(struct node *n, struct control_request *req, struct err *err)
{
	struct strs ledgers = {0}, before = {0};
	int rc = store_ledgers(n->store, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		attach_look(n, ledgers.items[i]);
	named_now(n, &before);
	if (rc == 0)
		rc = write_op(n, "attach remove", req, NULL, 0, err);
	if (rc == 0)
		rc = drop_unnamed(n, &before, err);
	strs_free(&ledgers);
	strs_free(&before);
	return rc;
}

/* ---- fetching ---- */

/* attach fetch ID: the command has found out which one is meant. */
int node_attach_fetch(struct node *n, struct control_request *req, struct err *err)
{
	const char *hex = args_word(&req->args, 0);
	if (!attach_name_ok(hex))
		return err_set(err, ERR_NOT_FOUND, N_("there is no attachment '%1'"), hex);
	struct attach_file *f = attach_file(n, hex);
	if (f->here) {
		control_say(req, N_("it is here already; 'tuyen attach get %1' writes it into a file"), hex);
		return 0;
	}
	int rc = attach_ask(n, hex, err);
	if (rc)
		return rc;
	control_say(req, N_("asked for; 'tuyen attach list' shows how far it is"));
	return 0;
}
