#!/bin/sh
# Goal: a scan beside a report, a letter beside a directive: they travel after everything else, go on where a cut stopped
# them, give way to a directive, are kept once, and can be fetched when somebody asks.
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
PL=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
tasks:
  - {id: T1, title: Tuyên truyền}
EOP
line_pid=
bad_line() {
	end_line
	line --listen "127.0.0.1:$PL" --to "127.0.0.1:$P31" "$@" >line.log 2>&1 &
	line_pid=$!
	daemons="$daemons line=$line_pid"
}
end_line() {
	[ -n "$line_pid" ] || return 0
	kill "$line_pid" && wait "$line_pid"
	line_pid=
}
pdf() { printf '%%PDF-1.4\n' >"$1" && head -c "$2" /dev/urandom >>"$1"; }
state() { tuyen -C "n/$1" attach list --json | jq -r --arg n "$2" '[.attachments[] | select(.name == $n)][0].state // "none"'; }
percent() { tuyen -C "n/$1" attach list --json | jq -r --arg n "$2" '[.attachments[] | select(.name == $n)][0].percent // 0'; }
# until_is NODE NAME STATE, bounded.
until_is() {
	tries=0
	until [ "$(state "$1" "$2")" = "$3" ]; do
		tries=$((tries + 1))
		[ $tries -lt 2000 ] || return 1
	done
}
# until_way NODE NAME STATE: of the first way of it, bounded.
until_way() {
	tries=0
	until [ "$(tuyen -C "n/$1" attach list --json | jq -r --arg n "$2" '[.attachments[] | select(.name == $n)][0].ways[0].state')" = "$3" ]; do
		tries=$((tries + 1))
		[ $tries -lt 2000 ] || return 1
	done
}
# until_percent NODE NAME N, bounded.
until_percent() {
	tries=0
	until [ "$(percent "$1" "$2")" -ge "$3" ]; do
		tries=$((tries + 1))
		[ $tries -lt 2000 ] || return 1
	done
}

t 'the city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P31"
start n/31
t 'the ward' tuyen -C n/11383 init --unit 11383 --level commune --name 'Lê Chân'
t 'asks' tuyen -C n/11383 join --request
cp out req
t 'is admitted' tuyen -C n/31 unit admit req
cp out welcome
t 'joins' tuyen -C n/11383 join --superior "127.0.0.1:$PL" welcome
start n/11383
bad_line
t 'the plan' tuyen -C n/31 plan load plan.yaml
t 'reaches the ward' tuyen -C n/11383 sync --wait

# ---- what is taken ----
pdf scan.pdf 5000000
fails 1 'no report, no attachment' tuyen -C n/11383 attach add report hp.2026 2026-06 scan.pdf
says 'says how to begin one' 'tuyen report new hp.2026 2026-06'
t 'a report' tuyen -C n/11383 report set hp.2026 2026-06 TT01=4
cp plan.yaml named.pdf
fails 1 'a file of no known kind, whatever its name' tuyen -C n/11383 attach add report hp.2026 2026-06 named.pdf
says 'says what is taken' 'pdf, png, jpeg, tiff, docx, xlsx, odt, ods'
t 'a limit' tuyen -C n/11383 config attachment.max 800KB
fails 1 'too long' tuyen -C n/11383 attach add report hp.2026 2026-06 scan.pdf
says 'says both numbers' '5000009 bytes, and an attachment has at most 819200'
t 'no limit but the usual one' tuyen -C n/11383 config attachment.max ''
fails 1 'a limit that is none' tuyen -C n/11383 config attachment.max lots
cp scan.pdf '012345678901.pdf'
fails 1 'a name that tells of a person' tuyen -C n/11383 attach add report hp.2026 2026-06 012345678901.pdf
is 'leaves nothing behind' "$(git -C n/11383/store.git for-each-ref refs/attachments | wc -l)$(find n/11383/spool/attachments n/11383/spool/incoming -type f | wc -l)" 00
fails 2 'no file' tuyen -C n/11383 attach add report hp.2026 2026-06
fails 2 'no record' tuyen -C n/11383 attach add scan.pdf
says 'says which there are' 'report PLAN PERIOD . directive ID . task PLAN TASK'

# ---- cut at 30, 60 and 90 % ----
bad_line --cut-after 1500000 --cuts 3
t 'a scan' tuyen -C n/11383 attach add report hp.2026 2026-06 scan.pdf
is 'it is here' "$(state 11383 scan.pdf)" here
t 'an exchange does not wait for it' tuyen -C n/11383 sync --wait
until_is 31 scan.pdf here
ok 'it arrives, over three cuts' $?
until_way 11383 scan.pdf arrived
ok 'who sent it learns that' $?
end_line
up=$(jq .up <line.log)
cuts=$(jq .cuts <line.log)
is 'the line was cut three times' "$cuts" 3
[ "$up" -le $((5000009 + 3 * 70000)) ]
ok "no more than 70 kB were sent again each time ($up)" $?
t 'it can be taken out' tuyen -C n/31 attach get scan.pdf --out back.pdf
cmp scan.pdf back.pdf
ok 'and is the same' $?
fails 1 'not over another file' tuyen -C n/31 attach get scan.pdf --out back.pdf
is 'stock git reads it' "$(git -C n/31/store.git cat-file blob "refs/attachments/$(sha256sum <scan.pdf | cut -d' ' -f1)" | cmp - scan.pdf && echo yes)" yes
git -C n/31/store.git fsck --no-dangling >/dev/null 2>&1
ok 'and finds nothing wrong' $?

# ---- once, however often it is named ----
bad_line
t 'the same scan beside a task' tuyen -C n/11383 attach add task hp.2026 T1 scan.pdf
t 'and once more' tuyen -C n/11383 attach add task hp.2026 T1 scan.pdf
says 'says so' 'attached to task hp.2026 T1 already'
t 'goes up' tuyen -C n/11383 sync --wait
is 'is here at once' "$(tuyen -C n/31 attach list --json | jq -c '[.attachments[] | [.record, .state]]')" '[["task hp.2026 T1","here"],["report hp.2026 2026-06","here"]]'
is 'and goes once' "$(tuyen -C n/11383 attach list --json | jq -c '[.attachments[].ways | length]')" '[1,1]'
is 'kept once' "$(git -C n/31/store.git for-each-ref refs/attachments | wc -l)" 1
t 'the list of one record' tuyen -C n/31 attach list task hp.2026 T1 --json
json 'names it' '[.attachments[].record]' '["task hp.2026 T1"]'
t 'maintenance' tuyen -C n/31 maintain
t 'leaves it' tuyen -C n/31 attach get scan.pdf --out -
cmp out scan.pdf
ok 'as it was' $?
t 'the store is right' tuyen -C n/31 verify

# ---- a directive overtakes ----
pdf letter.pdf 5000000
bad_line --rate 200000
t 'a directive' tuyen -C n/31 directive issue --id D-1 --title 'Chỉ đạo' --text 'Kèm công văn' --to all
fails 1 'a ward attaches nothing to it' tuyen -C n/11383 attach add directive 31/D-1 letter.pdf
t 'with a letter' tuyen -C n/31 attach add directive D-1 letter.pdf
until_percent 11383 letter.pdf 4
ok 'the letter is on its way' $?
t 'status' tuyen -C n/11383 status
says 'says how far' 'On its way: +letter.pdf, [0-9]+ % has come'
t 'another directive' tuyen -C n/31 directive issue --id D-2 --title 'Gấp' --text "$(head -c 5000 /dev/urandom | od -An -v -tx1 | tr -d ' \n')" --to all
t 'is there before it' tuyen -C n/31 sync --wait --timeout 5
t 'the ward has it' tuyen -C n/11383 directive show D-2
is 'and the letter is still on its way' "$(state 11383 letter.pdf)" coming
fails 3 'what is not here cannot be taken out yet' tuyen -C n/11383 attach get --timeout 1 letter.pdf
says 'says how far it is' 'not here yet \([0-9]+ % has come(, about [0-9]+ s)?\)'
t 'who sent it' tuyen -C n/31 status
says 'sees how far it has gone' 'To be sent: +letter.pdf, [0-9]+ % has gone to 11383'

# ---- removed while it travels ----
t 'the letter is taken back' tuyen -C n/31 attach remove directive D-1 letter.pdf
t 'the ward hears of it' tuyen -C n/31 sync --wait --timeout 5
is 'it is named no more' "$(state 11383 letter.pdf)" none
is 'what had come of it is gone' "$(find n/11383/spool/attachments n/11383/spool/incoming -type f | wc -l)" 0
is 'and it is gone where it was' "$(git -C n/31/store.git for-each-ref refs/attachments | wc -l)" 1

# ---- only when somebody asks; and what came damaged ----
t 'only when asked' tuyen -C n/11383 config attachments ask
fails 1 'or always' tuyen -C n/11383 config attachments sometimes
t 'the letter again' tuyen -C n/31 attach add directive D-1 letter.pdf
t 'the ward hears of it' tuyen -C n/11383 sync --wait
is 'and does not take it' "$(state 11383 letter.pdf)" absent
bad_line --rate 400000
t 'asks' tuyen -C n/11383 attach fetch letter.pdf
until_percent 11383 letter.pdf 10
ok 'it comes' $?
stop n/11383 KILL
part=$(find n/11383/spool -name '*.part')
printf 'XX' | dd of="$part" bs=1 seek=1000 conv=notrunc 2>/dev/null
bad_line
start n/11383
until_is 11383 letter.pdf here
ok 'goes on after a kill, and begins again where it was damaged' $?
grep -q 'is damaged' n/11383.log
ok 'the log says so' $?
t 'it can be taken out' tuyen -C n/11383 attach get letter.pdf --out back2.pdf
cmp letter.pdf back2.pdf
ok 'and is the same' $?
is 'nothing is left of its coming' "$(find n/11383/spool/attachments n/11383/spool/incoming -type f | wc -l)" 0

# ---- in Vietnamese ----
TUYEN_LANG=vi t 'the list' tuyen -C n/11383 attach list
says 'in Vietnamese' 'đã có'
done_testing
