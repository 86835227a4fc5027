/*
 * A receipt as a folder for a third person: the two signed changes, and the changes by which their keys were let in, up
 * to the anchor, whose fingerprint is all that has to be believed. Only stock git is needed to check it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "receipt.h"
#include "say.h"
#include "show.h"
#include "store/proof.h"

#define RESERVE "reserve-key" /* a branch */
#define LINKS_MAX 64 /* tiers are few; rings there are none */

/* One signed change of the proof. */
struct link {
	const char *name; /* its branch */
	const char *ledger, *path; /* the record to be looked at */
	struct change change;
	const char *account; /* the e-mail of who signed it */
	unsigned char key[KEY_PUBLIC_SIZE];
	const char *grants; /* the text of the key that it lets in, or NULL */
	const char *granted; /* its fingerprint */
	bool reserve; /* as the anchor's reserve key */
	bool anchor; /* signed by the anchor */
	bool narrowed; /* the key was retired or suspended since */
};

struct proof {
	struct cli *cli;
	struct reader r;
	struct receipt receipt;
	struct link links[LINKS_MAX]; /* the receipt last; what grants a key before what it signs */
	size_t n;
	const char *folder;
};

static const char *account_of(struct reader *r, const struct change *c)
{
	struct buf author = {0};
	change_author(c, &author);
	const char *mail = strchr(buf_str(&author), '<');
	const char *account =
	    mail ? arena_dup_len(&r->arena, mail + 1, strcspn(mail + 1, ">")) : arena_dup(&r->arena, c->unit);
	buf_free(&author);
	return account;
}

static const char *fingerprint(struct reader *r, const unsigned char *key)
{
	struct buf text = {0};
	key_fingerprint(key, &text);
	const char *out = arena_dup(&r->arena, buf_str(&text));
	buf_free(&text);
	return out;
}

static bool has_link(const struct proof *p, const struct oid *change, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (oid_eq(&p->links[i].change.id, change) && strcmp(p->links[i].path, path) == 0)
			return true;
	return false;
}

static int add_link(struct proof *p, const char *name, const char *ledger, const struct oid *id,
    const char *path, const char *grants, struct err *err);

/* The change that named the anchor's reserve key: the last that wrote it. */
static int reserve_change(
    struct proof *p, const char *ledger, const char *path, const char *key, struct oid *out, struct err *err)
{
	struct view_write *writes;
	size_t n;
	const struct view *v = &p->r.view;
	int rc = v->writes(v->ctx, ledger, path, "reserve", &p->r.arena, &writes, &n, err);
	while (rc == 0 && n && !str_is(writes[n - 1].value, key))
		n--;
	if (rc == 0 && n == 0)
		rc = err_set(err, ERR_NOT_FOUND, N_("no change in %1 names the reserve key"), ledger);
	if (rc == 0)
		*out = writes[n - 1].change;
	return rc;
}

/* What let the key in that signed a change, before it. */
static int add_grant(struct proof *p, const struct change *c, const struct registry_grant *g,
    struct link *out, struct err *err)
{
	struct arena *arena = &p->r.arena;
	char text[KEY_TEXT_SIZE];
	struct oid id = g->change;
	const char *ledger = g->ledger ? g->ledger : arena_printf(arena, "directives/%s", c->unit);
	const char *path = c->station ? arena_printf(arena, "units/%s@%s.yaml", c->station, c->unit)
				      : arena_printf(arena, "units/%s.yaml", c->unit);
	int rc = 0;
	memcpy(out->key, g->key, sizeof out->key);
	key_text(g->key, text);
	out->anchor = oid_is_zero(&g->change);
	out->narrowed = !g->active;
	if (out->anchor)
		return 0;
	bool reserve = oid_eq(&g->change, &registry_reserve);
	if (reserve)
		rc = reserve_change(p, ledger, path, text, &id, err);
	const char *name = reserve ? RESERVE
				   : arena_printf(arena, "grant-%s%s%s", c->station ? c->station : "",
					 c->station ? "." : "", c->unit);
	return rc ? rc : add_link(p, name, ledger, &id, path, arena_dup(arena, text), err);
}

static int add_link(struct proof *p, const char *name, const char *ledger, const struct oid *id,
    const char *path, const char *grants, struct err *err)
{
	struct reader *r = &p->r;
	struct link link = {.name = name, .ledger = ledger, .path = path, .grants = grants};
	char hex[OID_HEX + 1];
	if (has_link(p, id, path))
		return 0;
	oid_hex(id, hex);
	int rc = r->view.change(r->view.ctx, ledger, id, &r->arena, &link.change, err);
	if (rc)
		return rc;
	const struct change *c = &link.change;
	const struct registry_grant *g = registry_grant(r->registry, &c->grant, c->unit, c->station);
	if (!g || p->n >= LINKS_MAX / 2) {
		err_set(err, ERR_NOT_FOUND, N_("what let in the key that signed change %1 is not held here"),
		    hex);
		err_hint(err, N_("have the superior's node make the proof"));
		return ERR_NOT_FOUND;
	}
	unsigned char granted[KEY_PUBLIC_SIZE];
	if (grants && key_parse(grants, granted))
		link.granted = fingerprint(r, granted);
	link.reserve = grants && strcmp(name, RESERVE) == 0;
	link.account = account_of(r, c);
	rc = add_grant(p, c, g, &link, err);
	for (size_t i = 0, n = 2; rc == 0 && i < p->n; i++)
		if (strcmp(p->links[i].name, link.name) == 0)
			link.name = arena_printf(&r->arena, "%s-%zu", name, n++);
	if (rc == 0)
		p->links[p->n++] = link;
	return rc;
}

/* Where the due date was set. What is not held here is no part of the proof: the receipt tells the date by itself. */
static int add_directive(struct proof *p, struct err *err)
{
	struct arena *arena = &p->r.arena;
	const struct view *v = &p->r.view;
	const struct report_receipt *row = p->receipt.row;
	const char *slash = row->directive ? strchr(row->directive, '/') : NULL;
	struct view_write *writes;
	struct err none = {0};
	size_t n;
	if (!slash || !row->directive_version)
		return 0;
	const char *ledger = arena_printf(
	    arena, "directives/%s", arena_dup_len(arena, row->directive, (size_t)(slash - row->directive)));
	const char *path = arena_printf(arena, "directives/%s.yaml", slash + 1);
	if (v->writes(v->ctx, ledger, path, "version", arena, &writes, &n, &none) != 0)
		return 0;
	while (n && !str_is(writes[n - 1].value, row->directive_version))
		n--;
	return n ? add_link(p, "directive", ledger, &writes[n - 1].change, path, NULL, err) : 0;
}

static int collect(struct proof *p, struct err *err)
{
	const struct receipt *t = &p->receipt;
	int rc = add_directive(p, err);
	if (rc == 0)
		rc = add_link(p, "submission", t->form.ledger, &t->submission, t->form.path, NULL, err);
	if (rc == 0)
		rc = add_link(p, "receipt", t->form.ledger, &t->change, t->path, NULL, err);
	return rc;
}

static const struct link *anchor_of(const struct proof *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->links[i].anchor)
			return &p->links[i];
	return NULL;
}

/* One line a key; ssh-keygen takes what begins with '#' for a remark. */
static void print_signers(struct proof *p, struct buf *out)
{
	struct strs lines = {0};
	char key[KEY_TEXT_SIZE];
	for (size_t i = 0; i < p->n; i++) {
		key_text(p->links[i].key, key);
		strs_add(&lines,
		    arena_printf(&p->r.arena, "%s namespaces=\"git\" %s\n", p->links[i].account, key));
	}
	strs_sort(&lines);
	for (size_t i = 0; i < lines.n; i++)
		buf_puts(out, lines.items[i]);
	strs_free(&lines);
}

#define put(p, out, ...) put_list((p), (out), 0, (const char *const[]){__VA_ARGS__, NULL})
/* What a command must answer. */
#define put_answer(p, out, ...) put_list((p), (out), 6, (const char *const[]){__VA_ARGS__, NULL})
static void put_list(struct proof *p, struct buf *out, size_t indent, const char *const *msg_and_args)
{
	buf_printf(out, "%*s", (int)indent, "");
	receipt_fold(&p->r, receipt_words_list(&p->r, msg_and_args), indent, indent, out);
}

/* A command to be typed as it stands. */
static void put_command(struct buf *out, const char *command)
{
	buf_printf(out, "    %s\n", command);
}

/* Who signed it: verify-commit fails where the signature is not good, and says whose it is. */
static void put_signature(struct proof *p, const struct link *l, const char *hex, struct buf *out)
{
	put_command(out,
	    arena_printf(&p->r.arena,
		"git -C proof.git -c gpg.ssh.allowedSignersFile=../allowed_signers verify-commit %s", hex));
	put_answer(p, out, N_("must say:"));
	buf_printf(out, "      Good \"git\" signature for %s with ED25519 key %s\n", l->account,
	    fingerprint(&p->r, l->key));
}

static bool is_directive(const struct link *l)
{
	return strncmp(l->path, "directives/", strlen("directives/")) == 0;
}

/* What was signed before stays good as far as the act vouches for it, which is the superior's to say. */
static void put_narrowed(struct proof *p, const struct link *l, struct buf *out)
{
	if (l->narrowed)
		put_answer(p, out,
		    N_("that key is out of use by now: ask whoever let it in whether this change is vouched "
		       "for"));
}

/* "phường Lê Chân (11383)", "cong-an@ phường Lê Chân (11383)". */
static const char *who(struct proof *p, const struct link *l)
{
	const struct change *c = &l->change;
	const char *unit = reader_unit_name(&p->r, c->unit);
	return c->station ? arena_printf(&p->r.arena, "%s@ %s", c->station, unit) : unit;
}

static void put_step(struct proof *p, size_t i, struct buf *out)
{
	const struct link *l = &p->links[i];
	struct reader *r = &p->r;
	char hex[OID_HEX + 1], submission[OID_HEX + 1];
	const char *number = arena_printf(&r->arena, "%zu", i + 2);
	oid_hex(&l->change.id, hex);
	oid_hex(&p->receipt.submission, submission);
	bool last = i + 1 == p->n;
	buf_putc(out, '\n');
	if (l->reserve)
		put(p, out, N_("%1. %2 named its reserve key in the record %3."), number, who(p, l), l->path);
	else if (l->grants)
		put(p, out, N_("%1. %2 let a key in: the record %3 names it as active."), number, who(p, l),
		    l->path);
	else if (last)
		put(p, out,
		    N_("%1. %2 wrote the receipt: its row of version %3 names the change of the report."),
		    number, who(p, l), p->receipt.row->version);
	else if (is_directive(l))
		put(p, out, N_("%1. %2 asked for the report, by directive %3 in its version %4."), number,
		    who(p, l), p->receipt.row->directive, p->receipt.row->directive_version);
	else
		put(p, out, N_("%1. %2 sent the report, with these figures."), number, who(p, l));
	put_signature(p, l, hex, out);
	put_narrowed(p, l, out);
	if (l->grants) {
		put_command(out, arena_printf(&r->arena, "git -C proof.git grep -F \"%s\" %s -- %s",
				     l->grants, hex, l->path));
		put_answer(p, out, N_("must print a line with the key %1"), l->granted);
		return;
	}
	if (last) {
		put_command(out, arena_printf(&r->arena, "git -C proof.git grep -F %s %s -- %s", submission,
				     hex, l->path));
		put_answer(p, out, N_("must print a line with the change of the report"));
	}
	put_command(out, arena_printf(&r->arena, "git -C proof.git show %s:%s", hex, l->path));
	if (last && p->receipt.row->due)
		put_answer(p, out, N_("shows received: %1, due: %2, late: %3 (no: on time)"),
		    p->receipt.row->received, p->receipt.row->due,
		    p->receipt.row->late ? p->receipt.row->late : "-");
	else if (last)
		put_answer(p, out, N_("shows received: %1"), p->receipt.row->received);
	else if (is_directive(l))
		put_answer(p, out, N_("shows due: %1"), p->receipt.row->due);
	else
		put_answer(p, out, N_("shows the report as it was sent"));
}

static void print_guide(struct proof *p, struct buf *out)
{
	const struct link *anchor = anchor_of(p);
	struct reader *r = &p->r;
	struct buf spoken = {0};
	put(p, out, N_("HOW TO CHECK A RECEIPT"));
	buf_putc(out, '\n');
	put(p, out, N_("Report of %1 on %2 for %3, version %4, received by %5 on %6."),
	    reader_unit_name(r, p->receipt.form.unit), p->receipt.form.plan, p->receipt.form.period.id,
	    p->receipt.row->version, reader_unit_name(r, p->receipt.row->by),
	    receipt_hour(r, p->receipt.row->received));
	put(p, out,
	    N_("Needed: git 2.34 or later, with OpenSSH 8.2 or later. Copy this folder to a disk of your "
	       "own, and type the "
	       "commands in it as they stand."));
	put(p, out, N_("receipt.html is for reading and printing; what counts is what git shows."));
	buf_putc(out, '\n');
	if (anchor) {
		key_spoken(anchor->key, &spoken);
		put(p, out,
		    N_("All rests on one key, that of %1. Ask there, by telephone or on paper, whether it "
		       "is:"),
		    who(p, anchor));
		buf_printf(out, "  %s (%s)\n\n", fingerprint(r, anchor->key), buf_str(&spoken));
	}
	put(p, out, N_("1. Nothing in the repository is altered: it must say nothing at all."));
	put_command(out, "git -C proof.git fsck --strict --no-progress");
	for (size_t i = 0; i < p->n; i++)
		put_step(p, i, out);
	buf_free(&spoken);
}

static int write_text(struct proof *p, const char *name, const struct buf *text, struct err *err)
{
	const char *path = arena_printf(&p->r.arena, "%s/%s", p->folder, name);
	return sys_write_file(path, buf_str(text), text->len, 0644, err);
}

static int write_folder(struct proof *p, struct err *err)
{
	struct proof_item items[LINKS_MAX];
	struct buf page = {0}, signers = {0}, guide = {0};
	for (size_t i = 0; i < p->n; i++)
		items[i] = (struct proof_item){p->links[i].name, p->links[i].change.id, p->links[i].path};
	receipt_html(&p->r, &p->receipt, &page);
	print_signers(p, &signers);
	print_guide(p, &guide);
	int rc = sys_make_dir(p->folder, 0755, err);
	if (rc == 0)
		rc = proof_write(
		    p->r.store, arena_printf(&p->r.arena, "%s/proof.git", p->folder), items, p->n, err);
	if (rc == 0)
		rc = write_text(p, "allowed_signers", &signers, err);
	if (rc == 0)
		rc = write_text(p, "receipt.html", &page, err);
	if (rc == 0)
		rc = write_text(p, "HOW-TO-CHECK.txt", &guide, err);
	buf_free(&page);
	buf_free(&signers);
	buf_free(&guide);
	return rc;
}

static void show_proof(struct proof *p)
{
	char submission[OID_HEX + 1], change[OID_HEX + 1];
	const struct link *anchor = anchor_of(p);
	oid_hex(&p->receipt.submission, submission);
	oid_hex(&p->receipt.change, change);
	if (!p->cli->json) {
		say_out(N_("the proof is in %1; HOW-TO-CHECK.txt there says how anybody checks it with git "
			   "alone"),
		    p->folder);
		return;
	}
	json_t *o = json_object();
	json_object_set_new(o, "folder", json_string(p->folder));
	json_object_set_new(o, "version", show_integer(p->receipt.row->version));
	json_object_set_new(o, "submission", json_string(submission));
	json_object_set_new(o, "receipt", json_string(change));
	json_object_set_new(o, "anchor", show_string(anchor ? anchor->account : NULL));
	json_object_set_new(o, "fingerprint", show_string(anchor ? fingerprint(&p->r, anchor->key) : NULL));
	show_json(o);
}

int cli_report_prove(struct cli *cli, struct err *err)
{
	struct proof p = {.cli = cli, .folder = args_get(&cli->args, "out")};
	int rc = 0;
	if (!p.folder || !*p.folder) {
		rc = err_set(err, ERR_USAGE, N_("the folder that is to hold the proof must be named"));
		err_hint(err, N_("add --out FOLDER"));
	}
	if (rc == 0)
		rc = reader_open(cli, &p.r, err);
	if (rc == 0)
		rc = receipt_find(cli, &p.r, &p.receipt, err);
	if (rc == 0)
		rc = collect(&p, err);
	if (rc == 0)
		rc = write_folder(&p, err);
	if (rc == 0)
		show_proof(&p);
	reader_close(&p.r);
	return rc;
}
