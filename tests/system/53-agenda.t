#!/bin/sh
# Goal: status says what is to be done here in words that can be typed back, also where two issuers use one id or no directive asks.
. "$(dirname "$0")/../lib/tap.sh"

A=$(free_port) B=$(free_port)
cat >plan.yaml <<'EOF'
format: plan/1
plan: {id: p, title: Kế hoạch}
indicators:
  - {id: Z9, name: Đầu trang, kind: count, aggregate: sum, scope: commune}
  - {id: A1, name: Cuối trang, kind: count, aggregate: sum, scope: commune}
EOF
t 'centre' tuyen -C 0 init --unit 0 --level central --name 'Trung ương' --root --listen 127.0.0.1:$A
start 0
t 'city' tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$B
t 'enrols' enrol 31 0
start 31
t 'ward' tuyen -C w init --unit 11914 --level commune --name 'Cát Hải'
t 'enrols' enrol w 31
start w
t 'plan' tuyen -C 31 plan load plan.yaml
t 'directive of the centre' tuyen -C 0 directive issue --id D-1 --title 'Của Trung ương' --to all
t 'directive of the city' tuyen -C 31 directive issue --id D-1 --title 'Của thành phố' --to all
t 'down' tuyen -C 31 sync --wait --timeout 20
t 'down' tuyen -C w sync --wait --timeout 20
t 'status' tuyen -C w status
says 'names both in full' '0/D-1: Của Trung ương'
says 'names both in full' '31/D-1: Của thành phố'
fails 1 'the bare id is ambiguous' tuyen -C w directive ack D-1
t 'what status says can be typed' tuyen -C w directive ack 0/D-1
t 'and the other' tuyen -C w directive ack 31/D-1
t 'status' tuyen -C w status
says 'nothing is left' 'Nothing is to be done'
t 'a report that nobody asked for' tuyen -C w report set p 2026-06 Z9=1 A1=2
t 'the form' tuyen -C w report show p 2026-06
is 'is in the order of the paper' "$(grep -oE '^(Z9|A1) ' out | tr -d '\n')" 'Z9 A1 '
t 'submit' tuyen -C w report submit p 2026-06
t 'up' tuyen -C w sync --wait --timeout 20
t 'return' tuyen -C 31 report return --unit 11914 p 2026-06 --reason 'thiếu chữ ký'
t 'down' tuyen -C w sync --wait --timeout 20
t 'status' tuyen -C w status
says 'the returned report waits' 'returned report p for 2026-06'
t 'status' tuyen -C w status --json
json 'in JSON too' '[.to_do[] | [.kind, .plan, .period, .state, .directive]]' '[["report","p","2026-06","returned",null]]'
done_testing
