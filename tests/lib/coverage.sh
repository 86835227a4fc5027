#!/bin/sh
# Line and branch coverage by room, from the gcov data of a build with COVERAGE=1: coverage.sh BUILD_DIR [ROOM [LIMIT]]
# With a room: by file. A source that no test links counts as not covered. With a limit, in percent: fails where lines or
# branches of a file stay below it.
set -eu
data=${1:?usage: coverage.sh BUILD_DIR [ROOM [LIMIT]]}/obj/daemon
room=${2:-}

# gcov speaks of headers as well, and ends with a sum of all: only what lies in the room itself counts, once.
files() {
	gcov -b -n "$data/$1"/*.gcno 2>/dev/null | awk -v room="daemon/$1/" '
	/^File / { name = substr($2, 2, length($2) - 2); ours = index(name, room) == 1 && name ~ /\.c$/ }
	ours && !(name in lines) && /^Lines executed:/ { split($0, p, /[:% ]+/); lines[name] = p[5]; hit[name] = p[3] * p[5] / 100 }
	ours && /^Taken at least once:/ { split($0, p, /[:% ]+/); branches[name] = p[7]; taken[name] = p[5] * p[7] / 100 }
	END { for (n in lines) printf "%s %d %d %d %d\n", n, hit[n] + 0.5, lines[n], taken[n] + 0.5, branches[n] }' | sort
}

table() {
	awk 'function percent(n, of) { return of ? sprintf("%5.1f %%", 100 * n / of) : "      -" }
	BEGIN { printf "%-32s %8s %9s %8s %9s\n", "", "lines", "of", "branches", "of" }
	{ printf "%-32s %s %9d  %s %9d\n", $1, percent($2, $3), $3, percent($4, $5), $5
	  for (i = 2; i <= 5; i++) sum[i] += $i }
	END { printf "%-32s %s %9d  %s %9d\n", "all", percent(sum[2], sum[3]), sum[3], percent(sum[4], sum[5]), sum[5] }'
}

if [ -n "$room" ]; then
	files "$room" | table
	[ -z "${3:-}" ] || files "$room" | awk -v limit="$3" '
	100 * $2 < limit * $3 || 100 * $4 < limit * $5 { print $1 ": less than " limit " % is covered"; bad = 1 }
	END { exit bad || !NR }' >&2
else
	for dir in "$data"/*/; do
		name=$(basename "$dir")
		files "$name" | awk -v name="$name" '{ for (i = 2; i <= 5; i++) sum[i] += $i }
		END { print name, sum[2] + 0, sum[3] + 0, sum[4] + 0, sum[5] + 0 }'
	done | table
fi
