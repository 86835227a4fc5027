/* record/schema.h - the files of schema/ that are compiled in (generated from them by the Makefile). */
#ifndef TUYEN_RECORD_SCHEMA_H
#define TUYEN_RECORD_SCHEMA_H

struct schema_file {
	const char *name; /* "types/report.yaml", "calendars/nd09.yaml" */
	const char *text;
};

extern const struct schema_file schema_files[]; /* ended by a NULL name, sorted by name */

#endif
