#!/bin/sh
# Goal: a change longer than any line lasts gets through all the same: each line goes on where the one before it was cut, also
# when the receiver is killed in the middle; nothing of it stays behind. One that is refused leaves nothing either.
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
L=$(free_port)
letters() { head -c "$(($1 * 12))" /dev/urandom | LC_ALL=C tr -dc a-z | head -c "$1"; }
until_line() {
	left=1500
	until ss -Hltn "sport = :$L" | grep -q . || [ $left -eq 0 ]; do left=$((left - 1)) && sleep 0.02; done
}
# emulator OPTION...: the line anew; its counts go to `counts`
emulator() {
	[ ! -s line.pid ] || { kill "$(cat line.pid)" && wait "$(cat line.pid)"; } 2>/dev/null
	line --listen 127.0.0.1:"$L" --to 127.0.0.1:"$P31" "$@" >counts &
	echo $! >line.pid
	daemons="$daemons line=$!"
	until_line
}
same() { [ "$(tip n/11383 "$1")" = "$(tip n/31 "$1")" ]; }
until_same() {
	left=3000
	until same "$1" || [ $left -eq 0 ]; do left=$((left - 1)) && sleep 0.02; done
	[ $left -gt 0 ]
}
kept() { find n/31/spool/parts -type f -size +2 | grep -q .; }

t 'the city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P31" --address "127.0.0.1:$L"
start n/31
emulator
t 'the ward' tuyen -C n/11383 init --unit 11383 --level commune --name 'Lê Chân'
t 'is admitted' enrol n/11383 n/31
start n/11383
t 'they meet' tuyen -C n/11383 sync --wait --timeout 20

# ---- one change of about 90 kB, on lines of 30 kB each ----
t 'the ward is quiet' tuyen -C n/11383 sync --pause
{
	echo 'format: plan/1'
	echo 'plan: {id: lon, title: Kế hoạch dài}'
	echo 'tasks:'
	for i in $(seq 20); do echo "  - {id: T$i, title: Nhiệm vụ số $i, mode: assign, note: '$(letters 7000)'}"; done
} >long.yaml
t 'a long plan, in one change' tuyen -C n/11383 plan load long.yaml
emulator --cut-after 30000
t 'the ward goes on' tuyen -C n/11383 sync --resume
left=1500
until kept || [ $left -eq 0 ]; do left=$((left - 1)) && sleep 0.02; done
kept
ok 'the city keeps what has come of it' $?
stop n/31 KILL
start n/31
until_same directives/11383
ok 'it gets through, on lines that each carry a third of it, and though the city was killed' $?
kill -HUP "$(cat line.pid)"
left=1500
until [ -s counts ] || [ $left -eq 0 ]; do left=$((left - 1)) && sleep 0.02; done
[ "$(jq .connections counts)" -ge 4 ]
ok 'on four lines at least' $?
[ "$(jq .up counts)" -lt 150000 ]
ok 'and none of it often' $?
t 'a line without cuts' emulator
t 'they are of one mind' tuyen -C n/11383 sync --wait --timeout 20
is 'nothing of it stays behind' "$(find n/31/spool/parts -type f)" ''
t 'all is sound' tuyen -C n/31 verify
kill "$(cat line.pid)"
done_testing
