#!/bin/sh
# Goal: a province that relays only totals, beside one that relays whole ledgers: what goes up and what does not, totals
# of the centre without a unit counted twice or lost, corrections, and the setting turned both ways with data there.
. "$(dirname "$0")/../lib/tap.sh"

for unit in 0 31 01 11383; do
	eval "P$unit=$(free_port)"
done
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: tw, title: Kế hoạch của trung ương}
indicators:
  - {id: A, name: Số buổi, kind: count, aggregate: sum, scope: commune}
  - {id: P, name: Đoàn kiểm tra, kind: count, aggregate: sum, scope: province}
  - {id: R, name: Tỷ lệ, kind: ratio, aggregate: ratio_of_sums, scope: commune}
  - {id: Y, name: Có mô hình, kind: yesno, aggregate: count_yes, scope: commune}
EOP
sed 's/id: tw,/id: hp,/; s/trung ương/thành phố/' plan.yaml >hp.yaml
TUYEN_NOW=2026-07-01T08:00:00+07:00 && export TUYEN_NOW
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
sync() { on "$1" sync --wait --timeout 20; }
node() { # CODE LEVEL NAME SUPERIOR WORDS…
	n_code=$1 n_level=$2 n_name=$3 n_up=$4
	shift 4
	tuyen -C n/$n_code init --unit "$n_code" --level "$n_level" --name "$n_name" "$@" >out 2>err &&
		enrol n/$n_code n/$n_up >out 2>err && start n/$n_code && sync $n_code >out 2>err
}
# report UNIT PLAN PERIOD FIGURES…
report() {
	r_unit=$1 r_plan=$2 r_period=$3
	shift 3
	on "$r_unit" report set "$r_plan" "$r_period" "$@" >out 2>err && on "$r_unit" report submit --partial "$r_plan" "$r_period" >out 2>err && sync "$r_unit" >out 2>err
}
# [expected, reported, missing, [indicator, value, n, d, reported, expected]…, relays]
total() { on $1 total $2 --period $3 --json | jq -c '[.expected, .reported, .missing, (.rows[] | [.indicator, .value, .numerator, .denominator, .reported]), [.relays[] | [.unit, .sent, .reported, .expected, .late, .version]]]'; }
holds() { git -C n/$1/store.git for-each-ref --format='%(refname:lstrip=2)' refs/heads/reports | tr '\n' ' '; }

t 'the centre' on 0 init --unit 0 --level central --name 'Trung ương' --root --listen 127.0.0.1:$P0
start n/0
t 'its plan' on 0 plan load plan.yaml
t 'Hải Phòng' node 31 province 'Hải Phòng' 0 --listen 127.0.0.1:$P31
t 'Hà Nội' node 01 province 'Hà Nội' 0 --listen 127.0.0.1:$P01
for unit in 11383 11050; do t "ward $unit" node $unit commune "Phường $unit" 31; done
t 'one without a node' on 31 unit add 11914 --level commune --name 'Xã 11914'
for unit in 00004 00008; do t "ward $unit" node $unit commune "Phường $unit" 01; done
t 'and the plan of Hải Phòng' on 31 plan load hp.yaml

# ---- whole, as it is unless set ----
t 'a directive' on 0 directive issue --id D-1 --plan tw --period 2026-05 --title 'Báo cáo' --to all --due 2026-07-05
for unit in 31 01 11383 11050 00004 00008; do t "$unit hears" sync $unit; done
t 'May of 11383' report 11383 tw 2026-05 A=5 R=1/2 Y=yes
t 'May of 00004' report 00004 tw 2026-05 A=7 R=1/4 Y=no
for unit in 31 01; do t "$unit relays" sync $unit; done
may=$(total 0 tw 2026-05)
is 'May at the centre' "$may" '[7,2,["00008","01","11050","11914","31"],["A","12",null,null,2],["P",null,null,null,0],["R","33.33","2","6",2],["Y","1",null,null,2],[]]'
is 'the centre holds all that was reported' "$(holds 0)" 'reports/00004 reports/11383 '
fails 1 'a province that relays everything fills nothing in' on 31 report fill tw 2026-05
says 'why' 'relays whole ledgers to 0.*tuyen config relay totals'
fails 1 'a word that is none' on 31 config relay half
says 'which there are' "'whole' or 'totals'"

# ---- only totals ----
t 'Hải Phòng relays only totals' on 31 config relay totals
t 'and says so' sync 31
t 'June of 11383' report 11383 tw 2026-06 A=10 R=3/4 Y=yes
t 'June of 11050' report 11050 tw 2026-06 A=1 R=1/4
t 'June of 00004' report 00004 tw 2026-06 A=20 R=1/2 Y=yes
t 'what the city itself reports' report 31 tw 2026-06 P=3
for unit in 31 01; do t "$unit relays" sync $unit; done
is 'nothing more came of the wards of Hải Phòng' "$(tip n/0 reports/11383)" "$(git -C n/11383/store.git rev-list --grep='2026-06' --invert-grep --max-count=1 refs/heads/reports/11383)"
is 'nor of those that had sent nothing' "$(holds 0)" 'reports/00004 reports/11383 reports/31 '
is 'the figures of May are as they were published' "$(total 0 tw 2026-05)" '[7,2,["00008","01","31"],["A","12",null,null,2],["P",null,null,null,0],["R","33.33","2","6",2],["Y","1",null,null,2],[["31",false,0,2,0,null]]]'
is 'of June nothing is known behind Hải Phòng' "$(total 0 tw 2026-06)" '[7,2,["00008","01","31"],["A","20",null,null,1],["P","3",null,null,1],["R","50.00","1","2",1],["Y","1",null,null,1],[["31",false,0,3,0,null]]]'
t 'the totals' on 31 report fill tw 2026-06
says 'how many' 'totals of tw for 2026-06 written, version 1: 2 of 3 units have reported'
t 'go up' sync 31
june='[7,4,["00008","01"],["A","31",null,null,3],["P","3",null,null,1],["R","50.00","5","10",3],["Y","2",null,null,2],[["31",true,2,3,0,1]]]'
is 'June at the centre, nobody twice' "$(total 0 tw 2026-06)" "$june"
is 'June at Hải Phòng' "$(total 31 tw 2026-06)" '[4,3,["11914"],["A","11",null,null,2],["P","3",null,null,1],["R","50.00","4","8",2],["Y","1",null,null,1],[]]'
is 'the wards stand nowhere at the centre' "$(git -C n/0/store.git grep -l 'MT\|A: .10' refs/heads/reports/31 -- reports | wc -l)" 0
t 'again' on 31 report fill tw 2026-06
says 'nothing changed' 'nothing changed: .* version 1'
t 'who has not reported' on 0 missing tw --period 2026-06
says 'the city, by how many' '31 .*totals 2/3'
fails 1 'one of those behind it' on 0 total tw --period 2026-06 --unit 11383
says 'is asked for where it is' '31 relays only totals: what 11383 reported stands there'
t 'the city alone' on 0 total tw --period 2026-06 --unit 31 --json
json 'is its totals' '[.expected, .reported, .rows[0].value]' '[4,3,"11"]'
t 'by unit' on 0 total tw --period 2026-06 --by unit
says 'a row of its own' '31 .*totals 2/3 .*11 .*4/8'
t 'as a table for others' on 0 total tw --period 2026-06 --by unit --format csv
says 'too' '^31,Hải Phòng,totals,2026-07-01T08:0.:..\+07:00,,11,,4/8,1'
t 'the plan of the city' report 11383 hp 2026-06 A=2
t 'for the centre' on 31 report fill hp 2026-06
t 'too' sync 31
is 'is not asked of anybody else' "$(total 0 hp 2026-06)" '[3,1,[],["A","2",null,null,1],["P",null,null,null,0],["R",null,null,null,0],["Y",null,null,null,0],[["31",true,1,3,0,1]]]'

# ---- corrections ----
t 'a ward corrects' on 11383 report correct tw 2026-06 A=12 --reason 'cộng sót'
t 'up to the city' sync 11383
is 'what was sent stays' "$(total 0 tw 2026-06)" "$june"
fails 2 'a correction needs a reason' on 31 report fill tw 2026-06
t 'with one' on 31 report fill tw 2026-06 --reason 'phường 11383 cộng sót'
t 'it goes up' sync 31
t 'the centre' on 0 total tw --period 2026-06 --json
json 'has the new figure, and that it is one' '[.rows[0].value, .relays[0].version, .relays[0].corrections]' '["33",2,[{"version":2,"fields":"A=13 (11)","reason":"phường 11383 cộng sót"}]]'
TUYEN_LANG=vi on 0 total tw --period 2026-06 >out 2>err
says 'in Vietnamese too' 'Số tổng hợp của Hải Phòng .31.: đã báo cáo 2 trên 3, trễ hạn 0; phiên bản 2'

# ---- what does not pass, and what does ----
is 'directives go down through' "$(tip n/11383 directives/0)" "$(tip n/0 directives/0)"
t 'a ward that joins now' node 11948 commune 'Phường 11948' 31
t 'its key' sync 31
t 'stands at the centre' on 0 unit show 11948 --json
json 'registered' '[.id, .parent]' '["11948","31"]'
fails 1 'the centre moves nobody whose reports it does not have' on 0 unit move 11050 --to 01
says 'and says what to do' '31 relays only totals.*tuyen config relay whole'
fails 1 'nor writes there' on 0 report set --unit 11383 tw 2026-06 A=1 --reason x
says 'but at the city' '31 relays only totals'

# ---- back ----
t 'Hải Phòng relays everything again' on 31 config relay whole
t 'all of it' sync 31
is 'comes by itself' "$(tip n/0 reports/11383) $(tip n/0 reports/11050)" "$(tip n/11383 reports/11383) $(tip n/11050 reports/11050)"
is 'totals are made of it' "$(total 0 tw 2026-06)" '[8,4,["00008","01","11914","11948"],["A","33",null,null,3],["P","3",null,null,1],["R","50.00","5","10",3],["Y","2",null,null,2],[]]'
for node in 0 31 01 11383; do t "verifies at $node" on $node verify; done
done_testing
