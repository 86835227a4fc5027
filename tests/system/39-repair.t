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
done_testing
