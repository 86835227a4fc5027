#!/bin/sh
# Goal: lines that are polite and say how they are: what waits both ways and for how long, of lines that are down too.
# In a network of its own where that may be had, so that it can change.
if [ -z "${IN_NETWORK:-}" ]; then
	for how in 'unshare -n' 'unshare -rn'; do
		$how ip link set lo up 2>/dev/null && IN_NETWORK=yes exec $how sh "$0"
	done
	IN_NETWORK=no
fi
[ "$IN_NETWORK" = no ] || ip link set lo up
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
words() { head -c "$(($1 * 512))" /dev/urandom | od -An -v -tx1 | tr 0-9 g-p | tr -d ' \n'; } # without digits: they might be a phone number
# of NODE FILTER: what status says of its first line
of() { tuyen -C n/$1 status --json | jq -c ".lines[0] | $2"; }

t 'the city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P31"
start n/31
t 'the ward' tuyen -C n/11383 init --unit 11383 --level commune --name 'Lê Chân'
t 'is admitted' enrol n/11383 n/31
is 'nobody has called yet' "$(tuyen -C n/31 status --json | jq -c .lines)" '[]'
start n/11383
t 'they meet' tuyen -C n/11383 sync --wait --timeout 20

# ---- what waits ----
is 'nothing waits at the ward, and it knows of nothing above' "$(of 11383 '[.open, .waiting, .coming]')" '[true,{"changes":0,"bytes":0},{"changes":0,"bytes":0}]'
stop n/11383
t 'a directive for a ward that is down' tuyen -C n/31 directive issue --id D-1 --title 'Chỉ đạo' --to all
is 'the city says what waits for it' "$(of 31 '[.peer, .open, .waiting.changes, .coming.changes, .age >= 0]')" '["11383",false,1,null,true]'
[ "$(of 31 .waiting.bytes)" -ge 64 ] && [ "$(of 31 .waiting.bytes)" -le 400 ]
ok 'and about how many bytes' $?
t 'for people' tuyen -C n/31 status
says 'in words' '11383 +closed +[0-9]+ s ago +1 \([0-9]+ bytes\) +\?'
TUYEN_LANG=vi tuyen -C n/31 status >out
grep -qE '11383 +đóng.*1 \([0-9]+ byte\)' out
ok 'and in Vietnamese' $?
stop n/31
start n/31
is 'also when the city was started again' "$(of 31 '[.peer, .open, .waiting.changes, (.last_contact | type)]')" '["11383",false,1,"number"]'
start n/11383
t 'the ward is back' tuyen -C n/11383 sync --wait --timeout 20
is 'nothing waits any more' "$(tuyen -C n/31 status --json | jq -c '[.lines[] | [.peer, .open, .waiting.changes]]')" '[["11383",true,0]]'
stop n/31
t 'the ward writes' tuyen -C n/11383 directive ack D-1
is 'with nobody above: what waits, and when it tries' "$(of 11383 '[.open, .waiting.changes, .coming.changes, (.next_try | type), (.error | type)]')" '[false,1,null,"number","string"]'
start n/31
t 'the city is back' tuyen -C n/11383 sync --wait --timeout 20
is 'the ward has nothing left' "$(of 11383 .waiting.changes)" 0

# ---- when it is tried again ----
if [ "$IN_NETWORK" = yes ]; then
	stop n/31
	tries=0
	until [ "$(of 11383 '.next_try // 0')" -ge 5 ] || [ $tries -gt 1000 ]; do tries=$((tries + 1)); done
	[ $tries -le 1000 ]
	ok 'who has tried in vain waits longer and longer' $?
	next=$(of 11383 .next_try)
	start n/31
	before=$(date +%s)
	ip address add 10.99.99.99/32 dev lo
	tries=0
	until [ "$(of 11383 .open)" = true ] || [ $tries -gt 1000 ]; do tries=$((tries + 1)); done
	[ $(($(date +%s) - before)) -lt "$next" ]
	ok 'but when the network changes it tries at once' $?
	grep -q 'the network of this machine has changed' n/11383.log
	ok 'and its log says why' $?
	exchanges=$(of 11383 .bytes_out)
	ip address add 10.99.99.98/32 dev lo
	tries=0
	until [ "$(of 11383 .bytes_out)" -gt "$exchanges" ] || [ $tries -gt 1000 ]; do tries=$((tries + 1)); done
	[ $tries -le 1000 ]
	ok 'an open line is asked whether it lives' $?
	is 'it does' "$(of 11383 .open)" true
	ip link set lo down
	tries=0
	until [ "$(of 11383 .open)" = false ] || [ $tries -gt 2000 ]; do tries=$((tries + 1)); done
	is 'without an interface it is given up soon' "$(of 11383 .open)" false
	of 11383 .error >out
	says 'and it is said why' 'nothing has come since|cannot reach|broke'
	ip link set lo up
	tries=0
	until [ "$(of 11383 .open)" = true ] || [ $tries -gt 1000 ]; do tries=$((tries + 1)); done
	is 'and when it is there again so is the line' "$(of 11383 .open)" true
	[ "$(grep -c 'the network of this machine has changed' n/11383.log)" -ge 4 ]
	ok 'each change was told' $?
fi

# ---- hours ----
stop n/11383
fails 1 'hours that are none' tuyen -C n/11383 config window 22-5
says 'say how to write them' '22:00-05:00'
t 'hours of the night' tuyen -C n/11383 config window 22:00-05:00,12:00-13:00
is 'as they were given' "$(tuyen -C n/11383 config window)" 22:00-05:00,12:00-13:00
TUYEN_NOW=2026-07-01T08:00:00+07:00
export TUYEN_NOW
start n/11383
is 'in the morning the line is closed until noon' "$(of 11383 '[.open, (.closed_until + 25200 | todate), .next_try]')" '[false,"2026-07-01T12:00:00Z",null]'
t 'for people' tuyen -C n/11383 status
says 'in words' '31 +closed until 12:00'
says 'and why' 'has its hours \(22:00-05:00,12:00-13:00\): it goes on at 12:00'
is 'and for programs' "$(of 11383 .closed_by)" '"window"'
TUYEN_LANG=vi tuyen -C n/11383 status >out
grep -q 'đóng đến 12:00' out
ok 'and in Vietnamese' $?
before=$(grep -c 'line to 31 is open' n/11383.log)
t 'who asks has an exchange all the same' tuyen -C n/11383 sync --wait --timeout 20
tries=0
until [ "$(of 11383 .open)" = false ] || [ $tries -gt 1000 ]; do tries=$((tries + 1)); done
is 'and then it is closed again' "$(of 11383 '[.open, (.closed_until + 25200 | todate)]') $(($(grep -c 'line to 31 is open' n/11383.log) - before))" '[false,"2026-07-01T12:00:00Z"] 1'
stop n/11383
TUYEN_NOW=2026-07-01T21:59:58+07:00
start n/11383
is 'just before ten' "$(of 11383 '.closed_until + 25200 | todate')" '"2026-07-01T22:00:00Z"'
tries=0
until [ "$(of 11383 .open)" = true ] || [ $tries -gt 1000 ]; do tries=$((tries + 1)); done
is 'at ten it opens by itself' "$(of 11383 '[.open, .closed_until]')" '[true,null]'
stop n/11383
TUYEN_NOW=2026-07-02T04:59:58+07:00
start n/11383
tries=0
until [ "$(of 11383 .open)" = true ] || [ "$(of 11383 .closed_until)" != null ] || [ $tries -gt 1000 ]; do tries=$((tries + 1)); done
tries=0
until [ "$(of 11383 '.closed_until != null and (.open | not)')" = true ] || [ $tries -gt 1000 ]; do tries=$((tries + 1)); done
is 'at five it is closed until noon' "$(of 11383 '[.open, (.closed_until + 25200 | todate)]')" '[false,"2026-07-02T12:00:00Z"]'
t 'no hours any more' tuyen -C n/11383 config window ''
t 'it is open at once' tuyen -C n/11383 sync --wait --timeout 20
is 'and stays so' "$(of 11383 '[.open, .closed_until]')" '[true,null]'

# ---- pace and budget ----
t 'a slow line' tuyen -C n/11383 config rate 80k
t 'and a small budget' tuyen -C n/11383 config budget 100k
t 'exchange' tuyen -C n/11383 sync --wait --timeout 20
tuyen -C n/31 directive issue --id D-2 --title 'Dài' --text "$(words 40)" --to all >out 2>err || ok 'directive' 1
before=$(date +%s)
t 'forty kilobytes down' tuyen -C n/11383 sync --wait --timeout 40
[ $(($(date +%s) - before)) -ge 1 ]
ok 'take their time' $?
tuyen -C n/11383 directive ack D-2 >out 2>err || ok 'ack' 1
for i in 3 4 5 6 7; do tuyen -C n/31 directive issue --id D-$i --title 'Dài' --text "$(words 48)" --to all >out 2>err || ok 'directive' 1; done
tries=0
until [ "$(of 11383 '.spent >= .budget and .closed_until != null and (.open | not)')" = true ] || [ $tries -gt 1500 ]; do tries=$((tries + 1)); done
is 'the budget is used up: until midnight, or for an hour' "$(of 11383 '[.open, .budget, .spent >= 100000, .spent < 200000, .closed_until != null]')" '[false,100000,true,true,true]'
t 'for people' tuyen -C n/11383 status
says 'in words' 'The line to 31 has carried 1[0-9]+ kB of the 100 kB of this day'
says 'and when it goes on' 'is used up: it goes on at [0-9]{2}:[0-9]{2}'
is 'and for programs' "$(of 11383 .closed_by)" '"budget"'
TUYEN_LANG=vi tuyen -C n/11383 status >out
grep -q 'đã dùng hết' out
ok 'and in Vietnamese' $?
spent=$(of 11383 .spent)
stop n/11383
TUYEN_NOW=2026-07-02T06:00:00+07:00
start n/11383
[ "$(of 11383 .spent)" -ge "$spent" ]
ok 'which is known after a start, too' $?
is 'and holds' "$(of 11383 '.budget - .spent <= 0')" true
stop n/11383
TUYEN_NOW=2026-07-03T06:00:00+07:00
start n/11383
t 'the next day' tuyen -C n/11383 sync --wait --timeout 40
is 'brings the rest' "$(tip n/11383 directives/31)" "$(tip n/31 directives/31)"
is 'and counts anew' "$(of 11383 '.spent < .budget or .spent > 0')" true
t 'no limit' tuyen -C n/11383 config rate ''
t 'as before' tuyen -C n/11383 sync --wait --timeout 20
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	tuyen -C n/31 directive issue --id E-$i --title 'Dài' --text "$(words 48)" --to all >out 2>err || ok 'directive' 1
done
tries=0
until [ "$(of 11383 '.closed_by == "budget" and (.open | not)')" = true ] || [ $tries -gt 1500 ]; do tries=$((tries + 1)); done
is 'half a megabyte on a fast line stops at the budget as well' "$(of 11383 '[.closed_by, .spent >= 100000, .spent < 300000]')" '["budget",true,true]'
t 'no budget' tuyen -C n/11383 config budget ''
t 'all comes' tuyen -C n/11383 sync --wait --timeout 20
unset TUYEN_NOW

# ---- many at once ----
t 'the city takes two at a time' tuyen -C n/31 config lines.max 2
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	tuyen -C n/w$i init --unit "w$i" --level commune --name "Xã $i" >out 2>err && enrol n/w$i n/31 >out 2>err || ok "unit $i" 1
done
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do start n/w$i; done
jobs=
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	tuyen -C n/w$i sync --wait --timeout 60 >many.$i 2>&1 &
	jobs="$jobs $!"
done
bad=0
for job in $jobs; do wait "$job" || bad=$((bad + 1)); done
is 'twelve units come at once, and all have their exchange' "$bad" 0
stop n/31
start n/31
jobs=
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	tuyen -C n/w$i sync --wait --timeout 60 >many.$i 2>&1 &
	jobs="$jobs $!"
done
for job in $jobs; do wait "$job" || bad=$((bad + 1)); done
is 'also when the city was away' "$bad" 0
grep -q 'the far end is busy; call again in [0-9]* seconds' n/w*.log
ok 'some were told when to call again' $?
#END

for node in 31 11383; do
	t "verify at $node" tuyen -C n/$node verify
done
done_testing
