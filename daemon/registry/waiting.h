/*
 * registry/waiting.h - requests that came over an enrolment line and wait for a person. Pure; the note is the caller's.
 *
 * Anybody may ring, so the list is bounded, and who rings often pushes out himself alone: when it is full, the oldest
 * of the address that has most of them goes.
 */
#ifndef TUYEN_REGISTRY_WAITING_H
#define TUYEN_REGISTRY_WAITING_H

#include "record/date.h"
#include "registry/enrol.h"

#define WAITING_MAX 64
#define WAITING_REQUEST_MAX (8 * 1024)
#define WAITING_DAYS 30 /* then it is dropped */
#define WAITING_NOTE "pending-requests"
#define WAITING_SIZE_MAX (WAITING_MAX * (WAITING_REQUEST_MAX + 256))

struct waiting {
	struct enrol_request request;
	const char *text; /* the request, NUL-ended */
	const char *from; /* address without its port */
	int64_t since; /* seconds */
};

/* Zero-initialise; waiting_free when done. */
struct waiting_list {
	struct arena arena;
	struct waiting rows[WAITING_MAX + 1]; /* oldest first */
	size_t n;
};

/* From and to the bytes of the note. Rows that cannot be read any more are dropped. */
void waiting_read(struct waiting_list *list, const char *bytes, size_t len);
void waiting_print(const struct waiting_list *list, struct buf *out);
void waiting_free(struct waiting_list *list);

/* Keep a request, read as `request`; the same unit and key has one place. False: it stands there already. The texts are
 * borrowed as long as the list lives. */
bool waiting_put(struct waiting_list *list, const struct enrol_request *request, const char *text,
    const char *from, int64_t now);
/* False: there is none of this key. */
bool waiting_drop(struct waiting_list *list, const unsigned char key[KEY_PUBLIC_SIZE]);
/* The request by a unit ("11383", "cong-an@11383"); of several the one whose key begins, spoken or as SHA256:…, with
 * `fingerprint` (may be NULL). ERR_NOT_FOUND, ERR_AMBIGUOUS. */
int waiting_find(const struct waiting_list *list, const char *unit, const char *fingerprint,
    const struct waiting **out, struct err *err);
/* "11383", "cong-an@11383"; the arena's. */
const char *waiting_who(struct arena *arena, const struct enrol_request *request);
/* Is the key the one that somebody names: its text, its SHA256 or the spoken words? */
bool waiting_is_key(const unsigned char key[KEY_PUBLIC_SIZE], const char *named);

#endif
