#!/bin/sh
# Goal: the whole life of a report: draft, gaps, submit, return, correct, accept; receipts and lateness; forms.
. "$(dirname "$0")/../lib/tap.sh"

P=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp, title: Tháng cao điểm}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, unit: buổi, aggregate: sum, scope: commune}
  - {id: MT05, name: Tổ dân phố không ma túy, kind: ratio, unit: tổ, aggregate: ratio_of_sums, scope: commune}
  - {id: KP01, name: Kinh phí, kind: amount, unit: triệu đồng, aggregate: sum, scope: commune}
  - {id: CK, name: Ký cam kết, kind: yesno, aggregate: count_yes, scope: commune}
  - {id: TP9, name: Việc của thành phố, kind: count, aggregate: sum, scope: province}
EOP
city() { tuyen -C n/31 "$@"; }
ward() { tuyen -C n/11383 "$@"; }
meet() { t "sync: $1" ward sync --wait --timeout 20; }
shown() { ward report show "$@" --json >"$WORK/out" 2>"$WORK/err"; }

city init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P >out 2>err
ward init --unit 11383 --level commune --name 'phường Lê Chân' >out 2>err
TUYEN_NOW=2026-07-01T08:00:00+07:00 && export TUYEN_NOW
start n/31
t 'enrol' enrol n/11383 n/31
start n/11383
t 'plan' city plan load plan.yaml
t 'directive' city directive issue --id D1 --plan hp --period 2026-06 --title 'Báo cáo tháng' --to all --due 2026-07-05
meet 'the plan comes down'

# A draft.
fails 1 'nothing to submit yet' ward report submit hp 2026-06
says 'what is missing is listed' 'TT01, MT05, KP01, CK'
t 'an unbegun report can be shown' ward report show hp 2026-06 --json
json 'it has no state' '[.state, .version, .reported, .missing]' '[null,null,false,["TT01","MT05","KP01","CK"]]'
t 'a figure' ward report set hp 2026-06 TT01=42
t 'another, and a note' ward report set hp 2026-06 MT05=31/58 --note 'Không có vướng mắc'
t 'a decimal comma' ward report set hp 2026-06 KP01=58,14
shown hp 2026-06
json 'all is kept' '[.state, .values.TT01, .values.MT05, .values.KP01, .note, .missing]' \
	'["draft","42","31/58","58.14","Không có vướng mắc",["CK"]]'
t 'clear' ward report set hp 2026-06 TT01=
shown hp 2026-06
json 'cleared is missing' '[.values.TT01, .missing]' '[null,["TT01","CK"]]'
t 'zero' ward report set hp 2026-06 TT01=0
shown hp 2026-06
json 'zero is not missing' '[.values.TT01, .missing]' '["0",["CK"]]'
t 'an empty note clears it' ward report set hp 2026-06 --note ''
shown hp 2026-06
json 'no note' '.note' null
before=$(tip n/11383 reports/11383)
t 'the same again' ward report set hp 2026-06 TT01=0
is 'changes nothing' "$(tip n/11383 reports/11383)" "$before"
fails 1 'one bad word' ward report set hp 2026-06 TT01=7 KP01=abc
is 'keeps the others out as well' "$(tip n/11383 reports/11383)" "$before"
says 'names the bad one' 'KP01'
fails 1 'an indicator of the city' ward report set hp 2026-06 TP9=1
fails 2 'nothing named' ward report set hp 2026-06
fails 2 'a key twice' ward report set hp 2026-06 TT01=1 TT01=2
fails 2 'no equals sign' ward report set hp 2026-06 TT01 5
fails 1 'a correction of a draft' ward report correct hp 2026-06 TT01=1 --reason x
fails 1 'nothing occurred, it says, but there are figures' ward report submit hp 2026-06 --nil
fails 1 'gaps' ward report submit hp 2026-06
says 'are listed' 'CK'
says 'with a way out' '--partial'
fails 2 'nil and partial' ward report submit hp 2026-06 --nil --partial

# The superior writes too; that reports nothing.
meet 'the draft travels'
fails 2 'the superior gives a reason' city report set --unit 11383 hp 2026-06 CK=yes
t 'the superior fills in' city report set --unit 11383 hp 2026-06 CK=yes --reason 'theo biên bản'
t 'total' city total hp --period 2026-06 --json
json 'that makes nobody reported' '[.reported, .missing, .rows[0].value]' '[0,["11383"],null]'
fails 1 'the superior submits nothing' city report submit hp 2026-06
fails 1 'accept of a draft' city report accept --unit 11383 hp 2026-06
fails 1 'return of a draft' city report return --unit 11383 hp 2026-06 --reason x
meet 'the figure comes down'
shown hp 2026-06
json 'the ward has it' '[.state, .values.CK]' '["draft","yes"]'

# Submitted, returned, submitted again, accepted.
t 'submit' ward report submit hp 2026-06
shown hp 2026-06
json 'version 1, no receipt yet or one' '[.state, .version, .reported, .partial, .nil]' '["submitted",1,true,false,false]'
fails 1 'set after submit' ward report set hp 2026-06 TT01=1
says 'says correct' 'report correct'
t 'submit again does no harm' ward report submit hp 2026-06
meet 'the report goes up'
t 'the receipt' ward report show hp 2026-06 --json
json 'version 1' '[.receipts[] | [.version, .by, .due]]' '[[1,"31","2026-07-05"]]'
fails 2 'return without reason' city report return --unit 11383 hp 2026-06
fails 2 'return without unit' city report return hp 2026-06 --reason x
t 'return' city report return --unit 11383 hp 2026-06 --reason 'thiếu biên bản'
t 'total' city total hp --period 2026-06 --json
json 'a returned report does not count' '[.reported, .missing, .rows[0].value]' '[0,["11383"],null]'
meet 'returned'
t 'status' ward status --json
json 'the report is due again' '[.to_do[] | select(.kind == "report") | [.plan, .period, .state]]' '[["hp","2026-06","returned"]]'
shown hp 2026-06
json 'the reason is shown' '[.state, .returned]' '["returned","thiếu biên bản"]'
t 'set again' ward report set hp 2026-06 TT01=41
t 'submit' ward report submit hp 2026-06
meet 'goes up again'
shown hp 2026-06
json 'version 2, two receipts' '[.state, .version, [.receipts[].version]]' '["submitted",2,[1,2]]'
t 'correct before accept' ward report correct hp 2026-06 KP01=60 --reason 'tính lại'
meet 'the correction'
shown hp 2026-06
json 'still submitted' '[.state, .values.KP01, .corrections[0].reason]' '["submitted","60","tính lại"]'
fails 1 'a unit accepts nothing of its own' ward report accept --unit 11383 hp 2026-06
t 'accept' city report accept --unit 11383 hp 2026-06
t 'accept again' city report accept --unit 11383 hp 2026-06
meet 'accepted'
fails 1 'the unit may not set' ward report set hp 2026-06 TT01=1
fails 1 'nor the superior' city report set --unit 11383 hp 2026-06 TT01=1 --reason x
says 'says correct' 'correct'
fails 1 'nor return' city report return --unit 11383 hp 2026-06 --reason x
fails 2 'a correction has a reason' ward report correct hp 2026-06 TT01=40
t 'the unit corrects' ward report correct hp 2026-06 TT01=40 --reason 'đếm thừa'
meet 'the correction goes up'
t 'the superior corrects' city report correct --unit 11383 hp 2026-06 MT05=32/58 --reason 'theo hồ sơ'
meet 'the other comes down'
for node in 31 11383; do
	t "shown on $node" tuyen -C n/$node report show --unit 11383 hp 2026-06 --json
	json 'accepted, both corrections' '[.state, .values.TT01, .values.MT05, ([.corrections[].reason] | sort)]' \
		'["accepted","40","32/58",["theo biên bản","theo hồ sơ","tính lại","đếm thừa"]]'
	json 'who corrected what' '[.corrections[] | select(.reason == "đếm thừa") | .by, .fields]' '["11383","TT01=40 (41)"]'
done
t 'as a form' ward report show hp 2026-06
says 'with names' 'Số buổi tuyên truyền'
says 'and units of measure' 'triệu đồng'
t 'total' city total hp --period 2026-06 --json
json 'counts the corrected' '[.reported, .late, (.rows[] | select(.indicator == "MT05") | .value)]' '[1,[],"55.17"]'
t 'conflicts' city conflict list --json
json 'none' '.conflicts' '[]'

# The next period: the form says what was last; partial; nil.
t 'a form' ward report new hp 2026-07
cp out form.yaml
says 'has plan and period' 'period: .?2026-07'
is 'has all indicators of the unit' "$(grep -cE '^ +(TT01|MT05|KP01|CK|TP9):' form.yaml)" 4
shown hp 2026-07
json 'beside the figures of the period before' '[.previous_period, (.rows[] | select(.indicator == "TT01") | .previous)]' '["2026-06","40"]'
sed -e 's/TT01:.*/TT01: 12/' -e 's,MT05:.*,MT05: 1/3,' form.yaml >filled.yaml
t 'the filled-in form' ward report import filled.yaml
shown hp 2026-07
json 'is in the draft' '[.values.TT01, .values.MT05, .missing]' '["12","1/3",["KP01","CK"]]'
fails 1 'a form whole of gaps is no report' ward report submit hp 2026-08
says 'says nil' '--nil'
fails 1 'partial without any figure' ward report submit hp 2026-08 --partial
t 'partial' ward report submit hp 2026-07 --partial
shown hp 2026-07
json 'says so' '[.state, .partial, .nil]' '["submitted",true,false]'
t 'nil' ward report submit hp 2026-08 --nil
shown hp 2026-08
json 'says so' '[.state, .partial, .nil, .values]' '["submitted",false,true,{}]'
meet 'both go up'
t 'total' city total hp --period 2026-07 --json
json 'a gap is missing, not zero' '[.reported, [.rows[] | select(.indicator != "TP9") | .value], [.rows[] | select(.indicator != "TP9") | .reported]]' \
	'[1,["12","33.33",null,null],[1,1,0,0]]'
t 'nothing is late where nothing is due' city total hp --period 2026-07 --json
json 'late' '.late' '[]'

t 'nil is accepted' city report accept --unit 11383 hp 2026-08
t 'but something had occurred' city report correct --unit 11383 hp 2026-08 TT01=1 --reason 'theo biên bản'
meet 'not nil'
for node in 31 11383; do
	t "$node: show" tuyen -C n/$node report show --unit 11383 hp 2026-08 --json
	json "$node: no longer says that nothing occurred" '[.state, .nil, .values.TT01, .missing]' '["accepted",false,"1",["MT05","KP01","CK"]]'
done
t 'nor does the list' city report list --period 2026-08 --json
json 'nil' '[.reports[].nil]' '[false]'

# Imports.
printf 'KEY;VALUE\r\nTT01;1260\r\nMT05;31/58\r\nKP01;58,14\r\nCK;yes\r\n' >in.csv
t 'semicolons, decimal comma, CRLF' ward report import hp 2026-09 in.csv
shown hp 2026-09
json 'is read' '.values' '{"TT01":"1260","MT05":"31/58","KP01":"58.14","CK":"yes"}'
printf '\357\273\277TT01,5\nKP01,"7,25"\n# ghi chú\n\nCK,no\n' >in.csv
t 'commas, a byte order mark, quotes' ward report import hp 2026-10 in.csv
shown hp 2026-10
json 'is read' '.values' '{"TT01":"5","KP01":"7.25","CK":"no"}'
printf 'TT01;1.260\n' >in.csv
fails 1 'a thousands point' ward report import hp 2026-11 in.csv
says 'is refused at its place' 'in\.csv:1:[0-9]+:.*1\.260'
printf 'TT01;1\nXX;1\n' >in.csv
fails 1 'an unknown key' ward report import hp 2026-11 in.csv
says 'is named with its line' 'in\.csv:2:.*XX'
printf 'plan: hp\nperiod: 2026-11\nvalues: {TT01: 3, CK: "yes"}\nnote: xong\n' | tuyen -C n/11383 report import - >out 2>err
ok 'YAML from standard input' $?
shown hp 2026-11
json 'is read' '[.values.TT01, .values.CK, .note]' '["3","yes","xong"]'
fails 1 'a form that says not for what' sh -c 'echo "TT01: 3" | tuyen -C n/11383 report import -'
fails 1 'import after submit' ward report import filled.yaml
t 'report list' ward report list hp --json
json 'all of them' '[.reports[] | [.period, .state]] | sort | map(join(" "))' \
	'["2026-06 accepted","2026-07 submitted","2026-08 accepted","2026-09 draft","2026-10 draft","2026-11 draft"]'
t 'report list by state' ward report list --state draft --json
json 'three' '.reports | length' 3
t 'a superior imports for a unit' sh -c 'printf "TT01;9\n" | tuyen -C n/31 report import hp 2026-12 - --unit 11383 --reason "nhập hộ"'
t 'report list by period' city report list --period 2026-08 --unit 11383 --json
json 'one' '[.reports[] | [.code, .nil]]' '[["11383",false]]'
fails 2 'no such state' ward report list --state dratf

# Late is what the superior received after the end of the due day at UTC+07:00.
late_case() { # NAME PERIOD RECEIVED LATE RECEIPT_SAYS_LATE
	stop n/31
	TUYEN_NOW=$3
	start n/31
	t "$1: the ward finds its superior again" ward sync --wait --timeout 20
	t "$1: submit" ward report submit hp $2 --nil
	meet "$1"
	t "$1: shown" ward report show hp $2 --json
	json "$1: received and late" '[.receipts[0].received[0:16], .receipts[0].late, .late]' "[\"$(echo "$3" | cut -c1-16)\",$5,$4]"
	t "$1: total" city total hp --period $2 --json
	json "$1: late in the total" '[.reported, (.late == ["11383"])]' "[1,$4]"
}
for period in 2026-01 2026-02; do
	t "due for $period" city directive issue --title "Báo cáo $period" --plan hp --period $period --to all --due 2026-07-05
done
t 'due in a month' city directive issue --title 'Báo cáo 3' --plan hp --period 2026-03 --to all --due 2026-07
late_case 'the last minute' 2026-01 2026-07-05T23:59:10+07:00 false false
late_case 'midnight' 2026-02 2026-07-06T00:00:00+07:00 true true
late_case 'the last day of a month' 2026-03 2026-07-31T23:59:10+07:00 false false
late_case 'nothing is late without a due date' 2026-04 2026-12-31T00:00:00+07:00 false null

# Accepted here and corrected there, apart: one clash, over the figure.
stop n/31
TUYEN_NOW=2026-07-01T08:00:00+07:00
start n/31
t 'a report' ward report set hp 2026-Q1 TT01=1
t 'submitted' ward report submit hp 2026-Q1 --partial
meet 'before the seal'
t 'apart' ward sync --pause
t 'the ward corrects' ward report correct hp 2026-Q1 TT01=4 --reason 'sót'
t 'the city accepts' city report accept --unit 11383 hp 2026-Q1
t 'together' ward sync --resume --wait --timeout 20
for node in 31 11383; do
	t "$node: conflicts" tuyen -C n/$node conflict list --json
	json "$node: one, by the seal" '[.conflicts[] | [.field, .kept.value, .other.value, .why, .state]]' '[["values.TT01","1","4","seal","overruled"]]'
done
t 'settle' city conflict settle "$(jq -r '.conflicts[0].id' out)" --take other --reason 'đúng là 4'
meet 'settled'
t 'conflicts' ward conflict list --json
json 'none' '[.conflicts[] | select(.state != "settled")]' '[]'
shown hp 2026-Q1
json 'the figure of the ward stands, accepted' '[.state, .values.TT01, .rows[3].conflict]' '["accepted","4",false]'

# The unit and its police station write one report.
t 'the station' tuyen -C n/ca init --unit 11383 --station cong-an --agency cong-an --level commune --name 'Công an phường'
stop n/11383
tuyen -C n/11383 config listen 127.0.0.1:$(free_port) >out 2>err
start n/11383
tuyen -C n/ca join --request 2>err | tuyen -C n/11383 unit admit - 2>err | tuyen -C n/ca join - >out 2>err
start n/ca
t 'the station begins the report' tuyen -C n/ca sync --wait --timeout 20
t 'the station writes' tuyen -C n/ca report set hp 2026-05 TT01=3 CK=yes
t 'and sends' tuyen -C n/ca sync --wait --timeout 20
t 'the unit goes on' ward report set hp 2026-05 MT05=2/3 KP01=1000.5
fails 1 'a station accepts nothing' tuyen -C n/ca report accept --unit 11383 hp 2026-05
t 'the station has all' tuyen -C n/ca sync --wait --timeout 20
t 'and submits' tuyen -C n/ca report submit hp 2026-05
t 'to the unit' tuyen -C n/ca sync --wait --timeout 20
fails 1 'set is refused to the unit as well' ward report set hp 2026-05 TT01=4
meet 'to the city'
t 'total' city total hp --period 2026-05 --json
json 'all four figures' '[.rows[] | select(.indicator != "TP9") | .value]' '["3","66.67","1000.5","1"]'
t 'conflicts' city conflict list --json
json 'none' '.conflicts' '[]'
for node in 31 11383 ca; do
	t "verify on $node" tuyen -C n/$node verify
done
done_testing
