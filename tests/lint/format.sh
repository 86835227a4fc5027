# Goal: the code is formatted by .clang-format, and no line of unfinished work stands in it.
set -eu
cd "$(dirname "$0")/../.."
files=$(find daemon cli tests -name '*.[ch]')
# shellcheck disable=SC2086
clang-format --dry-run -Werror $files
if grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $files; then
	echo "unfinished work in the code" >&2
	exit 1
fi
echo "ok - format"
