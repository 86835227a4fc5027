#!/bin/sh
# Goal: nothing about persons gets in, by any door; what was refused is masked in the answer and found nowhere afterwards;
# a node that does not screen is stopped by its first superior, and by no other.
. "$(dirname "$0")/../lib/tap.sh"

P0=$(free_port) P31=$(free_port) PW=$(free_port)
mkdir tmp
TMPDIR=$WORK/tmp && export TMPDIR
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: p, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi, kind: count, aggregate: sum, scope: commune}
tasks:
  - {id: N1, title: Tuyên truyền, lead: [cong-an]}
EOP
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
t 'the centre' on 0 init --unit 0 --level central --name 'Trung ương' --root --listen 127.0.0.1:$P0
start n/0
t 'the city' on 31 init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$P31
t 'joins' enrol n/31 n/0
start n/31
t 'the ward' on 11383 init --unit 11383 --level commune --name 'phường Lê Chân' --listen 127.0.0.1:$PW
t 'joins' enrol n/11383 n/31
start n/11383
t 'a plan' on 31 plan load plan.yaml
t 'to the ward' on 11383 sync --wait --timeout 20

# The real plans have nothing about persons in them.
for plan in "$TOP"/contrib/plans/*.yaml; do
	t "loads: $(basename "$plan")" on 31 plan load "$plan"
done

# refused NAME MASKED COMMAND...: masked in the answer, and not as it was typed.
raw='0912345678|0912\.345\.678|001090012345|031090054321|trinhvanb@|T\.V\.B|[mN] 1987|P00765432|０９１２'
refused() {
	r_name=$1 r_masked=$2
	shift 2
	fails 1 "$r_name: refused" "$@"
	says "$r_name: masked" "$r_masked"
	cat out err | grep -qE "$raw"
	is "$r_name: not told" $? 1
	says "$r_name: what to do" 'totals'
}
refused 'a note' '0\*+678' on 11383 report set p 2026-06 TT01=4 --note 'gọi 0912345678'
says 'names record and field' 'note of reports/31/p/2026-06'
t 'the report is still empty' on 11383 report list --json
is 'nothing was written' "$(tip n/11383 reports/11383)" ''
t 'draft' on 11383 report set p 2026-06 TT01=4 --note 'bắt 2 đối tượng, thu 120.000.000.000 đồng tại đường Trần Hưng Đạo'
printf 'key,value\nTT01,7\nnote,gọi 0912345678\n' >form.csv
refused 'an imported form' '0\*+678' on 11383 report import p 2026-06 form.csv
rm form.csv
t 'submit' on 11383 report submit p 2026-06
refused 'a reason' '0\*+345' on 11383 report correct p 2026-06 TT01=5 --reason 'thêm CCCD 001090012345'
refused 'a citizen number in full width' '０\*+' on 11383 task set p N1 state=doing result='SĐT ０９１２３４５６７８'
refused 'a result' 'T\*+B' on 11383 task set p N1 state=doing result='bắt T.V.B., SN 1987'
refused 'a birth' '1\*\*7' on 11383 task set p N1 state=doing --note 'đối tượng sinh năm 1987'
refused 'a directive' '0\*+321' on 31 directive issue --title 'Truy tìm' --text 'CCCD 031-090-054-321 / 031090054321' --to all
refused 'a title' '0\*+678' on 31 directive issue --title 'Gọi 0912.345.678' --to all
t 'a directive' on 31 directive issue --id D-1 --title 'Báo cáo' --to all
refused 'a reason for revoking' 't\*+\.vn' on 31 directive revoke D-1 --reason 'theo trinhvanb@haiphong.gov.vn'
t 'the directive comes' on 11383 sync --wait --timeout 20
refused 'an acknowledgement' 'P\*+432' on 11383 directive ack D-1 --note 'hộ chiếu P00765432'
refused 'the name of a unit' '0\*+678' on 31 unit add 11999 --level commune --name 'xã A (0912345678)'
sed 's/title: Tuyên truyền/title: Gọi 0912345678/; s/id: p,/id: q,/' plan.yaml >tmp-plan.yaml
refused 'the name of a new node' '0\*+678' on new init --unit 1 --level commune --name 'xã A, 0912345678'
refused 'a plan' '0\*+678' on 31 plan load tmp-plan.yaml
sed 's/{id: p, /{id: q, recipients: ["Ông T.V.B, 0912345678"], /' plan.yaml >tmp-plan.yaml
refused 'a set in a plan' 'T\*+B' on 31 plan load tmp-plan.yaml
rm tmp-plan.yaml
TUYEN_LANG=vi tuyen -C n/11383 report correct p 2026-06 TT01=5 --reason 'thêm CCCD 001090012345' >out 2>err
says 'in Vietnamese' 'giấy tờ tùy thân'
t 'reworded it goes' on 11383 report correct p 2026-06 TT01=5 --reason 'thêm 1 người'
t 'up' on 11383 sync --wait --timeout 20

# nowhere DIRS...: neither in files nor, unpacked, in objects.
nowhere() {
	n_found=$(grep -raElE "$raw" "$@" | grep -v '/store\.git/objects/')
	for store in $(find "$@" -name store.git); do
		n_found=$n_found$(git -C "$store" cat-file --batch-all-objects --batch --unordered | grep -aoE "$raw")
		n_found=$n_found$(git -C "$store" log --all --format=%B | grep -aoE "$raw")
	done
	echo "$n_found"
}
is 'found nowhere' "$(nowhere n tmp)" ''
is 'nothing lies in the temporary folder' "$(ls -A tmp)" ''

# A ward whose node does not screen.
stop n/11383
before=$(tip n/31 reports/11383)
t 'unscreened' unscreened n/11383 reports/11383 reports/31/p/2026-06.yaml note 'gọi T.V.B 0912345678'
[ -n "$(nowhere n/11383)" ]
ok 'the search can find it' $?
start n/11383
fails 1 'the city refuses it' on 11383 sync --wait --timeout 20
is 'keeps its own' "$(tip n/31 reports/11383)" "$before"
on 11383 status >out 2>err
says 'the ward hears the rule' 'personal-data'
says 'and the masked form' 'T\*+B'
is 'found nowhere at the city or above' "$(nowhere n/31 n/0 n/31.log n/0.log n/11383.log)" ''

# The first superior of a station is the node of its unit.
t 'a station' on ca init --unit 11383 --station ca --agency cong-an --level commune --name 'Công an'
t 'joins' enrol n/ca n/11383
t 'unscreened' unscreened n/ca reports/11383 progress/31/p/N1.yaml result 'bắt T.V.B'
start n/ca
before=$(tip n/11383 reports/11383)
fails 1 'its unit refuses it' on ca sync --wait --timeout 20
is 'keeps its own' "$(tip n/11383 reports/11383)" "$before"
on ca status >out 2>err
says 'by the rule' 'personal-data'

# What was not refused at the first superior is no other's to refuse: the centre's directive comes down.
stop n/0
t 'unscreened at the centre' unscreened n/0 directives/0 directives/X-1.yaml title 'Gọi 0912345678'
start n/0
on 31 sync --wait --timeout 20 >out 2>err
is 'the city takes it' "$(tip n/31 directives/0)" "$(tip n/0 directives/0)"
t 'and tells its people' on 31 incident list --json
json 'by record and field, without the text' '[.incidents[] | select(.kind == "flagged") | [.unit, .record, .field, (tostring | test("0912345678"))]]' \
	'[["0","directives/X-1.yaml","title",false]]'
for node in 0 31; do
	t "verify on $node" on $node verify
done
done_testing
