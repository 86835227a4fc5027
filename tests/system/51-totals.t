#!/bin/sh
# Goal: totals that people can trust: who is expected, missing is not zero, exact sums, percent half up, disputes.
. "$(dirname "$0")/../lib/tap.sh"

P0=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp, title: Tháng cao điểm}
indicators:
  - {id: A, name: Số vụ, kind: count, aggregate: sum, scope: commune}
  - {id: R, name: Tỷ lệ, kind: ratio, aggregate: ratio_of_sums, scope: commune}
  - {id: M, name: "Kinh phí, tổng", kind: amount, unit: đồng, aggregate: sum, scope: commune}
  - {id: Y, name: Ký cam kết, kind: yesno, aggregate: count_yes, scope: commune}
campaigns:
  - {id: cao-diem, first: 2026-06-01, last: 2026-06-30, title: Cao điểm}
EOP
sed -e 's/id: hp,/id: lich, calendar: calendar,/' plan.yaml >lich.yaml
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
city() { on 31 "$@"; }
TUYEN_NOW=2026-07-01T08:00:00+07:00 && export TUYEN_NOW
city init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P0 >out 2>err
start n/31
t 'plan' city plan load plan.yaml
t 'a plan of the same indicators in another calendar' city plan load lich.yaml

total() { city total "$@" --json >"$WORK/out" 2>"$WORK/err" || show "$WORK/err"; }
row() { json "$1" "[.rows[] | select(.indicator == \"$2\") | .value, .numerator, .denominator, .reported, .disputed]" "$3"; }

total hp --period 2026-06
json 'nobody is registered: nobody is expected' '[.expected, .reported, .late, .missing]' '[0,0,[],[]]'
row 'no figure' A '[null,null,null,0,0]'
for code in 11383 11050 11914 11948; do t "unit $code" city unit add $code --level commune --name "Xã $code"; done
# The month June ends, by Decree 09/2019, on 14 June; the calendar month on the 30th.
t 'one that begins on the closing day' city unit add 20001 --level commune --name 'Từ 14' --valid-from 2026-06-14
t 'one that begins the day after' city unit add 20002 --level commune --name 'Từ 15' --valid-from 2026-06-15
t 'one that ends on the closing day' city unit add 20003 --level commune --name 'Đến 14' --valid-to 2026-06-14
t 'one that ends the day before' city unit add 20004 --level commune --name 'Đến 13' --valid-to 2026-06-13
total hp --period 2026-06
json 'valid on 14 June' '[.expected, .missing]' '[6,["11050","11383","11914","11948","20001","20003"]]'
total lich --period 2026-06
json 'valid on 30 June' '[.expected, .missing]' '[6,["11050","11383","11914","11948","20001","20002"]]'
total hp --period 2026
json 'valid on 14 December' '[.expected, .missing]' '[6,["11050","11383","11914","11948","20001","20002"]]'
total hp --period cao-diem
json 'a campaign of the plan' '[.period, .expected, .missing[5]]' '["cao-diem",6,"20002"]'
for period in 2026-Q2 2026-H1; do
	total hp --period $period
	json "$period ends on 14 June" '[.period, .expected, .missing[5]]' "[\"$period\",6,\"20003\"]"
done
total hp --period 2026-9M
json 'nine months end on 14 September' '[.period, .missing[5]]' '["2026-9M","20002"]'
fails 1 'no such period' city total hp --period 2026-13
fails 1 'no such campaign' city total hp --period cao-diem-2
fails 2 'a period is needed' city total hp
fails 1 'no such plan' city total nowhere --period 2026-06
fails 1 'no such unit' city total hp --period 2026-06 --unit 99
fails 1 'no such indicator' city total hp --period 2026-06 --indicator ZZ
fails 2 'no such format' city total hp --period 2026-06 --format xml

# Real reports of three wards and a node each.
wards='11383 11050 11914'
for code in $wards; do
	on $code init --unit $code --level commune --name "Xã $code" >out 2>err
	enrol n/$code n/31 >out 2>err
	start n/$code
done
for code in $wards; do t "$code is there" on $code sync --wait --timeout 20; done
total hp --period 2026-06
json 'admission adds no unit twice' '.expected' 6
# report CODE PERIOD KEY=VALUE...: set and submit.
report() {
	r_code=$1 r_period=$2
	shift 2
	t "$r_code reports $r_period" on $r_code report set hp $r_period "$@"
	t "$r_code submits $r_period" on $r_code report submit hp $r_period --partial
}
arrive() { for a_code in $wards; do t "$1: $a_code" on $a_code sync --wait --timeout 20; done; }
BIG=999999999999999999999999999999999999
report 11383 2026-06 A=0 R=1/3 M=100000000000000000000000000000000000 Y=yes
report 11050 2026-06 A=42 R=1/8 M=0.1 Y=no
report 11914 2026-06 R=0/0 M=0.2
arrive 'June'
total hp --period 2026-06
json 'three of six' '[.plan, .period, .expected, .reported, .late, .missing]' '["hp","2026-06",6,3,[],["11948","20001","20003"]]'
row 'a gap is not zero' A '["42",null,null,2,0]'
row 'ratio of sums: 2/11' R '["18.18","2","11",3,0]'
row 'an exact sum of 36 digits' M '["100000000000000000000000000000000000.3",null,null,3,0]'
row 'yes is counted' Y '["1",null,null,2,0]'
total hp --period 2026-06 --unit 11050
json 'one unit' '[.expected, .reported, .rows[0].value]' '[1,1,"42"]'
row 'half up: 1/8' R '["12.50","1","8",1,0]'
total hp --period 2026-06 --unit 11914
row '0/0 has no percent' R '[null,"0","0",1,0]'
row 'its gap is null' A '[null,null,null,0,0]'
total hp --period 2026-06 --unit 11948
row 'nobody reported' R '[null,null,null,0,0]'
total hp --period 2026-06 --indicator A
json 'one indicator' '[.rows[].indicator]' '["A"]'

# Percent, half up, by one ward a period.
percent() {
	report 11383 $1 R=$2
	t "$2 arrives" on 11383 sync --wait --timeout 20
	total hp --period $1
	row "$2" R "[\"$3\",\"${2%/*}\",\"${2#*/}\",1,0]"
}
percent 2026-01 2/3 66.67
percent 2026-02 5/1000 0.50
percent 2026-03 1/200000 0.00
percent 2026-04 1/20000 0.01
percent 2026-05 31/58 53.45
percent 2025-12 58/58 100.00
percent 2025-11 13/8 162.50
percent 2025-10 333333333333333333333333333333333333/999999999999999999999999999999999999 33.33
percent 2026-Q1 0/5 0.00

# The largest figures.
report 11383 2026-07 A=$BIG M=$BIG
report 11050 2026-07 A=1 M=0.5
arrive 'July'
total hp --period 2026-07 --unit 11383
row 'thirty-six nines' A "[\"$BIG\",null,null,1,0]"
city total hp --period 2026-07 --json >out 2>err
is 'more than fits is an error or exact, never rounded' "$? $(jq -r '.rows[] | select(.indicator == "A") | .value' <out 2>/dev/null)" '0 1000000000000000000000000000000000000'

# By unit, CSV, table.
total hp --period 2026-06 --by unit
json 'a line a unit' '[.units[] | [.code, .state, .reported, .partial, .values.A, .values.R]]' \
	'[["11050","submitted",true,false,"42","1/8"],["11383","submitted",true,false,"0","1/3"],["11914","submitted",true,true,null,"0/0"],["11948",null,false,false,null,null],["20001",null,false,false,null,null],["20003",null,false,false,null,null]]'
t 'csv' city total hp --period 2026-06 --format csv
is 'its rows' "$(tr -d '\r' <out)" 'indicator,name,measure,value,numerator,denominator,expected,reported,disputed
A,Số vụ,,42,,,6,2,0
R,Tỷ lệ,,18.18,2,11,6,3,0
M,"Kinh phí, tổng",đồng,100000000000000000000000000000000000.3,,,6,3,0
Y,Ký cam kết,,1,,,6,2,0'
t 'csv by unit' city total hp --period 2026-06 --format csv --by unit
is 'one row' "$(tr -d '\r' <out | grep ^11050 | cut -d, -f1-3,5-)" '11050,Xã 11050,submitted,no,42,1/8,0.1,no'
t 'the table' city total hp --period 2026-06
says 'says how many' 'reported 3 of 6'
t 'missing' city missing hp --period 2026-06 --json
json 'who' '[.expected, .reported, [.units[] | [.code, .state]]]' '[6,3,[["11948",null],["20001",null],["20003",null]]]'

# The same indicators in the other plan are other figures.
t 'a report on the other plan' on 11383 report set lich 2026-06 A=5
t 'submitted' on 11383 report submit lich 2026-06 --partial
arrive 'the other plan'
total lich --period 2026-06
row 'its own figure' A '["5",null,null,1,0]'
total hp --period 2026-06
row 'unmoved' A '["42",null,null,2,0]'

# A directive narrows who is expected, and only for its plan and period.
t 'to two' city directive issue --id D1 --title 'Báo cáo' --plan hp --period 2026-06 --to 11383,11948 --due 2026-07-05
total hp --period 2026-06
json 'two' '[.expected, .reported, .missing]' '[2,1,["11948"]]'
row 'the others do not count' A '["0",null,null,1,0]'
total hp --period 2026-05
json 'another period is as it was' '.expected' 6
total lich --period 2026-06
json 'another plan too' '.expected' 6
t 'long after the due day' env TUYEN_NOW=2026-08-01T00:00:00+07:00 tuyen -C n/31 missing hp --period 2026-06 --json
json 'who is missing is overdue, and not late: nothing was received' '[.late, .missing, [.units[] | [.code, .late, .overdue]]]' '[[],["11948"],[["11948",false,true]]]'
t 'one more' city directive issue --id D2 --title 'Báo cáo bổ sung' --plan hp --period 2026-06 --to 11050
total hp --period 2026-06
json 'two directives add up' '[.expected, .reported]' '[3,2]'
t 'to all' city directive issue --id D1 --to all
total hp --period 2026-06
json 'all' '[.expected, .reported, .missing]' '[6,3,["11948","20001","20003"]]'
t 'revoke' city directive revoke D1 --reason x
t 'revoke' city directive revoke D2 --reason x
total hp --period 2026-06
json 'as if there were none' '.expected' 6

# Disputed: unit and station write one figure apart.
t 'listen' on 11383 config listen 127.0.0.1:$(free_port)
stop n/11383
start n/11383
on ca init --unit 11383 --station cong-an --agency cong-an --level commune --name 'Công an' >out 2>err
tuyen -C n/ca join --request 2>err | on 11383 unit admit - 2>err | on ca join - >out 2>err
start n/ca
t 'the station has all' on ca sync --wait --timeout 20
t 'apart' on ca sync --pause
t 'the unit' on 11383 report correct hp 2026-06 A=7 --reason 'sót'
t 'the station' on ca report correct hp 2026-06 A=9 --reason 'thừa'
t 'together' on ca sync --resume --wait --timeout 20
arrive 'disputed'
total hp --period 2026-06
row 'the last common value, and one disputed' A '["42",null,null,2,1]'
total hp --period 2026-06 --by unit
json 'at the ward' '[.units[] | select(.disputed != []) | [.code, .disputed, .values.A]]' '[["11383",["A"],"0"]]'
json 'admitting a station adds no unit' '.expected' 6
t 'settle' city conflict settle "$(city conflict list --json | jq -r '.conflicts[0].id')" --value 8 --reason 'đối chiếu'
total hp --period 2026-06
row 'settled' A '["50",null,null,2,0]'

# A plan of a city about itself; of a commune about itself.
cat >self.yaml <<'EOP'
format: plan/1
plan: {id: tp, title: Của thành phố}
indicators:
  - {id: A, name: Số vụ, kind: count, aggregate: sum, scope: province}
EOP
t 'a plan about the city' city plan load self.yaml
total tp --period 2026-06
json 'the city is expected' '[.expected, .missing]' '[1,["31"]]'
t 'set' city report set tp 2026-06 A=3
t 'submit' city report submit tp 2026-06
total tp --period 2026-06
json 'it has reported' '[.expected, .reported, .rows[0].value]' '[1,1,"3"]'
sed -e 's/province/commune/' -e 's/id: tp/id: xa/' self.yaml >xa.yaml
t 'a plan of a ward' on 11050 plan load xa.yaml
t 'set' on 11050 report set xa 2026-06 A=4
t 'submit' on 11050 report submit xa 2026-06
t 'sync' on 11050 sync --wait --timeout 20
t 'total there' on 11050 total xa --period 2026-06 --json
json 'itself alone' '[.expected, .reported, .rows[0].value]' '[1,1,"4"]'
total xa --period 2026-06
json 'the city sees the same' '[.expected, .reported, .rows[0].value]' '[1,1,"4"]'
sed -e 's/id: tp/id: both/' self.yaml >both.yaml
echo '  - {id: B, name: Số vụ, kind: count, aggregate: sum, scope: commune}' >>both.yaml
t 'a plan with figures of the city and of the wards' city plan load both.yaml
total both --period 2026-06
json 'expects those below' '[.expected, .missing]' '[6,["11050","11383","11914","11948","20001","20003"]]'
t 'a report of the city' city report set both 2026-06 A=3
t 'submitted' city report submit both 2026-06
total both --period 2026-06
json 'counts the city once it reports' '[.expected, .reported, .rows[0].value]' '[7,1,"3"]'
t 'to all' city directive issue --title 'Báo cáo' --plan both --period 2026-07 --to all --due 2026-07-20
t 'status' city status --json
json 'who asks is not asked' '.to_do' '[]'
total hp --period 2026-06 --by unit
t 'the ward sees itself' on 11383 total hp --period 2026-06 --json
json 'and nobody beside it' '[.expected, .reported, .rows[0].value]' '[1,1,"8"]'
# A code is reused: the day says which unit is meant.
t 'an old unit' city unit add 30001 --level commune --name 'Cũ' --valid-from 2020-01-01 --valid-to 2025-06-30
t 'a new one' city unit add 30001 --level commune --name 'Mới' --valid-from 2025-07-01
is 'has an id of its own' "$(cat out)" 30001.2
t 'again' city unit add 30001 --level commune --name 'Mới' --valid-from 2025-07-01
is 'is the same' "$(cat out)" 30001.2
total lich --period 2025-06 --unit 30001 --by unit
json 'the old one in June 2025' '[.expected, .units[0].unit, .missing]' '[1,"30001",["30001"]]'
total lich --period 2025-07 --unit 30001 --by unit
json 'the new one in July' '[.expected, .units[0].unit, .missing]' '[1,"30001.2",["30001"]]'
t 'a figure for the old' city report set --unit 30001 lich 2025-06 A=1 --reason x
t 'a figure for the new' city report set --unit 30001 lich 2026-08 A=2 --reason x
t 'show' city report show --unit 30001 lich 2025-06 --json
json 'the old one' '[.unit, .code, .values.A]' '["30001","30001","1"]'
t 'show' city report show --unit 30001 lich 2026-08 --json
json 'the new one' '[.unit, .code, .values.A]' '["30001.2","30001","2"]'
t 'to the new one' city directive issue --id D9 --title 'Riêng' --to 30001
t 'show' city directive show D9 --json
json 'it is today the new one' .to '["30001.2"]'
t 'revoke' city directive revoke D9 --reason x
t 'verify' city verify
done_testing
