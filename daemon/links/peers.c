#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "links/inside.h"
#include "net/tls.h"
#include "node/incidents.h"
#include "plan/incident.h"

#define NOTE "instances"
#define PEER_NAME 160
#define TURN_MS 3600000
#define TURNS_MOST 40 /* within that time */

/* Named by a hash: an id may be longer than the name of a note. */
static void note_name(const char *id, unsigned slot, char note[48])
{
	unsigned char hash[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1];
	hash_sha256(id, strlen(id), hash);
	hex_encode(hash, HASH_SIZE, hex);
	snprintf(note, 48, "peer-%.20s.%u", hex, slot);
}

int links_peers_load(struct links *s, struct err *err)
{
	struct buf text = {0};
	int rc = store_note_read(s->node->store, NOTE, &text, err);
	if (rc == 0)
		instances_read(&s->instances, buf_str(&text), text.len);
	buf_free(&text);
	return rc;
}

static void save(struct links *s)
{
	struct buf text = {0};
	struct err err = {0};
	instances_print(&s->instances, &text);
	if (store_note_write(s->node->store, NOTE, buf_str(&text), text.len, &err) != 0)
		log_err(LOG_WARNING, "instances", &err);
	buf_free(&text);
}

void links_peers_free(struct links *s)
{
	for (size_t i = 0; i < s->peers.n; i++) {
		struct link_peer *p = s->peers.rows[i].value;
		buf_free(&p->memory);
		oids_free(&p->refused);
		oids_free(&p->unwanted);
		free(p->id);
		free(p->name);
		free(p->note);
		free(p);
	}
	table_free(&s->peers);
	instances_free(&s->instances);
}

static struct link_peer *peer_at(struct links *s, const char *name, const char *id)
{
	void **at = table_at(&s->peers, name);
	if (!*at) {
		struct link_peer *p = mem_alloc(sizeof *p);
		p->id = mem_dup(id);
		p->name = mem_dup(name);
		*at = p;
	}
	return *at;
}

/* What another instance of our own remembered does not count: what was done there since, we do not know. */
static void read_memory(struct links *s, const char *note, struct buf *out)
{
	struct buf kept = {0};
	struct err err = {0};
	const size_t own = sizeof s->node->instance;
	if (store_note_read(s->node->store, note, &kept, &err) != 0)
		log_err(LOG_WARNING, "peer", &err);
	else if (kept.len > own && memcmp(kept.data, s->node->instance, own) == 0)
		buf_add(out, kept.data + own, kept.len - own);
	buf_free(&kept);
}

/* From now on it is this instance that is remembered there. */
static void take_instance(struct links *s, struct link_peer *p, const struct instance *it)
{
	char note[48];
	note_name(it->peer, it->slot, note);
	if (str_is(p->note, note) && memcmp(p->instance, it->id, INSTANCE_SIZE) == 0)
		return;
	free(p->note);
	p->note = mem_dup(note);
	memcpy(p->instance, it->id, INSTANCE_SIZE);
	buf_cut(&p->memory, 0);
	read_memory(s, note, &p->memory);
}

struct link_peer *links_peer(struct links *s, const char *id)
{
	struct link_peer *p = peer_at(s, id, id);
	if (str_is(links_superior(s), id) && !p->note) {
		const struct instance *last = instances_last(&s->instances, id);
		if (last)
			take_instance(s, p, last);
	}
	return p;
}

struct link_peer *links_unproven(struct links *s)
{
	char name[PEER_NAME];
	snprintf(name, sizeof name, "?%s", links_superior(s));
	struct link_peer *p = peer_at(s, name, links_superior(s));
	p->unproven = true;
	return p;
}

static struct link_peer *slot_peer(struct links *s, const struct instance *it)
{
	char name[PEER_NAME];
	snprintf(name, sizeof name, "%s#%u", it->peer, it->slot);
	struct link_peer *p = peer_at(s, name, it->peer);
	take_instance(s, p, it);
	return p;
}

struct link_peer *links_known(struct links *s, const struct instance *it)
{
	struct link_peer *p = slot_peer(s, it);
	if (!p->last_contact)
		p->last_contact = it->last;
	return p;
}

void links_memory(void *ctx, struct link *l, const unsigned char instance[INSTANCE_SIZE], struct buf *out)
{
	struct links *s = ctx;
	const struct link_peer *p = link_peer(l);
	const struct instance *it = instances_find(&s->instances, p->id, instance);
	char note[48];
	if (!it || p->unproven)
		return;
	if (!link_is_up(l)) {
		const struct buf *memory = &slot_peer(s, it)->memory;
		buf_add(out, buf_str(memory), memory->len);
		return;
	}
	note_name(it->peer, it->slot, note);
	read_memory(s, note, out);
}

/* Its last instance, if it has one, with the name of what is kept of it; *peer is NULL where no line asked for it yet. */
static const struct instance *last_heard(
    struct links *s, const char *id, struct link_peer **peer, char note[48])
{
	const struct instance *it = instances_last(&s->instances, id);
	char name[PEER_NAME];
	if (!it)
		return NULL;
	snprintf(name, sizeof name, "%s#%u", it->peer, it->slot);
	note_name(it->peer, it->slot, note);
	*peer = table_get(&s->peers, str_is(links_superior(s), id) ? id : name);
	if (*peer && !str_is((*peer)->note, note))
		*peer = NULL;
	return it;
}

bool links_recall(struct links *s, const char *id, struct buf *memory, int64_t *last)
{
	struct link_peer *p = NULL;
	char note[48];
	const struct instance *it = last_heard(s, id, &p, note);
	if (!it)
		return false;
	if (p)
		buf_add(memory, buf_str(&p->memory), p->memory.len);
	else
		read_memory(s, note, memory);
	*last = it->last;
	return memory->len > 0;
}

void links_amend(struct links *s, const char *id, const struct buf *memory)
{
	struct link_peer *p = NULL;
	struct buf kept = {0};
	struct err err = {0};
	char note[48];
	if (!last_heard(s, id, &p, note))
		return;
	if (p) {
		buf_cut(&p->memory, 0);
		buf_add(&p->memory, memory->data, memory->len);
	}
	buf_add(&kept, s->node->instance, sizeof s->node->instance);
	buf_add(&kept, memory->data, memory->len);
	if (store_note_write(s->node->store, note, kept.data, kept.len, &err) != 0)
		log_err(LOG_WARNING, "peer", &err);
	buf_free(&kept);
}

/* ---- short handshakes ---- */

#define TLS_UP "tls-up"

/* Whom a subordinate's memory is of stands at the beginning of its id. A second one with the same beginning makes its
 * handshakes full ones. */
static void tls_note(const unsigned char *id, char note[32])
{
	char hex[2 * TLS_MEMORY_OF + 1];
	hex_encode(id, TLS_MEMORY_OF, hex);
	snprintf(note, 32, "tls-%s", hex);
}

/* What was kept under another key of ours counts for nothing. */
static bool read_tls(struct links *s, const char *note, struct tls_memory *out)
{
	struct buf kept = {0};
	struct err none = {0};
	const unsigned char *own = key_public(s->node->key);
	bool good = store_note_read(s->node->store, note, &kept, &none) == 0 &&
		    kept.len == KEY_PUBLIC_SIZE + sizeof *out && memcmp(kept.data, own, KEY_PUBLIC_SIZE) == 0;
	if (good)
		memcpy(out, kept.data + KEY_PUBLIC_SIZE, sizeof *out);
	buf_free(&kept);
	return good;
}

void links_tls_keep(struct links *s, const struct net_line *line, bool up)
{
	struct tls_memory m;
	struct buf kept = {0};
	struct err err = {0};
	char note[32] = TLS_UP;
	if (!net_line_remember(line, &m))
		return;
	if (!up)
		tls_note(m.id, note);
	buf_add(&kept, key_public(s->node->key), KEY_PUBLIC_SIZE);
	buf_add(&kept, &m, sizeof m);
	if (store_note_write(s->node->store, note, kept.data, kept.len, &err) != 0)
		log_err(LOG_WARNING, "tls", &err);
	buf_free(&kept);
}

void links_tls_offer(struct links *s, struct net_line *line)
{
	struct tls_memory m;
	if (read_tls(s, TLS_UP, &m))
		net_line_offer(line, &m);
}

bool links_tls_recall(void *ctx, const unsigned char *id, struct tls_memory *out)
{
	char note[32];
	tls_note(id, note);
	return read_tls(ctx, note, out) && memcmp(out->id, id, TLS_MEMORY_ID) == 0;
}

/* ---- two nodes with one key ---- */

/* What all three see. Of a station nobody above writes in the ledger: its unit's node has the list alone. */
static bool sign_twin(struct links *s, const char *unit, const unsigned char key[KEY_PUBLIC_SIZE])
{
	char text[KEY_TEXT_SIZE];
	struct outcome o = {0};
	struct view v;
	struct err err = {0};
	key_text(key, text);
	node_view(s->node, &v);
	int rc = incident_open(&v, &o, unit, "twin", text, text, NULL, &err);
	if (rc == 0)
		rc = node_write(s->node, &o, &err);
	if (rc)
		log_err(LOG_WARNING, "twin", &err);
	outcome_free(&o);
	return rc == 0;
}

static void tell_twin(struct links *s, const struct line *line)
{
	const char *id = link_peer(line->link)->id;
	struct err err = {0};
	err_set(&err, ERR_REFUSED, N_("two nodes are at work with the key of %1"), id);
	err_hint(&err, N_("if one of them is not yours, the superior runs `tuyen unit suspend %1`"));
	log_err(LOG_WARNING, "twin", &err);
	if (link_is_up(line->link) || strchr(id, '@') || !sign_twin(s, id, line->key))
		node_incident(s->node, &(struct incident){.kind = "twin", .unit = id, .err = &err});
}

static void tell_moved(struct links *s, const char *id)
{
	struct err err = {0};
	err_set(&err, ERR_REFUSED,
	    N_("the node of %1 was moved, copied or restored: it is another instance now"), id);
	log_err(LOG_NOTICE, "instance", &err);
	node_incident(s->node, &(struct incident){.kind = "moved", .unit = id, .err = &err});
}

static void probe(struct links *s, struct line *line)
{
	if (line->probe)
		return;
	line->probe = ++s->next_token;
	link_request(line->link, line->probe);
}

/* A second line of one instance replaces the first, which is then most likely dead; that of another instance goes on
 * beside it. They are asked whether they live: if so, both are at work. (A whole disk that was copied, machine and all,
 * is the same instance.) */
static void look_at_others(struct links *s, const struct link *l, const struct link_peer *p)
{
	unsigned same = 0;
	for (size_t i = s->n_open; i-- > 0;) {
		struct line *other = &s->open[i];
		const struct link_peer *of = link_peer(other->link);
		if (other->link == l || strcmp(of->id, p->id) != 0 || !other->met)
			continue;
		if (of == p && (other->leftover || same++)) {
			links_drop(s, other);
			continue;
		}
		other->leftover = of == p;
		probe(s, other);
	}
}

/* Restoring and moving take minutes each; of who turns at every call, broken or ill meant, only so many turns are written
 * down. After a crash what was kept of it may be another instance's: that costs bytes. */
static bool is_written(struct links *s, const char *id)
{
	struct link_peer *p = peer_at(s, id, id);
	if (!p->turns || sys_ticks() - p->turn > TURN_MS) {
		p->turn = sys_ticks();
		p->turns = 0;
	}
	return p->turns++ < TURNS_MOST;
}

void links_met(void *ctx, struct link *l, const unsigned char instance[INSTANCE_SIZE])
{
	struct links *s = ctx;
	struct link_peer *p = link_peer(l);
	const struct instance *it;
	if (p->unproven)
		return;
	enum instance_news news = instances_saw(&s->instances, p->id, instance, sys_now(), &it);
	bool written = news != INSTANCE_SAME && is_written(s, p->id);
	if (written)
		save(s);
	if (link_is_up(l))
		take_instance(s, p, it);
	else
		p = slot_peer(s, it);
	link_set_peer(l, p);
	links_line(s, l)->met = true;
	look_at_others(s, l, p);
	if (news == INSTANCE_NEW && written)
		tell_moved(s, p->id);
	else if (news == INSTANCE_BACK && written)
		tell_twin(s, links_line(s, l));
	if (!link_is_up(l)) /* upwards they have asked when the line began */
		links_wait_begun(s, links_line(s, l));
}

void links_probed(struct links *s, struct line *line)
{
	const struct link_peer *p = link_peer(line->link);
	const struct instance *it;
	line->probe = 0;
	bool back = instances_saw(&s->instances, p->id, p->instance, sys_now(), &it) == INSTANCE_BACK;
	if (back)
		save(s);
	if (back || line->leftover)
		tell_twin(s, line);
	line->leftover = false;
}

void links_heard(struct links *s, const struct line *line)
{
	const struct link_peer *p = link_peer(line->link);
	if (line->met && instances_heard(&s->instances, p->id, p->instance, p->last_contact))
		save(s);
}
