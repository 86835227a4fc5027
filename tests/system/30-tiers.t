#!/bin/sh
# Goal: three tiers and two stations write the same fields apart, in every constellation of the rule, with daemons killed
# in between; totals hold at every tier, and afterwards every node that holds a ledger holds the same commit of it.
. "$(dirname "$0")/../lib/tap.sh"

for unit in 0 31 01 11383; do
	eval "P$unit=$(free_port)"
done
NODES='0 31 01 11383 11050 00004 ca yt'
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: tw.2026, title: Kế hoạch của trung ương}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
  - {id: MT05, name: Tổ dân phố không ma túy, kind: ratio, aggregate: ratio_of_sums, scope: commune}
EOP
sed 's/tw.2026/hp.2026/; s/trung ương/thành phố/' plan.yaml >hp.yaml
sed 's/tw.2026/lc.2026/; s/trung ương/phường/' plan.yaml >lc.yaml

init() {
	dir=$1 unit=$2 level=$3 name=$4
	shift 4
	t "init of $dir" tuyen -C "n/$dir" init --unit "$unit" --level "$level" --name "$name" "$@"
}
sync() { tuyen -C "n/$1" sync --wait --timeout 10; }
# Up from the lowest tier, then down again.
together() {
	bad=
	for node in 31 11383 ca yt; do tuyen -C n/$node sync --resume; done
	for node in ca yt 11383 11050 00004 31 01 11383 11050 00004 ca yt; do sync "$node" || bad="$bad $node"; done
	is "together: $1" "$bad" ''
}
apart() { for node in 31 11383 ca yt; do tuyen -C n/$node sync --pause || ok "apart: $node" 1; done; }
# w NODE WORDS: a command that must be done.
w() {
	node=$1
	shift
	tuyen -C "n/$node" "$@" >"$WORK/out" 2>"$WORK/err" || { ok "$node: $*" 1; show "$WORK/out" "$WORK/err"; }
}
centre() { w 0 report set --unit 11383 tw.2026 2026-06 "$1" --reason 'đối chiếu'; }
city() { w 31 report set --unit 11383 tw.2026 2026-06 "$1" --reason 'đối chiếu'; }
ward() { w 11383 report correct tw.2026 2026-06 "$1" --reason 'cộng sót'; }
police() { w ca report correct tw.2026 2026-06 "$1" --reason 'theo sổ'; }
health() { w yt report correct tw.2026 2026-06 "$1" --reason 'theo sổ'; }
# value NAME INDICATOR WANTED: in the report of the ward, on every node that holds it.
value() {
	for node in 0 31 11383 ca yt; do
		is "$1, at $node" "$(tuyen -C n/$node report show --unit 11383 tw.2026 2026-06 --json | jq -c ".values.$2")" "$3"
	done
}
# clash NAME WANTED: the open conflicts: base, kept and other with their writers, why, state.
clash() {
	for node in 0 ca; do
		tuyen -C n/$node conflict list --json >"$WORK/out"
		json "$1, at $node" '[.conflicts[] | select(.state != "settled") |
			[.field, .base, .kept.value, .kept.unit, .other.value, .other.unit, .why, .state]] | sort' "$2"
	done
}
conflict_id() { tuyen -C n/0 conflict list --json | jq -r "[.conflicts[] | select(.other.unit == \"$1\" and .state != \"settled\")][0].id"; }

# ---- enrolment, in odd orders ----
init 0 0 central 'Trung ương' --root --listen "127.0.0.1:$P0"
init 31 31 province 'thành phố Hải Phòng' --listen "127.0.0.1:$P31"
init 01 01 province 'thành phố Hà Nội' --listen "127.0.0.1:$P01"
init 11383 11383 commune 'phường Lê Chân' --listen "127.0.0.1:$P11383"
init 11050 11050 commune 'xã Gia Phúc'
init 00004 00004 commune 'phường Ba Đình'
init ca 11383 commune 'Công an phường' --station cong-an --agency cong-an
init yt 11383 commune 'Trạm y tế' --station y-te --agency y-te
start n/31
start n/11383
t 'a ward asks' tuyen -C n/11383 join --request
cp out req
fails 1 'a city that is not admitted admits nobody' tuyen -C n/31 unit admit req
says 'and says what to do' 'has not been admitted .*join --request'
fails 1 'nor does it issue anything' tuyen -C n/31 plan load hp.yaml
start n/0
t 'the city joins while its daemon runs' enrol n/31 n/0
t 'the ward joins the city at once' enrol n/11383 n/31
t 'the police joins the ward before anything was exchanged' enrol n/ca n/11383
t 'another ward joins before its daemon ever ran' enrol n/11050 n/31
start n/11050
start n/ca
t 'the other city, all at once' enrol n/01 n/0
start n/01
t 'its ward, before the city exchanged anything' enrol n/00004 n/01
start n/00004
t 'the health station' enrol n/yt n/11383
start n/yt
fails 1 'a station admits nobody' tuyen -C n/ca unit admit req
together 'for the first time'
for node in $NODES; do
	t "units known at $node" tuyen -C n/$node unit list --stations --json
done
t 'units known at the centre' tuyen -C n/0 unit list --stations --json
json 'are all' '[.units[].id] | sort' '["0","00004","01","11050","11383","31","cong-an@11383","y-te@11383"]'
t 'the ward of Hà Nội' tuyen -C n/00004 unit list --json
json 'knows nothing of its neighbours below' '[.units[].id] | sort' '["0","00004","01","31"]'

# ---- plans and directives of each tier ----
t 'a plan of the centre' tuyen -C n/0 plan load plan.yaml
t 'of the city' tuyen -C n/31 plan load hp.yaml
t 'of the ward' tuyen -C n/11383 plan load lc.yaml
t 'a directive of the centre' tuyen -C n/0 directive issue --id D-1 --plan tw.2026 --period 2026-06 --title 'Báo cáo' --to all --due 2199-07-05
t 'of the city, with the same id, to one ward' tuyen -C n/31 directive issue --id D-1 --plan hp.2026 --period 2026-Q2 --title 'Báo cáo quý' --to 11383
t 'of the other city' tuyen -C n/01 directive issue --id D-2 --title 'Quán triệt' --to all
together 'plans and directives'
t 'to do at the ward' tuyen -C n/11383 status --json
json 'two to acknowledge, two to report' '[.to_do[] | [.kind, .issuer]] | sort' '[["directive","0"],["directive","31"],["report","0"],["report","31"]]'
t 'to do at the neighbour' tuyen -C n/11050 status --json
json 'what is for all' '[.to_do[] | [.kind, .issuer]] | sort' '[["directive","0"],["report","0"]]'
fails 1 'an id of two issuers' tuyen -C n/11383 directive ack D-1
says 'the candidates are named' '0/D-1.*31/D-1'
w 11383 directive ack 0/D-1
w 11383 directive ack 31/D-1
w 11050 directive ack D-1
w 00004 directive ack 0/D-1 --note 'đã triển khai'
w 00004 directive ack D-2
stop n/31 KILL
start n/31
together 'acknowledgements, past a city that was killed'
t 'the centre sees who acknowledged' tuyen -C n/0 directive show 0/D-1 --json
json 'the wards of both cities' '[.acks[] | select(.current) | .unit] | sort' '["00004","11050","11383"]'
t 'and of a directive of a city' tuyen -C n/0 directive show 01/D-2 --json
json 'its ward' '[.acks[] | select(.current) | .unit]' '["00004"]'

# ---- reports and totals of every tier ----
w 11383 report set tw.2026 2026-06 TT01=42 MT05=31/58 --note 'Không có vướng mắc'
w 11383 report set hp.2026 2026-Q2 TT01=5 MT05=1/58
w 11383 report submit tw.2026 2026-06
w 11383 report submit hp.2026 2026-Q2
w 11050 report set tw.2026 2026-06 TT01=17
fails 1 'a report with gaps' tuyen -C n/11050 report submit tw.2026 2026-06
says 'names them' MT05
w 11050 report submit --partial tw.2026 2026-06
stop n/01 KILL
w 00004 report set tw.2026 2026-06 TT01=0 MT05=0/12
w 00004 report submit tw.2026 2026-06
start n/01
together 'reports'
total() { tuyen -C n/$1 total "$2" --period "$3" --json | jq -c '[.expected, .reported, .missing, ((.rows | sort_by(.indicator))[] | [.indicator, .value, .numerator, .denominator, .reported])]'; }
is 'total at the centre' "$(total 0 tw.2026 2026-06)" '[3,3,[],["MT05","44.29","31","70",2],["TT01","59",null,null,3]]'
is 'at the city: its own' "$(total 31 tw.2026 2026-06)" '[2,2,[],["MT05","53.45","31","58",1],["TT01","59",null,null,2]]'
is 'at the other city' "$(total 01 tw.2026 2026-06)" '[1,1,[],["MT05","0.00","0","12",1],["TT01","0",null,null,1]]'
is 'at a ward' "$(total 11050 tw.2026 2026-06)" '[1,1,[],["MT05",null,null,null,0],["TT01","17",null,null,1]]'
is 'the plan of the city' "$(total 31 hp.2026 2026-Q2)" '[1,1,[],["MT05","1.72","1","58",1],["TT01","5",null,null,1]]'
is 'the same at the centre' "$(total 0 hp.2026 2026-Q2)" "$(total 31 hp.2026 2026-Q2)"

# ---- one field, five writers ----
apart
health TT01=54
police TT01=53
ward TT01=52
city TT01=51
centre TT01=50
stop n/11383 KILL
start n/11383
together 'five writers of one field'
value 'the centre wins' TT01 '"50"'
clash 'four values stand aside' '[["values.TT01","42","50","0","51","31","rank","overruled"],["values.TT01","42","50","0","52","11383","rank","overruled"],["values.TT01","42","50","0","53","cong-an@11383","rank","overruled"],["values.TT01","42","50","0","54","y-te@11383","rank","overruled"]]'
id=$(conflict_id 11383)
fails 1 'the ward may not settle what the centre decided' tuyen -C n/11383 conflict settle "$id" --take other --reason x
says 'but object' 'conflict object'
fails 1 'nor may the city' tuyen -C n/31 conflict settle "$id" --take other --reason x
w 11383 conflict object "$id" --reason 'số của phường đúng'
together 'the objection'
is 'it is at the centre' "$(tuyen -C n/0 conflict show "$id" --json | jq -c '[.state, .objections[0].unit, .objections[0].reason]')" '["objected","11383","số của phường đúng"]'
w 0 conflict settle "$id" --take other --reason 'phường có biên bản'
together 'the settlement'
value 'the value of the ward' TT01 '"52"'
clash 'nothing is open' '[]'

# ---- equals, and settlements made apart ----
apart
ward MT05=32/58
police MT05=33/58
together 'ward and police, equals'
value 'the last common value stays' MT05 '"31/58"'
is 'and is said to be disputed' "$(tuyen -C n/0 total tw.2026 --period 2026-06 --json | jq -c '[(.rows | sort_by(.indicator))[].disputed]')" '[1,0]'
id=$(tuyen -C n/0 conflict list --json | jq -r '.conflicts[0].id')
apart
w 11383 conflict settle "$id" --value 35/58 --reason 'sổ phường'
w ca conflict settle "$id" --value 36/58 --reason 'sổ công an'
together 'two settlements of equals'
value 'do not settle it' MT05 '"31/58"'
is 'it is one clash' "$(tuyen -C n/31 conflict list --json | jq -c '[.conflicts[] | select(.state != "settled") | .why, .state]')" '["equal","disputed"]'
id=$(tuyen -C n/0 conflict list --json | jq -r '[.conflicts[] | select(.state == "disputed")][0].id')
apart
w 31 conflict settle "$id" --value 37/58 --reason 'thành phố'
w 11383 conflict settle "$id" --value 38/58 --reason 'phường'
together 'a settlement of the city and one of the ward'
value 'the city settles' MT05 '"37/58"'
clash 'that of the ward is not lost' '[["values.MT05","31/58","37/58","31","38/58","11383","rank","overruled"]]'
w 31 conflict settle "$(conflict_id 11383)" --take kept --reason 'giữ nguyên'
together 'kept'
clash 'nothing is open' '[]'

# ---- deletions ----
apart
city TT01=
ward TT01=60
together 'the city clears, the ward edits'
value 'cleared' TT01 null
clash 'the figure of the ward is there' '[["values.TT01","52",null,"31","60","11383","rank","overruled"]]'
w 31 report set --unit 11383 tw.2026 2026-06 TT01=61 --reason 'đã đọc'
together 'the city writes again'
value 'an ordinary next value' TT01 '"61"'
clash 'ends the conflict' '[]'
apart
ward TT01=
city TT01=62
together 'the ward clears, the city edits'
value 'the figure of the city' TT01 '"62"'
clash 'the clearing stands aside' '[["values.TT01","61","62","31",null,"11383","rank","overruled"]]'
apart
police TT01=
health TT01=63
together 'police clears, health edits'
value 'a tie' TT01 '"62"'
is 'between nothing and a figure' "$(tuyen -C n/31 conflict list --json | jq -c '[.conflicts[] | .base, ([.kept.value, .other.value] | sort), .why, .state]')" '["62",[null,"63"],"equal","disputed"]'
ward TT01=64
together 'the ward, who has seen both'
value 'ends it' TT01 '"64"'
clash 'for good' '[]'

# ---- return, accept, correct beside edits ----
apart
w 31 report return --unit 11383 tw.2026 2026-06 --reason 'thiếu biên bản'
ward TT01=65
together 'returned while the ward corrects'
value 'the correction holds' TT01 '"65"'
is 'but it does not count' "$(total 0 tw.2026 2026-06)" '[3,2,["11383"],["MT05","0.00","0","12",1],["TT01","17",null,null,2]]'
w ca report set tw.2026 2026-06 MT05=40/58
w 11383 report submit tw.2026 2026-06
together 'submitted again'
is 'it counts' "$(total 0 tw.2026 2026-06)" '[3,3,[],["MT05","57.14","40","70",2],["TT01","82",null,null,3]]'
apart
w 31 report accept --unit 11383 tw.2026 2026-06
ward TT01=66
police MT05=41/58
together 'accepted while ward and police correct'
value 'the sealed figure' TT01 '"65"'
value 'and the other one' MT05 '"40/58"'
tuyen -C n/yt conflict list --json >out
json 'the corrections stand aside' '[.conflicts[] | select(.field != "version") | [.field, .kept.value, .other.value, .why, .state]] | sort' \
	'[["values.MT05","40/58","41/58","seal","overruled"],["values.TT01","65","66","seal","overruled"]]'
fails 1 'nothing is set after that' tuyen -C n/11383 report set tw.2026 2026-06 TT01=67
fails 1 'nor by the city' tuyen -C n/31 report set --unit 11383 tw.2026 2026-06 TT01=67 --reason x
ward TT01=68
police MT05=42/58
together 'corrections of an accepted report'
value 'are taken' TT01 '"68"'
value 'both' MT05 '"42/58"'
is 'and still count' "$(total 31 tw.2026 2026-06)" '[2,2,[],["MT05","72.41","42","58",1],["TT01","85",null,null,2]]'

# ---- the end ----
for node in $NODES; do
	git -C n/$node/store.git for-each-ref --format="%(refname) %(objectname)" refs/heads
done >refs
is 'every ledger is one commit on all nodes that hold it' "$(sort -u refs | wc -l)" "$(cut -d' ' -f1 refs | sort -u | wc -l)"
is 'the report ledger of the ward is on five nodes' "$(grep -c reports/11383 refs)" 5
is 'Hà Nội has nothing of Hải Phòng' "$(git -C n/01/store.git for-each-ref refs/heads | grep -c -e 11383 -e 11050)" 0
tuyen -C n/0 verify --allowed-signers >signers
for node in $NODES; do
	t "verify at $node" tuyen -C n/$node verify
	t "git fsck at $node" git -C n/$node/store.git fsck --strict
done
bad=0 all=0
for node in 0; do
	for id in $(git -C n/$node/store.git rev-list --no-merges --all); do
		all=$((all + 1))
		git -C n/$node/store.git -c gpg.format=ssh -c gpg.ssh.allowedSignersFile="$WORK/signers" verify-commit "$id" 2>>err || bad=$((bad + 1))
	done
done
is "stock git verifies all $all changes" "$bad" 0
done_testing
