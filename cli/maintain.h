/* cli/maintain.h - when the store was packed last, for `status`. */
#ifndef TUYEN_CLI_MAINTAIN_H
#define TUYEN_CLI_MAINTAIN_H

#include <jansson.h>

#include "reader.h"

json_t *maintain_last_json(struct reader *r); /* null: never */

#endif
