#include "registry/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/sys.h"
#include "record/text.h"
#include "registry/form.h"
#include "registry/policy.h"
#include "registry/registry.h"

void config_init(struct config *c)
{
	*c = (struct config){.rank = -1};
}

void config_free(struct config *c)
{
	arena_free(&c->arena);
	config_init(c);
}

const char *config_keep(struct config *c, const char *text)
{
	return arena_dup(&c->arena, text);
}

struct config_peer config_keep_peer(struct config *c, const struct config_peer *peer)
{
	struct config_peer kept = *peer;
	kept.unit = config_keep(c, peer->unit);
	kept.address = config_keep(c, peer->address);
	return kept;
}

int config_pin(const struct config *c, struct registry *r, struct err *err)
{
	int rc = c->anchor.unit ? registry_set_anchor(r, c->anchor.unit, c->anchor.key, err) : 0;
	if (rc == 0 && c->anchor.unit && c->anchor.has_reserve)
		registry_set_reserve(r, c->anchor.reserve);
	return rc;
}

bool config_address(const char *text, char host[256], char port[6])
{
	const char *colon = strrchr(text, ':');
	if (!colon || colon == text)
		return false;
	const char *from = text, *to = colon, *digits = colon + 1;
	bool bracket = *from == '[';
	if (bracket && (to[-1] != ']' || to - from < 3))
		return false;
	from += bracket;
	to -= bracket;
	size_t len = (size_t)(to - from), n = strlen(digits);
	for (const char *c = from; c < to; c++)
		if (!(*c >= '0' && *c <= '9') && !(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    *c != '.' && *c != '-' && *c != '_' && !(bracket && (*c == ':' || *c == '%')))
			return false;
	if (len > 255 || n < 1 || n > 5 || strspn(digits, "0123456789") != n || *digits == '0' ||
	    atoi(digits) > 65535)
		return false;
	if (host)
		snprintf(host, 256, "%.*s", (int)len, from);
	if (port)
		snprintf(port, 6, "%s", digits);
	return true;
}

/* What the keys together must be, so that nobody else has to ask. */
static void check_whole(struct form *f, const struct config *c)
{
	const char *missing = NULL;
	if (c->root || !oid_is_zero(&c->grant)) {
		if (!c->anchor.unit)
			missing = "anchor";
		else if (c->rank < 0)
			missing = "rank";
		else if (!c->root && !c->superior.unit)
			missing = "superior";
	}
	if (f->rc == 0 && missing) {
		f->rc = err_set(f->err, ERR_INPUT, N_("%1 is missing"), missing);
		err_at(f->err, f->file, f->map->line, f->map->column);
	}
}

static void read_lines(struct form *f, struct config *out)
{
	static const char *const known[] = {"max", NULL};
	struct form lines;
	if (!form_sub(f, "lines", known, &lines))
		return;
	out->lines_max = form_line(&lines, "max", true);
	form_join(f, &lines);
}

int config_parse(const char *file, const char *bytes, size_t len, struct config *out, struct err *err)
{
	static const char *const known[] = {"format", "unit", "station", "agency", "level", "name", "rank",
	    "listen", "address", "window", "rate", "rate_changes", "rate_bytes", "budget", "lines", "root",
	    "paused", "attachments", "attachment_max", "relay", "superior", "anchor", "handover", "grant",
	    "above", NULL};
	struct form f;
	config_init(out);
	form_open(&f, &out->arena, file, bytes, len, CONFIG_FORMAT, known, err);
	out->unit = form_id(&f, "unit", true);
	out->station = form_id(&f, "station", false);
	out->agency = form_id(&f, "agency", false);
	out->level = form_id(&f, "level", true);
	out->name = form_line(&f, "name", true);
	out->rank = form_rank(&f, "rank", false);
	out->listen = form_address(&f, "listen");
	out->address = form_address(&f, "address");
	out->window = form_line(&f, "window", false);
	out->rate = form_line(&f, "rate", false);
	out->rate_changes = form_line(&f, "rate_changes", false);
	out->rate_bytes = form_line(&f, "rate_bytes", false);
	out->budget = form_line(&f, "budget", false);
	read_lines(&f, out);
	out->root = form_yes(&f, "root");
	out->paused = form_yes(&f, "paused");
	out->attachments = form_line(&f, "attachments", false);
	out->attachment_max = form_line(&f, "attachment_max", false);
	out->relay = form_line(&f, "relay", false);
	form_peer(&f, "superior", false, &out->superior);
	form_peer(&f, "anchor", false, &out->anchor);
	form_peer(&f, "handover", false, &out->handover);
	form_change(&f, "grant", false, &out->grant);
	out->above = form_ids(&f, &out->arena, "above", &out->n_above);
	check_whole(&f, out);
	if (f.rc == 0 && (f.rc = config_check(out, err)) < 0)
		err_at(err, file, f.map->line, f.map->column);
	out->admitted = out->root || !oid_is_zero(&out->grant);
	if (f.rc < 0)
		config_free(out);
	return f.rc;
}

void config_print(const struct config *c, struct buf *out)
{
	form_put(out, 0, "format", CONFIG_FORMAT);
	form_put(out, 0, "unit", c->unit);
	form_put(out, 0, "station", c->station);
	form_put(out, 0, "agency", c->agency);
	form_put(out, 0, "level", c->level);
	form_put(out, 0, "name", c->name);
	form_put_rank(out, c->rank);
	form_put(out, 0, "listen", c->listen);
	form_put(out, 0, "address", c->address);
	form_put(out, 0, "window", c->window);
	form_put(out, 0, "rate", c->rate);
	form_put(out, 0, "rate_changes", c->rate_changes);
	form_put(out, 0, "rate_bytes", c->rate_bytes);
	form_put(out, 0, "budget", c->budget);
	if (c->lines_max)
		yaml_put_open(out, 0, "lines");
	form_put(out, 1, "max", c->lines_max);
	form_put(out, 0, "root", c->root ? "yes" : NULL);
	form_put(out, 0, "paused", c->paused ? "yes" : NULL);
	form_put(out, 0, "attachments", c->attachments);
	form_put(out, 0, "attachment_max", c->attachment_max);
	form_put(out, 0, "relay", c->relay);
	form_put_peer(out, "superior", &c->superior);
	form_put_peer(out, "anchor", &c->anchor);
	form_put_peer(out, "handover", &c->handover);
	form_put_change(out, "grant", &c->grant);
	form_put_ids(out, "above", c->above, c->n_above);
}

/* A number of bytes, or of KB or MB: 16MB, 512 KB. 0: it is none. */
static uint64_t bytes_of(const char *text)
{
	char *end;
	if (*text < '0' || *text > '9')
		return 0;
	unsigned long long n = strtoull(text, &end, 10);
	end += strspn(end, " ");
	unsigned shift = strcmp(end, "KB") == 0 ? 10 : strcmp(end, "MB") == 0 ? 20 : 0;
	bool fits = (!*end || shift) && n <= (uint64_t)ATTACHMENT_MOST >> shift;
	return fits ? (uint64_t)n << shift : 0;
}

uint64_t config_attachment_max(const struct config *c)
{
	return c->attachment_max ? bytes_of(c->attachment_max) : ATTACHMENT_MAX;
}

static int check_choices(const struct config *c, struct err *err)
{
	if (c->attachments && strcmp(c->attachments, "always") != 0 && strcmp(c->attachments, "ask") != 0)
		return err_set(err, ERR_INPUT, N_("%1 must be 'always' or 'ask', not '%2'"), "attachments",
		    c->attachments);
	if (c->attachment_max && !bytes_of(c->attachment_max))
		return err_set(err, ERR_INPUT,
		    N_("%1 must be a size up to 256MB, such as 16MB or 800KB, not '%2'"), "attachment.max",
		    c->attachment_max);
	if (c->relay && strcmp(c->relay, "whole") != 0 && strcmp(c->relay, "totals") != 0)
		return err_set(
		    err, ERR_INPUT, N_("%1 must be 'whole' or 'totals', not '%2'"), "relay", c->relay);
	return 0;
}

int config_check(const struct config *c, struct err *err)
{
	const struct {
		const char *what, *value;
		bool required;
	} ids[] = {{"unit", c->unit, true}, {"station", c->station, false}, {"agency", c->agency, false},
	    {"level", c->level, true}};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		if (!ids[i].value && ids[i].required)
			return err_set(err, ERR_INPUT, N_("%1 is missing"), ids[i].what);
		if (ids[i].value && (!text_is_id(ids[i].value) || strchr(ids[i].value, '@')))
			return err_set(err, ERR_INPUT,
			    N_("%1 must be an id: letters a-z, digits and . _ -, not '%2'"), ids[i].what,
			    ids[i].value);
	}
	if (c->station && strlen(c->station) + strlen(c->unit) + 1 > 64)
		return err_set(err, ERR_INPUT, N_("%1@%2 is longer than 64 characters"), c->station, c->unit);
	struct buf nfc = {0};
	bool line = c->name && text_nfc(c->name, strlen(c->name), &nfc) && form_is_line(buf_str(&nfc));
	buf_free(&nfc);
	if (!line)
		return err_set(err, ERR_INPUT, N_("%1 must be one line of 1 to 200 characters"), "name");
	const char *const addresses[] = {
	    "listen", c->listen, "address", c->address, "superior.address", c->superior.address};
	for (size_t i = 0; i < 6; i += 2)
		if (addresses[i + 1] && !config_address(addresses[i + 1], NULL, NULL))
			return err_set(err, ERR_INPUT,
			    N_("%1 must be host:port, such as 10.31.0.2:7031, not '%2'"), addresses[i],
			    addresses[i + 1]);
	struct policy policy;
	int rc = check_choices(c, err);
	return rc ? rc : policy_of(c, &policy, err);
}

static char *path_of(const char *node_dir)
{
	struct buf path = {0};
	buf_printf(&path, "%s/%s", node_dir, CONFIG_FILE);
	return buf_take(&path);
}

int config_load(const char *node_dir, struct config *out, struct err *err)
{
	struct buf text = {0};
	char *path = path_of(node_dir);
	config_init(out);
	int rc = sys_exists(path) ? sys_read_file(path, CONFIG_SIZE_MAX, &text, err) : ERR_NOT_FOUND;
	if (rc == ERR_NOT_FOUND) {
		err_set(err, ERR_NOT_FOUND, N_("%1 is not the directory of a node"), node_dir);
		err_hint(err, N_("name it with -C, or make one with `tuyen init`"));
	} else if (rc == 0) {
		rc = config_parse(path, buf_str(&text), text.len, out, err);
	}
	buf_free(&text);
	free(path);
	return rc;
}

int config_save(const struct config *c, const char *node_dir, struct err *err)
{
	int rc = config_check(c, err);
	if (rc < 0)
		return rc;
	struct buf text = {0};
	char *path = path_of(node_dir);
	config_print(c, &text);
	rc = sys_write_file(path, buf_str(&text), text.len, 0644, err);
	buf_free(&text);
	free(path);
	return rc;
}

void config_node(const struct config *c, char out[136])
{
	snprintf(out, 136, "%s%s%s", c->station ? c->station : "", c->station ? "@" : "", c->unit);
}

const char *config_reach(const struct config *c)
{
	return c->address ? c->address : c->listen;
}

const struct config_key config_keys[] = {
    {"address", N_("host:port that subordinates are told, if not the one of listen")},
    {"attachment.max", N_("how long an attachment may be: 16MB unless set")},
    {"attachments", N_("'always': attachments are fetched as they come; 'ask': only by 'attach fetch'")},
    {"budget", N_("bytes a day that the line to the superior may carry, such as 20M")},
    {"lines.max", N_("lines from below that may be in their first exchange at once (256)")},
    {"listen", N_("host:port at which subordinates may dial this node")},
    {"rate", N_("bits a second each way on the line to the superior, such as 64k")},
    {"rate.bytes", N_("bytes a day that one unit or station below may write, such as 64M")},
    {"rate.changes", N_("changes a day that one unit or station below, and this node, may write (2000)")},
    {"relay", N_("'whole': the superior gets the reports of all units below; 'totals': only what 'report "
		 "fill' writes")},
    {"superior.address", N_("host:port at which this node dials its superior")},
    {"window", N_("hours in which the line to the superior may be open, such as 22:00-05:00")},
    {NULL, NULL},
};

static const char **slot(struct config *c, const char *key, struct err *err)
{
	if (strcmp(key, "address") == 0)
		return &c->address;
	if (strcmp(key, "listen") == 0)
		return &c->listen;
	if (strcmp(key, "attachment.max") == 0)
		return &c->attachment_max;
	if (strcmp(key, "attachments") == 0)
		return &c->attachments;
	if (strcmp(key, "superior.address") == 0)
		return &c->superior.address;
	if (strcmp(key, "window") == 0)
		return &c->window;
	if (strcmp(key, "rate") == 0)
		return &c->rate;
	if (strcmp(key, "rate.changes") == 0)
		return &c->rate_changes;
	if (strcmp(key, "rate.bytes") == 0)
		return &c->rate_bytes;
	if (strcmp(key, "budget") == 0)
		return &c->budget;
	if (strcmp(key, "lines.max") == 0)
		return &c->lines_max;
	if (strcmp(key, "relay") == 0)
		return &c->relay;
	const char *names[sizeof config_keys / sizeof *config_keys];
	size_t n = 0;
	for (; config_keys[n].name; n++)
		names[n] = config_keys[n].name;
	const char *near = nearest_word(key, names, n);
	err_set(err, ERR_NOT_FOUND,
	    near ? N_("there is no key '%1' to configure; did you mean %2?")
		 : N_("there is no key '%1' to configure"),
	    key, near);
	err_hint(err, N_("tuyen.conf(5) lists the keys"));
	return NULL;
}

int config_get(const struct config *c, const char *key, const char **value, struct err *err)
{
	const char **at = slot((struct config *)c, key, err);
	if (at)
		*value = *at;
	return at ? 0 : ERR_NOT_FOUND;
}

int config_set(struct config *c, const char *key, const char *value, struct err *err)
{
	const char **at = slot(c, key, err);
	if (!at)
		return ERR_NOT_FOUND;
	if (value && !*value)
		value = NULL;
	bool address = at == &c->listen || at == &c->address || at == &c->superior.address;
	if (!address) {
		const char *before = *at;
		struct policy policy;
		*at = config_keep(c, value);
		int rc = check_choices(c, err);
		if (rc == 0)
			rc = policy_of(c, &policy, err);
		if (rc)
			*at = before;
		return rc;
	}
	if (value && !config_address(value, NULL, NULL))
		return err_set(
		    err, ERR_INPUT, N_("%1 must be host:port, such as 10.31.0.2:7031, not '%2'"), key, value);
	if (at == &c->superior.address && !c->superior.unit) {
		err_set(err, ERR_REFUSED, N_("this node has no superior yet"));
		err_hint(err, N_("take its welcome with `tuyen join`"));
		return ERR_REFUSED;
	}
	*at = config_keep(c, value);
	return 0;
}
