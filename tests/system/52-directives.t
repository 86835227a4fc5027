#!/bin/sh
# Goal: directives go down, are acknowledged by version, renewed, narrowed, revoked; two issuers may use one id.
. "$(dirname "$0")/../lib/tap.sh"

P0=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: vn, title: Chương trình quốc gia}
indicators:
  - {id: A, name: Số vụ, kind: count, aggregate: sum, scope: commune}
tasks:
  - {id: N1, title: Tuyên truyền, lead: [cong-an]}
EOP
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
on 0 init --unit 0 --level central --name 'Trung ương' --root --listen 127.0.0.1:$P0 >out 2>err
TUYEN_NOW=2026-06-20T08:00:00+07:00 && export TUYEN_NOW
start n/0
on 31 init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$(free_port) >out 2>err
t 'the city joins' enrol n/31 n/0
start n/31
t 'first exchange' on 31 sync --wait --timeout 20
on 11383 init --unit 11383 --level commune --name 'phường Lê Chân' >out 2>err
t 'the ward joins' enrol n/11383 n/31
start n/11383
t 'first exchange' on 11383 sync --wait --timeout 20
t 'two more units' on 31 unit add 11050 --level commune --name 'xã Gia Phúc'
t 'two more units' on 31 unit add 11914 --level commune --name 'Cát Hải'
down() {
	t "$1: to the city" on 31 sync --wait --timeout 20
	t "$1: to the ward" on 11383 sync --wait --timeout 20
	t "$1: all the same again" on 31 sync --wait --timeout 20
}
show_on() { on "$@" --json >"$WORK/out" 2>"$WORK/err"; }

# What is missing or wrong in one.
fails 2 'no title' on 31 directive issue --to all
fails 2 'to nobody' on 31 directive issue --title X
fails 1 'to an unknown unit' on 31 directive issue --title X --to 99999
fails 1 'to the superior' on 31 directive issue --title X --to 0
fails 2 'all and one' on 31 directive issue --title X --to all,11383
fails 1 'an unknown plan' on 31 directive issue --title X --to all --plan nowhere --period 2026-06
fails 2 'a period without a plan' on 31 directive issue --title X --to all --period 2026-06
fails 1 'a due day that does not exist' on 31 directive issue --title X --to all --due 2026-02-30
fails 1 'an id with marks' on 31 directive issue --id 'Đ-1' --title X --to all
fails 1 'a commune has nobody to direct' on 11383 directive issue --title X --to 11050
fails 1 'an unknown directive' on 31 directive show D-9
show_on 31 directive list
json 'nothing was issued' '.directives' '[]'

# One without a plan.
t 'issue' on 31 directive issue --id 15-CT --title 'Tăng cường tuần tra' --text 'Thực hiện ngay.' --number '15/CT-UBND' --to all
is 'prints its id' "$(cat out)" 15-CT
down 'plain'
t 'show' on 11383 directive show 15-CT
says 'has the words' 'Thực hiện ngay'
show_on 11383 status
json 'the ward has to acknowledge it, and nothing else' '[.to_do[] | [.kind, .id, .issuer, .version]]' '[["directive","15-CT","31",1]]'
t 'acknowledge' on 11383 directive ack 15-CT --note 'đã rõ'
t 'acknowledge again' on 11383 directive ack 15-CT
down 'acknowledged'
show_on 31 directive show 15-CT
json 'the city sees who' '[.acks[] | [.unit, .version, .note, .current]] | sort' \
	'[["11050",null,null,false],["11383",1,"đã rõ",true],["11914",null,null,false]]'
json 'the other fields' '[.id, .issuer, .state, .version, .number, .due, .plan, .period, .to]' '["15-CT","31","issued",1,"15/CT-UBND",null,null,null,["all"]]'
show_on 11383 status
json 'nothing is left to do' '.to_do' '[]'
fails 1 'the issuer has nothing to acknowledge' on 31 directive ack 15-CT

# A new version.
t 'issue again' on 31 directive issue --id 15-CT --due 2026-06
is 'the same id' "$(cat out)" 15-CT
down 'version 2'
show_on 11383 directive show 15-CT
json 'what was not given stays' '[.version, .title, .text, .due, .to_acknowledge]' '[2,"Tăng cường tuần tra","Thực hiện ngay.","2026-06",true]'
show_on 31 directive show 15-CT
json 'the old acknowledgement shows its version' '[.acks[] | select(.unit == "11383") | .version, .current]' '[1,false]'
t 'acknowledge version 2' on 11383 directive ack 15-CT
down 'version 2 acknowledged'
show_on 31 directive show 15-CT
json 'is current' '[.acks[] | select(.unit == "11383") | .version, .current]' '[2,true]'
before=$(tip n/31 directives/31)
t 'issue with nothing new' on 31 directive issue --id 15-CT --due 2026-06
is 'is no new version' "$(tip n/31 directives/31)" "$before"

# A subset; names and ids; ids of its own accord.
t 'to two, by name and by code' on 31 directive issue --title 'Riêng hai đơn vị' --to 'xã Gia Phúc,11914'
NEXT=$(cat out)
is 'an id of its own' "$NEXT" D-001
down 'subset'
show_on 31 directive show $NEXT
json 'to those two' '[.to, [.acks[].unit]]' '[["11050","11914"],["11050","11914"]]'
show_on 11383 status
json 'not for the ward' '.to_do' '[]'
show_on 11383 directive list
json 'which can read it' '[.directives[] | select(.id == "D-001") | .mine, .to_acknowledge]' '[false,false]'
fails 1 'and has nothing to acknowledge' on 11383 directive ack D-001

# Two issuers, one id.
t 'a plan of the centre' on 0 plan load plan.yaml
t 'the centre issues' on 0 directive issue --id CT-7 --title 'Của trung ương' --plan vn --period 2026-06 --tasks N1 --to all --due 2026-07-05
t 'the plan comes to the city' on 31 sync --wait --timeout 20
t 'the city issues on the same plan' on 31 directive issue --id CT-7 --title 'Của thành phố' --plan vn --period 2026-06 --to 11383 --due 2026-06-30
down 'two of one id'
fails 1 'the id alone' on 11383 directive ack CT-7
says 'names both' '0/CT-7, 31/CT-7'
fails 1 'showing it either' on 11383 directive show CT-7
t 'the full name' on 11383 directive ack 31/CT-7
show_on 11383 directive show 0/CT-7
json 'the other still waits' '[.issuer, .to_acknowledge, .plan, .plan_issuer, .tasks]' '["0",true,"vn","0",["N1"]]'
t 'the city has only one to acknowledge' on 31 directive ack CT-7
show_on 11383 status
json 'to do: the directive of the centre, and the report by the earlier day' '[.to_do[] | [.kind, .issuer, .id // .period, .due // null, .overdue // false]]' \
	'[["directive","0","CT-7",null,false],["report","0","2026-06","2026-06-30",false]]'
json 'days left' '[.reports_due[] | [.directive, .days_left]]' '[["CT-7",10]]'
show_on 31 status
json 'the city has no figures to give: nothing' '.to_do' '[]'
show_on 0 status
json 'nor the centre' '.to_do' '[]'
t 'acknowledge' on 11383 directive ack 0/CT-7
down 'up to the centre'
fails 1 "the issuer of one says which as well" on 0 directive show CT-7
show_on 0 directive show 0/CT-7
json 'the centre sees the city and the ward' '[.acks[] | select(.version == 1) | .unit]' '["11383","31"]'

# Revoked.
fails 2 'revoke without a reason' on 31 directive revoke CT-7
fails 1 'revoke what another issued' on 31 directive revoke 0/CT-7 --reason x
t 'revoke' on 31 directive revoke CT-7 --reason 'nhầm'
fails 1 'a revoked one stays so' on 31 directive issue --id CT-7 --title Y
t 'revoke 15-CT' on 31 directive revoke 15-CT --reason 'hết hạn'
down 'revoked'
show_on 11383 directive list
json 'the ward sees it' '[.directives[] | select(.state == "revoked") | [.id, .revoked, .to_acknowledge]] | sort' '[["15-CT","hết hạn",false],["CT-7","nhầm",false]]'
show_on 11383 status
json 'the due day is that of the centre again' '[.reports_due[] | .due]' '["2026-07-05"]'
fails 1 'nothing to acknowledge in it' on 11383 directive ack 15-CT
for node in 0 31 11383; do
	t "verify on $node" on $node verify
done
done_testing
