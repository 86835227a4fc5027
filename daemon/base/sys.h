/*
 * base/sys.h - the one door to clock, random source and files. Tests replace it at link time.
 */
#ifndef TUYEN_BASE_SYS_H
#define TUYEN_BASE_SYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Civil time in seconds since 1970 (UTC). TUYEN_NOW=2026-07-01T08:00:00+07:00 sets it for drills: the clock
 * then starts at that moment when the process first asks, and runs on. */
int64_t sys_now(void);
bool sys_now_is_set(void); /* TUYEN_NOW is in force */
/* Milliseconds that only ever grow; for waiting, never stored. */
int64_t sys_ticks(void);
void sys_random(void *bytes, size_t len);

/* Read a whole file into out; more than `limit` bytes is ERR_INPUT. "-" is standard input.
 * A missing file is ERR_NOT_FOUND. */
int sys_read_file(const char *path, size_t limit, struct buf *out, struct err *err);
/* Replace a file: written beside it, synced, renamed, directory synced. After 0 it survives a power cut. */
int sys_write_file(const char *path, const void *bytes, size_t len, unsigned mode, struct err *err);
int sys_make_dir(const char *path, unsigned mode, struct err *err); /* with parents; fine if it is there */
int sys_sync_dir(const char *path, struct err *err); /* the names in it survive a power cut */
bool sys_exists(const char *path);
int sys_remove(const char *path, struct err *err); /* fine if it is not there */

/* An exclusive lock on a file (flock), released by sys_unlock or when the process ends. With wait_ms 0 a lock
 * held by another gives ERR_BUSY at once. *fd is the handle. */
int sys_lock(const char *path, int wait_ms, int *fd, struct err *err);
void sys_unlock(int fd);

/* errno as ERR_IO with a sentence that names what was tried ("write") and on what. */
int sys_error(struct err *err, const char *what, const char *path);

#endif
