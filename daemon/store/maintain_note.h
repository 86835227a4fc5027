/* store/maintain_note.h - what one run leaves for the next. For this room alone. */
#ifndef TUYEN_STORE_MAINTAIN_NOTE_H
#define TUYEN_STORE_MAINTAIN_NOTE_H

#include "store/maintain.h"

/* The purge that is due, in words of its own; empty: none. */
int maintain_purge_read(struct store *s, struct buf *due, struct err *err);
/* It is done. One that was asked for since stays due: it may have come too late. */
int maintain_purge_done(struct store *s, const struct buf *due, struct err *err);
int maintain_last_write(struct store *s, const struct maintain_report *did, struct err *err);

#endif
