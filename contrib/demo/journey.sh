#!/bin/sh
# A stick's journey: an island whose line is gone for a month. The directive goes out by boat, the report comes back, the
# receipt goes out again; a stick that was pulled out, one that is damaged, one at the wrong commune, one read twice. Then
# the line is back, and has next to nothing to carry. `make journey` runs it; what follows a "$" can be repeated by hand.
# Ends with 1 if anything is not what it must be.
set -u
: "${TUYEN_BUILD:?run this by: make journey}"
TOP=$(cd "$(dirname "$0")/../.." && pwd)
JOURNEY=$TUYEN_BUILD/journey
PATH=$TUYEN_BUILD:$TUYEN_BUILD/testbin:$PATH
export LANG=C.UTF-8 TUYEN_NOW=2026-07-01T08:00:00+07:00
daemons=

name=journey
. "$TOP/contrib/demo/show.sh"
fail() { echo "journey: $*" >&2; exit 1; }
must() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || fail "$1 is '$2', but must be '$3'"
	echo "  -> $1: $2, as it must be"
}
# told PATTERN: what the last command said, for a claim below it.
told() { grep -qE -- "$1" said || { cat said >&2; fail "nobody said: $1"; }; }
heard() { "$@" >said 2>&1; }
# run, with its words kept for `told`; ends STATUS COMMAND...: it must end with just that.
ends() {
	want=$1
	shift
	shown "$@"
	heard "$@"
	got=$?
	cat said
	[ $got = "$want" ] || fail "this ended with $got, not $want: $*"
	[ "$want" = 0 ] || echo "  -> exit status $want"
}
island() { TUYEN_LANG=vi ends 0 tuyen -C n/11948 "$@"; }
start() {
	printf '$ tuyend -C %s &\n' "$1"
	tuyend -C "$1" 2>>"$1.log" &
	daemons="$daemons $!"
	echo $! >"$1.pid"
	heard tuyen -C "$1" sync --timeout 20
}
tip() { git -C "$1/store.git" rev-parse --verify -q "refs/heads/$2"; }
counted() {
	before=$(grep -ac . counts) left=500
	kill -HUP "$line"
	while [ "$(grep -ac . counts)" = "$before" ] && [ $left -gt 0 ]; do left=$((left - 1)) && sleep 0.02; done
	tail -n 1 counts | jq '.up + .down'
}
end() {
	status=$?
	for pid in $daemons; do kill "$pid" 2>/dev/null; done
	for pid in $daemons; do wait "$pid" 2>/dev/null; done
	exit $status
}
trap end EXIT
trap 'exit 1' INT TERM

rm -rf "$JOURNEY"
mkdir -p "$JOURNEY/n"
cd "$JOURNEY" || exit 1
port=${PORT:-7300}
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch của thành phố}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, unit: buổi, aggregate: sum, scope: commune}
  - {id: MT05, name: Tổ dân phố không ma túy, kind: ratio, unit: tổ, numerator: tổ đạt, denominator: tổng số tổ, aggregate: ratio_of_sums, scope: commune}
EOP
line --listen 127.0.0.1:$((port + 1)) --to 127.0.0.1:$port >counts 2>line.log &
line=$!
daemons="$daemons $line"

say '1. A city, an island with a bad line, and another island. While the line works all is alike.'
run tuyen -C n/31 init --unit 31 --level province --name 'thành phố Hải Phòng' --root --listen 127.0.0.1:$port
start n/31
run tuyen -C n/31 plan load plan.yaml
for island in '11948 Bạch Long Vĩ' '11914 Cát Hải'; do
	code=${island%% *}
	heard tuyen -C n/$code init --unit "$code" --level commune --name "đặc khu ${island#* }" || fail init
	printf '$ tuyen -C n/%s join --request | tuyen -C n/31 unit admit - | tuyen -C n/%s join -\n' "$code" "$code"
	tuyen -C n/$code join --request | tuyen -C n/31 unit admit - 2>said | tuyen -C n/$code join - || fail join
	run tuyen -C n/$code config superior.address 127.0.0.1:$((port + 1))
done
start n/11948
start n/11914
run tuyen -C n/11948 sync --wait --timeout 20
run tuyen -C n/11914 sync --wait --timeout 20

say '2. A storm takes the line. The city writes a directive, and onto a stick what each island lacks.'
counted >/dev/null
kill -USR1 $line
mkdir 'USB cảng'
run tuyen -C n/31 directive issue --id D-017 --plan hp.2026 --period 2026-06 --title 'Báo cáo tháng cao điểm' --to all \
	--due 2026-07-05 --text 'Đề nghị báo cáo kết quả tháng 6; nơi mất đường truyền gửi bằng bưu kiện theo tàu.'
ends 0 tuyen -C n/31 parcel write --to 11948,11914 'USB cảng'
run tuyen -C n/31 parcel list 'USB cảng'
must 'parcels in which the directive can be read on the way' "$(grep -alE 'D-017|ma túy' 'USB cảng'/* | wc -l)" 0

say '3. The stick is pulled out too early: a parcel without its end. It says so, and takes nothing that is not whole.'
parcel='USB cảng/tuyen-31-11948-0001.par'
whole=$(wc -c <"$parcel")
mkdir 'USB rút sớm' 'USB hỏng'
printf "\$ head -c %d '%s' >'USB rút sớm/tuyen-31-11948-0001.par'\n" $((whole - 60)) "$parcel"
head -c $((whole - 60)) "$parcel" >'USB rút sớm/tuyen-31-11948-0001.par'
TUYEN_LANG=vi ends 1 tuyen -C n/11948 parcel read 'USB rút sớm'
told 'trọn vẹn'

say '4. Salt water: one bit of another copy is not what it was.'
perl -e 'local $/; my $b = <STDIN>; substr($b, -40, 1) ^= "\x10"; print $b' <"$parcel" >'USB hỏng/tuyen-31-11948-0001.par'
ends 1 tuyen -C n/11948 parcel read 'USB hỏng'
told 'damaged'
must 'directives on the island' "$(tuyen -C n/11948 directive list --json | jq '.directives | length')" 0

say '5. The boat calls at the wrong island first: it can carry the parcel, not read it.'
ends 1 tuyen -C n/11914 parcel read "$parcel"
told 'this parcel is for 11948, not for 11914'
ends 0 tuyen -C n/11914 parcel read 'USB cảng'
told 'tuyen-31-11948-0001.par is for 11948: passed over'

say '6. At last. The clerk reads the stick, acknowledges, reports; and the answer goes onto the same stick.'
island parcel read 'USB cảng'
told 'để mang trả lời về: tuyen parcel write --to 31 .USB cảng.'
island status
island directive ack D-017
island report set hp.2026 2026-06 TT01=42 MT05=31/58 --note 'Biển động, số liệu lấy từ sổ trực.'
island report submit hp.2026 2026-06
island parcel write 'USB cảng'
ends 0 tuyen -C n/11948 parcel read 'USB cảng'
told 'parcel 1 of 31: nothing new'
echo '  -> read twice: nothing new'

say '7. Back in the city: the report is in, in time by its receipt, and the receipt goes out by the next boat.'
ends 0 tuyen -C n/31 parcel read 'USB cảng'
run tuyen -C n/31 total hp.2026 --period 2026-06
must 'what the island reported' "$(tuyen -C n/31 report show hp.2026 2026-06 --unit 11948 --json | jq -c '[.state, .values.TT01, .values.MT05]')" \
	'["submitted","42","31/58"]'
must 'who acknowledged' \
	"$(tuyen -C n/31 directive show D-017 --json | jq -c '[.acks[] | select(.current) | .unit]')" '["11948"]'
ends 0 tuyen -C n/31 parcel write --to 11948 'USB cảng'
told 'parcel 2 for 11948'
island parcel read 'USB cảng'
island report receipt hp.2026 2026-06
must 'ledgers that are alike on the island and in the city' \
	"$(for l in directives/31 reports/11948; do [ "$(tip n/31 $l)" = "$(tip n/11948 $l)" ] && echo "$l"; done | wc -l)" 2
island parcel write 'USB cảng'
ends 0 tuyen -C n/31 parcel read 'USB cảng'
told 'nothing new'

say '8. The line is back, for this island alone. What went by stick does not go again.'
run kill "$(cat n/11914.pid)"
must 'changes that wait for the line' "$(tuyen -C n/11948 status --json | jq '[.lines[] | .waiting.changes] | add')" 0
counted >/dev/null
kill -USR1 $line
run tuyen -C n/11948 sync --wait --timeout 20
bytes=$(counted)
all=$(cat 'USB cảng'/*11948*.par | wc -c)
[ "$bytes" -lt 1100 ] || fail "the line carried $bytes bytes"
echo "  -> the line carried $bytes bytes, both ways, keys and greetings included; the sticks had carried $all"
must 'ledgers that are alike still' \
	"$(for l in directives/31 reports/11948; do [ "$(tip n/31 $l)" = "$(tip n/11948 $l)" ] && echo "$l"; done | wc -l)" 2
run tuyen -C n/11948 verify
run tuyen -C n/31 verify
say 'An island for a month without a line: nothing lost, nothing entered twice, nothing sent twice.'
