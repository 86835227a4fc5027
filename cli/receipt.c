#include "receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "plan/receipt.h"
#include "say.h"
#include "show.h"

const char *receipt_words_list(struct reader *r, const char *const *msg_and_args)
{
	struct buf text = {0};
	say_into_list(&text, msg_and_args);
	const char *words = arena_dup(&r->arena, buf_str(&text));
	buf_free(&text);
	return words;
}

const char *receipt_day(struct reader *r, const char *date)
{
	size_t len = date ? strlen(date) : 0;
	if (len == 7)
		return arena_printf(&r->arena, "%s/%.4s", date + 5, date);
	if (len < 10)
		return date;
	return arena_printf(&r->arena, "%.2s/%.2s/%.4s", date + 8, date + 5, date);
}

const char *receipt_hour(struct reader *r, const char *time)
{
	if (!time || strlen(time) < 25)
		return time;
	return arena_printf(&r->arena, "%.8s, %s (UTC%s)", time + 11, receipt_day(r, time), time + 19);
}

/* There is no receipt: why, and what to do. */
static int none_yet(const struct report_form *f, struct err *err)
{
	if (!f->version) {
		err_set(err, ERR_NOT_FOUND, N_("the report of %1 on %2 for %3 has not been submitted"),
		    f->unit, f->plan, f->period.id);
		err_hint(err, N_("'tuyen report submit %2 %3' on the node of the unit sends it"));
		return ERR_NOT_FOUND;
	}
	err_set(err, ERR_NOT_FOUND,
	    N_("no receipt for version %4 of the report of %1 on %2 for %3 has arrived here"), f->unit,
	    f->plan, f->period.id, f->version);
	err_hint(err,
	    N_("the superior's node writes it when the report reaches it: see with 'tuyen status' whether "
	       "the line is up, then 'tuyen sync --wait'"));
	return ERR_NOT_FOUND;
}

static int choose_row(struct reader *r, const struct report_form *f, const char *wanted,
    const struct report_receipt **out, struct err *err)
{
	struct buf known = {0};
	*out = NULL;
	for (size_t i = 0; i < f->n_receipts; i++) {
		const struct report_receipt *p = &f->receipts[i];
		buf_printf(&known, "%s%s", i ? ", " : "", p->row);
		if (!wanted || strcmp(p->row, wanted) == 0 || strcmp(p->version, wanted) == 0)
			*out = p;
	}
	int rc = 0;
	if (f->n_receipts == 0) {
		rc = none_yet(f, err);
	} else if (!*out) {
		rc = err_set(err, ERR_NOT_FOUND,
		    N_("there is no receipt for version %4 of the report of %1 on %2 for %3"), f->unit,
		    f->plan, f->period.id, wanted, buf_str(&known));
		err_hint(err, N_("there is one for: %5"));
	}
	(void)r;
	buf_free(&known);
	return rc;
}

/* The superior's change that wrote the hour which stands in the row. */
static int find_change(struct reader *r, struct receipt *p, struct err *err)
{
	struct view_write *writes;
	size_t n;
	const char *field = arena_printf(&r->arena, "versions.%s.received", p->row->row);
	int rc = r->view.writes(r->view.ctx, p->form.ledger, p->path, field, &r->arena, &writes, &n, err);
	while (rc == 0 && n && !str_is(writes[n - 1].value, p->row->received))
		n--;
	if (rc == 0 && n == 0)
		rc = err_set(err, ERR_CORRUPT, N_("no change in %1 wrote the receipt"), p->form.ledger);
	if (rc)
		return rc;
	p->change = writes[n - 1].change;
	return r->view.change(r->view.ctx, p->form.ledger, &p->change, &r->arena, &p->superior, err);
}

static void name_key(struct reader *r, struct receipt *p)
{
	const struct change *c = &p->superior;
	const struct registry_grant *g = registry_grant(r->registry, &c->grant, c->unit, c->station);
	struct buf text = {0};
	if (!g)
		return;
	key_fingerprint(g->key, &text);
	p->fingerprint = arena_dup(&r->arena, buf_str(&text));
	buf_cut(&text, 0);
	key_spoken(g->key, &text);
	p->spoken = arena_dup(&r->arena, buf_str(&text));
	buf_free(&text);
}

int receipt_find(struct cli *cli, struct reader *r, struct receipt *out, struct err *err)
{
	*out = (struct receipt){0};
	struct report_form *f = &out->form;
	int rc = report_form(&r->view, args_get(&cli->args, "unit"), args_word(&cli->args, 0),
	    args_word(&cli->args, 1), &r->arena, f, err);
	if (rc == 0)
		rc = choose_row(r, f, args_get(&cli->args, "version"), &out->row, err);
	if (rc)
		return rc;
	out->path = receipt_path(&r->arena, f->path);
	out->late = str_is(out->row->late, "yes");
	if (!out->row->change || !out->row->received || !oid_parse(&out->submission, out->row->change))
		return err_set(
		    err, ERR_CORRUPT, N_("the receipt in %1 does not say what was received"), out->path);
	rc = r->view.read_at(r->view.ctx, f->ledger, &out->submission, f->path, &r->arena, &out->sent, err);
	if (rc == 0)
		rc = find_change(r, out, err);
	if (rc == 0)
		name_key(r, out);
	return rc;
}

static json_t *page_json(struct reader *r, const struct receipt *p)
{
	char submission[OID_HEX + 1], change[OID_HEX + 1];
	json_t *o = json_object(), *values = json_object();
	size_t i = 0;
	const char *key;
	oid_hex(&p->submission, submission);
	oid_hex(&p->change, change);
	while (record_next_key(&p->sent, "values", &i, &key))
		json_object_set_new(values, key,
		    show_string(record_get(&p->sent, arena_printf(&r->arena, "values.%s", key))));
	json_object_set_new(o, "unit", show_string(p->form.unit));
	json_object_set_new(o, "superior", show_string(p->row->by));
	json_object_set_new(o, "issuer", show_string(p->form.issuer));
	json_object_set_new(o, "plan", show_string(p->form.plan));
	json_object_set_new(o, "period", show_string(p->form.period.id));
	json_object_set_new(o, "version", show_integer(p->row->version));
	json_object_set_new(o, "values", values);
	json_object_set_new(o, "received", show_string(p->row->received));
	json_object_set_new(o, "due", show_string(p->row->due));
	json_object_set_new(o, "directive", show_string(p->row->directive));
	json_object_set_new(o, "directive_version", show_integer(p->row->directive_version));
	json_object_set_new(o, "late", show_yes_no(p->row->late));
	json_object_set_new(o, "submission", json_string(submission));
	json_object_set_new(o, "receipt", json_string(change));
	json_object_set_new(o, "fingerprint", show_string(p->fingerprint));
	return o;
}

static int put_page(struct cli *cli, const struct buf *page, struct err *err)
{
	const char *out = args_get(&cli->args, "out");
	if (!out) {
		fwrite(buf_str(page), 1, page->len, stdout);
		return 0;
	}
	int rc = sys_write_file(out, buf_str(page), page->len, 0644, err);
	if (rc == 0)
		say(N_("the receipt is in %1"), out);
	return rc;
}

int cli_report_receipt(struct cli *cli, struct err *err)
{
	struct reader r = {0};
	struct receipt p;
	struct buf page = {0};
	const char *format = args_get(&cli->args, "format");
	bool html = str_is(format, "html");
	if (format && !html && strcmp(format, "text") != 0) {
		err_set(err, ERR_USAGE, N_("'%1' is no format of a receipt"), format);
		err_hint(err, N_("--format takes text or html"));
		return ERR_USAGE;
	}
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = receipt_find(cli, &r, &p, err);
	if (rc == 0 && cli->json) {
		show_json(page_json(&r, &p));
	} else if (rc == 0) {
		(html ? receipt_html : receipt_text)(&r, &p, &page);
		rc = put_page(cli, &page, err);
	}
	buf_free(&page);
	reader_close(&r);
	return rc;
}
