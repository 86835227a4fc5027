#!/bin/sh
# Goal: how much one writer may write in a day. What comes beyond it waits, and both ends say so; other writers and other
# ledgers go on; it comes in on the next day, or when a person takes it. Months without a line are no flood.
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
export TUYEN_NOW=2026-07-01T08:00:00+07:00
# write NODE N: so many changes, each a figure
write() {
	write_i=0
	while [ "$write_i" -lt "$2" ]; do
		write_i=$((write_i + 1))
		figure=$((${figure:-0} + 1))
		tuyen -C "n/$1" report set hp 2026-06 "TT01=$figure" >out 2>&1 || return 1
	done
}
# shows NODE: the figure of the ward as a node has it
shows() { tuyen -C "n/$1" report show $([ "$1" = 11383 ] || echo --unit 11383) hp 2026-06 --json 2>/dev/null | jq -r '[.. | .TT01? // empty][0] | if type == "object" then .value else . end'; }
line() { tuyen -C "n/$1" status --json | jq -c ".lines[] | select(.peer == \"$2\") | $3"; }

cat >plan.yaml <<'END'
format: plan/1
plan: {id: hp, title: Tháng cao điểm}
indicators:
  - {id: TT01, name: Số buổi, kind: count, aggregate: sum, scope: commune}
END
t 'the city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P31"
start n/31
t 'takes two changes a day' tuyen -C n/31 config rate.changes 2
t 'and has a plan' tuyen -C n/31 plan load plan.yaml
for unit in 11383 11389; do
	t "ward $unit" tuyen -C n/$unit init --unit $unit --level commune --name "Phường $unit"
	t 'is admitted' enrol n/$unit n/31
	start n/$unit
	t 'and has the plan' tuyen -C n/$unit sync --wait --timeout 20
done

# ---- a first meeting ----
stop n/31
t 'a ward writes thirty changes while it has no line' write 11383 30
start n/31
t 'who was not heard of before has the share of a month' tuyen -C n/11383 sync --wait --timeout 20
is 'all of it came' "$(shows 31)" 30

# ---- on the next day ----
stop n/31
TUYEN_NOW=2026-07-02T08:00:00+07:00
start n/31
t 'a script writes and writes' write 11383 20
fails 1 'the exchange ends, and says so' tuyen -C n/11383 sync --wait --timeout 30
says 'how much waits, and why' '18 changes of 11383 wait until tomorrow: more than 2 a day'
says 'and what can be done' 'held allow 11383'
is 'two were taken' "$(shows 31)" 32
fails 1 'the superior says it too' tuyen -C n/31 sync --wait --with 11383 --timeout 30
says 'in the same words' '18 changes of 11383 wait until tomorrow: more than 2 a day'
for at in '31 11383' '11383 31'; do
	set -- $at
	is "status of $1, for programs" "$(line "$1" "$2" '.late | .[0:58]')" '"18 changes of 11383 wait until tomorrow: more than 2 a day"'
	t "status of $1, for people" tuyen -C "n/$1" status
	says 'the same' '18 changes of 11383 wait until tomorrow: more than 2 a day'
	TUYEN_LANG=vi tuyen -C "n/$1" status >out
	grep -q '18 thay đổi của 11383 chờ đến ngày mai: quá 2 thay đổi một ngày' out
	ok 'and in Vietnamese' $?
done
before=$(line 31 11383 .bytes_in)
t 'nothing was refused' test "$(line 11383 31 .refused)" = null
is 'nor is anything an incident' "$(tuyen -C n/31 incident list --json | jq '.incidents | length')" 0

# ---- others go on ----
t 'another ward writes' write 11389 2
t 'and its changes come' tuyen -C n/11389 sync --wait --timeout 20
t 'a directive' tuyen -C n/31 directive issue --id D-1 --title 'Khẩn' --to all
tries=0
until tuyen -C n/11383 directive show D-1 >out 2>&1 || [ $tries -gt 500 ]; do tries=$((tries + 1)); done
[ $tries -le 500 ]
ok 'reaches the ward whose changes wait' $?
[ $(($(line 31 11383 .bytes_in) - before)) -lt 8192 ]
ok 'and what waits was not sent again and again' $?

# ---- it holds across a restart ----
stop n/31 KILL
start n/31
fails 1 'a daemon that was killed knows what it took' tuyen -C n/11383 sync --wait --timeout 30
is 'no more has come' "$(shows 31)" 32

# ---- the next day, and a person ----
stop n/31
TUYEN_NOW=2026-07-03T08:00:00+07:00
start n/31
fails 1 'on the next day' tuyen -C n/11383 sync --wait --timeout 30
says 'two more were taken' '16 changes of 11383 wait'
is 'as its figure shows' "$(shows 31)" 34
fails 1 'nobody takes in what is not below' tuyen -C n/31 held allow 31
t 'a person takes in the rest' tuyen -C n/31 held allow 11383
t 'and it comes' tuyen -C n/11383 sync --wait --timeout 30
is 'all of it' "$(shows 31)" 50
is 'nothing waits any more' "$(line 31 11383 .late)$(line 11383 31 .late)" nullnull

# ---- by stick ----
stop n/11383
stop n/31
TUYEN_NOW=2026-07-04T08:00:00+07:00
start n/31
start n/11383
t 'no line' tuyen -C n/11383 sync --pause
t 'five changes' write 11383 5
mkdir stick
t 'on a stick' tuyen -C n/11383 parcel write --to 31 stick
tuyen -C n/31 parcel read stick >out 2>err
says 'of which two are taken' 'as much as is taken in a day \(2 changes\)'
is 'two' "$(shows 31)" 54
t 'a person takes in the rest of it' tuyen -C n/31 held allow 11383
t 'and the stick is read again' tuyen -C n/31 parcel read stick
is 'then all is there' "$(shows 31)" 57
stop n/31
TUYEN_NOW=2026-08-20T08:00:00+07:00
start n/31
t 'weeks without a line' write 11383 30
t 'all of them on a stick' tuyen -C n/11383 parcel write --to 31 stick
t 'are taken at once' tuyen -C n/31 parcel read stick
is 'all of them' "$(shows 31)" 87

# ---- at entry ----
t 'the ward itself allows four a day' tuyen -C n/11389 config rate.changes 4
t 'two more' write 11389 2
fails 1 'the fifth is not entered' tuyen -C n/11389 report set hp 2026-06 TT01=7
says 'in a sentence' 'has written as much as is allowed in a day \(4 changes\); nothing was entered'
says 'with what to do' 'a program repeats itself'
stop n/11389
TUYEN_NOW=2026-07-01T12:00:00+07:00
start n/11389
fails 1 'nor after a restart' tuyen -C n/11389 report set hp 2026-06 TT01=7
t 'more is allowed' tuyen -C n/11389 config rate.changes 5
t 'and it is entered' tuyen -C n/11389 report set hp 2026-06 TT01=7
t 'bytes have a limit of their own' tuyen -C n/11389 config rate.bytes 200
t 'of changes there may be many' tuyen -C n/11389 config rate.changes 5000
fails 1 'which is told' tuyen -C n/11389 report set hp 2026-06 TT01=8
says 'in bytes' 'allowed in a day \(200 bytes\)'
fails 1 'no figure' tuyen -C n/11389 config rate.changes many
says 'is not taken' 'rate.changes must be how many changes'

# ---- a node that is put back gets all its history ----
stop n/11383
rm -rf n/11383
t 'a burned ward' tuyen -C n/11383 init --unit 11383 --level commune --name 'Phường 11383'
tuyen -C n/11383 join --request >req && tuyen -C n/31 unit admit --recover req >welcome 2>err
t 'is let in again' tuyen -C n/11383 join welcome
start n/11383
t 'and gets its history from above' tuyen -C n/11383 sync --wait --timeout 30
is 'all of it' "$(shows 11383)" 87
done_testing
