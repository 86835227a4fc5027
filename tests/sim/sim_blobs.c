/* Attachments in the simulated country: what is in them is a function of their number and the place, so that nobody
 * has to keep them; what each node has of each lasts like a disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "sync/frame.h"

#define CUT_COSTS (64 * 1024) /* bytes of attachments that a cut may lose: what was asked for, and a piece */

static unsigned char byte_of(size_t k, uint64_t at)
{
	return (unsigned char)((at + 1) * (2 * k + 3) >> 3 ^ at >> 11);
}

static bool number_of(const struct sim *sim, const unsigned char *id, size_t *k)
{
	*k = id[0];
	return *k < sim->n_blobs;
}

static struct sim_node *here(const struct sim_end *e)
{
	return &e->sim->nodes[e->sim->lines[e->line].node[e->side]];
}

static bool is_named(const struct sim *sim, const struct sim_node *n, size_t k)
{
	const struct sim_blob *b = &sim->blobs[k];
	return sim_store_has(n->store, b->ledger, &b->change);
}

static bool b_want(void *ctx, size_t i, struct sync_blob *out)
{
	struct sim_end *e = ctx;
	const struct sim_node *n = here(e);
	for (size_t k = 0; k < e->sim->n_blobs; k++) {
		const struct sim_blob *b = &e->sim->blobs[k];
		if (n->have[k] == b->size || !is_named(e->sim, n, k) ||
		    (n->by[k] && n->by[k] != e->line + 1) || i-- > 0)
			continue;
		memset(out->id, (int)k, SYNC_BLOB_ID);
		out->size = b->size;
		out->have = n->have[k];
		return true;
	}
	return false;
}

static bool b_size(void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t *size)
{
	struct sim_end *e = ctx;
	size_t k;
	if (!number_of(e->sim, id, &k) || !is_named(e->sim, here(e), k))
		return false;
	*size = e->sim->blobs[k].size;
	return here(e)->have[k] == *size;
}

static bool b_read(
    void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t offset, size_t len, struct buf *out)
{
	struct sim_end *e = ctx;
	size_t k;
	if (!number_of(e->sim, id, &k))
		return false;
	for (size_t i = 0; i < len; i++)
		buf_putc(out, (char)byte_of(k, offset + i));
	return true;
}

static bool b_room(void *ctx)
{
	const struct sim_end *e = ctx;
	return e->sim->lines[e->line].busy[e->side] < e->sim->now + 2000;
}

static unsigned b_stand(void *ctx, const unsigned char id[SYNC_BLOB_ID])
{
	uint64_t size;
	return b_size(ctx, id, &size) ? SYNC_BLOB_HERE : 0;
}

static bool b_unsure(void *ctx, size_t i, unsigned char id[SYNC_BLOB_ID])
{
	const struct sim_end *e = ctx;
	for (size_t k = 0; k < e->sim->n_blobs; k++) {
		memset(id, (int)k, SYNC_BLOB_ID);
		if (b_stand(ctx, id) && i-- == 0)
			return true;
	}
	return false;
}

void sim_blobs(struct sim_end *e, struct sync_blobs *out)
{
	*out = (struct sync_blobs){e, b_want, b_size, b_read, b_room, b_stand, b_unsure};
}

bool sim_blob_keep(struct sim *sim, int line, int side, const struct sync_action *a)
{
	struct sim_node *n = &sim->nodes[sim->lines[line].node[side]];
	size_t k;
	if (!number_of(sim, a->piece.id, &k) || n->have[k] != a->piece.have ||
	    (n->by[k] && n->by[k] != line + 1))
		return false;
	for (size_t i = 0; i < a->len; i++)
		sim->blobs_wrong += ((const unsigned char *)a->bytes)[i] != byte_of(k, n->have[k] + i);
	n->by[k] = line + 1;
	n->have[k] += a->len;
	sim->blob_bytes_kept += a->len;
	if (n->have[k] == sim->blobs[k].size) {
		n->by[k] = 0;
		sim_trace(sim, n->name, "has attachment %zu", k);
		return true;
	}
	return true;
}

void sim_blob_cut(struct sim *sim, int line)
{
	for (int side = 0; side < 2; side++)
		for (size_t k = 0; k < SIM_BLOBS; k++) {
			int *by = &sim->nodes[sim->lines[line].node[side]].by[k];
			*by = *by == line + 1 ? 0 : *by;
		}
}

void sim_blob_said(struct sim *sim, unsigned type, size_t len, bool *pieces)
{
	/* Nothing that counts more may stand behind a piece in what is said at once. */
	sim->blobs_wrong += *pieces && (type == FRAME_CHANGES || type == FRAME_SUMMARY || type == FRAME_HAVE);
	*pieces |= type == FRAME_PIECE;
	if (type == FRAME_PIECE)
		sim->blob_bytes_said += len;
}

/* Somebody below attaches one. */
void sim_blob_add(struct sim *sim, int node)
{
	struct sim_node *n = &sim->nodes[node];
	struct oids heads = {0};
	if (n->down || sim->n_blobs == SIM_BLOBS)
		return;
	struct sim_blob *b = &sim->blobs[sim->n_blobs];
	snprintf(b->ledger, sizeof b->ledger, "reports/%s", n->unit);
	b->size = 1 + sim_dice(sim, 40000);
	char note[40];
	snprintf(note, sizeof note, "scan %zu", sim->n_blobs);
	n->have[sim->n_blobs] = b->size;
	sim_write(sim, node, b->ledger, "reports/31/hp.2026-06/2026-06.yaml", "note", note);
	sim_store_heads(n->store, b->ledger, &heads);
	b->change = heads.items[0];
	oids_free(&heads);
	sim->n_blobs++;
	sim_tell(sim, node);
}

/* Would something be lost for good if it burned? */
bool sim_blob_safe(const struct sim *sim, int node)
{
	const struct sim_node *n = &sim->nodes[node];
	for (size_t k = 0; k < sim->n_blobs; k++)
		if (n->have[k] == sim->blobs[k].size && sim->nodes[n->superior].have[k] != sim->blobs[k].size)
			return false;
	return true;
}

const char *sim_blob_check(const struct sim *sim)
{
	uint64_t cuts = 0;
	if (sim->blobs_wrong)
		return "an attachment came wrong, or before what counts more";
	for (size_t i = 0; i < sim->n_lines; i++)
		cuts += sim->lines[i].cuts;
	for (size_t k = 0; k < sim->n_blobs; k++)
		for (size_t i = 0; i < sim->n_nodes; i++)
			if (is_named(sim, &sim->nodes[i], k) && sim->nodes[i].have[k] != sim->blobs[k].size)
				return "an attachment has not come";
	/* Two lines may begin with one and the same. */
	uint64_t most = sim->blob_bytes_kept * 102 / 100 + (cuts + sim->n_lines) * CUT_COSTS;
	return sim->blob_bytes_said > most ? "attachments were sent too often" : NULL;
}
