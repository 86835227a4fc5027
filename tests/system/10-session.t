#!/bin/sh
# Goal: the session that must work: one report up, one directive down, one clash settled by rank, between a city, a ward
# and the ward's police station.
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
P11383=$(free_port)
cat >plan.yaml <<'EOF'
format: plan/1
plan: {id: hp.2026-06, title: Tháng cao điểm}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
  - {id: MT05, name: Tổ dân phố không ma túy, kind: ratio, aggregate: ratio_of_sums, scope: commune}
EOF

t 'init of the root' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P31
start n/31
t 'init of the ward' tuyen -C n/11383 init --unit 11383 --level commune --name 'phường Lê Chân' --listen 127.0.0.1:$P11383
fails 3 'no daemon yet' tuyen -C n/11383 report set hp.2026-06 2026-06 TT01=1 --timeout 0
t 'a request' tuyen -C n/11383 join --request
cp out req.yaml
t 'admit' tuyen -C n/31 unit admit req.yaml
cp out welcome.yaml
says 'admit says the fingerprint on stderr' 'SHA256:'
t 'admit again' tuyen -C n/31 unit admit req.yaml
cmp -s out welcome.yaml
ok 'gives the same welcome' $?
t 'join' tuyen -C n/11383 join welcome.yaml
start n/11383
t 'first exchange' tuyen -C n/11383 sync --wait --timeout 20
t 'plan load' tuyen -C n/31 plan load plan.yaml
is 'prints the id' "$(cat out)" hp.2026-06
before=$(tip n/31 directives/31)
t 'plan load again' tuyen -C n/31 plan load plan.yaml
is 'changes nothing' "$(tip n/31 directives/31)" "$before"
t 'directive' tuyen -C n/31 directive issue --id D-017 --plan hp.2026-06 --period 2026-06 --title 'Báo cáo tháng cao điểm' --to all --due 2026-07-05
t 'down it goes' tuyen -C n/11383 sync --wait --timeout 20
t 'status of the ward' tuyen -C n/11383 status
says 'has the directive to acknowledge' 'D-017'
t 'acknowledge' tuyen -C n/11383 directive ack D-017
t 'report set' tuyen -C n/11383 report set hp.2026-06 2026-06 TT01=42 MT05=31/58 --note 'Không có vướng mắc'
t 'a draft travels' tuyen -C n/11383 sync --wait --timeout 20
t 'total before submission' tuyen -C n/31 total hp.2026-06 --period 2026-06 --json
json 'counts nobody' '[.expected, .reported, .missing, .rows[0].value]' '[1,0,["11383"],null]'
t 'report submit' tuyen -C n/11383 report submit hp.2026-06 2026-06
fails 1 'set after submit is refused' tuyen -C n/11383 report set hp.2026-06 2026-06 TT01=41
t 'up it goes' tuyen -C n/11383 sync --wait --timeout 20
t 'total' tuyen -C n/31 total hp.2026-06 --period 2026-06 --json
json 'head' '[.plan, .period, .expected, .reported, .missing]' '["hp.2026-06","2026-06",1,1,[]]'
json 'count' '[.rows[] | select(.indicator == "TT01") | .value, .numerator, .denominator, .reported, .disputed]' '["42",null,null,1,0]'
json 'ratio' '[.rows[] | select(.indicator == "MT05") | .value, .numerator, .denominator, .reported, .disputed]' '["53.45","31","58",1,0]'
t 'the ward sees its receipt' tuyen -C n/11383 report show hp.2026-06 2026-06 --json

t 'apart' tuyen -C n/11383 sync --pause
fails 1 'an exchange is refused meanwhile' tuyen -C n/11383 sync --wait --timeout 5
t 'the ward corrects' tuyen -C n/11383 report correct hp.2026-06 2026-06 TT01=44 --reason 'cộng sót'
t 'the city too' tuyen -C n/31 report set --unit 11383 hp.2026-06 2026-06 TT01=43 --reason 'đối chiếu biên bản'
t 'together again' tuyen -C n/11383 sync --resume --wait --timeout 20
for node in 31 11383; do
	t "totals of $node" tuyen -C n/$node total hp.2026-06 --period 2026-06 --json
	json "$node shows 43" '[.rows[] | select(.indicator == "TT01") | .value]' '["43"]'
	t "conflicts of $node" tuyen -C n/$node conflict list --json
	json 'one, by rank' '[.conflicts[] | [.ledger, .record, .field, .base, .kept.value, .kept.unit, .kept.rank, .other.value, .other.unit, .other.rank, .why, .state]]' \
		'[["reports/11383","reports/31/hp.2026-06/2026-06.yaml","values.TT01","42","43","31",1,"44","11383",3,"rank","overruled"]]'
done
is 'the same commit on both' "$(tip n/31 reports/11383)" "$(tip n/11383 reports/11383)"
ID=$(jq -r '.conflicts[0].id' <out)
t 'object' tuyen -C n/11383 conflict object "$(echo "$ID" | cut -c1-8)" --reason 'số của phường đúng'
t 'send the objection' tuyen -C n/11383 sync --wait --timeout 20
t 'the city sees it' tuyen -C n/31 conflict list --json
json 'objected' '[.conflicts[].state]' '["objected"]'
t 'settle' tuyen -C n/31 conflict settle "$ID" --take other --reason 'phường có biên bản'
t 'send the settlement' tuyen -C n/31 sync --wait --timeout 20
for node in 31 11383; do
	t "conflicts of $node" tuyen -C n/$node conflict list --json
	json 'none open' '[.conflicts[] | select(.state != "settled")]' '[]'
	t "totals of $node" tuyen -C n/$node total hp.2026-06 --period 2026-06 --json
	json "$node shows 44" '[.rows[] | select(.indicator == "TT01") | .value]' '["44"]'
done

t 'a station' tuyen -C n/11383-ca init --unit 11383 --station cong-an --agency cong-an --level commune --name 'Công an phường'
tuyen -C n/11383-ca join --request 2>err | tuyen -C n/11383 unit admit - 2>>err | tuyen -C n/11383-ca join - >out 2>>err
ok 'joins through a pipe' $?
start n/11383-ca
t 'the station gets everything' tuyen -C n/11383-ca sync --wait --timeout 20
t 'the station corrects' tuyen -C n/11383-ca report correct hp.2026-06 2026-06 TT01=45 --reason 'thêm một buổi'
t 'to the ward' tuyen -C n/11383-ca sync --wait --timeout 20
t 'to the city' tuyen -C n/11383 sync --wait --timeout 20
t 'total' tuyen -C n/31 total hp.2026-06 --period 2026-06 --json
json 'shows 45' '[.rows[] | select(.indicator == "TT01") | .value]' '["45"]'
t 'status' tuyen -C n/31 status --json
t 'status is JSON' jq -e . out
t 'verify' tuyen -C n/31 verify

t 'signers' tuyen -C n/31 verify --allowed-signers
cp out signers
for node in 31 11383 11383-ca; do
	t "stock git checks the store of $node" git -C n/$node/store.git fsck --strict
	bad=0 all=0
	for id in $(git -C n/$node/store.git rev-list --no-merges --all); do
		all=$((all + 1))
		git -C n/$node/store.git -c gpg.format=ssh -c gpg.ssh.allowedSignersFile="$WORK/signers" verify-commit "$id" 2>>err || bad=$((bad + 1))
	done
	is "stock git verifies all $all changes of $node" "$bad" 0
	t "verify on $node" tuyen -C n/$node verify
done
for node in 31 11383 11383-ca; do
	stop n/$node
	ok "$node ends cleanly" $?
done
done_testing
