# Goal: what grows is seen. Lists functions over 60 lines and files over 500; a list to look at, never a failure.
set -eu
cd "$(dirname "$0")/../.."

git ls-files '*.c' '*.h' | while read -r file; do
	lines=$(wc -l <"$file")
	[ "$lines" -le 500 ] || echo "$lines lines: $file"
done

# Without universal-ctags only the files are listed.
ctags --version 2>/dev/null | grep -q Universal || exit 0
git ls-files '*.c' '*.h' | ctags -L - -o - --kinds-C=f --fields=+ne --sort=no 2>/dev/null | awk -F'\t' '{
	for (i = 4; i <= NF; i++) {
		if ($i ~ /^line:/) first = substr($i, 6)
		if ($i ~ /^end:/) last = substr($i, 5)
	}
	if (last - first >= 60) printf "%d lines: %s() in %s\n", last - first + 1, $1, $2
}'
