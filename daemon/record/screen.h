/*
 * record/screen.h - what points to a person has no place in a text about work (Law 91/2025/QH15, DESIGN 8).
 *
 * Finds what can be told by its form: citizen and identity numbers, passports, phones, e-mail addresses, births,
 * initials. Full names are not looked for: half the wards of the country are named after people. Amounts, dates,
 * document and tax numbers look alike and are left alone. Full-width digits, strange dashes and blanks, and invisible
 * characters are read as what they stand for. Pure; the time is linear in the length of the text.
 */
#ifndef TUYEN_RECORD_SCREEN_H
#define TUYEN_RECORD_SCREEN_H

#include "record/change.h"

enum screen_kind {
	SCREEN_CITIZEN, /* 12 digits; the old 9 only behind words like CMND */
	SCREEN_PASSPORT, /* only behind "hộ chiếu" */
	SCREEN_PHONE,
	SCREEN_EMAIL,
	SCREEN_BIRTH, /* a year or day of birth */
	SCREEN_INITIALS, /* "N.V.A." */
	SCREEN_KINDS
};

#define SCREEN_MASKED 40

struct screen_hit {
	enum screen_kind kind;
	size_t offset, len; /* bytes of the text */
	char masked[SCREEN_MASKED]; /* the first character and the last ones: "0********345" */
};

/* 1 when something was found (the first), else 0. `text` is UTF-8; NULL is empty. */
int screen_text(const char *text, struct screen_hit *hit);

/* Screen one value that is to go into a field. ERR_REFUSED, rule "personal-data", names record and field; of what it
 * found the sentence holds the masked form alone. */
int screen_value(const char *record, const char *field, const char *value, struct err *err);

/* Screen what a change says that was not said before: its subject and reason, and each line or text that it writes
 * (`texts`, as for registry_check). ERR_REFUSED as above. */
int screen_change(const struct change *c, const struct change_texts *texts, size_t n_texts, struct err *err);

/* Mask whatever an error of other rules quotes of a person: of a set the member stands in the name of its field. */
void screen_err(struct err *err);

#endif
