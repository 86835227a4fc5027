/* base/log.h - the daemon's words on standard error, one line each, for the journal. English; never figures
 * or text of records. */
#ifndef TUYEN_BASE_LOG_H
#define TUYEN_BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_DEBUG = 7 };

/* What is above this level is not written. Default LOG_NOTICE. */
void log_set_level(enum log_level level);
/* With the "<n>" prefix that systemd understands when JOURNAL_STREAM is set, else with the time of day. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_err(enum log_level level, const char *what, const struct err *err);

#endif
