#!/bin/sh
# Goal: a node that was put back from an old copy, at its place or elsewhere, above, below or both, gets back what it lost
# by ordinary exchanges; nothing is undone, little is sent twice, and people are told.
. "$(dirname "$0")/../lib/tap.sh"

P=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp, title: Tháng cao điểm}
indicators:
  - {id: A, name: Số vụ, kind: count, aggregate: sum, scope: commune}
EOP
city() { tuyen -C n/31 "$@"; }
ward() { tuyen -C n/11383 "$@"; }
same() {
	for s_ledger in directives/31 reports/11383; do
		is "$1: $s_ledger is the same on both" "$(tip n/11383 $s_ledger)" "$(tip n/31 $s_ledger)"
	done
}
line_count() { tuyen -C "$1" status --json | jq "[.lines[] | select(.superior == $2) | .$3] | add"; }
restored() { tuyen -C "$1" incident list --json | jq '[.incidents[] | select(.kind == "restored")] | length'; }
twins() { tuyen -C "$1" incident list --json | jq '[.incidents[] | select(.kind == "twin")] | length'; }
# Put an old copy over the store where it is: same folder, same inode.
over() {
	find "$2/store.git" -mindepth 1 -delete
	cp -a "$1/store.git/." "$2/store.git/"
}
# Months until $1, each reported and submitted and received.
month=0
work() {
	for w_i in $(seq "$1"); do
		month=$((month + 1))
		ward report set hp "20$((26 + month / 12))-$(printf %02d $((month % 12 + 1)))" A=$month >>work.out 2>&1 || return 1
	done
	city directive issue --plan hp --title "Chỉ thị $month" --to all --due 2026-12-31 >>work.out 2>&1 || return 1
	ward sync --wait --timeout 20 >>work.out 2>&1
}
count() { tuyen -C "$1" report list --unit 11383 --json | jq '[.reports[] | select(.state != null and .state != "missing")] | length'; }
all() {
	t "$1: status" ward status --json
	same "$1"
	for a_node in 31 11383; do
		is "$1: $a_node has every month" "$(tuyen -C n/$a_node report list --unit 11383 --json | jq '[.reports[] | select(.state != "missing") | .period] | unique | length')" "$months"
		t "$1: $a_node verifies" tuyen -C n/$a_node verify
		t "$1: $a_node conflicts" tuyen -C n/$a_node conflict list --json
		json "$1: $a_node has no clash" '.conflicts' '[]'
	done
	t "$1: directives" ward directive list --json
	is "$1: none lost" "$(jq '.directives | length' out)" "$issued"
}

city init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P >out 2>err
start n/31
ward init --unit 11383 --level commune --name 'Lê Chân' >out 2>err
t 'enrol' enrol n/11383 n/31
start n/11383
t 'plan' city plan load plan.yaml
t 'exchange' ward sync --wait --timeout 20
t 'work' work 8
issued=1
stop n/11383
stop n/31
mkdir old
cp -a n/31 old/31
cp -a n/11383 old/11383
start n/31
start n/11383
t 'work after the copies' work 6
issued=2 months=14
all 'before'
stop n/11383

# The ward, in its place.
over old/11383 n/11383
start n/11383
t 'ward in place: exchange' ward sync --wait --timeout 20
all 'ward in place'
is 'nothing was sent again' "$(line_count n/11383 true changes_out)" 0
is 'the ward is told' "$(restored n/11383)" 1
t 'in words' ward status
says 'how many came back, and from whom' '6 changes of its own came back from 31'
t 'in Vietnamese' env TUYEN_LANG=vi tuyen -C n/11383 incident list
says 'translated' 'bản sao cũ'
is 'the city is not' "$(restored n/31)" 0
is 'nobody takes it for a twin' "$(twins n/31)" 0

# It writes before it has met anybody.
stop n/11383
stop n/31
over old/11383 n/11383
start n/11383
t 'ward ahead: a figure alone' ward report set hp 2028-01 A=99
start n/31
t 'ward ahead: exchange' ward sync --wait --timeout 20
months=15
all 'ward ahead'
# Once more where the city could not read it, as the ward took it to have what it has lost itself.
[ "$(line_count n/11383 true changes_out)" -le 2 ]
ok 'just that was sent' $?

# The city, in its place.
stop n/31
over old/31 n/31
start n/31
t 'city in place: exchange' ward sync --wait --timeout 20
t 'city in place: exchange' city sync --wait --timeout 20
all 'city in place'
is 'the city is told' "$(restored n/31)" 1
says_before=$(line_count n/31 false changes_out)
[ "${says_before:-0}" -le 9 ]
ok "the city sent little again ($says_before)" $?

# Both, in their places: what was made since is on neither, and what one had kept is on both.
stop n/11383
stop n/31
over old/31 n/31
cp -a n/11383 kept
over old/11383 n/11383
start n/31
start n/11383
t 'both in place: exchange' ward sync --wait --timeout 20
issued=1 months=8
all 'both in place'
t 'work goes on' work 2
issued=2 months=$((months + 2))
all 'both, afterwards'

# A copy that is newer than both comes home: all is there again, of both times.
stop n/11383
mv n/11383 n/late
mv kept n/11383
start n/11383
t 'the kept one: exchange' ward sync --wait --timeout 20
t 'the kept one: exchange' city sync --wait --timeout 20
issued=3 months=17
same 'the kept one'
t 'verify' ward verify
t 'verify' city verify

# Elsewhere: the old folder on another machine, the present one gone for good.
stop n/11383
rm -rf n/11383
cp -a old/11383 n/11383
start n/11383
t 'ward elsewhere: exchange' ward sync --wait --timeout 20
same 'ward elsewhere'
is 'it is another instance' "$(city incident list --json | jq '[.incidents[] | select(.kind == "moved")] | length >= 1')" true
is 'but no twin' "$(twins n/31)" 0
stop n/31
rm -rf n/31
cp -a old/31 n/31
start n/31
t 'city elsewhere: exchange' ward sync --wait --timeout 20
t 'city elsewhere: exchange' city sync --wait --timeout 20
same 'city elsewhere'
t 'verify' city verify
t 'fsck' git -C n/31/store.git fsck --strict

# The notes are newer than the store: what is remembered of the other end names changes that are here no more.
stop n/11383
cp -a n/11383/store.git/tuyen notes
over old/11383 n/11383
rm -rf n/11383/store.git/tuyen
cp -a notes n/11383/store.git/tuyen
start n/11383
t 'store older than its notes: exchange' ward sync --wait --timeout 20
same 'store older than its notes'
is 'nothing was sent again' "$(line_count n/11383 true changes_out)" 0
done_testing
