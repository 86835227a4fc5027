#!/bin/sh
# Goal: a running node is backed up; restored elsewhere it goes on as the same node, gets back what came after an old
# backup, sends nothing twice, and loses nothing.
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
		[ -n "$(tip n/31 $s_ledger)" ] && is "$1: $s_ledger is the same on both" "$(tip $2 $s_ledger)" "$(tip n/31 $s_ledger)"
	done
}
# How many changes the node has sent to its superior since its daemon started.
sent() { tuyen -C "$1" status --json | jq '[.lines[] | select(.superior) | .changes_out] | add'; }
city init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P >out 2>err
start n/31
ward init --unit 11383 --level commune --name 'Lê Chân' >out 2>err
t 'enrol' enrol n/11383 n/31
start n/11383
t 'plan' city plan load plan.yaml
t 'exchange' ward sync --wait --timeout 20
t 'a draft' ward report set hp 2026-05 A=1
t 'submitted' ward report submit hp 2026-05
t 'exchange' ward sync --wait --timeout 20

t 'backup of a running node' ward backup old.tgz
is 'only its owner reads it' "$(stat -c %a old.tgz)" 600
for i in 1 2 3 4 5 6 7 8; do ward report set hp 2026-0$i A=$((i + 10)) >/dev/null 2>>err.set & jobs="${jobs:-} $!"; done
t 'backup while it writes' ward backup busy.tgz
for job in $jobs; do wait "$job"; done
t 'exchange' ward sync --wait --timeout 20
t 'a report after the backup' ward report submit hp 2026-06
t 'exchange' ward sync --wait --timeout 20
t 'a present backup' ward backup now.tgz
fails 1 'a backup of nothing' tuyen -C n/nowhere backup x.tgz
[ ! -e x.tgz ]
ok 'leaves nothing' $?
fails 1 'a backup to nowhere' ward backup no/such/folder.tgz
fails 1 'restore over a node' tuyen -C n/11383 restore old.tgz
printf 'no archive' >bad.tgz
fails 1 'restore of something else' tuyen -C n/bad restore bad.tgz
head -c 3000 now.tgz >cut.tgz
fails 1 'restore of half a backup' tuyen -C n/bad restore cut.tgz
[ ! -e n/bad ]
ok 'leaves nothing' $?
stop n/11383

figure=16
for kind in now busy old; do
	t "$kind: restore" tuyen -C n/$kind restore $kind.tgz
	is "$kind: the key is the owner's alone" "$(stat -c %a n/$kind/key)" 600
	t "$kind: reading works at once" tuyen -C n/$kind report show hp 2026-05 --json
	t "$kind: verify" tuyen -C n/$kind verify
	[ "$(cat n/$kind/store.git/tuyen/instance)" != "$(cat n/11383/store.git/tuyen/instance)" ]
	ok "$kind: another instance than the one backed up" $?
	city_before=$(tip n/31 reports/11383)
	start n/$kind
	t "$kind: exchange" tuyen -C n/$kind sync --wait --timeout 20
	is "$kind: the superior has nothing new" "$(tip n/31 reports/11383)" "$city_before"
	same "$kind" n/$kind
	is "$kind: and was sent nothing" "$(sent n/$kind)" 0
	t "$kind: what came after is there" tuyen -C n/$kind report show hp 2026-06 --json
	json "$kind: the report" '[.state, .values.A, .receipts[0].version]' "[\"submitted\",\"$figure\",1]"
	t "$kind: it goes on" tuyen -C n/$kind report correct hp 2026-06 A=$((figure += 10)) --reason "sau khi khôi phục $kind"
	t "$kind: exchange" tuyen -C n/$kind sync --wait --timeout 20
	same "$kind, afterwards" n/$kind
	t "$kind: git fsck" git -C n/$kind/store.git fsck --strict
	stop n/$kind
done

# Work done on a restored node before it meets its superior: all is kept, on both.
stop n/31
t 'restore the old one once more' tuyen -C n/apart restore old.tgz
start n/apart
t 'a figure, without a line' tuyen -C n/apart report set hp 2026-09 A=5
t 'a correction of what it had' tuyen -C n/apart report correct hp 2026-05 A=77 --reason 'kiểm lại'
start n/31
t 'exchange' tuyen -C n/apart sync --wait --timeout 20
same 'apart' n/apart
for node in 31 apart; do
	t "$node: the lost and the new" tuyen -C n/$node report list --unit 11383 --json
	json "$node: all" '[.reports[].period] | map(select(. > "2026-04" and . < "2026-10"))' '["2026-05","2026-06","2026-07","2026-08","2026-09"]'
	t "$node: corrected" tuyen -C n/$node report show --unit 11383 hp 2026-05 --json
	json "$node: its figure" '.values.A' '"77"'
	t "$node: no clash with itself" tuyen -C n/$node conflict list --json
	json "$node: none" '.conflicts' '[]'
	t "$node: verify" tuyen -C n/$node verify
done
stop n/apart

# The superior's machine burns too: an old backup of it gets back what its subordinates hold.
t 'backup of the city' city backup city.tgz
t 'admitted ward and station stay known' city unit show 11383 --json
start n/apart
t 'exchange' tuyen -C n/apart sync --wait --timeout 20
t 'a report after that' tuyen -C n/apart report submit hp 2026-07
t 'exchange' tuyen -C n/apart sync --wait --timeout 20
ward_tip=$(tip n/apart reports/11383)
stop n/31
mv n/31 burned
t 'restore of the city' tuyen -C n/31 restore city.tgz
start n/31
t 'exchange' tuyen -C n/apart sync --wait --timeout 20
same 'the city again' n/apart
is 'the receipt of the lost version came back' "$(tip n/31 reports/11383)" "$ward_tip"
t 'total' city total hp --period 2026-07 --json
json 'counts it' '[.reported, .rows[0].value]' '[1,"17"]'
t 'verify' city verify
done_testing
