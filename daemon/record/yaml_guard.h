/*
 * record/yaml_guard.h - what is refused in YAML before libyaml sees a byte of it. For record/yaml.c alone.
 *
 * Characters that no text needs, and those that YAML 1.1 takes for line ends and 1.2 does not: so that lines are
 * counted alike by everybody, and what libyaml says of a place holds.
 */
#ifndef TUYEN_RECORD_YAML_GUARD_H
#define TUYEN_RECORD_YAML_GUARD_H

#include "base/err.h"

/* The text, and how far its characters have been counted. */
struct yaml_guard {
	const char *bytes;
	size_t len;
	bool tabs; /* it has some */
	size_t at, chars;
};

/* Size, UTF-8, control characters, tabs in indentation. Steps over a byte order mark. */
int yaml_guard_check(
    struct yaml_guard *g, const char *file, const char **bytes, size_t *len, struct err *err);
/* Does a tab stand just before character number `index`? Asked with ever larger numbers. */
bool yaml_guard_after_tab(struct yaml_guard *g, size_t index);

#endif
