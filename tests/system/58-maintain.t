#!/bin/sh
# Goal: a store is packed by the command and by the daemon's child while the daemon goes on, and stays sound for stock git.
. "$(dirname "$0")/../lib/tap.sh"

cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: p, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi, kind: count, aggregate: sum, scope: commune}
EOP
t 'a city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root
start n/31
t 'a plan' tuyen -C n/31 plan load plan.yaml
for i in 1 2 3 4 5 6 7 8 9; do tuyen -C n/31 unit add 1000$i --level commune --name "xã $i" >out 2>err || ok "add $i" 1; done
tips() { git -C n/31/store.git for-each-ref; }
loose() { find n/31/store.git/objects/?? -type f | wc -l; }
before=$(tips)
t 'maintain' tuyen -C n/31 maintain --json
json 'not all of it anew' '[.full, .packs, .removed == .loose, .pruned]' '[false,0,true,0]'
is 'no loose object is left' "$(loose)" 0
is 'the ledgers stand where they stood' "$(tips)" "$before"
t 'sound' git -C n/31/store.git fsck --strict
t 'the daemon goes on' tuyen -C n/31 unit add 10010 --level commune --name 'xã 10'
t 'and on' tuyen -C n/31 unit add 10011 --level commune --name 'xã 11'
t 'all are here' tuyen -C n/31 unit list --json
json 'eleven and the city' '.units | length' 12
t 'what the daemon does by itself' tuyend -C n/31 --maintain
is 'leaves nothing loose either' "$(loose)" 0
git -C n/31/store.git hash-object -w --stdin <plan.yaml >id
t 'the daemon writes again' tuyen -C n/31 unit add 10012 --level commune --name 'xã 12'
t 'everything anew' tuyen -C n/31 maintain --full
says 'says what it did' '1 of no use pruned'
is 'one pack' "$(find n/31/store.git/objects/pack -name '*.pack' | wc -l)" 1
fails 128 'what nothing refers to is gone' git -C n/31/store.git cat-file blob "$(cat id)"
TUYEN_LANG=vi tuyen -C n/31 maintain >out 2>err
says 'in Vietnamese' 'đối tượng rời'
t 'verify' tuyen -C n/31 verify
t 'sound still' git -C n/31/store.git fsck --strict
t 'status' tuyen -C n/31 status --json
json 'says what the last run did' '.upkeep | [.full, .pruned, (.at | length > 10)]' '[false,0,true]'
stop n/31

# A real run killed at random moments (the dice always fall alike), and what was left behind.
many n/31 300@0 reports/31 reports/10001 reports/10002
killed=0
perl -e 'srand 58; printf "%.3f\n", rand 0.15 for 1 .. 12' >pauses
while read -r pause; do
	tuyend -C n/31 --maintain 2>/dev/null &
	pid=$!
	perl -e 'select undef, undef, undef, shift' "$pause"
	kill -9 $pid 2>/dev/null && killed=$((killed + 1))
	wait $pid 2>/dev/null
	git -C n/31/store.git fsck --full --strict >>fsck 2>&1 || ok "sound after a kill at $pause s" 1
	many n/31 "30@$((300 + killed * 30))" reports/31 reports/10001 reports/10002
done <pauses
[ $killed -gt 0 ]
ok 'some were killed' $?
t 'all of it proved' tuyen -C n/31 verify
t 'the next one ends the work' tuyend -C n/31 --maintain
is 'nothing is loose' "$(loose)" 0
is 'nothing temporary stays' "$(ls n/31/store.git/objects/pack | grep -cvE '^pack-[0-9a-f]{40}\.(pack|idx)$')" 0
is 'each pack has its index' "$(ls n/31/store.git/objects/pack/*.idx | wc -l)" "$(ls n/31/store.git/objects/pack/*.pack | wc -l)"
t 'proved again' tuyen -C n/31 verify
t 'sound for git' git -C n/31/store.git fsck --full --strict

# A disk with less room than the store takes.
before=$(find n/31/store.git/objects -type f | sort | md5sum)
if unshare -rm true 2>/dev/null; then
	cat >small.sh <<'EOS'
mount -t tmpfs -o size=16m,nr_inodes=9000 none "$WORK/small" && cp -a n/31 small/ && tuyen -C small/31 maintain --full
status=$?
find small/31/store.git/objects -type f | sed 's,^small,n,' | sort | md5sum >>listed
exit $status
EOS
	mkdir small
	WORK=$WORK unshare -rm sh small.sh >out 2>err
	is 'is refused' $? 1
	says 'with the reason' 'no room to pack the store'
	is 'and nothing is changed' "$(cat listed)" "$before"
fi
start n/31
t 'and after a restart' tuyen -C n/31 unit add 10013 --level commune --name 'xã 13'
done_testing
