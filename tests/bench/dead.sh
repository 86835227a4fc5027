#!/bin/sh
# In real time, beside the other parts: a line that falls silent without a reset, and one that comes back.
. "$(dirname "$0")/lib.sh"
S=$(port) L=$(port)
tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:"$S" --address 127.0.0.1:"$L" 2>/dev/null
a_line line "$L" "$S"
serve 31
tuyen -C 11383 init --unit 11383 --level commune --name 'Lê Chân' 2>/dev/null
tuyen -C 11383 join --request 2>/dev/null | tuyen -C 31 unit admit - 2>/dev/null | tuyen -C 11383 join - 2>/dev/null
serve 11383
until_true quiet 11383
is_open() { tuyen -C 11383 status --json | jq -e '.lines[0].open'; }
is_shut() { ! is_open; }
kill -USR2 "$(cat line.pid)"
# Something is due: an exchange is asked for.
tuyen -C 11383 sync >/dev/null 2>&1
begin=$(now)
PATIENCE=120
until_true is_shut && figure=$(($(now) - begin)) || figure=null
mark 'a dead line is given up after: ms' $figure 60000 'while an answer is due'
kill -USR2 "$(cat line.pid)"
until_true is_open
kill -USR1 "$(cat line.pid)"
pause 60
kill -USR1 "$(cat line.pid)"
begin=$(now)
PATIENCE=60
until_true is_open && figure=$(($(now) - begin)) || figure=null
mark 'line back: the first exchange begins after: ms' $figure 10000 'after a minute, not 48 hours'
