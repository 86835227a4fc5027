#!/bin/sh
# Goal: a stick as sticks are: full, read-only, with ten thousand other files, pipes, folders and copies on it, a name of
# several words, pulled out while it was written. What is there is read, nothing half-written is left, each thing is said.
# And what went by stick does not go by the line when that comes back, nor the other way round.
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
PL=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: qn.2026, title: Kế hoạch của tỉnh}
indicators:
  - {id: A1, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
same() { is "$1" "$(tip n/$2 $4)" "$(tip n/$3 $4)"; }
noise() { perl -e 'srand($ARGV[1]); print join(" ", map { join "", map { ("b".."z")[rand 25] } 1 .. 9 } 1 .. $ARGV[0])' "$1" "$2"; }
# many FIRST LAST: long directives, so that a parcel has some size.
many() { for i in $(seq "$1" "$2"); do on 22 directive issue --id "D-$i" --title "Số $i" --text "$(noise 200 "$i")" --to all >/dev/null 2>&1; done; }

t 'a province' on 22 init --unit 22 --level province --name 'Quảng Ninh' --root --listen "127.0.0.1:$P31"
start n/22
t 'a plan' on 22 plan load plan.yaml
line --listen "127.0.0.1:$PL" --to "127.0.0.1:$P31" >counts 2>line.err &
line_pid=$!
daemons="$daemons line=$line_pid"
for unit in 07193 06799; do
	t 'a commune' on $unit init --unit $unit --level commune --name "đặc khu $unit"
	t 'is admitted' enrol n/$unit n/22
done
t 'by a bad line' on 07193 config superior.address "127.0.0.1:$PL"
t 'and by none' on 06799 config superior.address 127.0.0.1:9
start n/07193
start n/06799
t 'which works at first' on 07193 sync --wait --timeout 20
# counted: bytes both ways since it was last asked, once the line has said them.
counted() {
	counted_before=$(grep -ac . counts) counted_left=500
	kill -HUP "$line_pid"
	while [ "$(grep -ac . counts)" -eq "$counted_before" ] && [ $counted_left -gt 0 ]; do counted_left=$((counted_left - 1)) && sleep 0.02; done
	tail -n 1 counts | jq '.up + .down'
}
counted >/dev/null
kill -USR1 "$line_pid"
t 'and is cut' on 07193 sync --timeout 5

# ---- names of several words, in Vietnamese; a new folder; a file of one's own name ----
stick='USB của bà Hạnh'
mkdir "$stick"
many 1 3
t 'onto a stick' on 22 parcel write --to 07193,06799 "$stick"
t 'off it' on 07193 parcel read "$stick"
says 'with what can be typed' "^to carry the answer back: tuyen parcel write --to 22 'USB của bà Hạnh'\$"
t 'by a file' on 06799 parcel read "$stick/tuyen-22-06799-0001.par"
says 'too' "^to carry the answer back: tuyen parcel write --to 22 'USB của bà Hạnh'\$"
t 'once more' on 06799 parcel read "$stick/tuyen-22-06799-0001.par"
is 'there is nothing to answer' "$(cat out)" 'parcel 1 of 22: nothing new'
t 'a folder that is not there' on 07193 parcel write "$stick/trả lời/"
is 'is made' "$(ls "$stick/trả lời")" 'tuyen-07193-22-0001.par'
t 'where it is' on 22 parcel read "$stick/trả lời"
t 'a file of that name' on 22 parcel write --to 07193 "$stick/gửi đặc khu.par"
t 'is read as any other' on 07193 parcel read "$stick/gửi đặc khu.par"
TUYEN_LANG=vi tuyen -C n/06799 parcel read "$stick" >out 2>err
says 'in Vietnamese' 'gửi đặc khu.par gửi cho 07193: bỏ qua'
rm -rf "$stick"

# ---- what else is on it ----
many 4 6
mkdir mess mess/tuyen-22-07193-0003.par
perl -e 'for (1 .. 10000) { open my $f, ">", sprintf "mess/IMG_%05d.jpg", $_; print $f "x" x ($_ % 100) }'
t 'a stick with ten thousand pictures' on 22 parcel write --to 07193 mess
ln -s /dev/zero mess/tuyen-22-07193-0100.par
ln -s nowhere mess/tuyen-22-07193-0101.par
ln -s . mess/tuyen-22-07193-0102.par
mkfifo mess/tuyen-22-07193-0103.par
head -c 300 /dev/urandom >mess/tuyen-22-07193-0104.par.new
t 'with pipes and devices' on 07193 parcel read mess
says 'is read' 'parcel [0-9]+ of 22: 3 changes were taken'
says 'and the others are counted' '^tuyen: 999[0-9] other files are no parcels either|^999[0-9] other files are no parcels either'
is 'not named one by one' "$(($(wc -l <err) < 10))" 1
fails 1 'a pipe by its name' on 07193 parcel read mess/tuyen-22-07193-0103.par
says 'is no parcel' '0103.par is no parcel: passed over'
t 'where there is nothing for us' on 06799 parcel read mess
says 'that is said' 'there is no parcel for 06799'
t 'the list' on 07193 parcel list mess --json
json 'holds the parcel alone' '.parcels | length' 1
perl -e 'for (1 .. 3000) { open my $f, ">", sprintf "mess/%d.par", $_; printf $f "tuyen-parcel/1 %032x 9999/9999\n", $_ }'
fails 1 'three thousand that claim to be the last of 9,999 pieces' on 07193 parcel read mess
says 'are named' 'piece 1 of 9999 is missing of the parcel of which mess/3000.par is one'
rm -rf mess

# ---- copies ----
many 7 9
mkdir twice
t 'in pieces' on 22 parcel write --to 07193 --split 2K twice
n=$(ls twice | wc -l)
one=$(ls twice | grep '\.1of')
head -c 700 "twice/$one" >"twice/A copy of $one"
cp "twice/$(ls twice | grep '\.2of')" twice/B
t 'half a copy of one, a copy of another' on 07193 parcel read twice
says 'are no hindrance' '3 changes were taken'
same 'all is there' 07193 22 directives/22
many 10 12
mkdir pair
t 'one' on 22 parcel write --to 07193 pair
one=$(ls pair)
perl -e 'my ($f, $to) = @ARGV; local $/; open my $i, "<:raw", $f; my $b = <$i>; substr($b, length($b) / 2, 1) ^= chr(1); open my $o, ">:raw", $to; print $o $b' "pair/$one" pair/AAA
t 'a damaged copy before a good one' on 07193 parcel read pair
says 'is said' 'pair/AAA: this parcel is damaged between'
same 'and does not matter' 07193 22 directives/22
many 13 15
for i in 1 2; do
	mkdir mixed$i
	on 22 parcel write --to 07193 --split 2K mixed$i >out 2>err
	number=$(sed -n 's/^parcel \([0-9]*\) .*/\1/p' out)
	many $((15 + i)) $((15 + i))
done
# The second piece of one under the name of the other's.
sed 1q "$(ls mixed1/*.2of*)" >mixed1/new
sed 1d "$(ls mixed2/*.2of*)" >>mixed1/new
mv mixed1/new "$(ls mixed1/*.2of*)"
fails 1 'pieces of two parcels under one id' on 07193 parcel read mixed1
says 'are found out' 'this parcel is damaged between'
t 'verify' on 07193 verify
t 'the other is whole' on 07193 parcel read mixed2

# ---- no room, no right to write ----
many 20 25
mkdir m
if mount -t tmpfs -o size=12k none m 2>/dev/null; then
	fails 1 'a stick without room' on 22 parcel write --to 07193 m
	says 'is said to be that' 'No space left'
	is 'and nothing is left on it' "$(ls m)" ''
	fails 1 'nor in pieces' on 22 parcel write --to 07193 --split 3K m
	is 'is any of them left' "$(ls m)" ''
	fails 1 'for two, of whom one needs little' on 22 parcel write --to 07193,06799 --split 8K m
	is 'nothing half is left' "$(ls m | sed 's/.*-\([0-9]*\)-[0-9]*\.par.*/\1/' | sort -u | grep -c 07193)" 0
	umount m
	mount -t tmpfs -o size=100k none m
	t 'with room' on 22 parcel write --to 07193 m
	mount -o remount,ro m
	t 'read-only it can be read' on 07193 parcel read m
	says 'in whole' 'changes were taken'
	fails 1 'not written' on 07193 parcel write m
	says 'which is said' 'Read-only file system'
	umount m
else
	ok 'a small file system # SKIP mounting is not allowed here' 0
	on 22 parcel write --to 07193 m >out 2>err
	t 'a parcel' on 07193 parcel read m
fi
fails 1 'nobody of that name' on 22 parcel write --to 99999,07193 m
is 'is no hindrance to others' "$(ls m | grep -c -- '-22-07193-\|tuyen-22-07193')" "$(ls m | wc -l)"
[ "$(ls m | wc -l)" -ge 1 ]
ok 'who get theirs' $?

# ---- pulled out, killed ----
many 30 33
t 'a parcel' on 22 parcel write --to 07193 pulled.par
whole=$(wc -c <pulled.par)
head -c $((whole / 2)) pulled.par >half.par
fails 1 'half of it' on 07193 parcel read half.par
stop n/07193 KILL
start n/07193
t 'after a power cut the whole' on 07193 parcel read pulled.par
same 'all is there' 07193 22 directives/22
t 'sound' on 07193 verify

# ---- the line comes back ----
t 'a directive that is answered' on 22 directive issue --id D-99 --plan qn.2026 --period 2026-06 --title 'Báo cáo' --to all --due 2199-07-05
t 'down' on 22 parcel write --to 07193 down.par
t 'in' on 07193 parcel read down.par
t 'read' on 07193 directive ack D-99
t 'a report' on 07193 report set qn.2026 2026-06 A1=5 --note "$(noise 300 77)"
t 'is sent' on 07193 report submit qn.2026 2026-06
t 'by stick' on 07193 parcel write up.par
t 'which arrives' on 22 parcel read up.par
t 'what waits for the line' on 07193 status --json
json 'is still unconfirmed' '[.lines[] | .waiting.changes > 0]' '[true]'
t 'the answer' on 22 parcel write --to 07193 answer.par
t 'comes back' on 07193 parcel read answer.par
t 'now' on 07193 status --json
json 'nothing waits' '[.lines[] | .waiting.changes]' '[0]'
counted >/dev/null
kill -USR1 "$line_pid"
t 'the line is back' on 07193 sync --wait --timeout 20
spent=$(counted)
echo "# the line carried $spent bytes, both ways"
[ "$spent" -lt 1000 ]
ok 'and carries next to nothing' $?
for ledger in directives/22 reports/07193; do same 'all is equal' 07193 22 $ledger; done
kill -USR1 "$line_pid"
t 'it is cut again' on 07193 sync --timeout 5
t 'a long report' on 07193 report set qn.2026 2026-07 A1=6 --note "$(noise 600 78)"
t 'goes by stick' on 07193 parcel write late.par
t 'and arrives' on 22 parcel read late.par
counted >/dev/null
kill -USR1 "$line_pid"
t 'but the line is back before the answer' on 07193 sync --wait --timeout 20
spent=$(counted)
echo "# the line carried $spent bytes, both ways"
[ "$spent" -lt 1500 ]
ok 'it does not carry the report again' $?
same 'all is equal' 07193 22 reports/07193
t 'what the line confirmed' on 07193 parcel write last.par
says 'does not go by stick' 'no changes, only what'
is 'no sanitizer spoke' "$(cat n/*.log | grep -c 'runtime error\|AddressSanitizer')" 0
done_testing
