#!/bin/sh
# Goal: whatever of a store is damaged or lost is found, told, and comes back: from the superior, from a subordinate, from
# a stick; what a node had not sent yet survives; and stock git finds nothing wrong with any store afterwards.
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
R=reports/11383 D=directives/31
F=reports/31/hp.2026/2026-06.yaml
tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P31" 2>err
tuyen -C n/11383 init --unit 11383 --level commune --name 'Lê Chân' 2>err
start n/31
t 'admitted' enrol n/11383 n/31
start n/11383
w() { tuyen -C n/11383 "$@" >>"$WORK/log" 2>&1 || { ok "ward: $*" 1; show "$WORK/log"; }; }
c() { tuyen -C n/31 "$@" >>"$WORK/log" 2>&1 || { ok "city: $*" 1; show "$WORK/log"; }; }
sync() { tuyen -C n/11383 sync --wait --timeout 20 >"$WORK/out" 2>"$WORK/err" || { ok "sync: $1" 1; show "$WORK/err"; }; }
c plan load plan.yaml
sync 'the plan'
w report set hp.2026 2026-05 TT01=7
w report submit hp.2026 2026-05
w report set hp.2026 2026-06 TT01=41
w report set hp.2026 2026-06 TT01=42
w report submit hp.2026 2026-06
c directive issue --id D-1 --title 'Báo cáo' --to all
sync 'work'
# Apart, then together: a merge in the history.
w sync --pause
w report correct hp.2026 2026-06 TT01=43 --reason 'cộng sót'
c report set --unit 11383 hp.2026 2026-06 TT01=44 --reason 'đối chiếu'
w sync --resume
sync 'a merge'
w directive ack D-1
sync 'the end'

file() { echo "n/$1/store.git/objects/$(echo "$2" | sed 's,..,&/,')"; }
id() { git -C "n/$1/store.git" rev-parse --verify -q "$2"; }
# whole NAME: every store is good for stock git and for us, and both hold the same.
whole() {
	for node in 31 11383; do
		t "$1: git fsck at $node" git -C n/$node/store.git fsck --strict
		[ -z "$(grep -E 'error|missing|broken' out err)" ]
		ok "$1: has nothing to say at $node" $?
		t "$1: verify at $node" tuyen -C n/$node verify
		is "$1: nothing is left under refs/rescue at $node" "$(git -C n/$node/store.git for-each-ref refs/rescue)" ''
	done
	for ledger in $R $D; do is "$1: one $ledger" "$(tip n/11383 "$ledger")" "$(tip n/31 "$ledger")"; done
}
# harm NODE KIND OBJECT: the daemon is down meanwhile.
harm() {
	h=$(file "$1" "$3")
	[ -f "$h" ] || { ok "there is $3" 1; return; }
	chmod u+w "$h"
	case $2 in
	gone) rm "$h" ;;
	empty) : >"$h" ;;
	cut) truncate -s -5 "$h" ;;
	bit) printf '\377' | dd of="$h" bs=1 seek=12 conv=notrunc 2>/dev/null ;;
	esac
}
whole 'at first'

# ---- from the superior, from a subordinate ----
# one NODE KIND OBJECT: damaged, found, repaired.
one() {
	object=$(id "$1" "$3")
	stop n/"$1"
	harm "$1" "$2" "$object"
	start n/"$1"
	fails 1 "$3 $2 at $1: verify finds it" tuyen -C n/"$1" verify --json
	json 'and names its kind' '[.problems[].kind] | any(. == "missing" or . == "corrupt")' true
	t "$3 $2 at $1: repair" tuyen -C n/"$1" repair --timeout 20
	sync "$3 $2 at $1"
	t "$3 $2 at $1: all is well" tuyen -C n/"$1" verify
}
one 11383 gone "$R~2"
one 11383 empty "$R:$F"
one 11383 cut "$R~1^{tree}"
one 11383 bit "$R~3:reports"
one 11383 bit "$R"
one 11383 gone "$D~1"
one 11383 cut "$D:units"
one 11383 empty "$D"
whole 'repaired from the superior'
one 31 bit "$R~2"
one 31 cut "$R:$F"
one 31 gone "$R~1^{tree}"
one 31 empty "$R~3:reports"
one 31 gone "$R"
one 31 cut "$D~1"
one 31 gone "$D:plans"
one 31 bit "$D"
whole 'repaired from a subordinate'

# ---- what was not sent yet ----
shown() { tuyen -C n/11383 report show hp.2026 2026-07 --json | jq -r .values.TT01; }
w sync --pause
w report set hp.2026 2026-07 TT01=1
w report set hp.2026 2026-07 TT01=2
# What it stands on: a hole further below holds nothing up.
object=$(id 11383 "$R~2")
stop n/11383
harm 11383 gone "$object"
start n/11383
w sync --resume
t 'below what was not sent yet' tuyen -C n/11383 repair --timeout 20
says 'it is put back in' "$R: what only this node had is in it again"
sync 'with it'
is 'and is there' "$(shown)" 2
is 'the very same change' "$(tip n/11383 $R)" "$(tip n/31 $R)"
whole 'with what was not sent'
for how in 'rm -f' 'truncate -s 0' 'cp /dev/null' 'garbage'; do
	w sync --pause
	w report set hp.2026 2026-07 "TT01=1${#how}"
	stop n/11383
	if [ "$how" = garbage ]; then echo garbage >n/11383/store.git/refs/heads/$R; else $how n/11383/store.git/refs/heads/$R; fi
	fails 1 "a ref, $how: verify finds it" tuyen -C n/11383 verify --json
	json 'as one' '[.problems[] | select(.ledger == "reports/11383") | .kind] | unique' '["ref"]'
	start n/11383
	w sync --resume
	t "a ref, $how: repair" tuyen -C n/11383 repair --timeout 20
	sync "a ref, $how"
	is "a ref, $how: nothing is lost" "$(shown)" "1${#how}"
done
whole 'refs'
sync "before"
# Lost with its only copy: told, and the rest goes on.
w sync --pause
w report set hp.2026 2026-07 TT01=31
object=$(id 11383 "$R")
stop n/11383
harm 11383 bit "$object"
start n/11383
w sync --resume
tuyen -C n/11383 repair --timeout 20 >out 2>err
sync 'without what was lost'
is 'the last change that there was another copy of stands' "$(shown)" 17
w report set hp.2026 2026-07 TT01=32
sync 'and it goes on'
whole 'lost and gone on'

# ---- from a stick, without a daemon ----
t 'a backup of the city' tuyen -C n/31 backup city.tar.gz
cp -r n/31 stick
stop n/11383
stop n/31
for source in stick stick/store.git city.tar.gz; do
	for what in "$R~2" "$R:$F" "$R~1^{tree}" "$D:units" "$D~1"; do
		harm 11383 cut "$(id 11383 "$what")"
	done
	echo garbage >n/11383/store.git/refs/heads/$R
	fails 1 'verify, a store in pieces' tuyen -C n/11383 verify
	fails 1 'nobody to ask' tuyen -C n/11383 repair
	says 'and what to do' 'start the daemon .*--from PATH'
	fails 1 'from a folder that is no store' tuyen -C n/11383 repair --from /
	t "from $source" tuyen -C n/11383 repair --from $source
	says "from $source: what came" '[1-9][0-9]* objects came from'
	whole "from $source"
done
t 'where nothing is damaged' tuyen -C n/11383 repair --from stick
says 'nothing is done' 'nothing is damaged'

# ---- packs ----
pack() { git -C n/11383/store.git repack -adq && p=$(echo n/11383/store.git/objects/pack/*.pack) && chmod u+w n/11383/store.git/objects/pack/*; }
for how in 'printf XXXXXXXXXXXX | dd of=$p bs=1 seek=3000 conv=notrunc' 'truncate -s -30 $p' 'rm ${p%.pack}.idx' 'truncate -s 500 ${p%.pack}.idx' 'rm $p'; do
	pack
	eval "$how" 2>/dev/null
	fails 1 "a pack, $how: verify finds it" tuyen -C n/11383 verify
	t "a pack, $how: repair" tuyen -C n/11383 repair --from stick --from city.tar.gz
	whole "a pack, $how"
done
pack
eval 'printf XXXXXXXXXXXX | dd of=$p bs=1 seek=3000 conv=notrunc' 2>/dev/null
start n/31
start n/11383
t 'a pack, over the line: repair' tuyen -C n/11383 repair --timeout 20
sync 'a pack'
whole 'a pack, over the line'

# ---- the repository itself ----
stop n/11383
rm n/11383/store.git/HEAD
: >n/11383/store.git/config
t 'without HEAD and settings' tuyen -C n/11383 repair
start n/11383
whole 'without HEAD and settings'

# ---- the root, with which the registry goes: nobody below can call ----
t 'the root: a backup' tuyen -C n/31 backup root.tar.gz
stop n/31
rm -rf n/31/store.git/tuyen/proved n/31/store.git/objects/?? n/31/store.git/objects/pack/*
start n/31
fails 1 'the root without any object: not called whole' tuyen -C n/31 repair --timeout 3
fails 1 'the root without any object: verify still finds it' tuyen -C n/31 verify
says 'it names the ledger' "$D points to .* which is not here"
t 'the root without any object: from a stick' tuyen -C n/31 repair --from root.tar.gz
sync 'the root'
whole 'the root without any object'
stop n/31
rm -rf n/31/store.git/tuyen/proved n/31/store.git/refs/heads/*/* n/31/store.git/packed-refs
start n/31
t 'the root without any ref: repair' tuyen -C n/31 repair --timeout 3
sync 'the refs of the root'
whole 'the root without any ref'
is 'the root without any ref: no ledger that never was' "$(tip n/31 reports/31)" ''
done_testing
