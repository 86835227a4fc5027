#!/bin/sh
# Goal: four tiers over lines that are cut at random, up in any order and without a hand: everything arrives at the top and
# comes down to the bottom, and no node holds anything of its neighbours, refs or objects; a subtree that moves is fetched by the
# new superior and dropped by the old one, whose totals of the past stay.
. "$(dirname "$0")/../lib/tap.sh"

# 0 > 31 > h1 > c1 (and its police), c2; 31 > c3; 0 > 01 > c4, c5.
NODES='0 31 01 h1 c1 c2 c3 c4 c5 ca'
for node in 0 31 01 h1 c1; do eval "P$node=$(free_port)"; done
for node in 31 01 h1 c1 c2 c3 c4 c5 ca; do eval "L$node=$(free_port)"; done
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: tw, title: Kế hoạch}
tasks: [{id: '1', title: Rà soát}]
indicators:
  - {id: A, name: Số buổi, kind: count, aggregate: sum, scope: commune}
EOP
TUYEN_NOW=2026-07-01T08:00:00+07:00 && export TUYEN_NOW
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
superior() { case $1 in 31 | 01) echo 0 ;; h1 | c3) echo 31 ;; c1 | c2) echo h1 ;; c4 | c5) echo 01 ;; ca) echo c1 ;; esac; }
# Bounded: until the command succeeds.
soon() {
	soon_name=$1 soon_left=600
	shift
	until "$@" >/dev/null 2>&1 || [ "$soon_left" -eq 0 ]; do
		soon_left=$((soon_left - 1))
		sleep 0.1
	done
	[ "$soon_left" -gt 0 ]
	ok "$soon_name" $?
}
same() { # LEDGER NODE…: all that are named hold it, and the same
	same_ledger=$1 same_tip=$(tip n/$2 "$1")
	shift
	for same_node in "$@"; do [ -n "$same_tip" ] && [ "$(tip n/$same_node "$same_ledger")" = "$same_tip" ] || return 1; done
}
cut_line() { # NODE SEED: its line upwards, cut five times within the first bytes, then whole
	eval "cut_from=\$L$1 cut_to=\$P$(superior "$1")"
	line --listen "127.0.0.1:$cut_from" --to "127.0.0.1:$cut_to" --cut-within 2500 --cuts 5 --down-for 50ms --seed "$2" >"line.$1" 2>&1 &
	daemons="$daemons line-$1=$!"
}
init() {
	i_node=$1 i_unit=$2 i_level=$3
	shift 3
	eval "i_port=\${P$i_node:-}"
	tuyen -C n/$i_node init --unit "$i_unit" --level "$i_level" --name "Đơn vị $i_node" ${i_port:+--listen 127.0.0.1:$i_port} "$@" >out 2>err
}
t 'the centre' init 0 0 central --root
t 'two provinces' eval 'init 31 31 province && init 01 01 province'
t 'a district' init h1 h1 district
t 'wards' eval 'for node in c1 c2 c3 c4 c5; do init $node $node commune || exit; done'
t 'and a station' init ca c1 commune --station cong-an --agency cong-an
start n/0
for node in 31 01 h1 c3 c1 c2 c4 c5 ca; do
	up=$(superior $node)
	t "$node is admitted" enrol n/$node n/$up
	eval "tuyen -C n/$node config superior.address 127.0.0.1:\$L$node"
	start n/$node
done

# ---- work everywhere, before any line is up ----
t 'a plan of the centre' on 0 plan load plan.yaml
t 'its directive' on 0 directive issue --id D-0 --title 'Toàn quốc' --to all
for node in 31 01 h1; do t "a directive of $node" on $node directive issue --id "D-$node" --title "Của $node" --to all; done
n=0
for node in ca c5 c1 31 h1 c4 01 c2 c3; do
	n=$((n + 1))
	cut_line $node $n
done
for node in $NODES; do
	[ $node = 0 ] || soon "what the centre says comes down to $node" same directives/0 0 $node
done
soon 'what the province says, to the station of a ward' same directives/31 31 ca
for node in c1 c2 c3 c4 c5; do
	t "$node acknowledges" on $node directive ack D-0
	t "$node reports" on $node report set tw 2026-06 A=${node#c}
	t "$node submits" on $node report submit tw 2026-06
done
t 'the station works' on ca task set tw 1 state=doing
t 'a ward acknowledges its province' on c1 directive ack D-31
for node in c1 c2 c3 c4 c5; do soon "what $node reported comes up to the centre, and its receipt down" same reports/$node $node 0; done
soon 'what the station did too' eval 'on 0 task list tw --json | jq -e ".tasks[0].progress[] | select(.unit == \"c1\" and .state == \"doing\")"'
soon 'the receipts' eval 'for node in c1 c2 c3 c4 c5; do on $node report show tw 2026-06 --json | jq -e ".receipts | length == 1" || exit 1; done'
soon 'then all is still' eval 'same reports/c1 ca c1 h1 31 0 && same reports/c2 c2 h1 31 0 && same reports/c3 c3 31 0 && same reports/c4 c4 01 0 && same reports/c5 c5 01 0 && same directives/c1 c1 0'
cuts() { # how often all lines together
	for node in 31 01 h1 c1 c2 c3 c4 c5 ca; do
		kill -HUP "$(pid_of "line-$node")"
		until grep -q cuts "line.$node"; do :; done
		jq .cuts "line.$node"
	done | jq -s 'add >= 9'
}
is 'the lines were cut, all in all more than once each' "$(cuts)" true

# ---- who holds what ----
refs() { git -C n/$1/store.git for-each-ref --format='%(refname)' | sed 's|^refs/heads/||' | tr '\n' ' '; }
is 'a ward holds itself and those above it' "$(refs c1)" 'directives/0 directives/31 directives/c1 directives/h1 reports/c1 '
is 'so does its neighbour' "$(refs c2)" 'directives/0 directives/31 directives/h1 reports/c2 '
is 'its station the same' "$(refs ca)" "$(refs c1)"
is 'the district what is below it' "$(refs h1)" 'directives/0 directives/31 directives/c1 directives/h1 reports/c1 reports/c2 '
is 'a ward under the province' "$(refs c3)" 'directives/0 directives/31 reports/c3 '
is 'the province' "$(refs 31)" 'directives/0 directives/31 directives/c1 directives/h1 reports/c1 reports/c2 reports/c3 '
is 'the other one' "$(refs 01)" 'directives/0 directives/01 reports/c4 reports/c5 '
is 'a ward of that' "$(refs c4)" 'directives/0 directives/01 reports/c4 '
is 'the centre all' "$(refs 0)" 'directives/0 directives/01 directives/31 directives/c1 directives/h1 reports/c1 reports/c2 reports/c3 reports/c4 reports/c5 '
# Objects that only a ledger of the owner has, beside the whole store of somebody else.
strange() { # OWNER LEDGERS NODE: how many of those it has all the same
	git -C n/$1/store.git rev-list $2 | sort >ours
	git -C n/$3/store.git cat-file --batch-all-objects --batch-check='%(objectname)' | sort >theirs
	comm -12 ours theirs | wc -l
}
is 'no object of a neighbour is anywhere' "$(strange c1 reports/c1 c2) $(strange c1 reports/c1 c3) $(strange 31 directives/31 01) $(strange h1 directives/h1 c3) $(strange 01 'directives/01 reports/c4' 31) $(strange c4 reports/c4 c5)" '0 0 0 0 0 0'
is 'nor one that no ref reaches' "$(for node in c1 c3 01; do git -C n/$node/store.git fsck --unreachable --no-reflogs 2>/dev/null | grep -c '^unreachable commit'; done | tr '\n' ' ')" '0 0 0 '
objects() { git -C n/$1/store.git cat-file --batch-all-objects --batch-check | wc -l; }
before="$(objects c1) $(objects c3) $(objects 01)"
for figure in 11 12 13 14 15 16; do on c2 report correct tw 2026-06 A=$figure --reason 'đếm lại' >out 2>err; done
soon 'a neighbour that works on' same reports/c2 c2 h1 31 0
soon 'to its receipt' eval 'on c2 report show tw 2026-06 --json | jq -e ".receipts | length > 1"'
is 'does not make a store grow' "$(objects c1) $(objects c3) $(objects 01)" "$before"

# ---- a district goes to the other province, its ward and station with it ----
total() { on $1 total tw --period 2026-06 --json | jq -c '[.expected, .reported, .rows[0].value]'; }
by() { on $1 total tw --period 2026-06 --by unit --json | jq -c '[.units[] | [.unit, .values.A, .received]]'; }
june="$(total 31) $(by 31)" country="$(total 0)"
is 'June' "$(total 31) $(total 01) $country" '[3,3,"20"] [2,2,"9"] [5,5,"29"]'
seen=$(tip n/c1 reports/c1)
t 'the line of the other province is down' on 01 sync --pause
t 'the centre moves the district' on 0 unit move h1 --to 01
soon 'the old province lets go of all below' eval '! tip n/31 reports/c1 && ! tip n/31 reports/c2'
is 'and of nobody else' "$(refs 31)" 'directives/0 directives/31 directives/c1 directives/h1 reports/c3 refs/left/reports/c1 refs/left/reports/c2 '
is 'its June stays, unit by unit' "$(total 31) $(by 31)" "$june"
t 'the line is up again' on 01 sync --resume
soon 'the new province hears' eval 'on 01 unit show h1 --json | jq -e ".parent == \"01\""'
t 'registers it' on 01 unit add h1 --level district --name 'Đơn vị h1'
soon 'and has what it reported, by itself' eval "[ \"\$(tip n/01 reports/c1)\" = $seen ] && same reports/c2 0 01"
is 'June is whose it was' "$(total 01) $(total 0)" "[2,2,\"9\"] $country"
t 'its node asks' on h1 join --request
cp out req
t 'is let in' on 01 unit admit req
cp out welcome
t 'and joins' on h1 join welcome
for node in h1 c1 c2 ca; do soon "directives of the new province come to $node" same directives/01 01 $node; done
t 'the ward reports' on c1 report set tw 2026-07 A=5
t 'as ever' on c1 report submit tw 2026-07
soon 'it goes up the new way' same reports/c1 c1 h1 01 0
soon 'to a receipt' eval 'on c1 report show tw 2026-07 --json | jq -e ".receipts | length == 1"'
is 'and not the old one' "$(refs 31)" 'directives/0 directives/31 directives/c1 directives/h1 reports/c3 refs/left/reports/c1 refs/left/reports/c2 '
t 'what the ward had acknowledged of the old province' on c1 directive show 31/D-31 --json
json 'it can show' '[.title, .state, .to_acknowledge]' '["Của 31","issued",false]'
t 'the old province says something new' on 31 directive issue --id D-32 --title 'Mới' --to all
soon 'to those it has' same directives/31 31 c3
t 'the ward exchanges' on c1 sync --wait --timeout 20
fails 1 'and hears none of it' on c1 directive show D-32
t 'upkeep of the old province' on 31 maintain --full
is 'leaves no change of those that went' "$(strange c1 reports/c1 31) $(strange c2 reports/c2 31)" '0 0'
is 'and June as it was' "$(total 31) $(by 31)" "$june"

# ---- the head of a subtree ends ----
july=$(on 0 total tw --period 2026-07 --json | jq -c '[.expected, .reported]')
t 'the district is replaced' on 01 unit replace h1 --by h2 --name 'Quận mới' --level district --on 2026-07-02
says 'those below it are to be moved' '2 units still stand under h1'
soon 'the centre hears' eval 'on 0 unit show h1 --json | jq -e ".valid_to == \"2026-07-01\""'
is 'nobody below it is lost' "$(on 0 total tw --period 2026-07 --json | jq -c '[.expected, .reported]')" "$july"
t 'a ward goes to the province itself' on 01 unit move c1 --to 01
t 'asks there' on c1 join --request
cp out req
t 'is let in' on 01 unit admit req
cp out welcome
t 'joins' on c1 join welcome
t 'corrects' on c1 report correct tw 2026-07 A=6 --reason 'đếm lại'
soon 'and reports as ever' same reports/c1 c1 ca 01 0
soon 'the district lets go of it' eval '! tip n/h1 reports/c1'
is 'and keeps the other' "$(tip n/h1 reports/c2)" "$(tip n/c2 reports/c2)"
is 'nobody is counted twice' "$(on 0 total tw --period 2026-07 --json | jq -c '[.expected, .reported, .rows[0].value]') $(total 0)" "[5,1,\"6\"] $country"
for node in $NODES; do t "verifies at $node" on $node verify; done
done_testing
