#!/bin/sh
# The burned server: a commune's machine is gone with all that stood on it, and one command on a new one has everything
# back from the city. `make drill` runs it and prints how long it took. What follows a "$" can be repeated by hand. Ends
# with 1 if anything is not what it must be.
set -u
: "${TUYEN_BUILD:?run this by: make drill}"
TOP=$(cd "$(dirname "$0")/../.." && pwd)
DRILL=$TUYEN_BUILD/drill
PATH=$TUYEN_BUILD:$PATH
export LANG=C.UTF-8 TUYEN_NOW=2026-07-01T08:00:00+07:00
daemons=

name=drill
. "$TOP/contrib/demo/show.sh"
# The same, with what the shell does with it: shown_with '>file' COMMAND...
shown_with() {
	with=$1
	shift
	printf '%s %s\n' "$(shown "$@")" "$with"
}
quietly() { "$@" >out 2>&1 || { cat out >&2; echo "drill: this failed: $*" >&2; exit 1; }; }
must() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || { echo "drill: $1 is '$2', but must be '$3'" >&2; exit 1; }
	echo "  -> $1: $2, as it must be"
}
start() {
	printf '$ tuyend -C %s &\n' "$1"
	tuyend -C "$1" 2>>"$1.log" &
	daemons="$daemons $!"
	echo $! >"$1.pid"
	quietly tuyen -C "$1" sync --timeout 20
}
# The ledgers of a node with the commit that each stands at, and how many changes they are.
state() { git -C "$1/store.git" for-each-ref --format='%(refname:short) %(objectname)' refs/heads; }
changes() { git -C "$1/store.git" rev-list --no-merges --count --all; }
ms() { echo $(($(date +%s%N) / 1000000)); }
# How long "$@" took, in $took.
timed() {
	began=$(ms)
	run "$@"
	took=$(ms | awk -v began="$began" '{ printf "%.1f", ($1 - began) / 1000 }')
}
end() {
	status=$?
	for pid in $daemons; do kill "$pid" 2>/dev/null; done
	for pid in $daemons; do wait "$pid" 2>/dev/null; done
	exit $status
}
trap end EXIT
trap 'exit 1' INT TERM

rm -rf "$DRILL"
mkdir -p "$DRILL/n"
cd "$DRILL" || exit 1
cp "$TOP/contrib/plans/le-chan.yaml" .
port=${PORT:-7200}
cat >plan.yaml <<'EOF'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch của thành phố}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, unit: buổi, aggregate: sum, scope: commune}
  - {id: MT05, name: Tổ dân phố không ma túy, kind: ratio, unit: tổ, numerator: tổ đạt, denominator: tổng số tổ, aggregate: ratio_of_sums, scope: commune}
EOF

say '1. A city, and a commune that joins it by an invitation.'
run tuyen -C n/31 init --unit 31 --level province --name 'thành phố Hải Phòng' --root --listen 127.0.0.1:$port
start n/31
run tuyen -C n/31 plan load plan.yaml
shown_with '>invitation.yaml' tuyen -C n/31 unit invite 11383 --level commune --name 'phường Lê Chân'
tuyen -C n/31 unit invite 11383 --level commune --name 'phường Lê Chân' >invitation.yaml || exit 1
sed 's/^/  /' invitation.yaml
run tuyen -C n/11383 join invitation.yaml
start n/11383

say '2. Its work: its own plan, and a year of reports, each corrected twice.'
run tuyen -C n/11383 plan load le-chan.yaml
quietly tuyen -C n/11383 sync --wait --timeout 20
for month in 01 02 03 04 05 06 07 08 09 10 11 12; do
	quietly tuyen -C n/11383 report set hp.2026 2026-$month TT01=4$month MT05=31/58 --note "Tháng $month: không có vướng mắc"
	quietly tuyen -C n/11383 report submit hp.2026 2026-$month
	quietly tuyen -C n/11383 report correct hp.2026 2026-$month TT01=5$month --reason 'cộng sót một tổ'
	quietly tuyen -C n/11383 report correct hp.2026 2026-$month MT05=33/58 --reason 'đối chiếu sổ'
done
run tuyen -C n/11383 sync --wait --timeout 20
run tuyen -C n/11383 report show hp.2026 2026-06
tuyen -C n/11383 report show hp.2026 2026-06 >before.txt
state n/11383 >before.state
before=$(changes n/11383)
echo "  -> $before signed changes, $(du -sk n/11383 | cut -f1) KB on its disk"

say '3. The server burns: its daemon is killed, its folder is gone, its key with it.'
run kill -9 "$(cat n/11383.pid)"
wait "$(cat n/11383.pid)" 2>/dev/null
run rm -rf n/11383

say '4. The city invites a new machine; the commune types one command.'
shown_with '>recover.yaml' tuyen -C n/31 unit invite 11383 --recover
tuyen -C n/31 unit invite 11383 --recover >recover.yaml || exit 1
timed tuyen -C n/11383 join recover.yaml
by_invitation=$took
state n/31 >city.state
state n/11383 >after.state
must 'ledgers that stand where they stand at the city' "$(cmp -s city.state after.state && echo all)" all
must 'reports that stand where they stood before the fire' "$(grep -cFf before.state after.state) of $(grep -c . before.state) ledgers" \
	"$(($(grep -c . before.state) - 1)) of $(grep -c . before.state) ledgers"
must 'changes (the new key is one more, the old one retired by it)' "$(changes n/11383)" "$((before + 1))"
tuyen -C n/11383 report show hp.2026 2026-06 >after.txt
must 'the report of June' "$(cmp -s before.txt after.txt && echo the same)" 'the same'
run git -C n/31/store.git show directives/31:units/11383.yaml

say '5. It works on, with its own key.'
start n/11383
run tuyen -C n/11383 report correct hp.2026 2026-06 TT01=60 --reason 'sổ giấy còn giữ được'
run tuyen -C n/11383 sync --wait --timeout 20
run tuyen -C n/31 report show hp.2026 2026-06 --unit 11383
run tuyen -C n/11383 verify
run tuyen -C n/31 verify
quietly git -C n/11383/store.git fsck --strict

say '6. Once more, stolen this time, and without an invitation: the command waits for the clerk.'
run kill -9 "$(cat n/11383.pid)"
wait "$(cat n/11383.pid)" 2>/dev/null
run rm -rf n/11383
shown_with '&' tuyen -C n/11383 join --recover --unit 11383 --superior 127.0.0.1:$port
began=$(ms)
tuyen -C n/11383 join --recover --unit 11383 --superior 127.0.0.1:$port >join.out 2>&1 &
joining=$!
while [ "$(tuyen -C n/31 unit admit --pending --json | jq '.pending | length')" = 0 ]; do sleep 0.1; done
run tuyen -C n/31 unit admit --pending
run tuyen -C n/31 unit admit --pending 11383 --stolen
wait $joining || { cat join.out >&2; exit 1; }
took=$(ms | awk -v began="$began" '{ printf "%.1f", ($1 - began) / 1000 }')
sed 's/^/  /' join.out
state n/31 >city.state
state n/11383 >after.state
must 'ledgers that stand where they stand at the city' "$(cmp -s city.state after.state && echo all)" all

say "From an empty folder to everything back: $by_invitation s by invitation, $took s with the clerk."
