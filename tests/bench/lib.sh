# Sourced by the parts of the bench: a private folder, the line with its counts, rows and marks.
# Rows and marks are lines of JSON in $BENCH_ROWS and $BENCH_MARKS; bench.sh makes the table of them.
set -eu
BENCH_HERE=$(cd "$(dirname "$0")" && pwd)
: "${TUYEN_BUILD:?run this by: make bench}" "${BENCH_ROWS:?}" "${BENCH_MARKS:?}"
PATH=$TUYEN_BUILD:$TUYEN_BUILD/testbin:$PATH:/usr/sbin
unset TUYEN_DIR TUYEN_NOW TUYEN_LANG LANGUAGE LC_ALL LC_MESSAGES
export LANG=C.UTF-8 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@x
W=$(mktemp -d)
pids=
end() {
	for pid in $pids; do kill "$pid" 2>/dev/null || true; done
	for pid in $pids; do wait "$pid" 2>/dev/null || true; done
	cd / && rm -rf "$W"
}
trap end EXIT
trap 'exit 1' INT TERM
cd "$W"
here() { command -v "$1" >/dev/null; }
port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'; }
now() { perl -MTime::HiRes=time -e 'printf "%d\n", time * 1000'; }
pause() { perl -e 'select undef, undef, undef, shift' "$1"; }
# until_true COMMAND...: tries for PATIENCE seconds
until_true() {
	deadline=$(($(now) + ${PATIENCE:-20} * 1000))
	until "$@" >/dev/null 2>&1; do
		[ "$(now)" -lt $deadline ] || { echo "bench: waited in vain for: $*" >&2; tuyen -C 11383 status --json 2>/dev/null | jq -c .lines >&2; tail -n 5 11383.log >&2; return 1; }
		pause 0.02
	done
}
listens() { ss -Hltn "sport = :$1" | grep -q .; }

# a_line NAME PORT TO OPTION...: begin it, or begin it anew; its counts go to NAME.counts
a_line() {
	a_name=$1 a_port=$2 a_to=$3
	shift 3
	if [ -s "$a_name.pid" ]; then
		kill "$(cat "$a_name.pid")" && wait "$(cat "$a_name.pid")" || true
	fi
	: >"$a_name.counts"
	line --listen 127.0.0.1:"$a_port" --to 127.0.0.1:"$a_to" "$@" >"$a_name.counts" &
	echo $! >"$a_name.pid"
	pids="$pids $!"
	until_true listens "$a_port"
}
# counts NAME: what it has carried since it was last asked
counts() {
	before=$(wc -l <"$1.counts")
	kill -HUP "$(cat "$1.pid")"
	until_true sh -c "[ \$(wc -l <'$1.counts') -gt $before ]"
	tail -n 1 "$1.counts"
}
bytes() { echo "$1" | jq '.up + .down'; }
# What the dialling end waits for: to connect, and half the flights up to the last that came to it (tests/lib/line_main.c).
trips() { echo "$1" | jq '.round_trips + .connections'; }
# row WORK TOOL COUNTS MS [NOTE]
row() {
	echo "$3" | jq -c --arg work "$1" --arg tool "$2" --arg ms "$4" --arg note "${5:-}" '{work: $work, tool: $tool, bytes_up: .up,
		bytes_down: .down, round_trips: (if .up then .round_trips + .connections else null end),
		seconds: (if $ms == "" then null else ($ms | tonumber / 1000) end)} +
		(if $note == "" then {} else {note: $note} end)' >>"$BENCH_ROWS"
}
# mark WORK FIGURE LIMIT [NOTE]: at most so much
mark() {
	jq -nc --arg work "$1" --argjson figure "$2" --argjson limit "$3" --arg note "${4:-}" '{work: $work, figure: $figure, limit: $limit,
		met: ($figure != null and $figure <= $limit)} + (if $note == "" then {} else {note: $note} end)' >>"$BENCH_MARKS"
}
# cpu PID: the ms of it and of its children that have ended
cpu() { awk '{ sub(/.*\) /, ""); print ($12 + $13 + $14 + $15) * 10 }' "/proc/$1/stat"; }
# A daemon, until it serves.
serve() {
	tuyend -C "$1" 2>>"$1.log" &
	echo $! >"$1.pid"
	pids="$pids $!"
	until_true grep -q serves "$1.log"
}
stop() {
	kill "$(cat "$1.pid")" && wait "$(cat "$1.pid")" || true
	: >"$1.log"
}
quiet() { tuyen -C "$1" status --json | jq -e '.lines | length > 0 and all(.open and .equal)'; }
tip() { git -C "$1/store.git" rev-parse -q --verify "$2"; }
same() { [ "$(tip "$1" "$3")" = "$(tip "$2" "$3")" ]; }
words() { head -c "$(($1 * 512))" /dev/urandom | od -An -v -tx1 | tr 0-9 g-p | tr -d ' \n'; } # without digits: they might be a phone number
# 50 tasks, 30 indicators
plan() {
	echo 'format: plan/1'
	echo 'plan: {id: p, title: Kế hoạch}'
	echo 'indicators:'
	for i in $(seq 30); do echo "  - {id: I$i, name: 'Chỉ tiêu số $i', kind: count, aggregate: sum, scope: commune}"; done
	echo 'tasks:'
	for i in $(seq 50); do echo "  - {id: 'T$i', title: 'Nhiệm vụ số $i', mode: assign}"; done
}
PERIODS=$(for y in 2022 2023 2024 2025 2026; do for m in 01 02 03 04 05 06 07 08 09 10 11 12; do printf '%s-%s ' $y $m; done; done)
