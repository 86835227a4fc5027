#!/bin/sh
# What a commune and its city say to each other for a given work: bytes both ways and round trips, at 50 ms each way.
. "$(dirname "$0")/lib.sh"
S=$(port) L=$(port)
the_line() { a_line line "$L" "$S" "$@"; }
# The ledger: 60 reports of about 1.5 KB, 50 tasks, 1,000 changes.
history() {
	figures=$(for i in $(seq 30); do printf 'I%d=%d ' "$i" $((i * 7919)); done)
	i=0
	for period in $PERIODS; do
		# shellcheck disable=SC2086
		w report set p "$period" $figures --note "Kỳ $period: $(note $i)"
		i=$((i + 1))
	done
	for i in $(seq 50); do w task set p T"$i" state=doing percent="$i"; done
	updates 890
}
note() { for k in 1 2 3 4 5 6 7; do echo "phường đã tổ chức tuyên truyền tại $(($1 * 7 + k)) tổ dân phố, vận động $(($1 * 31 + k * 17)) hộ;"; done; }
w() { tuyen -C "${NODE:-11383}" "$@" >/dev/null 2>err || { cat err >&2; exit 1; }; }
updates() {
	for i in $(seq "$1"); do
		w report set p "$(echo "$PERIODS" | cut -d' ' -f$((i % 60 + 1)))" I$((i % 10 + 1))=$((i * 3 + ${2:-0})) I$((i % 7 + 11))=$((i * 5 + ${2:-0})) I$((i % 9 + 21))=$((i + ${2:-0}))
	done
}
settle() {
	until_true same 11383 31 reports/11383
	until_true same 11383 31 directives/31
	until_true quiet 11383
	until_true quiet 31
	pause 0.3
}
# measured WORK LIMIT TRIPS: the counts since the last time, as a row and two marks
measured() {
	got=$(counts line)
	row "$1" tuyen "$got" "${MS:-}"
	[ -z "$2" ] || mark "$1: bytes" "$(bytes "$got")" "$2"
	[ -z "$3" ] || mark "$1: round trips" "$(trips "$got")" "$3"
}
# both the clerk's figures and his task
one_up() {
	w report set p 2026-06 I1="$1"01 I2="$1"02 I3="$1"03
	w task set p T7 state=doing percent="$1"
}
one_down() {
	NODE=31 w report set --unit 11383 --reason 'đối chiếu' p 2026-06 I1="$1"01 I2="$1"02 I3="$1"03
	NODE=31 w task set --unit 11383 --reason 'đối chiếu' p T7 percent="$1"
}
# from_nothing WORK LIMIT TRIPS COMMAND...: done while the line is closed
from_nothing() {
	work=$1 limit=$2 n_trips=$3
	shift 3
	tuyen -C 11383 sync --pause >/dev/null
	"$@"
	pause 0.3
	counts line >/dev/null
	begin=$(now)
	tuyen -C 11383 sync --resume >/dev/null
	settle
	MS=$(($(now) - begin - 300))
	measured "$work" "$limit" "$n_trips"
}

# ---- the very first meeting ----
tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:"$S" --address 127.0.0.1:"$L" 2>/dev/null
the_line --delay 50
serve 31
tuyen -C 11383 init --unit 11383 --level commune --name 'Lê Chân' 2>/dev/null
tuyen -C 11383 join --request 2>/dev/null | tuyen -C 31 unit admit - 2>/dev/null | tuyen -C 11383 join - 2>/dev/null
NODE=31 w directive issue --id D-1 --title 'Báo cáo tháng' --to all
counts line >/dev/null
serve 11383
settle
MS='' measured 'the very first meeting, keys and one directive' 2600 ''
plan >plan.yaml
NODE=31 w plan load plan.yaml
settle
history
settle

# ---- a fresh node ----
stop 11383
mv 11383 burned
tuyen -C 11383 init --unit 11383 --level commune --name 'Lê Chân' 2>/dev/null
tuyen -C 11383 join --request 2>/dev/null | tuyen -C 31 unit admit --recover - 2>/dev/null | tuyen -C 11383 join - 2>/dev/null
n=$(git -C 31/store.git rev-list --no-merges --count --all)
git clone -q --bare 31/store.git "$BENCH_LEDGER"
counts line >/dev/null
begin=$(now)
serve 11383
settle
MS=$(($(now) - begin - 300))
got=$(counts line)
row "1,000 changes to a fresh node" tuyen "$got" $MS "$n changes"
mark '1,000 changes to a fresh node: bytes' "$(bytes "$got")" 180000

# ---- an established line ----
w task set p T1 percent=99
settle
counts line >/dev/null
MS=''
tuyen -C 11383 sync --wait >/dev/null
measured 'nothing to do, line open' 120 1
one_up 11
settle
measured 'one update up, line open' 400 1
one_down 12
settle
measured 'one update down, line open' 400 1

# ---- from nothing ----
from_nothing 'nothing to do, from nothing' 900 3 true
idle=$(bytes "$got")
from_nothing 'one update up, from nothing' 1200 3 one_up 21
from_nothing 'one update down, from nothing' 1200 3 one_down 22
from_nothing '100 changes in one go' 14000 '' updates 100 10000
hundred=$(bytes "$got")

# ---- cut ----
for percent in 30 60 90; do
	tuyen -C 11383 sync --pause >/dev/null
	updates 100 ${percent}000
	the_line --delay 50 --cut-after $((hundred * percent / 100)) --cuts 1
	begin=$(now)
	tuyen -C 11383 sync --resume >/dev/null
	settle
	MS=$(($(now) - begin - 300))
	got=$(counts line)
	again=$(($(bytes "$got") - hundred - idle))
	row "100 changes cut at $percent %" tuyen "$got" $MS
	mark "100 changes cut at $percent %: bytes sent again" $((again > 0 ? again : 0)) 1000 'without the second handshake'
done

# long N WORDS: changes of WORDS * 512 bytes that nothing makes smaller
long() { for period in $(echo "$PERIODS" | cut -d' ' -f1-"$1"); do w report set p "$period" --note "$(words "$2")"; done; }

# ---- 2 MB of history, cut ----
the_line --delay 50
settle
tuyen -C 11383 sync --pause >/dev/null
long 60 62
counts line >/dev/null
tuyen -C 11383 sync --resume >/dev/null
PATIENCE=60 settle
whole=$(bytes "$(counts line)")
for percent in 30 60 90; do
	tuyen -C 11383 sync --pause >/dev/null
	long 60 62
	the_line --delay 50 --cut-after $((whole * percent / 100)) --cuts 1
	begin=$(now)
	tuyen -C 11383 sync --resume >/dev/null
	PATIENCE=60 settle
	MS=$(($(now) - begin - 300))
	got=$(counts line)
	again=$(($(bytes "$got") - whole))
	row "2 MB of history cut at $percent %" tuyen "$got" $MS "$((whole / 1000)) kB"
	mark "2 MB of history cut at $percent %: bytes sent again" $((again > 0 ? again : 0)) 70000 'with the second handshake'
done

# ---- 64 kbit/s cut every 30 s ----
the_line --delay 20
settle
tuyen -C 11383 sync --pause >/dev/null
long 30 32
counts line >/dev/null
tuyen -C 11383 sync --resume >/dev/null
settle
whole=$(bytes "$(counts line)")
tuyen -C 11383 sync --pause >/dev/null
long 30 32
the_line --delay 150 --rate 8000 --cut-every 30
begin=$(now)
tuyen -C 11383 sync --resume >/dev/null
PATIENCE=180 until_true same 11383 31 reports/11383
MS=$(($(now) - begin))
got=$(counts line)
cuts=$(echo "$got" | jq .cuts)
row '64 kbit/s cut every 30 s' tuyen "$got" $MS "$((whole / 1000)) kB in changes of 16 kB, cut $cuts times"
again=$(($(bytes "$got") - whole - idle * cuts))
mark '64 kbit/s cut every 30 s: sent twice, per mille' $((again > 0 ? again * 1000 / whole : 0)) 20 'without the handshakes'

# ---- a directive behind a backlog at 32 kbit/s, of reports and of an attachment of 16 MB ----
the_line --delay 50
settle
NODE=31 w directive issue --id D-3 --title 'Kèm tệp' --to all
settle
tuyen -C 11383 sync --pause >/dev/null
{ printf '%%PDF-1.4\n' && head -c 16000000 /dev/urandom && printf '\n%%%%EOF\n'; } >scan.pdf
NODE=31 w attach add directive D-3 scan.pdf
for period in $(echo "$PERIODS" | cut -d' ' -f1-6); do NODE=31 w report set --unit 11383 --reason x p "$period" --note "$(words 48)"; done
the_line --delay 50 --rate 4000
tuyen -C 11383 sync --resume >/dev/null
came() { tuyen -C 11383 status --json | jq '[.lines[].bytes_in] | max // 0'; }
has_it() { tip 11383 directives/31 && same 11383 31 directives/31; }
# behind WHAT ID: a directive, now
behind() {
	counts line >/dev/null
	begin=$(now)
	NODE=31 w directive issue --id "$2" --title 'Khẩn' --to all --text "$(words 10)"
	PATIENCE=60 until_true has_it
	MS=$(($(now) - begin))
	row "a 10 kB directive behind $1 at 32 kbit/s" tuyen "$(counts line)" $MS
	mark "a 10 kB directive behind $1: ms" $MS 5000
}
moved() { [ "$(came)" -ge 8000 ]; }
until_true moved
behind 'a backlog of reports' D-2
PATIENCE=120 until_true same 11383 31 reports/11383
was=$(came)
moved() { [ "$(came)" -ge $((was + 20000)) ]; }
PATIENCE=30 until_true moved
behind 'an attachment of 16 MB' D-4
the_line --delay 50
PATIENCE=60 settle
all_here() { tuyen -C 11383 attach list --json | jq -e '.attachments | length > 0 and all(.state == "here")'; }
PATIENCE=200 until_true all_here

# ---- memory ----
memory() { awk -v k="$2:" '$1 == k { n += $2 } END { print n }' "/proc/$1/smaps_rollup"; }
stop 11383
serve 11383
settle
ward=$(cat 11383.pid)
mark 'idle commune daemon: private kB' $(($(memory "$ward" Private_Clean) + $(memory "$ward" Private_Dirty))) 4096
mark 'idle commune daemon: resident kB' "$(memory "$ward" Rss)" 16384
switches() { awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }' "/proc/$ward/status"; }
before=$(switches)
pause 5
mark 'idle commune daemon: wake-ups in 5 s' $(($(switches) - before)) 1
