#!/bin/sh
# Goal: units over time: a table of the whole country and of what became of 10,000 units is parted and loaded; a code means
# the unit of its day; a unit ends, still delivers what it made before, and its successor goes on with it; a ward goes from
# one city to another with all that it has.
. "$(dirname "$0")/../lib/tap.sh"

P0=$(free_port) P31=$(free_port) P01=$(free_port)
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }

# ---- tables ----
# 34 provinces (11 to 44), 3,321 communes, 114 of them in 31. Each came of three; every third old one went into two; one
# goes on as it was, one has another kind since 2026.
awk 'BEGIN {
	print "code,parent,level,type,name,name_en_or_ascii" >"units.csv"
	print "old_code,new_code,new_name,date,kind" >"moves.csv"
	print "0,,central,trung_uong,Trung ương,Trung uong" >"units.csv"
	for (p = 11; p <= 44; p++) printf "%d,0,province,tinh,Tỉnh %d,Tinh\n", p, p >"units.csv"
	printf "71,31,Tỉnh 31,2025-07-01,whole\n31,31,Tỉnh 31,2025-07-01,whole\n" >"moves.csv"
	for (c = 0; c < 3321; c++) {
		p = c < 114 ? 31 : 11 + (c - 114) % 33
		if (c >= 114 && p >= 31) p++
		code = 10000 + 4 * c
		printf "%05d,%d,commune,%s,Xã %d,Xa\n", code, p, c == 7 ? "phuong" : "xa", c >"units.csv"
		end = ",Xã " c ",2025-07-01,"
		print code "," code end "whole" >"moves.csv"
		if (c == 5) continue
		print code + 1 "," code end "whole" >"moves.csv"
		print code + 2 "," code end (c % 3 ? "whole" : "part") >"moves.csv"
		if (c % 3 == 0 && c < 110) print code + 2 "," code + 4 ",x,2025-07-01,part" >"moves.csv"
		if (c == 7) print code "," code end "retype" >"moves.csv"
	}
}'
sed -i 's/2025-07-01,retype/2026-04-30,retype/' moves.csv
TUYEN_NOW=2026-06-10T08:00:00+07:00 && export TUYEN_NOW
t 'centre' on 0 init --unit 0 --level central --name 'Trung ương' --root --listen 127.0.0.1:$P0
start n/0
t 'a dry run' on 0 unit load units.csv --moves moves.csv --drafts none --dry-run
says 'names what has ended' '^added: 31.2 \(31\), which ended on 2025-06-30; replaced by 31 \(whole\)$'
says 'counts' '^2 ended units added, 0 changed, 0 as before$'
ok 'and writes nothing' "$([ ! -e none ] && [ "$(git -C n/0/store.git rev-list --count directives/0)" = 1 ]; echo $?)"
t 'the centre loads its part' on 0 unit load units.csv --moves moves.csv --drafts drafts
says 'a draft for each' 'drafts for 34 superiors'
is 'two files each' "$(ls drafts | wc -l)" 68
is 'all communes are in them' "$(cat drafts/??.csv | grep -c commune)" 3321
is 'and all moves, but those of the centre' "$(cat drafts/*.moves.csv | grep -vc old_code)" "$(($(wc -l <moves.csv) - 3))"
before=$(tip n/0 directives/0)
t 'again' on 0 unit load units.csv --moves moves.csv
says 'all is as before' '^0 units added, 0 changed, 34 as before$'
says 'of the ended too' '^0 ended units added, 0 changed, 2 as before$'
is 'and nothing was written' "$(tip n/0 directives/0)" "$before"

t 'a city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$P31
t 'is admitted' enrol n/31 n/0
start n/31
t 'and loads its draft' on 31 unit load drafts/31.csv --moves drafts/31.moves.csv
says 'its communes' '^114 units added, 0 changed, 0 as before$'
says 'and those before them' '^339 ended units added, 0 changed, 0 as before$'
says 'one has another kind' '^1 units go on under another name or kind'
says 'a part of each' '^added: 10014 \(10014\), which ended on 2025-06-30; replaced by 10012 \(part\), 10016 \(part\)$'
t 'the one that goes on' on 31 unit show 10020 --json
json 'began nowhere' '[.id, .valid_from, .replaces]' '["10020",null,{}]'
t 'a code means the unit of its day' on 31 unit show 10012 --json
json 'today' '[.id, .name, .valid_from, .replaces]' '["10012","Xã 3","2025-07-01",{"10012.2":"whole","10013":"whole","10014":"part"}]'
t 'before' on 31 unit show 10012 --on 2025-06-30 --json
json 'the one known by its code alone' '[.id, .name, .valid_to, .replaced_by]' '["10012.2","10012","2025-06-30",{"10012":"whole"}]'
t 'with the day beside it' on 31 unit show 10012@2025-06-30
says 'the same' 'Unit: +10012.2$'
t 'the list' on 31 unit list --json
json 'has those of today' '[.units[] | select(.level == "commune")] | length' 114
t 'the list of a day' on 31 unit list --on 2025-06-30 --json
json 'has those of that day' '[.units[] | select(.level == "commune")] | length' 340
t 'the list of the ended' on 31 unit list --ended
says 'names successors' '^10014 .*2025-06-30 +10012 \(part\), 10016 \(part\)$'
before=$(tip n/31 directives/31)
t 'the whole tables give the city no other part' on 31 unit load units.csv --moves moves.csv
says 'as before' '^0 ended units added, 0 changed, 339 as before$'
is 'nothing was written' "$(tip n/31 directives/31)" "$before"
bad() { # NAME PATTERN TABLE
	printf 'old_code,new_code,new_name,date,kind\n%b' "$3" >bad.csv
	fails 1 "$1" on 31 unit load units.csv --moves bad.csv
	says "$1: the place" "$2"
}
bad 'a kind that is none' "^tuyen: bad.csv:2:26: kind is whole, part or retype, not 'all'" '10001,10000,x,2025-07-01,all\n'
bad 'a day that is none' '^tuyen: bad.csv:3:15: .*2025-02-30' '10002,10000,x,2025-07-01,part\n10001,10000,x,2025-02-30,whole\n'
bad 'the same twice' '^tuyen: bad.csv:3:1: what became of 10001 on that day stands in line 2' '10001,10000,x,2025-07-01,part\n10001,10000,x,2025-07-01,whole\n'
bad 'a retype into another' '^tuyen: bad.csv:2:26: retype says' '10001,10000,x,2025-07-01,retype\n'

# A reorganisation to come: those that are there get their last day.
head='code,parent,level,type,name'
printf "$head\n10000,31,commune,xa,Xã mới\n" >next.csv
printf 'old_code,new_code,new_name,date,kind\n10000,10000,x,2027-01-01,whole\n10004,10000,x,2027-01-01,whole\n' >next.moves.csv
t 'one to come' on 31 unit load next.csv --moves next.moves.csv
says 'ends two' '^ended: 10004 \(Xã 1\) on 2026-12-31; replaced by 10000.3 \(whole\)$'
t 'now' on 31 unit show 10000 --json
json 'it is the old one' '[.id, .name, .valid_to]' '["10000","Xã 0","2026-12-31"]'
t 'then' on 31 unit show 10000 --on 2027-01-01 --json
json 'it is the new one' '[.id, .name, .valid_from]' '["10000.3","Xã mới","2027-01-01"]'
t 'again' on 31 unit load next.csv --moves next.moves.csv
says 'nothing changes' '^0 ended units added, 0 changed, 2 as before$'

# ---- acts ----
t 'a name' on 31 unit rename 10008 --name 'Xã hai' --reason 'Nghị quyết 5'
fails 1 'not a rank' on 31 unit rename 10008 --level district
says 'what to do' 'is for a new unit.*unit replace 10008'
fails 1 'only one of its own' on 31 unit rename 31 --name x
fails 2 'an end needs a day' on 31 unit end 10012
fails 1 'one whole and a part' on 31 unit end 10012 --on 2026-06-30 --replaced-by 10016:whole,10020
fails 1 'nobody replaces himself' on 31 unit end 10012 --on 2026-06-30 --replaced-by 10012
fails 1 'an ambiguous name' on 31 unit replace 10012 --by 'xa 99x' --on 2026-07-01
t 'one of the same code' on 31 unit replace 10024 --by 10024 --name 'Xã khác' --on 2026-07-01
is 'gets another id' "$(cat out)" 10024.3
t 'it ended' on 31 unit show 10024 --json
json 'the day before' '[.id, .valid_to, .replaced_by]' '["10024","2026-06-30",{"10024.3":"whole"}]'
fails 1 'what has ended does not end again' on 31 unit end 10024@2026-06-01 --on 2026-12-31

# ---- the end of a ward ----
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: vn, title: Tháng cao điểm}
tasks: [{id: '1.1', title: Rà soát}]
indicators: [{id: A, name: Số vụ, kind: count, aggregate: sum, scope: commune}]
EOP
t 'plan' on 0 plan load plan.yaml
t 'down' on 31 sync --wait --timeout 20
commune() { tuyen -C "n/$1" init --unit "$1" --level commune --name "Xã $1" >out 2>err && enrol "n/$1" n/31 >out 2>err && start "n/$1" && on "$1" sync --wait --timeout 20; }
t 'the one that will end' commune 10032
t 'the one that goes on with it' commune 10036
t 'a report' on 10032 report set vn 2026-05 A=7
t 'sent' on 10032 report submit vn 2026-05
t 'arrives' on 10032 sync --wait --timeout 20
t 'it is asked for more' on 31 directive issue --id D-9 --plan vn --period 2026-04 --title 'Tháng 4' --to 10032 --due 2026-05-05
t 'which comes' on 10032 sync --wait --timeout 20
t 'no line' on 10032 sync --pause
t 'in the last days' on 10032 report set vn 2026-06 A=8
t 'a report that waits' on 10032 report submit vn 2026-06
t 'the city ends it' on 31 unit replace 10032 --by 10036 --on 2026-06-15
says 'with whom' '^10032 \(Xã 8\) ends on 2026-06-14; replaced by 10036 \(whole\)$'
stop n/10032
stop n/31
TUYEN_NOW=2026-06-20T08:00:00+07:00
start n/31
start n/10032
t 'it does not know, and writes on' on 10032 report set vn 2026-07 A=99
fails 1 'what it made since is refused' on 10032 sync --resume --wait --timeout 20
says 'by that rule' 'ended on 2026-06-14'
t 'the city' on 31 report show vn 2026-06 --unit 10032 --json
json 'has what was made before' '[.state, .values.A]' '["submitted","8"]'
t 'and not what came after' on 31 report show vn 2026-07 --unit 10032 --json
json 'nothing' '[.state, .values]' '[null,{}]'
t 'once more' on 10032 sync --wait --timeout 20
fails 1 'now it knows' on 10032 task set vn 1.1 state=doing
says 'why not' '10032 ended on 2026-06-14'

# Its successor.
t 'it comes to its successor' on 10036 sync --wait --timeout 20
t 'who reads it' on 10036 report show vn 2026-06 --unit 10032 --json
json 'as it was' .state '"submitted"'
t 'and goes on with it' on 10036 task set vn 1.1 state=doing --unit 10032
t 'what was left' on 10036 status --json
json 'is to be done' '[.to_do[] | select(.kind == "inherited") | [.unit, .directives, .reports, .tasks]]' '[["10032",1,1,1]]'
t 'for people' on 10036 status
says 'in words' '- left by 10032, .*: directives to acknowledge 1, reports due 1, tasks open 1'
TUYEN_LANG=vi on 10036 status >out
grep -q 'do 10032 để lại' out
ok 'and in Vietnamese' $?
fails 1 'of another unit it takes nothing' on 10036 directive ack D-9 --unit 10012
t 'it acknowledges' on 10036 directive ack D-9 --unit 10032
t 'reports' on 10036 report set vn 2026-04 A=3 --unit 10032
t 'as was asked' on 10036 report submit vn 2026-04 --unit 10032
t 'and does the task' on 10036 task set vn 1.1 state=done --unit 10032
t 'then' on 10036 status --json
json 'nothing is left' '[.to_do[] | select(.kind == "inherited")]' '[]'
t 'and corrects' on 10036 report correct vn 2026-06 A=9 --unit 10032 --reason 'Đếm lại'
t 'up' on 10036 sync --wait --timeout 20
t 'the city takes it' on 31 report show vn 2026-06 --unit 10032 --json
json 'the correction' .values.A '"9"'
t 'who replaces whom' on 10036 unit show 10036
says 'is said' 'Replaces: .*10032 \(whole\)'
fails 1 'no directive to what has ended' on 31 directive issue --plan vn --period 2026-07 --title x --to 10032 --due 2026-08-01
says 'why' '10032 .* ended on 2026-06-14'
total() { on 31 total vn --period "$1" --by unit --json >"$WORK/out" 2>"$WORK/err" || show "$WORK/err"; }
total 2026-06
json 'of a period before its end it is expected' '[.units[].unit] | [index("10032") != null, index("10036") != null]' '[true,true]'
total 2026-07
json 'after that it is not' '[.units[].unit] | [index("10032") != null, index("10036") != null]' '[false,true]'
json 'which can be compared with the time before is said' '.units[] | select(.unit == "10036") | .predecessors' '{"10032":"whole","10036.2":"whole","10037":"whole","10038":"part"}'
json 'and which cannot' '.split | index("10036") != null' true

# ---- a move ----
t 'another city' tuyen -C n/11 init --unit 11 --level province --name 'Tỉnh 11' --listen 127.0.0.1:$P01
t 'is admitted' enrol n/11 n/0
start n/11
t 'its line' on 11 sync --wait --timeout 20
t 'a ward' commune 10040
# Its station claims figures by a plan of the city's own, which the new superior will never see.
sed 's/id: vn/id: hp/; s/scope: commune}/scope: commune, owner: cong-an}/' plan.yaml >hp.yaml
t 'a plan of the city' on 31 plan load hp.yaml
P40=$(free_port)
t 'the ward listens' on 10040 config listen 127.0.0.1:$P40
stop n/10040
start n/10040
tuyen -C n/police init --unit 10040 --station cong-an --agency cong-an --level commune --name 'Công an' >out 2>err
t 'a station' enrol n/police n/10040
start n/police
t 'gets the plan' on 10040 sync --wait --timeout 20
t 'and its own line' on police sync --wait --timeout 20
t 'its figure' on police report set hp 2026-05 A=11
t 'is the owner'"'"'s' git -C n/police/store.git log -1 --format=%B reports/10040
says 'by a claim' '^Tuyen-Claim: owner '
t 'goes to the ward' on police sync --wait --timeout 20
t 'a report' on 10040 report set vn 2026-05 A=3
t 'sent' on 10040 report submit vn 2026-05
t 'arrives' on 10040 sync --wait --timeout 20
t 'at the centre too' on 31 sync --wait --timeout 20
before=$(tip n/0 reports/10040)
is 'as it is at home' "$before" "$(tip n/10040 reports/10040)"
totals() { on $1 total vn --period 2026-05 --by unit --json | jq -c '[.period, ([.units[].unit] | index("10040") != null), (.units[] | select(.unit == "10040") | .values.A) // null]'; }
may=$(totals 31)
is 'it is in the totals of the city' "$may" '["2026-05",true,"3"]'
fails 1 'a city cannot give it away' on 31 unit move 10040 --to 11
says 'who can' 'is not above both'
fails 1 'not to itself' on 0 unit move 10040 --to 10040
fails 1 'not to one of its rank' on 0 unit move 10040 --to 10044
TUYEN_LANG=vi t 'the centre moves it' on 0 unit move 10040 --to 11 --reason 'Nghị quyết 30'
says 'what to type next, in any language as it is to be typed' 'tuyen unit add 10040 --level commune'
t 'the old city hears' on 31 sync --wait --timeout 20
t 'the new city hears' on 11 sync --wait --timeout 20
t 'it is no longer in the old one' on 31 unit show 10040 --json
json 'but under the new' .parent '"11"'
t 'registered anew' on 11 unit add 10040 --level commune --name 'Xã 10'
is 'with its id' "$(cat out)" 10040
t 'its history comes' on 11 sync --wait --timeout 20
is 'all of it' "$(tip n/11 reports/10040)" "$before"
t 'and is valid there' on 11 verify
t 'its node asks anew' on 10040 join --request
cp out req
t 'is admitted' on 11 unit admit req
cp out welcome
t 'joins' on 10040 join welcome
t 'and meets its new superior' on 10040 sync --wait --timeout 20
t 'goes on' on 10040 report set vn 2026-06 A=4
t 'and sends' on 10040 report submit vn 2026-06
t 'up' on 10040 sync --wait --timeout 20
t 'and up' on 11 sync --wait --timeout 20
t 'the new city' on 11 report show vn 2026-06 --unit 10040 --json
json 'has it, with a receipt' '[.state, (.receipts | length)]' '["submitted",1]'
t 'and what was before' on 11 report show vn 2026-05 --unit 10040
t 'what the station claimed' on 11 verify
is 'is there' "$(git -C n/11/store.git log --format=%B reports/10040 | grep -c '^Tuyen-Claim: owner')" 1
t 'the station hears of it' on police sync --wait --timeout 20
fails 1 'and that the plan left behind asks no more' on police report set hp 2026-06 A=12
says 'of it' 'asks no figures of 10040'
t 'to the top' on 11 sync --wait --timeout 20
t 'the centre' on 0 report show vn 2026-06 --unit 10040 --json
json 'has it' .state '"submitted"'
t 'the old city' on 31 sync --wait --timeout 20
is 'has nothing of it any more' "$(git -C n/31/store.git for-each-ref refs/heads/reports/10040)" ''
is 'but what its totals of the past are made of' "$(git -C n/31/store.git ls-tree -r --name-only refs/left/reports/10040 | tr '\n' ' ')" 'receipts/0/vn/2026-05.yaml reports/0/vn/2026-05.yaml reports/31/hp/2026-05.yaml '
is 'without its history' "$(git -C n/31/store.git rev-list --count refs/left/reports/10040)" 1
is 'they are as they were' "$(totals 31)" "$may"
is 'and those of the new city are without it' "$(totals 11)" '["2026-05",false,null]'
is 'but not those of what came after' "$(on 11 total vn --period 2026-07 --by unit --json | jq -c '[.units[].unit] | index("10040") != null')" true
t 'what it left is read' on 31 report show vn 2026-05 --unit 10040 --json
json 'as it stood' '[.state, .values.A, (.receipts | length)]' '["submitted","3",1]'
t 'upkeep' on 31 maintain --full
is 'takes the rest away' "$(git -C n/31/store.git cat-file -t "$before" 2>/dev/null)" ''
t 'and leaves that' on 31 report show vn 2026-05 --unit 10040
t 'which is nothing wrong' on 31 verify

# And back: who had it needs only to let its node in again.
t 'the centre moves it back' on 0 unit move 10040 --to 31
says 'what to do next' 'joins anew: tuyen unit admit'
t 'its superior hears' on 31 sync --wait --timeout 20
t 'so does the other' on 11 sync --wait --timeout 20
t 'its node asks' on 10040 join --request
cp out req
t 'with the key it always had' on 31 unit admit req
cp out welcome
t 'joins' on 10040 join welcome
t 'and is at home' on 10040 sync --wait --timeout 20
t 'with all that happened' on 31 report show vn 2026-06 --unit 10040 --json
json 'meanwhile' .state '"submitted"'
is 'its ledger stands again where it stood' "$(tip n/31 reports/10040)" "$(tip n/10040 reports/10040)"
t 'a ward that the centre takes itself' on 0 unit move 10044 --to 0
t 'stands under it at once' on 0 unit show 10044 --json
json 'by its id' '[.id, .parent]' '["10044","0"]'
for node in 0 31 11 10040 police 10036 10032; do t "verifies at $node" on $node verify; done
TUYEN_LANG=vi tuyen -C n/31 unit end 10048 --on 2026-12-31 --replaced-by 10052 >out 2>err
says 'in Vietnamese' 'kết thúc'
done_testing
