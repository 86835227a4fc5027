#!/bin/sh
# In real time, beside the other parts and all at once: lines that fall silent without a reset, and lines that come back after
# a minute of each kind of nothing. Each unit has a line of its own, and all one superior.
. "$(dirname "$0")/lib.sh"
S=$(port)
DOWN=${DOWN:-60}
# unit ID HOW: a unit behind a line that is down in that way when it is told to be
unit() {
	u_port=$(port)
	a_line "line-$1" "$u_port" "$S" --down-as "$2" ${3:+--rate} ${3:+"$3"}
	tuyen -C 31 config address 127.0.0.1:"$u_port"
	tuyen -C "$1" init --unit "$1" --level commune --name "Xã $1"
	tuyen -C "$1" join --request | tuyen -C 31 unit admit - | tuyen -C "$1" join -
	serve "$1"
	until_true quiet "$1"
}
toggle() { kill -USR1 "$(cat "line-$1.pid")"; }
is_open() { tuyen -C "$1" status --json | jq -e '.lines[0].open'; }
is_shut() { ! is_open "$1"; }
# The superior's view of it
holds() { tuyen -C 31 status --json | jq -e --arg id "$1" '.lines[] | select(.peer == $id) | .open'; }
holds_not() { ! holds "$1"; }
# after COMMAND...: the ms until it is so
after() {
	a_begin=$(now)
	if until_true "$@"; then echo $(($(now) - a_begin)); else echo null; fi
}

silent_idle() {
	toggle idle
	after holds_not idle >idle.above &
	idle_wait=$!
	mark 'a dead line is given up after: ms' "$(after is_shut idle)" 60000 'nothing was due'
	wait $idle_wait
	mark 'a dead line is given up by the superior after: ms' "$(cat idle.above)" 60000 'nothing was due'
}
silent_due() {
	toggle due
	tuyen -C due sync >/dev/null
	mark 'a dead line is given up after: ms' "$(after is_shut due)" 60000 'while an answer is due'
}
silent_midway() {
	tuyen -C midway directive issue --id D-1 --title 'Dài' --text "$(words 56)" --to all >/dev/null 2>&1
	pause 4
	toggle midway
	after holds_not midway >midway.above &
	midway_wait=$!
	mark 'a dead line is given up after: ms' "$(after is_shut midway)" 60000 'in the middle of 30 kB'
	wait $midway_wait
	mark 'a dead line is given up by the superior after: ms' "$(cat midway.above)" 60000 'in the middle of 30 kB'
}
# back ID WHAT: it was so for a minute
back() {
	toggle "$1"
	until_true is_shut "$1"
	pause "$DOWN"
	toggle "$1"
	mark 'line back: the first exchange begins after: ms' "$(after is_open "$1")" 10000 "$2, after a minute, not 48 hours"
}

{
	tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:"$S"
	serve 31
	unit idle lose && unit due lose && unit midway lose 2000
	unit refused refuse && unit lost lose && unit hung hang-up
} 2>/dev/null
PATIENCE=120
jobs=
for job in silent_idle silent_due silent_midway 'back refused refused' 'back lost dropped' 'back hung hung-up-on'; do
	$job &
	jobs="$jobs $!"
done
for job in $jobs; do wait "$job"; done
