/*
 * registry/enrol_talk.h - what goes over an enrolment line (schema/wire.md): one frame from the node that asks, one
 * from its superior, and no more. Pure; bytes in, bytes out.
 */
#ifndef TUYEN_REGISTRY_ENROL_TALK_H
#define TUYEN_REGISTRY_ENROL_TALK_H

#include "base/err.h"

#define ENROL_ASK_MAX (8 * 1024 + 64) /* bytes of a frame that asks */
#define ENROL_ANSWER_MAX (64 * 1024 + 64)
#define ENROL_TALK_REQUEST_MAX (8 * 1024)
#define ENROL_SECRET_MAX 64

enum enrol_talk_kind {
	ENROL_ASK = 1,
	ENROL_WELCOME = 2,
	ENROL_PENDING = 3,
	ENROL_REFUSED = 4,
};

/* Texts point into the bytes that were read, or into the arena. */
struct enrol_talk {
	enum enrol_talk_kind kind;
	const char *text; /* the request, or the welcome */
	size_t len;
	const unsigned char *secret; /* of an invitation; secret_len 0: none */
	size_t secret_len;
	struct err
	    err; /* why it was refused: code, sentence, arguments, hint, rule; sentences are the arena's */
};

void enrol_talk_write(const struct enrol_talk *t, struct buf *out);

/* How long the frame at the beginning of `bytes` is: 0 while that cannot be told. ERR_PEER: longer than `max`. */
int enrol_talk_length(const char *bytes, size_t len, size_t max, size_t *out, struct err *err);
/* Read one whole frame; ERR_PEER if it is none, or anything follows it. What stands in it behind the fields known here is a
 * newer version's, and ignored. */
int enrol_talk_read(
    struct arena *arena, const char *bytes, size_t len, struct enrol_talk *out, struct err *err);

#endif
