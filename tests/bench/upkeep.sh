#!/bin/sh
# The store: what verify proves in a second beside git fsck and git verify-commit, on one core; and what `maintain` makes
# of daily changes of 114 units beside `git gc --aggressive`: 40 days of the five years (1 part in 46), packed every 10 days
# as the daemon would, since a pack holds each ledger apart and so grows with the days.
. "$(dirname "$0")/lib.sh"
N=${N:-5000} SAMPLE=100 DAYS=${DAYS:-40} UNITS=114
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

ledgers=$(for i in $(seq $UNITS); do echo "reports/$((10000 + i))"; done)
tuyen -C m init --unit 31 --level province --name 'Hải Phòng' --root 2>/dev/null
size() { du -sk --apparent-size "$1/objects" | cut -f1; }
for ten in $(seq $((DAYS / 10))); do
	# shellcheck disable=SC2086
	many m $((UNITS * 10)) $ledgers
	tuyen -C m maintain >/dev/null
done
git clone -q --bare --no-local m/store.git gc.git
begin=$(now)
git -C gc.git gc -q --aggressive --prune=now
row "five years of 114 units: $DAYS days" 'git gc --aggressive' '{}' $(($(now) - begin)) "$(size gc.git) kB"
row "five years of 114 units: $DAYS days" 'tuyen maintain each ten days' '{}' '' "$(size m/store.git) kB"
mark 'maintain each ten days beside git gc --aggressive, per cent' $(($(size m/store.git) * 100 / $(size gc.git))) 200
begin=$(now)
tuyen -C m maintain --full >/dev/null
row "five years of 114 units: $DAYS days" 'tuyen maintain --full' '{}' $(($(now) - begin)) "$(size m/store.git) kB"
mark 'maintain --full beside git gc --aggressive, per cent' $(($(size m/store.git) * 100 / $(size gc.git))) 200
