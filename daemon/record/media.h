/*
 * record/media.h - what kind of file an attachment is, by what stands in it and never by its name.
 *
 * Known are the kinds in which offices keep letters, scans and tables, without programs inside: a document with macros
 * is none of them.
 */
#ifndef TUYEN_RECORD_MEDIA_H
#define TUYEN_RECORD_MEDIA_H

#include <stddef.h>

/* "pdf", "png", "jpeg", "tiff", "docx", "xlsx", "odt", "ods"; NULL for anything else. */
const char *media_type(const void *bytes, size_t len);
/* All of them, for sentences: "pdf, png, …". */
#define MEDIA_TYPES "pdf, png, jpeg, tiff, docx, xlsx, odt, ods"

#endif
