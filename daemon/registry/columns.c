#include "registry/columns.h"

#include <stdio.h>
#include <string.h>

static int find(
    const struct columns *c, const struct csv *csv, const struct csv_row *row, int column, struct err *err)
{
	int at = -1;
	for (size_t i = 0; i < row->n; i++) {
		if (strcmp(row->fields[i].text, c->names[column]) != 0)
			continue;
		if (at >= 0) {
			err_set(err, ERR_INPUT, N_("the column '%1' stands twice"), c->names[column]);
			csv_at(csv, &row->fields[i], err);
			return ERR_INPUT;
		}
		at = (int)i;
	}
	return at;
}

int columns_open(struct columns *c, struct csv *csv, struct err *err)
{
	struct csv_row row;
	int rc = csv_next(csv, &row, err);
	if (rc == 0) {
		rc = err_set(err, ERR_INPUT, N_("%1 is empty"), csv->file);
		err_hint(err, c->hint);
		err_at(err, csv->file, 1, 1);
	}
	if (rc < 0)
		return rc;
	c->width = row.n;
	for (int i = 0; i < c->n; i++) {
		c->at[i] = find(c, csv, &row, i, err);
		if (err->code)
			return err->code;
		if (c->at[i] < 0 && c->needed & 1u << i) {
			err_set(err, ERR_INPUT, N_("the column '%1' is missing"), c->names[i]);
			err_hint(err, c->hint);
			csv_at(csv, &row.fields[0], err);
			return ERR_INPUT;
		}
	}
	return 0;
}

static int refuse_width(
    const struct columns *c, const struct csv *csv, const struct csv_row *row, struct err *err)
{
	char has[24], wanted[24];
	snprintf(has, sizeof has, "%zu", row->n);
	snprintf(wanted, sizeof wanted, "%zu", c->width);
	err_set(err, ERR_INPUT, N_("this line has %1 columns, the first line has %2"), has, wanted);
	err_hint(err, N_("a field with a separator in it stands in quotation marks"));
	csv_at(csv, &row->fields[row->n < c->width ? row->n - 1 : c->width], err);
	return ERR_INPUT;
}

int columns_next(struct columns *c, struct csv *csv, struct csv_field *cells, struct err *err)
{
	struct csv_row row;
	int rc = csv_next(csv, &row, err);
	if (rc <= 0)
		return rc;
	if (row.n != c->width)
		return refuse_width(c, csv, &row, err);
	for (int i = 0; i < c->n; i++) {
		cells[i] = row.fields[c->at[i] < 0 ? 0 : c->at[i]];
		if (c->at[i] < 0)
			cells[i].text = "";
	}
	return 1;
}
