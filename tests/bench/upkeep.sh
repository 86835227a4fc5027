#!/bin/sh
# The store: what verify proves in a second beside git fsck and git verify-commit, on one core; and what `maintain` makes of daily
# changes beside `git gc --aggressive`: of 114 units some weeks (DAYS=40), packed every ten days; of 12 units a year (LONG=400; 1820 is
# five years, some minutes), packed as often as 2,000 objects have come, which is what the daemon would do.
. "$(dirname "$0")/lib.sh"
N=${N:-5000} SAMPLE=100
tuyen -C v init --unit 31 --level province --name 'Hải Phòng' --root 2>/dev/null
many v "$N" reports/31
# rate COUNT COMMAND...: of COUNT things a second
rate() {
	count=$1
	shift
	begin=$(now)
	"$@" >/dev/null 2>&1 || true
	spent=$(($(now) - begin))
	echo $((count * 1000 / (spent > 0 ? spent : 1)))
}
one_core() { taskset -c 0 "$@"; }
tuyen -C v verify --allowed-signers >signers
git -C v/store.git rev-list --no-merges --all | head -n $SAMPLE >ids
commits() { while read -r id; do git -C v/store.git -c gpg.format=ssh -c gpg.ssh.allowedSignersFile="$W/signers" verify-commit "$id"; done <ids; }
first=$(rate "$N" one_core tuyen -C v verify)
again=$(rate "$N" one_core tuyen -C v verify)
fsck=$(rate "$N" one_core git -C v/store.git fsck --strict)
signatures=$(rate $SAMPLE commits)
per_second() { row 'verify, changes a second' "$1" '{}' '' "$2 a second"; }
per_second 'tuyen verify, the first time' "$first"
per_second 'tuyen verify, proved before' "$again"
per_second 'git fsck --strict, no signatures' "$fsck"
per_second 'git verify-commit, signatures alone' "$signatures"
mark 'verify, proved before: us a change' $((1000000 / (again > 0 ? again : 1))) 100 '10,000 changes a second'

# stored REPOSITORY: bytes of its packs, their indexes and loose objects; no bitmaps, and no folders, which git has fewer of
stored() { find "$1/objects" -type f '(' -name '*.pack' -o -name '*.idx' -o -path '*/??/*' ')' -printf '%s\n' | awk '{ n += $1 } END { print n }'; }
longest=0 fattest=0 # of all runs so far: ms, kB
# maintained NODE OPTION...: its time and memory
maintained() {
	node=$1
	shift
	begin=$(now)
	tuyen -C "$node" maintain "$@" >/dev/null &
	run=$!
	while kill -0 $run 2>/dev/null; do
		kb=$(awk '/^VmHWM/ { print $2 }' /proc/$run/status 2>/dev/null || true)
		[ "${kb:-0}" -gt $fattest ] && fattest=$kb
		pause 0.02
	done
	wait $run
	spent=$(($(now) - begin))
	[ $spent -gt $longest ] && longest=$spent
	return 0
}
# years DAYS UNITS STEP WORK: packed every STEP days, beside what git makes of the same in the end
years() {
	ledgers=$(for i in $(seq "$2"); do echo "reports/$((10000 + i))"; done)
	tuyen -C "m$1" init --unit 31 --level province --name 'Hải Phòng' --root 2>/dev/null
	longest=0 fattest=0
	for part in $(seq $(($1 / $3))); do
		# shellcheck disable=SC2086
		many "m$1" $(($2 * $3))@$(((part - 1) * $2 * $3)) $ledgers
		maintained "m$1"
	done
	git clone -q --bare --no-local "m$1/store.git" "gc$1.git"
	begin=$(now)
	git -C "gc$1.git" gc -q --aggressive --prune=now
	git_ms=$(($(now) - begin)) git_bytes=$(stored "gc$1.git") bytes=$(stored "m$1/store.git")
	packs=$(find "m$1/store.git/objects/pack" -name '*.pack' | wc -l)
	row "$4" 'git gc --aggressive' '{}' $git_ms "$((git_bytes / 1024)) kB"
	row "$4" "tuyen maintain each $3 days" '{}' $longest "$((bytes / 1024)) kB in $packs packs, the longest run; $fattest kB of memory"
	mark "$4: maintain beside git gc --aggressive, per cent" $((bytes * 100 / git_bytes)) 150 '200 is asked for'
	mark "$4: packs" "$packs" 8
	mark "$4: kB of memory that a run takes" "$fattest" 81920
	begin=$(now)
	maintained "m$1" --full
	bytes=$(stored "m$1/store.git")
	row "$4" 'tuyen maintain --full' '{}' $(($(now) - begin)) "$((bytes / 1024)) kB"
	mark "$4: maintain --full beside git gc --aggressive, per cent" $((bytes * 100 / git_bytes)) 150 '200 is asked for'
}
years "${DAYS:-40}" 114 10 "daily changes of 114 units, ${DAYS:-40} days"
years "${LONG:-400}" 12 20 "daily changes of 12 units, ${LONG:-400} days"
