#!/bin/sh
# Goal: every reading command prints JSON with the keys of tuyen.1, on a new node, on one that waits to be admitted, and on
# one at work; a listing is done whatever it lists.
. "$(dirname "$0")/../lib/tap.sh"

P=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp, title: Tháng cao điểm}
indicators:
  - {id: A, name: Số vụ, kind: count, unit: vụ, aggregate: sum, scope: commune}
  - {id: R, name: Tỷ lệ, kind: ratio, aggregate: ratio_of_sums, scope: commune}
tasks:
  - {id: N1, title: Tuyên truyền, lead: [cong-an], due: 2026-06-30}
  - {id: N2, title: Rà soát}
EOP
# prints NODE FILTER WANTED WORDS...: the command succeeds, prints one JSON value, and the filter gives what is wanted.
prints() {
	p_node=$1 p_filter=$2 p_want=$3
	shift 3
	tuyen -C n/$p_node "$@" --json >out 2>err
	p_status=$?
	is "$p_node: $*" "$p_status $(jq -s -c "length, (.[0] | $p_filter)" <out 2>&1 | tr '\n' ' ')" "0 1 $p_want "
	[ $p_status -eq 0 ] || show err
}
# keys NODE FILTER KEYS WORDS...: the object that the filter gives has just these keys.
keys() {
	k_node=$1 k_filter=$2 k_want=$3
	shift 3
	prints "$k_node" "[$k_filter | keys_unsorted | sort | .[]] | join(\" \")" "\"$(echo "$k_want" | tr ' ' '\n' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')\"" "$@"
}
listings() {
	prints $1 '.units | type' '"array"' unit list
	prints $1 '.plans' '[]' plan list
	prints $1 '.directives' '[]' directive list
	prints $1 '.reports' '[]' report list
	prints $1 '.conflicts' '[]' conflict list
	prints $1 '.incidents' '[]' incident list
	prints $1 '.refused' '[]' log
	prints $1 '.changes | type' '"array"' log
	prints $1 '.ok' true verify
	prints $1 '.to_do' '[]' status
	prints $1 'type' '"object"' config
	keys $1 . 'unit station name rank admitted superior to_do reports_due last_report conflicts incidents waits_above reserve_key daemon paused lines attachments ledgers upkeep clock' status
}
t 'a root' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P
t 'a ward' tuyen -C n/11383 init --unit 11383 --level commune --name 'Lê Chân'
listings 31
listings 11383
prints 11383 '[.admitted, .superior, .daemon, .last_report]' '[false,null,false,null]' status
TUYEN_NOW=2026-07-01T08:00:00+07:00
export TUYEN_NOW
start n/31
t 'admit' enrol n/11383 n/31
start n/11383
t 'exchange' tuyen -C n/11383 sync --wait --timeout 20
listings 31
listings 11383

t 'plan' tuyen -C n/31 plan load plan.yaml
t 'directive' tuyen -C n/31 directive issue --id D1 --title X --plan hp --period 2026-06 --to all --due 2026-07-05 --tasks N1
t 'a unit without node' tuyen -C n/31 unit add 11050 --level commune --name 'Gia Phúc'
t 'exchange' tuyen -C n/11383 sync --wait --timeout 20
keys 11383 '.to_do[] | select(.kind == "directive")' 'kind id issuer title version' status
keys 11383 '.to_do[] | select(.kind == "report")' 'kind issuer plan period directive state due days_left overdue' status
keys 11383 '.reports_due[0]' 'kind issuer plan period directive state due days_left overdue' status
keys 11383 '.lines[0]' 'peer instance superior open equal address bytes_in bytes_out changes_in changes_out last_contact age waiting coming pace_out pace_in seconds closed_until closed_by rate budget spent next_try error refused late' status
keys 31 '.ledgers[0]' 'name tip heads' status
keys 31 .clock 'now set' status
keys 31 .conflicts 'open waiting mine objections oldest_days' status
prints 31 '[.clock.set, .daemon, .paused, .admitted]' '[true,true,false,true]' status
t 'set' tuyen -C n/11383 report set hp 2026-06 A=42 R=31/58
t 'submit' tuyen -C n/11383 report submit hp 2026-06
t 'task' tuyen -C n/11383 task set hp N1 state=doing percent=40
t 'ack' tuyen -C n/11383 directive ack D1
t 'exchange' tuyen -C n/11383 sync --wait --timeout 20
keys 11383 .last_report 'issuer plan period state version sent arrived received late' status
prints 11383 '.last_report | [.plan, .period, .state, .version, .arrived, .received[0:16], .late]' '["hp","2026-06","submitted",1,true,"2026-07-01T08:00",false]' status
keys 31 . 'plan period expected reported late missing relays rows split' total hp --period 2026-06
keys 31 '.rows[0]' 'indicator value numerator denominator reported disputed' total hp --period 2026-06
keys 31 '.units[0]' 'unit code name state reported late nil partial received due values disputed predecessors' total hp --period 2026-06 --by unit
keys 31 . 'plan period expected reported late missing relays units' missing hp --period 2026-06
keys 31 '.units[0]' 'unit code name state due late overdue' missing hp --period 2026-06
keys 31 . 'unit code name issuer plan title period first last previous_period state version reported nil partial due late note returned values missing rows receipts corrections' report show --unit 11383 hp 2026-06
keys 31 '.rows[0]' 'indicator name measure kind value previous missing conflict disputed' report show --unit 11383 hp 2026-06
keys 31 '.receipts[0]' 'version received by change due directive directive_version late' report show --unit 11383 hp 2026-06
keys 31 . 'unit superior issuer plan period version values received due directive directive_version late submission receipt fingerprint' report receipt --unit 11383 hp 2026-06
prints 31 '[.version, .superior, .values.A, .late]' '[1,"31","42",false]' report receipt --unit 11383 hp 2026-06
keys 11383 . 'folder version submission receipt anchor fingerprint' report prove hp 2026-06 --out proof
prints 31 '[.first, .last, .version, .receipts[0].version, .receipts[0].late]' '["2026-05-15","2026-06-14",1,1,false]' report show --unit 11383 hp 2026-06
prints 31 '[.state, .values, .missing, .rows[0].missing]' '[null,{},["A","R"],true]' report show --unit 11050 hp 2026-06
keys 31 '.reports[0]' 'unit code name issuer plan period state version reported nil partial received due late' report list
keys 31 '.directives[0]' 'id issuer title state version number issued due plan plan_issuer period to tasks text revoked mine to_acknowledge acks unseen' directive list
keys 31 . 'id issuer title state version number issued due plan plan_issuer period to tasks text revoked mine to_acknowledge acks unseen' directive show D1
keys 31 '.acks[0]' 'unit code name version at note current' directive show D1
keys 31 '.plans[0]' 'issuer id title number start end tasks indicators' plan list
prints 31 '.plans[0] | [.issuer, .id, .tasks, .indicators]' '["31","hp",2,2]' plan list
keys 31 . 'issuer id plan indicators tasks' plan show hp
keys 31 . 'issuer plan indicators' indicator list hp
keys 31 . 'issuer plan tasks' task list hp
prints 31 '.tasks[] | select(.id == "N1") | [.overdue, .due, [.progress[] | [.unit, .state, .percent]]]' '[true,"2026-06-30",[["11383","doing","40"]]]' task list hp
keys 31 '.tasks[] | select(.id == "N1") | .progress[0]' 'unit code name state percent done_on result note remark' task list hp
keys 31 '.units[0]' 'id code station name level rank parent agency valid_from valid_to node address replaced_by' unit list
prints 31 '[.units[] | [.id, .rank, .parent, .node]]' '[["11050",3,"31",false],["11383",3,"31",true],["31",1,null,true]]' unit list
keys 31 . 'id code station name level rank parent agency valid_from valid_to node address keys replaced_by replaces' unit show 11383
keys 31 '.keys[0]' 'row key state since fingerprint spoken vouched' unit show 11383
keys 31 '.changes[0]' 'id heads ledger writer unit station agency rank time subject body settles' log
keys 31 . 'ok objects ledgers changes remembered merges records problems' verify
prints 31 '[.ok, .problems]' '[true,[]]' verify

t 'apart' tuyen -C n/11383 sync --pause
t 'the ward' tuyen -C n/11383 report correct hp 2026-06 A=44 --reason x
t 'the city' tuyen -C n/31 report correct --unit 11383 hp 2026-06 A=43 --reason y
t 'together' tuyen -C n/11383 sync --resume --wait --timeout 20
keys 31 '.conflicts[] | select(.field == "values.A")' 'id ledger record field issuer plan period base kept other why state since days mine may_settle' conflict list
keys 31 '.conflicts[] | select(.field == "values.A") | .kept' 'value unit rank change' conflict list
ID=$(jq -r '.conflicts[] | select(.field == "values.A") | .id' out)
t 'object' tuyen -C n/11383 conflict object "$ID" --reason 'sai'
t 'answer' tuyen -C n/11383 sync --wait --timeout 20
keys 31 . 'id ledger record field issuer plan period base kept other why state since days mine may_settle needed_rank totals objections answers' conflict show "$ID"
keys 31 '.objections[0]' 'id unit to reason time' conflict show "$ID"
keys 31 .kept 'value unit rank change time subject reason' conflict show "$ID"
keys 31 '.totals[0]' 'issuer plan period indicator name from to disputed_from disputed_to take' conflict show "$ID"
keys 31 . 'fields totals left changes' conflict settle "$ID" --take other --dry-run
keys 31 '.fields[0]' 'ledger record field from to conflicts' conflict settle "$ID" --take other --dry-run
keys 31 '.to_do[] | select(.kind == "conflict")' 'kind id ledger record field state' status
keys 31 '.corrections[0]' 'id by fields reason' report show --unit 11383 hp 2026-06
stop n/31
prints 31 '[.daemon, .lines]' '[false,[]]' status
fails 1 'what is not there is an error, and no JSON' tuyen -C n/31 plan show nowhere --json
is 'nothing on standard output' "$(cat out)" ''
fails 1 'no node at all' tuyen -C n/nowhere status --json
done_testing
