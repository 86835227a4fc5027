/*
 * record/media.h - what kind of file an attachment is, by what stands in it and never by its name.
 *
 * Known are the kinds in which offices keep letters, scans and tables, without programs inside: a document with macros
 * is none of them.
 */
#ifndef TUYEN_RECORD_MEDIA_H
#define TUYEN_RECORD_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

/* "pdf", "png", "jpeg", "tiff", "docx", "xlsx", "odt", "ods"; NULL for anything else. */
const char *media_type(const void *bytes, size_t len);
/* What a file of no known kind is instead: a sentence in which %1 is its name; NULL: nobody can tell. */
const char *media_instead(const void *bytes, size_t len);
/* Does the ending of its name say the same? "scan.JPG" is a jpeg. */
bool media_name_fits(const char *name, const char *type);
/* May a file be called so on every disk that it will be copied to (FAT32 among them)? Else a sentence in which %1 is the
 * name. */
#define MEDIA_NAME_MOST 200 /* bytes */
const char *media_name_bad(const char *name);

/* All of them, for sentences: "pdf, png, …". */
#define MEDIA_TYPES "pdf, png, jpeg, tiff, docx, xlsx, odt, ods"

#endif
