#!/bin/sh
# Goal: where there is no line at all, everything goes by stick: enrolment by files, reports up, directives and receipts
# down, acknowledgements either way; a parcel that is read twice, in any order, half-written, damaged, in pieces, at the
# wrong unit or among foreign files does no harm, and says what became of it; when a line opens, all is equal already.
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
  - {id: TT02, name: Số người, kind: count, aggregate: sum, scope: commune}
EOP
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
same() { is "$1" "$(tip n/$2 $4)" "$(tip n/$3 $4)"; }
size() { wc -c <"$1" | tr -d ' '; }
# A text that nothing makes smaller: letters, WORDS words.
noise() { perl -e 'srand($ARGV[1]); print join(" ", map { join "", map { ("b".."z")[rand 25] } 1 .. 9 } 1 .. $ARGV[0])' "$1" "$2"; }

t 'the city' on 31 init --unit 31 --level province --name 'Hải Phòng' --root
start n/31
t 'a plan' on 31 plan load plan.yaml
for ward in 11383 11050; do
	t 'a ward' on $ward init --unit $ward --level commune --name "phường $ward"
	t 'is admitted by files' enrol n/$ward n/31
	start n/$ward
done
mkdir stick

# ---- a month without a line ----
t 'a directive' on 31 directive issue --id D-1 --plan hp.2026 --period 2026-06 --title 'Báo cáo tháng' --to all --due 2199-07-05
t 'down by stick, to both' on 31 parcel write --to 11383,11050 stick
says 'what is in it' 'parcel 1 for 11383: [0-9]+ changes, from the first one on'
says 'and where' 'written: stick/tuyen-31-11383-0001.par'
t 'in' on 11383 parcel read stick
says 'so many were taken' 'parcel 1 of 31: [0-9]+ changes were taken'
says 'and how to answer' 'to carry the answer back: tuyen parcel write --to 31 stick$'
says 'the other is left alone' 'stick/tuyen-31-11050-0001.par is for 11050: passed over'
same 'the ward has the directives' 11383 31 directives/31
t 'it is read there' on 11383 directive ack D-1
t 'a report' on 11383 report set hp.2026 2026-06 TT01=42 TT02=7
t 'goes in' on 11383 report submit hp.2026 2026-06
t 'and up' on 11383 parcel write --to 31 stick
is 'what is said to wait is what is in it, not what came from there' "$(on 11383 status --json | jq '.lines[0].waiting.changes')" "$(cat out err | grep -o '31: [0-9]* changes' | grep -o ' [0-9]* ' | tr -d ' ')"
is 'nobody can read it on the way' "$(grep -c 'TT01' stick/*.par | grep -vc ':0$')" 0
t 'at the city' on 31 parcel read stick
says 'from the ward' 'parcel 1 of 11383: [0-9]+ changes were taken'
t 'which sums it' on 31 total hp.2026 --period 2026-06 --json
json 'as it was entered' '[.rows[] | select(.indicator == "TT01") | .value]' '["42"]'
t 'the receipt goes down' on 31 parcel write --to 11383 stick
says 'alone' 'parcel 2 for 11383: [0-9]+ changes that it has not confirmed yet'
t 'and is in' on 11383 parcel read stick
says 'what was read before is no news' 'parcel 1 of 31: nothing new'
says 'this is' 'parcel 2 of 31: [0-9]+ changes were taken'
t 'the proof' on 11383 report receipt hp.2026 2026-06
says 'of the receipt' 'Hải Phòng \(31\)'
same 'both have the same' 11383 31 reports/11383
t 'once more' on 11383 parcel read stick
is 'is nothing new' "$(grep -c 'nothing new' out)" 2
t 'the list' on 11383 parcel list stick --json
json 'who, whom, and whether it was read' '[.parcels[] | select(.to == "11383") | [.from, .number, .whole, .pieces, .read != null]]' '[["31",1,true,1,true],["31",2,false,1,true]]'
t 'for people' on 11383 parcel list stick
says 'too' '^ +2 31 +11383 .*what was confirmed.*stick/tuyen-31-11383-0002.par'

# ---- what was confirmed is not sent again ----
t 'the ward confirms' on 11383 parcel write --to 31 stick
says 'with nothing of its own' 'parcel 2 for 31: no changes, only what has been received here'
t 'by stick' on 31 parcel read stick/tuyen-11383-31-0002.par
for i in 1 2 3 4 5 6; do on 31 directive issue --id "D-2$i" --title "Số $i" --text "$(noise 120 $i)" --to all >/dev/null 2>&1; done
t 'six long directives' on 31 parcel write --to 11383 six.par
t 'all, for comparison' on 31 parcel write --to 11383 --full full.par
t 'before they are confirmed' on 31 parcel write --to 11383 again.par
is 'they go again' "$(($(size again.par) - $(size six.par) < 64))" 1
t 'in' on 11383 parcel read six.par
t 'confirmed' on 11383 parcel write --to 31 ack.par
t 'at the city' on 31 parcel read ack.par
t 'the next one' on 31 parcel write --to 11383 small.par
says 'is empty' 'no changes, only what'
is 'and small' "$(($(size small.par) < 900 && $(size six.par) > 5000 && $(size full.par) > $(size six.par)))" 1
echo "# bytes: full $(size full.par), six directives $(size six.par), when confirmed $(size small.par)"

# ---- any order ----
t 'one' on 31 directive issue --id D-31 --title 'Một' --to all
t 'goes into a parcel' on 31 parcel write --to 11383 one.par
t 'two' on 31 directive issue --id D-32 --title 'Hai' --to all
t 'into the next' on 31 parcel write --to 11383 two.par
t 'the second is read first' on 11383 parcel read two.par
says 'it holds both' '2 changes were taken'
t 'then the first' on 11383 parcel read one.par
says 'which is older than what is here' 'nothing new'
same 'all is there' 11383 31 directives/31

# ---- foreign files, the wrong unit ----
mkdir mixed
cp plan.yaml mixed/plan.yaml
printf 'x' >mixed/one-byte
: >mixed/empty
head -c 100000 /dev/zero >mixed/film.mp4
mkdir mixed/folder
cp two.par mixed/copy.par
head -c 500 two.par >mixed/tuyen-31-11383-0099.par.new
t 'a stick with other things on it' on 11383 parcel read mixed
says 'they are passed over' 'mixed/film.mp4 is no parcel: passed over'
says 'the parcel is read' 'parcel [0-9]+ of 31: nothing new'
fails 1 'the wrong unit' on 11050 parcel read two.par
says 'is told whose it is' 'two.par: this parcel is for 11383, not for 11050'
fails 1 'its own writer' on 31 parcel read two.par
fails 1 'a file that is none' on 11383 parcel read plan.yaml
says 'is none' 'plan.yaml is no parcel'
TUYEN_LANG=vi tuyen -C n/11050 parcel read two.par >out 2>err
says 'in Vietnamese' 'bưu kiện này gửi cho 11383, không phải cho 11050'
fails 1 'to a neighbour' on 11383 parcel write --to 11050 stick
t 'to nobody in particular' on 11383 parcel write superior.par
says 'is to the superior' 'parcel [0-9]+ for 31: '
fails 2 'where there is none' on 31 parcel write nobody.par
says 'somebody is to be named' 'this node has no superior: say for whom the parcel is'
fails 1 'no file is written over' on 31 parcel write --to 11383 two.par
says 'ever' 'two.par is there already'

# ---- damage ----
for i in 1 2 3 4 5 6 7 8; do on 31 directive issue --id "D-4$i" --title "Số $i" --text "$(noise 300 "9$i")" --to all >/dev/null 2>&1; done
t 'a long one' on 31 parcel write --to 11383 long.par
before=$(tip n/11383 directives/31)
whole=$(size long.par)
is 'of several sealed pieces' "$((whole > 16000))" 1
at=0 bad=0 took=0
while [ $at -lt "$whole" ]; do
	perl -e 'my ($f, $at) = @ARGV; local $/; open my $i, "<:raw", $f; my $b = <$i>; substr($b, $at, 1) ^= chr(1 + $at % 255); print $b' long.par $at >tuyen-flip.par
	on 11383 parcel read tuyen-flip.par >out 2>err && bad=$((bad + 1)) && echo "# byte $at was not found"
	grep -qE 'damaged|no parcel|ends inside|was missing|is missing|nobody here|altered' err || { bad=$((bad + 1)); echo "# at $at:"; show err; }
	grep -q 'were taken' out && took=$((took + 1))
	at=$((at + 97))
done
is "a byte flipped at every 97th of $whole" $bad 0
is 'what stood before it was taken' "$((took > 0))" 1
t 'the ward is sound' on 11383 verify
t 'the parcel as it was written' on 11383 parcel read long.par
same 'brings the rest' 11383 31 directives/31
[ "$before" != "$(tip n/11383 directives/31)" ]
ok 'of it' $?

for i in 1 2 3 4 5 6 7 8; do on 31 directive issue --id "D-5$i" --title "Số $i" --text "$(noise 300 "7$i")" --to all >/dev/null 2>&1; done
t 'another' on 31 parcel write --to 11383 half.par
whole=$(size half.par)
bad=0 took=0
for part in 0 30 200 700 1200 5000 $((whole / 2)) $((whole * 3 / 4)) $((whole - 1)); do
	head -c $part half.par >tuyen-cut.par
	on 11383 parcel read tuyen-cut.par >out 2>err && bad=$((bad + 1)) && echo "# $part bytes were enough"
	[ -s err ] || bad=$((bad + 1))
	took=$((took + $(sed -n 's/.*: \([0-9]*\) changes were taken/\1/p' out | head -n 1 | grep . || echo 0)))
done
is 'half-written ones are named' $bad 0
is 'and what they held whole is taken' "$((took > 0 && took < 8))" 1
says 'at the last' 'not written or copied whole'
t 'copied again' on 11383 parcel read half.par
says 'the rest comes' "$((8 - took)) changes were taken"
same 'all is there' 11383 31 directives/31

# ---- pieces ----
for i in 1 2 3 4 5 6; do on 31 directive issue --id "D-6$i" --title "Số $i" --text "$(noise 300 "5$i")" --to all >/dev/null 2>&1; done
t 'for small media' on 31 parcel write --to 11383 --split 5K pieces/
n=$(ls pieces | wc -l)
is 'in pieces' "$((n >= 3))" 1
is 'none larger than was said' "$(find pieces -size +5120c | wc -l)" 0
is 'with names that any stick takes' "$(ls pieces | grep -vcE "^tuyen-31-11383-[0-9]{4}\.par\.[0-9]of$n$")" 0
mkdir apart
mv pieces/*.2of$n apart
fails 1 'one is missing' on 11383 parcel read pieces
says 'which one' "piece 2 of $n is missing of parcel [0-9]+ of 31"
t 'so says the list' on 11383 parcel list pieces --json
json 'too' '[.parcels[] | [.pieces, .there]]' "[[$n,$((n - 1))]]"
mv pieces/*.1of$n apart
fails 1 'the first is missing' on 11383 parcel read pieces
says 'by the name of another' "piece 1 of $n is missing of the parcel of which pieces/tuyen-31-11383-[0-9]+.par.3of$n is one"
t 'all, from two sticks' on 11383 parcel read pieces apart
says 'are one parcel' 'changes were taken'
same 'all is there' 11383 31 directives/31
fails 2 'pieces too small' on 31 parcel write --to 11383 --split 100 pieces/
fails 2 'and no size at all' on 31 parcel write --to 11383 --split viel pieces/

# ---- refused, and healed, by stick ----
stop n/11383
t 'a note that no screen has seen' unscreened n/11383 reports/11383 reports/31/hp.2026/2026-06.yaml note 'gọi T.V.B 0912345678'
bad=$(cat out)
start n/11383
t 'and a figure after it' on 11383 report set hp.2026 2026-07 TT01=5
t 'up' on 11383 parcel write --to 31 bad.par
fails 1 'the city refuses it' on 31 parcel read bad.par
says 'by its rule' 'refused: change .* of reports/11383, by the rule personal-data'
is 'and keeps nothing of it' "$(git -C n/31/store.git cat-file --batch-all-objects --batch --unordered | grep -ac 0912345678)" 0
t 'its answer' on 31 parcel write --to 11383 no.par
t 'at the ward' on 11383 parcel read no.par
says 'names the change' "31 refused our change $bad of reports/11383 .rule personal-data."
logged n/11383 ' purged: ' 1
ok 'the ward takes it out and purges' $?
t 'the ward writes the rest again' on 11383 parcel write --to 31 good.par
t 'which the city takes' on 31 parcel read good.par
t 'the figure' on 31 report show hp.2026 2026-07 --unit 11383 --json
json 'is there' '.values.TT01' '"5"'
same 'both have the same' 11383 31 reports/11383

# ---- another key, by stick ----
t 'the ward asks for a new key' on 11383 key rotate
t 'by stick' on 11383 parcel write --to 31 ask.par
t 'the city' on 31 parcel read ask.par
t 'approves' on 31 unit rotate 11383
t 'and answers' on 31 parcel write --to 11383 approved.par
t 'sealed to the new key, which the ward has' on 11383 parcel read approved.par
t 'under the new key' on 11383 report set hp.2026 2026-07 TT02=6
t 'written' on 11383 parcel write --to 31 new.par
t 'and taken' on 31 parcel read new.par
same 'both have the same' 11383 31 reports/11383
fails 1 'under the old key' on 31 parcel read bad.par
says 'it says that this has ended' 'it was written under a key of 11383 that has ended'

# ---- a station, and the tier above, from neighbour to neighbour ----
t 'a police post' on ca init --unit 11383 --station ca --agency cong-an --level commune --name 'Công an'
t 'is admitted by files' enrol n/ca n/11383
start n/ca
t 'its stick' on 11383 parcel write --to ca@11383 stick
says 'is named for it' 'written: stick/tuyen-11383-ca@11383-0001.par'
t 'is read there' on ca parcel read stick/tuyen-11383-ca@11383-0001.par
t 'a figure of it' on ca report set hp.2026 2026-08 TT02=9
t 'goes to the ward' on ca parcel write --to 11383 stick
t 'and in' on 11383 parcel read stick/tuyen-ca@11383-11383-0001.par
fails 1 'not past the ward' on ca parcel write --to 31 stick
says 'which is said' '31 is neither the superior of this node nor directly below it'
t 'the ward passes it on' on 11383 parcel write --to 31 post.par
t 'to the city' on 31 parcel read post.par
t 'with the figure' on 31 report show hp.2026 2026-08 --unit 11383 --json
json 'of the post' '.values.TT02' '"9"'
same 'both have the same' ca 31 reports/11383

# ---- the superior has another key ----
t 'the city has another key' on 31 key replace --reserve n/31/reserve.key
t 'and a directive under it' on 31 directive issue --id D-8 --title 'Tám' --to all
t 'down' on 31 parcel write --to 11383 other.par
t 'the parcel itself shows whose key it is' on 11383 parcel read other.par
same 'all of it is taken' 11383 31 directives/31
t 'up' on 11383 parcel write --to 31 up.par
t 'sealed to it' on 31 parcel read up.par

# ---- who is not known ----
t 'a stranger' on x init --unit 31 --level province --name 'Kẻ lạ' --root
start n/x
t 'knows of the ward' on x unit add 11383 --level commune --name 'phường 11383'
fails 1 'but has no key of it' on x parcel write --to 11383 stick
says 'and cannot seal' '11383 has no key to which a parcel could be sealed'
on 11383 join --request >req 2>err
t 'so it admits the ward itself' on x unit admit req
t 'has something to say' on x directive issue --id D-9 --title 'Chín' --to all
t 'and seals it to the ward' on x parcel write --to 11383 evil.par
before=$(git -C n/11383/store.git for-each-ref)
objects=$(git -C n/11383/store.git count-objects -v | grep -E '^(count|in-pack)')
fails 1 'in the name of the city' on 11383 parcel read evil.par
says 'whose key it is not' "the key of this parcel is not known to be 31's: only directives of the units above"
is 'nothing of it is kept' "$(git -C n/11383/store.git for-each-ref)" "$before"
is 'at all' "$(git -C n/11383/store.git count-objects -v | grep -E '^(count|in-pack)')" "$objects"
t 'a unit that the stranger calls its own' on y init --unit 11050 --level commune --name 'phường 11050'
t 'writes' enrol n/y n/x
start n/y
t 'to 31' on y parcel write --to 31 other-31.par
fails 1 'the city' on 31 parcel read other-31.par
says 'knows no such key' 'nobody here knows the key that this parcel of 11050 is signed with'
stop n/x
fails 3 'nobody is waited for' on x parcel write --to 11383 --timeout 0 stick
fails 3 'who is not there' on x parcel read --timeout 0 stick

# ---- a store that lost what it had ----
stop n/11383
rm -rf n/lost && mv n/11383 n/lost
t 'a new machine' on 11383 init --unit 11383 --level commune --name 'phường 11383'
t 'asks' on 11383 join --request --recover
cp out req
t 'is admitted' on 31 unit admit --recover req
cp out welcome
t 'by files' on 11383 join welcome
start n/11383
t 'what it is thought to have, it has not' on 31 parcel write --to 11383 less.par
on 11383 parcel read less.par >out 2>err
says 'which is said' 'rest on others that are not here: ask 31 for a parcel written with --full'
t 'so' on 31 parcel write --to 11383 --full all.par
t 'all of it' on 11383 parcel read all.par
same 'is back' 11383 31 reports/11383
t 'sound' on 11383 verify

# ---- a line after all ----
t 'there is a line' on 31 config listen "127.0.0.1:$P31"
stop n/31
start n/31
t 'and the ward knows of it' on 11383 config superior.address "127.0.0.1:$P31"
stop n/11383
start n/11383
t 'and an exchange' on 11383 sync --wait --timeout 20
for ledger in directives/31 reports/11383; do same 'all is equal' 11383 31 $ledger; done
t 'what it confirms' on 31 directive issue --id D-7 --title 'Bảy' --to all
t 'over the line' on 11383 sync --wait --timeout 20
t 'counts for the next stick' on 31 parcel write --to 11383 line.par
says 'too' 'no changes, only what has been received here'
for node in 31 11383; do
	t "verify at $node" on $node verify
	t "fsck at $node" git -C n/$node/store.git fsck --strict
done
is 'no sanitizer spoke' "$(cat n/*.log | grep -c 'runtime error\|AddressSanitizer')" 0
done_testing
