/* Parcels written into files: names, pieces, and nothing left of one that did not fit. */
#include <string.h>

#include "base/sys.h"
#include "parcels.h"

/* The path of a piece; in a folder under a name that nothing has there yet. */
static void path_of(const struct cover *c, const char *path, bool folder, bool sure, unsigned at, unsigned of,
    struct buf *out)
{
	buf_puts(out, path);
	if (folder) {
		if (out->len && out->data[out->len - 1] != '/')
			buf_putc(out, '/');
		cover_name(c, sure, at, of, out);
	} else if (of > 1) {
		buf_printf(out, ".%uof%u", at, of);
	}
}

static bool is_taken(const struct cover *c, const char *path, bool folder, bool sure, unsigned of)
{
	bool taken = false;
	for (unsigned at = 1; at <= of && !taken; at++) {
		struct buf name = {0};
		path_of(c, path, folder, sure, at, of, &name);
		taken = sys_exists(buf_str(&name));
		buf_free(&name);
	}
	return taken;
}

int parcel_taken(const char *path, struct err *err)
{
	err_set(err, ERR_REFUSED, N_("%1 is there already; no parcel is written over another file"), path);
	err_hint(err, N_("name a folder, and the parcel gets a name of its own"));
	return err->code;
}

/* Half of its pieces are good for nothing, and take the room that something else may need. */
static void take_back(const struct strs *names)
{
	struct err none = {0};
	for (size_t i = 0; i < names->n; i++)
		sys_remove(names->items[i], &none);
}

int parcel_save(const struct cover *cover, const struct buf *bytes, const char *path, bool folder,
    size_t split, struct strs *names, struct err *err)
{
	size_t room = split ? split - COVER_PIECE_LINE_MAX : bytes->len;
	size_t of = split ? (bytes->len + room - 1) / room : 1;
	int rc = 0;
	if (of > COVER_PIECES_MAX)
		return err_set(err, ERR_INPUT, N_("that would be more than %1 pieces"), "9999");
	bool taken = is_taken(cover, path, folder, false, (unsigned)of);
	if (taken && !folder)
		return parcel_taken(path, err);
	for (unsigned at = 1; rc == 0 && at <= of; at++) {
		struct cover_piece piece = {.at = at, .of = (unsigned)of};
		struct buf name = {0}, file = {0};
		size_t from = (at - 1) * room, left = bytes->len - from;
		memcpy(piece.id, cover->id, sizeof piece.id);
		path_of(cover, path, folder, taken, at, (unsigned)of, &name);
		cover_piece_print(&piece, &file);
		buf_add(&file, bytes->data + from, left < room ? left : room);
		rc = sys_write_file(buf_str(&name), file.data, file.len, 0644, err);
		if (rc == 0)
			strs_add(names, buf_str(&name));
		buf_free(&name);
		buf_free(&file);
	}
	if (rc)
		take_back(names);
	return rc;
}
