/*
 * cli/editor.h - a text in the editor of whoever types: $VISUAL, else $EDITOR, else vi.
 *
 * The file stands alone in a folder of its own that only this user can read, in the node's spool or, where that cannot
 * be written, in $TMPDIR or /tmp; folder and all that the editor left in it are gone when editor_text returns.
 */
#ifndef TUYEN_CLI_EDITOR_H
#define TUYEN_CLI_EDITOR_H

#include "base/err.h"

/* Have `text` edited; `below` (or NULL) is shown under a line from which on everything is dropped. The terminal is open
 * (terminal.h). The end of line that editors add is not part of the text. Where the editor failed, `out` has what it left. */
int editor_text(const char *spool, const char *text, const char *below, struct buf *out, struct err *err);

#endif
