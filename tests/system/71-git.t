#!/bin/sh
# Goal: people who live in git: a clone of a store merges its records field by field; the graph of the changes; who wrote a field, and
# whom he overruled.
. "$(dirname "$0")/../lib/tap.sh"

cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: p, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi, kind: count, aggregate: sum, scope: commune}
  - {id: TT02, name: Số lượt, kind: count, aggregate: sum, scope: commune}
EOP
t 'a node' tuyen -C n init --unit 11383 --level commune --name 'Lê Chân' --root
start n
t 'a plan' tuyen -C n plan load plan.yaml
t 'a report' tuyen -C n report set p 2026-06 TT01=1 TT02=2 --note "$(printf 'một\nhai\nba')"
t 'a clone' git clone -q -b reports/11383 n/store.git c
record=$(cd c && git ls-files 'reports/*')
export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@x
edit() { # BRANCH SED: one side's work
	git -C c checkout -q -B "$1" reports/11383 && sed -i "$2" "c/$record" && git -C c commit -q -a -m "$1"
}
install_driver() { (cd c && "$TOP/contrib/git-merge-tuyen" --install); }
t 'the driver is set up' install_driver
t 'twice is fine' install_driver
is 'once' "$(grep -c tuyen c/.git/info/attributes)" 1

# ---- neighbouring lines, which git alone does not merge ----
edit ours "s/TT01: '1'/TT01: '5'/; s/một/một, một/"
edit theirs "s/TT02: '2'/TT02: '7'/; s/ba/ba, ba/"
fails 1 'git alone cannot' git -C c -c merge.tuyen.driver=false merge -q -m m ours
git -C c merge --abort
t 'two figures and other lines of a note' git -C c merge -q -m m ours
is 'both are there' "$(sed -n '/values/,$p' "c/$record" | tr -s ' \n' ' ')" "values: TT01: '5' TT02: '7' note: |- một, một hai ba, ba "
# ---- one figure, two values ----
edit ours "s/TT01: '1'/TT01: '5'/"
edit theirs "s/TT01: '1'/TT01: '9'/"
fails 1 'one figure, two values' git -C c merge -q -m m ours
is 'between marks' "$(grep -c -e '^<<<<<<< ours' -e '^>>>>>>> theirs' "c/$record")" 2
is 'both of them' "$(grep TT01 "c/$record" | tr -d ' ' | tr '\n' ' ')" "TT01:'9' TT01:'5' "
git -C c merge --abort
# ---- what is no record ----
(cd c && echo 'a: 1' >x.yaml && git add x.yaml && git commit -q -m x && git branch -f base) || exit 1
t 'merged by git' sh -c 'cd c && git checkout -q -B ours base && printf "a: 1\nb: 2\n" >x.yaml && git commit -qam o &&
	git checkout -q -B theirs base && printf "c: 0\na: 1\n" >x.yaml && git commit -qam t && git merge -q -m m ours'
fails 2 'a driver without its words' "$TOP/contrib/git-merge-tuyen" a b
says 'says how it is used' 'BASE OURS THEIRS PATH'
fails 1 'no record' env TUYEN_LANG=vi tuyen merge-record plan.yaml plan.yaml plan.yaml x.yaml

# ---- blame, and the graph ----
S=$(free_port)
t 'a city' tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:"$S"
start 31
t 'a ward' tuyen -C w init --unit 11050 --level commune --name 'Gia Phúc'
t 'enrols' enrol w 31
start w
t 'a plan' tuyen -C 31 plan load plan.yaml
t 'comes' tuyen -C w sync --wait --timeout 20
t 'a report' tuyen -C w report set p 2026-06 TT01=1 TT02=2
t 'goes up' tuyen -C w sync --wait --timeout 20
t 'apart' tuyen -C w sync --pause
t 'the ward' tuyen -C w report set p 2026-06 TT01=5
t 'the city' tuyen -C 31 report set --unit 11050 --reason 'đếm lại' p 2026-06 TT01=7
t 'together' tuyen -C w sync --resume --wait --timeout 20
for n in 31 w; do
	t "blame at $n" tuyen -C $n blame p/2026-06 --unit 11050 --json
	json 'the city stands, the ward is overruled' '.fields[] | select(.field == "values.TT01") |
		[.value, .writes[0].writer, .writes[0].reason, .overruled[0].value, .overruled[0].writer, .overruled[0].why]' \
		'["7","31","đếm lại","5","11050","rank"]'
	json 'the other figure is the ward'"'"'s' '.fields[] | select(.field == "values.TT02") | [.value, .writes[0].writer, (.overruled | length)]' \
		'["2","11050",0]'
done
id=$(tuyen -C 31 conflict list --json | jq -r '.conflicts[0].id')
t 'the city gives in' tuyen -C 31 conflict settle "$id" --take other
t 'goes down' tuyen -C w sync --wait --timeout 20
t 'blame' tuyen -C w blame 2026-06 --json
json 'the settlement names what it settled' '.fields[] | select(.field == "values.TT01") |
	[.value, .writes[0].writer, [.overruled[] | [.value, .why]]]' '["5","31",[]]'
t 'as a table' tuyen -C w blame reports/31/p/2026-06.yaml
says 'with who' 'Hải Phòng'
fails 1 'what is not there' tuyen -C w blame 2031-06
says 'says how to name it' 'PLAN/PERIOD'
fails 1 'several' tuyen -C 31 blame p
t 'the graph' tuyen -C w log reports/11050 --graph
is 'two sides and what joins them' "$(sed 's/ [0-9a-f]\{12\} .*//' out | tr -d ' ' | sort | uniq -c | tr -s ' \n' ' ')" " 2 * 1 *| 1 |* 1 |-' 1 |-. "
done_testing
