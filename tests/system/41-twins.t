#!/bin/sh
# Goal: a copied disk is brought to work beside its original. Both are told, and so is the superior; nothing that either
# writes is lost, all three end the same, and when one of the two is gone the other goes on in peace.
. "$(dirname "$0")/../lib/tap.sh"

P=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp, title: Tháng cao điểm}
indicators:
  - {id: A, name: Số vụ, kind: count, aggregate: sum, scope: commune}
  - {id: B, name: Số buổi, kind: count, aggregate: sum, scope: commune}
EOP
city() { tuyen -C n/31 "$@"; }
ward() { tuyen -C n/11383 "$@"; }
clone() { tuyen -C n/clone "$@"; }
same() {
	for s_node in 11383 clone; do
		for s_ledger in directives/31 reports/11383; do
			is "$1: $s_ledger is the same on 31 and $s_node" "$(tip n/$s_node $s_ledger)" "$(tip n/31 $s_ledger)"
		done
	done
}
# Until all three have seen what the others wrote: each round moves it one line further.
settle() {
	for s_round in 1 2; do
		ward sync --wait --timeout 20 >>settle.out 2>&1
		clone sync --wait --timeout 20 >>settle.out 2>&1
	done
}
twins() { tuyen -C "$1" incident list --json | jq -c '[.incidents[] | select(.kind == "twin")] | length'; }

city init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P >out 2>err
start n/31
ward init --unit 11383 --level commune --name 'Lê Chân' >out 2>err
t 'enrol' enrol n/11383 n/31
start n/11383
t 'plan' city plan load plan.yaml
t 'exchange' ward sync --wait --timeout 20
t 'a figure' ward report set hp 2026-05 A=1
t 'exchange' ward sync --wait --timeout 20
is 'no twin yet' "$(twins n/31)" 0

# One instance: a second start of the same node is no twin.
stop n/11383
start n/11383
t 'exchange after a restart' ward sync --wait --timeout 20
is 'a restart is no twin' "$(twins n/31)" 0

stop n/11383
cp -r n/11383 n/clone
start n/11383
t 'the original goes on' ward sync --wait --timeout 20
start n/clone
t 'the copy comes too' clone sync --wait --timeout 20
[ "$(cat n/clone/store.git/tuyen/instance)" != "$(cat n/11383/store.git/tuyen/instance)" ]
ok 'it is another instance' $?
t 'exchange' city sync --wait --timeout 20
t 'status of the superior' city status --json
json 'lists both lines' '[.lines[] | select(.peer == "11383" and .open)] | length' 2
json 'by their instances' '[.lines[].instance] | unique | length' 2
t 'status for people' city status
is 'tells them apart' "$(grep -cE '^11383 \([0-9a-f]{4}\)' out)" 2
settle
for node in 31 11383 clone; do
	t "$node: incidents" tuyen -C n/$node incident list --json
	json "$node: told of the twin" '[.incidents[] | select(.kind == "twin") | .unit] | unique' '["11383"]'
	t "$node: status" tuyen -C n/$node status
	says "$node: status says so" 'twin|two nodes'
done
t 'status in Vietnamese' env TUYEN_LANG=vi tuyen -C n/clone status
says 'tells the clerk what to do' 'tuyen unit suspend 11383'

# Both write: each alone what the other does not, and both one figure.
t 'apart' city sync --pause
t 'a figure of the original' ward report set hp 2026-05 A=2
t 'a figure of the copy' clone report set hp 2026-05 A=3 B=7
t 'another month on the original' ward report set hp 2026-06 A=4
t 'another month on the copy' clone report set hp 2026-07 A=5
t 'together' city sync --resume
settle
t 'exchange' city sync --wait --timeout 20
same 'after the fork'
for node in 31 11383 clone; do
	t "$node: reports" tuyen -C n/$node report list --unit 11383 --json
	json "$node: all months" '[.reports[].period] | map(select(. > "2026-04" and . < "2026-08"))' '["2026-05","2026-06","2026-07"]'
	t "$node: the month of both" tuyen -C n/$node report show --unit 11383 hp 2026-05 --json
	json "$node: the last common figure, and the one nobody else wrote" '[.values.A, .values.B]' '["1","7"]'
	t "$node: conflicts" tuyen -C n/$node conflict list --json
	json "$node: disputed, with both values" '[.conflicts[] | .state] | unique' '["disputed"]'
	t "$node: verify" tuyen -C n/$node verify
	t "$node: git fsck" git -C n/$node/store.git fsck --strict
done

# A change of one flows to the other while both are on line.
t 'the original writes' ward report set hp 2026-08 A=8
settle
t 'the copy has it' clone report show hp 2026-08 --json
json 'its figure' '.values.A' '"8"'
is 'one incident, however often they meet' "$(tuyen -C n/31 incident list --json | jq '[.incidents[] | select(.kind == "twin" and .signed)] | length')" 1

# The copy is found and switched off. The incident is closed, and stays closed.
stop n/clone
t 'exchange' ward sync --wait --timeout 20
id=$(city incident list --json | jq -r '[.incidents[] | select(.kind == "twin" and .signed)][0].id')
t 'closed' city incident close "$id" --note 'máy cũ đã tắt'
stop n/11383
start n/11383
t 'the original once more' ward sync --wait --timeout 20
is 'no new twin' "$(city incident list --json | jq '[.incidents[] | select(.kind == "twin" and .signed)] | length')" 0
is 'nor on the ward' "$(ward incident list --json | jq '[.incidents[] | select(.kind == "twin" and .signed)] | length')" 0
# The copy is switched on again.
start n/clone
t 'the copy again' clone sync --wait --timeout 20
settle
is 'a twin again' "$(city incident list --json | jq '[.incidents[] | select(.kind == "twin" and .signed)] | length')" 1
t 'verify' city verify

# A whole disk, copied with the machine's name, is the same instance: place and all. Then it is found by both being there.
stop n/clone
t 'exchange' ward sync --wait --timeout 20
t 'closed' city incident close "$(city incident list --json | jq -r '[.incidents[] | select(.kind == "twin" and .signed)][0].id')"
t 'exchange' ward sync --wait --timeout 20
stop n/11383
rm -rf n/clone
cp -r n/11383 n/clone
birth=$(stat -c %w n/clone/store.git)
{
	printf '%s %s' "$(head -n 1 /etc/machine-id 2>/dev/null)" "$(stat -c '%Hd:%Ld %i' n/clone/store.git)"
	[ "$birth" = - ] || printf ' %s' "$(date -d "$birth" +%s.%N)"
	echo
} >n/clone/store.git/tuyen/place
start n/11383
t 'the original' ward sync --wait --timeout 20
start n/clone
is 'they are one instance' "$(cat n/clone/store.git/tuyen/instance)" "$(cat n/11383/store.git/tuyen/instance)"
t 'the copy' clone sync --wait --timeout 20
settle
is 'a twin all the same' "$(city incident list --json | jq '[.incidents[] | select(.kind == "twin" and .signed)] | length')" 1
t 'both write' ward report set hp 2026-10 A=1
t 'both' clone report set hp 2026-11 A=2
settle
t 'exchange' city sync --wait --timeout 20
same 'one instance twice'
grep -c 'ended the line' n/11383.log n/clone.log >ends
t 'still there' ward sync --wait --timeout 20
t 'both' clone sync --wait --timeout 20
is 'neither throws the other out' "$(grep -c 'ended the line' n/11383.log n/clone.log)" "$(cat ends)"
done_testing
