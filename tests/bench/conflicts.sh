#!/bin/sh
# What open conflicts cost: a ledger with 10,000 of them and the same ledger without any, where both sides wrote the same
# figures. How long two sides that changed 10,000 records apart take to become one, and in how much memory; then, in turns,
# the time on both processors and the bytes on the line for one change written and exchanged; then reading.
# In memory, where there is such a place: see history.sh.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
ROUNDS=${ROUNDS:-25} SHAPE=${SHAPE:-20x500x1}
# in nanoseconds; a sync is too short for ticks
spent() { cat 11383.pid 31.pid | while read -r pid; do cat "/proc/$pid/schedstat"; done | awk '{ n += $1 } END { printf "%.0f", n }'; }
peak() { awk '/^VmHWM/ { print $2 }' "/proc/$(cat "$1.pid")/status"; }
there() { same 11383 31 reports/11383; }
median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
# takes COMMAND...: ms of its own on the processor
takes() { perl -e 'system("@ARGV >/dev/null 2>&1"); @t = times; printf "%d", 1000 * ($t[2] + $t[3])' "$@"; }
# a_country NAME SALT: its ward and its city, who wrote 10,000 records apart; by SALT 1 they say the same
a_country() {
	mkdir "$W/$1" && cd "$W/$1"
	S=$(port) L=$(port)
	tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:"$S" --address 127.0.0.1:"$L" 2>/dev/null
	serve 31
	a_line wire "$L" "$S"
	tuyen -C 11383 init --unit 11383 --level commune --name 'Lê Chân' 2>/dev/null
	tuyen -C 11383 join --request 2>/dev/null | tuyen -C 31 unit admit - 2>/dev/null | tuyen -C 11383 join - 2>/dev/null
	plan >plan.yaml
	tuyen -C 31 plan load plan.yaml >/dev/null
	stop 31
	many 11383 "$SHAPE+0" reports/11383
	git -C 31/store.git fetch -q "$PWD/11383/store.git" reports/11383:reports/11383
	cp 11383/store.git/tuyen/index-reports-11383 31/store.git/tuyen
	many 11383 "$SHAPE+1" reports/11383
	many 31 "$SHAPE+$2" reports/11383
	begin=$(now)
	serve 31
	serve 11383
	PATIENCE=120 until_true there
	JOINED=$(($(now) - begin)) PEAK=$(peak 31) BUSY=$(cpu "$(cat 31.pid)")
	PATIENCE=60 until_true same 11383 31 directives/31
	tuyen -C 11383 maintain >/dev/null
	tuyen -C 31 maintain >/dev/null
	stop 11383
	stop 31
	serve 31
	serve 11383
	PATIENCE=60 until_true quiet 11383
}
# exchange FIGURE: what it took is added to the files of this country
exchange() {
	begin=$(spent)
	tuyen -C 11383 report set p 2026-06 I1="$1" >/dev/null 2>&1
	until_true there
	pause 0.1
	echo $((($(spent) - begin) / 1000)) >>costs
}
a_country without 1
a_country with 2
n=$(tuyen -C 31 conflict list --json | jq '.conflicts | length')
row "two sides with 10,000 changed records each become one: $n conflicts" tuyen '{}' "$JOINED" "the superior: $BUSY ms on the processor, at most $PEAK kB"
mark "merging two sides of 10,000 changed records: ms on the superior's processor" "$BUSY" 10000
mark "merging two sides of 10,000 changed records: kB at the superior" "$PEAK" 65536
for i in 1 2 3; do
	for country in without with; do cd "$W/$country" && exchange "$i"; done
done
for country in without with; do cd "$W/$country" && rm costs && counts wire >/dev/null; done
for i in $(seq "$ROUNDS"); do
	for country in without with; do cd "$W/$country" && exchange "1$i"; done
done
for country in without with; do
	cd "$W/$country"
	median <costs >cost
	counts wire >count
	row "$ROUNDS changes written and exchanged, $country $n open conflicts" tuyen "$(cat count)" '' "$(cat cost) us of both processors each"
done
mark "the cost of a sync with $n open conflicts, per cent" $(($(cat "$W/with/cost") * 100 / $(cat "$W/without/cost"))) 105
mark "its bytes on the line, per cent" $(($(bytes "$(cat "$W/with/count")") * 100 / $(bytes "$(cat "$W/without/count")"))) 105
for command in 'conflict list' status 'total p --period 2026-06'; do
	mark "$command, $n open conflicts: ms on the processor" "$(takes tuyen -C 31 $command)" 1500
done
