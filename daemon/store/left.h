/*
 * store/left.h - ledgers of reports that this node no longer has to do with: the unit went to another superior.
 *
 * What totals of the past are made of stays: the records under reports, receipts and totals, as they stood, in one commit
 * without a past that refs/left/<ledger> names (schema/store.md). All else goes, the objects when the store is maintained.
 */
#ifndef TUYEN_STORE_LEFT_H
#define TUYEN_STORE_LEFT_H

#include "store/store.h"

/* Put a ledger aside. Durable when it returns; done again after a crash it ends where it would have. */
int store_leave(struct store *s, const char *ledger, struct err *err);
/* The commit that stands for a ledger put aside, to read from; false: there is none, or the ledger itself is here. */
bool store_left(struct store *s, const char *ledger, struct oid *out);
/* Names of ledgers put aside, sorted. */
int store_left_list(struct store *s, struct strs *out, struct err *err);
/* Forget what was put aside: the ledger is here again. */
int store_left_drop(struct store *s, const char *ledger, struct err *err);

#endif
