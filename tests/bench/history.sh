#!/bin/sh
# What history costs: a commune with 1,000 changes of it and one with 20,000, each beside its city. Of every node the time on
# the processor for one change written and exchanged, and the memory of a daemon that has nothing to do.
# In memory, where there is such a place: ext4 without a journal searches long for an inode where thousands were just freed,
# as packing does, and that is no cost of a sync.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
FEW=${FEW:-1000} MANY=${MANY:-20000} ROUNDS=20
# in nanoseconds; a sync is too short for ticks
spent() { cat "/proc/$(cat 11383.pid)/schedstat" "/proc/$(cat 31.pid)/schedstat" | awk '{ n += $1 } END { printf "%.0f", n }'; }
memory() { awk -v k="$2" '$1 ~ k { n += $2 } END { print n }' "/proc/$(cat "$1.pid")/smaps_rollup"; }
there() { same 11383 31 reports/11383 && quiet 11383; }
exchange() {
	tuyen -C 11383 report set p 2026-06 I1="$1" >/dev/null 2>&1
	until_true there
}
# a_country CHANGES: both nodes hold them before they meet again
a_country() {
	S=$(port)
	tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:"$S" --address 127.0.0.1:"$S" 2>/dev/null
	serve 31
	tuyen -C 11383 init --unit 11383 --level commune --name 'Lê Chân' 2>/dev/null
	tuyen -C 11383 join --request 2>/dev/null | tuyen -C 31 unit admit - 2>/dev/null | tuyen -C 11383 join - 2>/dev/null
	plan >plan.yaml
	tuyen -C 31 plan load plan.yaml >/dev/null
	stop 31
	many 11383 "$1" reports/11383
	git -C 31/store.git fetch -q "$W/11383/store.git" reports/11383:reports/11383
	cp 11383/store.git/tuyen/index-reports-11383 31/store.git/tuyen # else the first exchange is kept waiting while it is made
	tuyen -C 11383 maintain >/dev/null
	tuyen -C 31 maintain >/dev/null
	both
	stop 11383
	stop 31
	both
}
both() {
	serve 31
	serve 11383
	PATIENCE=60 until_true there
	until_true same 11383 31 directives/31
}
# costs CHANGES: sets COST, microseconds of both ends for one exchange, and the memory before it
costs() {
	a_country "$1"
	pause 1
	PRIVATE=$(memory 11383 '^Private_(Clean|Dirty):') RESIDENT=$(memory 11383 '^Rss:')
	for i in 1 2 3; do exchange $i; done
	begin=$(spent)
	for i in $(seq $ROUNDS); do exchange "1$i"; done
	COST=$((($(spent) - begin) / ROUNDS / 1000))
	row "one change written and exchanged, $1 changes of history" tuyen '{}' '' "$COST us of both processors"
	mark "idle commune daemon, $1 changes of history: private kB" "$PRIVATE" 4096
	mark "idle commune daemon, $1 changes of history: resident kB" "$RESIDENT" 16384
	stop 11383
	stop 31
	rm -rf 11383 31
}
costs "$FEW"
few=$COST
costs "$MANY"
mark "the cost of a sync with $((MANY / FEW)) times the history, per cent" $((COST * 100 / few)) 150
