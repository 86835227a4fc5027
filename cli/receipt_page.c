/* The page of one receipt. What stands on it is gathered once, as titles with their texts; text and HTML print that. */
#include <string.h>

#include "receipt.h"
#include "record/text.h"
#include "say.h"

#define WIDTH 80
#define TITLE 24
#define FACTS_MAX 16

struct fact {
	const char *title, *text; /* a NULL title: a sentence of its own */
	bool strong, code;
};

struct figure {
	const char *id, *name, *measure, *value;
};

struct page {
	struct reader *r;
	struct fact facts[FACTS_MAX], proof[FACTS_MAX];
	size_t n_facts, n_proof;
	struct figure *figures;
	size_t n_figures;
	const char *nil; /* said in place of figures */
	const char *check[2]; /* how to check, in two lines */
};

static const char *what_was_due(struct reader *r, const struct report_receipt *row)
{
	if (!row->due)
		return _(N_("no day was set that the unit knew of"));
	if (!row->directive)
		return receipt_day(r, row->due);
	return receipt_words(r, N_("%1, by version %3 of directive %2"), receipt_day(r, row->due),
	    row->directive, row->directive_version ? row->directive_version : "?");
}

static void gather_facts(struct page *g, const struct receipt *p)
{
	struct reader *r = g->r;
	const struct report_form *f = &p->form;
	const char *first = reader_day(r, f->period.first), *last = reader_day(r, f->period.last);
	const struct fact facts[] = {
	    {_(N_("Unit that reported")), reader_unit_name(r, f->unit), false, false},
	    {_(N_("Received by")), reader_unit_name(r, p->row->by), false, false},
	    {_(N_("Plan")), arena_printf(&r->arena, "%s (%s/%s)", f->title, f->issuer, f->plan), false,
		false},
	    {_(N_("Period")),
		first && last ? arena_printf(&r->arena, "%s (%s - %s)", f->period.id, receipt_day(r, first),
				    receipt_day(r, last))
			      : f->period.id,
		false, false},
	    {_(N_("Version of the report")), p->row->version, false, false},
	    {_(N_("Hour of receipt")), receipt_hour(r, p->row->received), true, false},
	    {_(N_("Due day")), what_was_due(r, p->row), false, false},
	    {_(N_("Verdict")),
		!p->row->late ? _(N_("not late: there was no due day"))
		: p->late     ? _(N_("RECEIVED LATE"))
			      : _(N_("ON TIME")),
		true, false},
	};
	g->n_facts = sizeof facts / sizeof *facts;
	memcpy(g->facts, facts, sizeof facts);
}

static void add_figure(struct page *g, const char *id, const struct report_row *row, const char *value)
{
	g->figures[g->n_figures++] = (struct figure){
	    id, row ? row->name : NULL, row ? row->measure : NULL, value ? value : _(N_("not given"))};
}

/* The plan's figures in its order, then what the plan does not know (any more). */
static void gather_figures(struct page *g, const struct receipt *p)
{
	const struct report_form *f = &p->form;
	struct arena *arena = &g->r->arena;
	size_t i = 0;
	const char *key;
	if (report_is_nil(&p->sent)) {
		g->nil = _(N_("Nothing occurred in this period."));
		return;
	}
	g->figures = arena_alloc(arena, (f->n_rows + p->sent.n + 1) * sizeof *g->figures);
	for (size_t k = 0; k < f->n_rows; k++)
		add_figure(g, f->rows[k].indicator, &f->rows[k],
		    record_get(&p->sent, arena_printf(arena, "values.%s", f->rows[k].indicator)));
	while (record_next_key(&p->sent, "values", &i, &key)) {
		bool known = false;
		for (size_t k = 0; !known && k < f->n_rows; k++)
			known = strcmp(f->rows[k].indicator, key) == 0;
		if (!known)
			add_figure(g, key, NULL, record_get(&p->sent, arena_printf(arena, "values.%s", key)));
	}
}

static void gather_proof(struct page *g, const struct receipt *p)
{
	struct reader *r = g->r;
	const struct report_form *f = &p->form;
	char hex[OID_HEX + 1];
	oid_hex(&p->submission, hex);
	g->proof[g->n_proof++] =
	    (struct fact){_(N_("Change of the report")), arena_dup(&r->arena, hex), false, true};
	oid_hex(&p->change, hex);
	g->proof[g->n_proof++] =
	    (struct fact){_(N_("Change of the receipt")), arena_dup(&r->arena, hex), false, true};
	if (p->fingerprint) {
		g->proof[g->n_proof++] =
		    (struct fact){_(N_("Key of the receiver")), p->fingerprint, false, true};
		g->proof[g->n_proof++] = (struct fact){_(N_("The same, spoken")), p->spoken, false, false};
	}
	g->check[0] = receipt_words(
	    r, N_("Here: git -C store.git verify-commit, with each of the two changes; tuyen(1) says how."));
	g->check[1] = receipt_words(r,
	    N_("Anywhere, with git alone: tuyen report prove %1/%2 %3 --unit %4 --version %5 --out FOLDER"),
	    f->issuer, f->plan, f->period.id, f->unit, p->row->row);
}

static void gather(struct page *g, struct reader *r, const struct receipt *p)
{
	*g = (struct page){.r = r};
	gather_facts(g, p);
	gather_figures(g, p);
	gather_proof(g, p);
}

static void spaces(struct buf *out, size_t n)
{
	while (n--)
		buf_putc(out, ' ');
}

void receipt_fold(struct reader *r, const char *text, size_t column, size_t indent, struct buf *out)
{
	size_t at = column;
	bool first = true;
	while (*text) {
		size_t len = strcspn(text, " \n");
		const char *word = arena_dup_len(&r->arena, text, len);
		size_t width = text_width(word);
		if (!first && at + 1 + width > WIDTH) {
			buf_putc(out, '\n');
			spaces(out, indent);
			at = indent;
		} else if (!first && len) {
			buf_putc(out, ' ');
			at++;
		}
		buf_puts(out, word);
		at += width;
		first = first && !len;
		text += len + strspn(text + len, " \n");
	}
	buf_putc(out, '\n');
}

static void put_centred(const char *text, struct buf *out)
{
	size_t width = text_width(text);
	spaces(out, width < WIDTH ? (WIDTH - width) / 2 : 0);
	buf_printf(out, "%s\n", text);
}

static void text_facts(struct reader *r, const struct fact *facts, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		size_t width = text_width(facts[i].title) + 1;
		buf_printf(out, "%s:", facts[i].title);
		spaces(out, width < TITLE ? TITLE - width : 1);
		receipt_fold(r, facts[i].text, width < TITLE ? TITLE : width + 1, TITLE, out);
	}
}

static void text_figures(const struct page *g, struct buf *out)
{
	buf_printf(out, "\n%s:\n", _(N_("Figures reported")));
	if (g->nil)
		buf_printf(out, "  %s\n", g->nil);
	for (size_t i = 0; i < g->n_figures; i++) {
		const struct figure *one = &g->figures[i];
		const char *line = arena_printf(&g->r->arena, "%s: %s%s%s%s%s", one->id,
		    one->name ? one->name : "", one->measure ? " (" : "", one->measure ? one->measure : "",
		    one->measure ? ")" : "", one->name ? " =" : "");
		spaces(out, 2);
		receipt_fold(g->r, arena_printf(&g->r->arena, "%s %s", line, one->value), 2, 6, out);
	}
}

void receipt_text(struct reader *r, const struct receipt *p, struct buf *out)
{
	struct page g;
	gather(&g, r, p);
	put_centred(_(N_("SOCIALIST REPUBLIC OF VIET NAM")), out);
	put_centred(_(N_("Independence - Freedom - Happiness")), out);
	buf_putc(out, '\n');
	put_centred(_(N_("RECEIPT OF A REPORT")), out);
	buf_putc(out, '\n');
	text_facts(r, g.facts, g.n_facts, out);
	text_figures(&g, out);
	buf_putc(out, '\n');
	text_facts(r, g.proof, g.n_proof, out);
	buf_printf(out, "\n%s:\n", _(N_("How to check")));
	for (size_t i = 0; i < 2; i++) {
		spaces(out, 2);
		receipt_fold(r, g.check[i], 2, 4, out);
	}
}

static void escape(const char *text, struct buf *out)
{
	for (; *text; text++) {
		if (*text == '&')
			buf_puts(out, "&amp;");
		else if (*text == '<')
			buf_puts(out, "&lt;");
		else if (*text == '>')
			buf_puts(out, "&gt;");
		else if (*text == '"')
			buf_puts(out, "&quot;");
		else
			buf_putc(out, *text);
	}
}

static void element(struct buf *out, const char *name, const char *class, const char *text)
{
	buf_printf(out, class ? "<%s class=\"%s\">" : "<%s>", name, class);
	escape(text ? text : "", out);
	buf_printf(out, "</%s>", name);
}

static void html_facts(const struct fact *facts, size_t n, struct buf *out)
{
	buf_puts(out, "<table class=\"facts\">\n");
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, "<tr>");
		element(out, "th", NULL, facts[i].title);
		element(out, "td", facts[i].strong ? "strong" : facts[i].code ? "code" : NULL, facts[i].text);
		buf_puts(out, "</tr>\n");
	}
	buf_puts(out, "</table>\n");
}

static void html_figures(const struct page *g, struct buf *out)
{
	element(out, "h2", NULL, _(N_("Figures reported")));
	buf_putc(out, '\n');
	if (g->nil) {
		element(out, "p", NULL, g->nil);
		buf_putc(out, '\n');
		return;
	}
	buf_puts(out, "<table class=\"figures\">\n<thead><tr>");
	element(out, "th", NULL, _(N_("Indicator")));
	element(out, "th", NULL, _(N_("Name")));
	element(out, "th", NULL, _(N_("Unit of measure")));
	element(out, "th", NULL, _(N_("Figure")));
	buf_puts(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < g->n_figures; i++) {
		buf_puts(out, "<tr>");
		element(out, "td", NULL, g->figures[i].id);
		element(out, "td", NULL, g->figures[i].name);
		element(out, "td", NULL, g->figures[i].measure);
		element(out, "td", "number", g->figures[i].value);
		buf_puts(out, "</tr>\n");
	}
	buf_puts(out, "</tbody>\n</table>\n");
}

/* Paper, margins and type of Decree 30/2020. */
static const char style[] =
    "@page { size: A4; margin: 20mm 15mm 20mm 30mm; }\n"
    "body { font: 13pt/1.35 \"Times New Roman\", \"Liberation Serif\", serif; color: #000; background: "
    "#fff;\n"
    "  max-width: 165mm; margin: 0 auto; }\n"
    ".head { width: 100%; } .head td { width: 50%; text-align: center; vertical-align: top; font-weight: "
    "bold; }\n"
    "h1 { font-size: 14pt; text-align: center; margin: 10mm 0 6mm; }\n"
    "h2 { font-size: 13pt; margin: 5mm 0 2mm; }\n"
    "table { border-collapse: collapse; }\n"
    ".facts th { text-align: left; font-weight: normal; vertical-align: top; padding: 1mm 5mm 1mm 0; width: "
    "52mm; }\n"
    ".facts td { vertical-align: top; padding: 1mm 0; }\n"
    ".strong { font-weight: bold; } .code { font-family: \"Liberation Mono\", monospace; font-size: 10pt; }\n"
    ".figures { width: 100%; } .figures th, .figures td { border: 0.3mm solid #000; padding: 1mm 2mm;\n"
    "  vertical-align: top; } .figures .number { text-align: right; white-space: nowrap; }\n"
    "tr { break-inside: avoid; } thead { display: table-header-group; }\n"
    ".check { font-size: 11pt; margin: 1mm 0; overflow-wrap: anywhere; }\n";

static void html_head(struct reader *r, const struct receipt *p, struct buf *out)
{
	const struct registry_unit *by = registry_unit(r->registry, p->row->by ? p->row->by : "");
	const char *lang = _(N_("en"));
	buf_printf(out,
	    "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"%s\" xml:lang=\"%s\">\n"
	    "<head>\n<meta charset=\"utf-8\"/>\n",
	    lang, lang);
	element(out, "title", NULL,
	    arena_printf(
		&r->arena, "%s %s %s %s", _(N_("Receipt")), p->form.unit, p->form.plan, p->form.period.id));
	buf_printf(out, "\n<style>\n%s</style>\n</head>\n<body>\n<table class=\"head\"><tr>", style);
	element(out, "td", NULL, by && by->name ? by->name : p->row->by);
	buf_puts(out, "<td>");
	escape(_(N_("SOCIALIST REPUBLIC OF VIET NAM")), out);
	buf_puts(out, "<br/>");
	escape(_(N_("Independence - Freedom - Happiness")), out);
	buf_puts(out, "</td></tr></table>\n");
	element(out, "h1", NULL, _(N_("RECEIPT OF A REPORT")));
	buf_putc(out, '\n');
}

void receipt_html(struct reader *r, const struct receipt *p, struct buf *out)
{
	struct page g;
	gather(&g, r, p);
	html_head(r, p, out);
	html_facts(g.facts, g.n_facts, out);
	html_figures(&g, out);
	html_facts(g.proof, g.n_proof, out);
	element(out, "h2", NULL, _(N_("How to check")));
	buf_putc(out, '\n');
	for (size_t i = 0; i < 2; i++) {
		element(out, "p", "check", g.check[i]);
		buf_putc(out, '\n');
	}
	buf_puts(out, "</body>\n</html>\n");
}
