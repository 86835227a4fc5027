#!/bin/sh
# Goal: a daemon ends cleanly, is alone on its node, clears what a killed one left, and loses nothing that it acknowledged.
. "$(dirname "$0")/../lib/tap.sh"

P=$(free_port)
long=$(perl -e 'print join "/", map { "ngan-dai-" . $_ x 30 } "a" .. "e"')
N="$long/n"
t 'a node at the end of a very long path' tuyen -C "$N" init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P
tuyend -C "$N" 2>log &
daemons=" x=$!"
t 'the command waits for a daemon that is just starting' tuyen -C "$N" unit add 11383 --level commune --name 'Lê Chân'
fails 3 'a second daemon' tuyend -C "$N"
says 'says why' 'another tuyend'
for i in 1 2 3 4 5; do
	t "directive $i" tuyen -C "$N" directive issue --id D-$i --title "Chỉ đạo $i" --to all
	stop x KILL
	tuyend -C "$N" 2>>log &
	daemons=" x=$!"
done
t 'all five are there' tuyen -C "$N" directive list --json
json 'five' '.directives | length' 5
stop x KILL
mkdir -p "$N/store.git/refs/heads/directives"
: >"$N/store.git/refs/heads/directives/31.lock"
tuyend -C "$N" 2>>log &
daemons=" x=$!"
t 'a stale lock of a killed git does not stop the node' tuyen -C "$N" directive issue --id D-6 --title 'Chỉ đạo 6' --to all
t 'verify' tuyen -C "$N" verify
t 'git fsck' git -C "$N/store.git" fsck --strict
tip_before=$(tip "$N" directives/31)
t 'the same directive again' tuyen -C "$N" directive issue --id D-6 --title 'Chỉ đạo 6' --to all
is 'nothing changed' "$(tip "$N" directives/31)" "$tip_before"
for i in 1 2 3 4 5 6 7 8; do tuyen -C "$N" directive issue --id P-$i --title "Song song $i" --to all >par.$i 2>&1 & jobs="${jobs:-} $!"; done
bad=0
for job in $jobs; do wait "$job" || bad=$((bad + 1)); done
is 'eight commands at once all succeed' "$bad" 0
is 'each made one change' "$(git -C "$N/store.git" rev-list --count "$tip_before..directives/31")" 8
stop x
is 'SIGTERM ends cleanly' $? 0
[ ! -e "$N/run/tuyend.sock" ]
ok 'and leaves no socket' $?
fails 1 'a daemon without a node' tuyend -C nowhere
says 'says how to make one' 'init'
fails 2 'a wrong option' tuyend --frobnicate
done_testing
