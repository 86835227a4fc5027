#!/bin/sh
# Goal: between equals the agency that owns a figure wins, and the one that leads a task; the other's word stands as a conflict.
. "$(dirname "$0")/../lib/tap.sh"

P=$(free_port) Q=$(free_port)
cat >plan.yaml <<'EOF'
format: plan/1
plan: {id: p, title: Kế hoạch}
indicators:
  - {id: MT05, name: Tổ không ma túy, kind: ratio, aggregate: ratio_of_sums, scope: commune, owner: cong-an}
  - {id: TT01, name: Số buổi, kind: count, aggregate: sum, scope: commune, owner: van-hoa}
tasks:
  - {id: '1', title: Rà soát, mode: assign, lead: [cong-an]}
EOF
t 'city' tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P
start 31
t 'ward' tuyen -C w init --unit 11050 --level commune --name 'Gia Phúc' --listen 127.0.0.1:$Q
t 'enrols' enrol w 31
start w
t 'police' tuyen -C ca init --unit 11050 --station ca --agency cong-an --level commune --name 'Công an'
t 'enrols' enrol ca w
start ca
t 'plan' tuyen -C 31 plan load plan.yaml
for n in w ca; do t "$n" tuyen -C $n sync --wait --timeout 20; done
t 'report' tuyen -C w report set p 2026-06 TT01=1 MT05=1/9
t 'submit' tuyen -C w report submit p 2026-06
t 'task' tuyen -C w task set p 1 state=doing
t 'to the station' tuyen -C ca sync --wait --timeout 20
t 'apart' tuyen -C ca sync --pause
t 'police: its own figure' tuyen -C ca report correct p 2026-06 MT05=3/9 --reason 'sổ công an'
t 'police: not its own' tuyen -C ca report correct p 2026-06 TT01=3 --reason 'đếm lại'
t 'police: its task' tuyen -C ca task set p 1 state=done
t 'ward: the same' tuyen -C w report correct p 2026-06 MT05=2/9 TT01=2 --reason 'sổ phường'
t 'ward: the task' tuyen -C w task set p 1 state=blocked
t 'together' tuyen -C ca sync --resume --wait --timeout 20
t 'up' tuyen -C w sync --wait --timeout 20
t 'and the receipt down' tuyen -C ca sync --wait --timeout 20
is 'one commit everywhere' "$(tip 31 reports/11050) $(tip w reports/11050)" "$(tip ca reports/11050) $(tip ca reports/11050)"
t 'conflicts' tuyen -C 31 conflict list --json
json 'owner and lead win, the rest is disputed' '[.conflicts[] | [.field, .why, .state]] | sort' \
	'[["state","lead","overruled"],["values.MT05","owner","overruled"],["values.TT01","equal","disputed"]]'
t 'totals' tuyen -C 31 total p --period 2026-06 --json
json 'the owner counts; the disputed figure stays' '[.rows[] | [.indicator, .numerator // .value, .disputed]]' '[["MT05","3",0],["TT01","1",1]]'
for n in 31 w ca; do t "verify $n" tuyen -C $n verify; done
done_testing
