#!/bin/sh
# Measures what the lines, the crowd and the store cost, side by side with stock tools in one run; prints a table, writes
# build/bench.json, and says what misses its mark. PARTS="sync git" chooses.
set -eu
: "${TUYEN_BUILD:?run this by: make bench}"
here=$(dirname "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export BENCH_ROWS="$tmp/rows" BENCH_MARKS="$tmp/marks" BENCH_LEDGER="$tmp/ledger.git"
: >"$BENCH_ROWS" && : >"$BENCH_MARKS"
sh "$here/dead.sh" 2>"$tmp/dead.err" &
dead=$!
for part in ${PARTS:-sync peers attach crowd storm history conflicts upkeep}; do
	sh "$here/$part.sh" || echo "bench: the part $part did not come to its end" >&2
done
wait $dead || { cat "$tmp/dead.err" >&2; echo 'bench: the part dead did not come to its end' >&2; }
jq -n --slurpfile rows "$BENCH_ROWS" --slurpfile marks "$BENCH_MARKS" '{rows: $rows, marks: $marks}' >"$TUYEN_BUILD/bench.json"
{
	jq -r '.rows | ["work", "tool", "up", "down", "round trips", "seconds", "note"],
		(.[] | [.work, .tool, .bytes_up, .bytes_down, .round_trips, .seconds, .note]) |
		map(if . == null then "-" else tostring end) | join("\t")' "$TUYEN_BUILD/bench.json"
} | column -t -s "$(printf '\t')"
echo
jq -r '.marks | ["mark", "figure", "at most", "met", "note"],
	(.[] | [.work, .figure, .limit, (if .met then "yes" else "NO" end), .note]) |
	map(if . == null then "-" else tostring end) | join("\t")' "$TUYEN_BUILD/bench.json" | column -t -s "$(printf '\t')"
echo
jq -r '[.marks[] | select(.met | not) | .work] | if length == 0 then "Every mark is met."
	else "Marks that are missed: " + join("; ") + "." end' "$TUYEN_BUILD/bench.json"
