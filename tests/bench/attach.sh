#!/bin/sh
# 20 MB of scans beside reports, with their history, cut at 30, 60 and 90 %: what is sent again. Beside it the same files
# by git (a cut push begins again) and rsync --partial. 10 ms each way, no cap: the bytes count here, not the time.
. "$(dirname "$0")/lib.sh"
S=$(port) L=$(port)
FILES='1 2 3 4' MB=5
w() { tuyen -C "${NODE:-11383}" "$@" >/dev/null 2>err || { cat err >&2; exit 1; }; }
scan() { printf '%%PDF-1.4\n' >"$1" && head -c $((MB * 1000000)) /dev/urandom >>"$1"; }
# new_files NAME: other scans, so that nothing of them is there yet
new_files() { for i in $FILES; do scan "$1-$i.pdf"; done; }
there() { [ "$(tuyen -C 31 attach list --json | jq -r --arg n "$1-" '[.attachments[] | select((.name | startswith($n)) and .state == "here")] | length')" = 4 ]; }
tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:"$S" --address 127.0.0.1:"$L" 2>/dev/null
a_line line "$L" "$S" --delay 10
serve 31
tuyen -C 11383 init --unit 11383 --level commune --name 'Lê Chân' 2>/dev/null
tuyen -C 11383 join --request 2>/dev/null | tuyen -C 31 unit admit - 2>/dev/null | tuyen -C 11383 join - 2>/dev/null
serve 11383
plan >plan.yaml
NODE=31 w plan load plan.yaml
until_true same 11383 31 directives/31
# one_run NAME LINE-OPTION...: a year of reports with long notes, and the scans, over a line with these; counts in $got, ms in $MS
one_run() {
	name=$1
	shift
	tuyen -C 11383 sync --pause >/dev/null
	new_files "$name"
	for period in $(echo "$PERIODS" | cut -d' ' -f49-60); do w report set p "$period" I1="$n" --note "$(words 24)"; done
	n=$((n + 1))
	for i in $FILES; do w attach add report p 2026-0$((i % 3 + 1)) "$name-$i.pdf"; done
	a_line line "$L" "$S" --delay 10 "$@"
	begin=$(now)
	tuyen -C 11383 sync --resume >/dev/null
	PATIENCE=100 until_true there "$name"
	MS=$(($(now) - begin))
	got=$(counts line)
}
n=1
one_run whole
whole=$(bytes "$got")
row '20 MB of attachments' tuyen "$got" $MS
for percent in 30 60 90; do
	one_run "cut$percent" --cut-after $((whole / 100 * percent)) --cuts 1
	again=$(($(bytes "$got") - whole))
	row "20 MB of attachments cut at $percent %" tuyen "$got" $MS "$again bytes again"
	mark "20 MB of attachments cut at $percent %: bytes sent again" $((again > 0 ? again : 0)) 70000 'with the second handshake; 300 kB of reports go first'
done

# ---- git: a branch with the same files ----
P=$(port) G=$(port)
git init -q --bare peer.git
git -C peer.git config daemon.receivepack true
git -C peer.git config gc.auto 0
git daemon --reuseaddr --export-all --base-path="$W" --listen=127.0.0.1 --port="$P" "$W" 2>/dev/null &
pids="$pids $!"
until_true listens "$P"
git init -q work
git -C work config gc.auto 0
git -C work config core.bigFileThreshold 1m
cp whole-*.pdf work/
git -C work add -A
git -C work commit -qm scans
a_line git "$G" "$P" --delay 10
push() { git -C work push -q "git://127.0.0.1:$G/peer.git" HEAD:refs/heads/"$1" 2>/dev/null; }
forget() { rm -rf peer.git/objects/?? peer.git/objects/pack/* peer.git/refs/heads/* && rm -f peer.git/packed-refs; }
begin=$(now)
push whole
MS=$(($(now) - begin))
got=$(counts git)
whole=$(bytes "$got")
row '20 MB of attachments' 'git, no encryption' "$got" $MS
for percent in 30 60 90; do
	forget
	a_line git "$G" "$P" --delay 10 --cut-after $((whole / 100 * percent)) --cuts 1
	push cut$percent || push cut$percent || echo 'bench: git did not push' >&2
	got=$(counts git)
	row "20 MB of attachments cut at $percent %" 'git, no encryption' "$got" '' "$(($(bytes "$got") - whole)) bytes again"
done

# ---- rsync --partial ----
if here rsync; then
	P=$(port) R=$(port)
	mkdir rsync.city rsync.ward
	printf '%s\n' "pid file = $W/rsync.pidfile" 'use chroot = no' '[city]' "path = $W/rsync.city" 'read only = no' >rsync.conf
	[ "$(id -u)" != 0 ] || printf '%s\n' 'uid = 0' 'gid = 0' >>rsync.conf
	rsync --daemon --no-detach --config=rsync.conf --port="$P" --address=127.0.0.1 &
	pids="$pids $!"
	until_true listens "$P"
	cp whole-*.pdf rsync.ward/
	send() { rsync -a --partial rsync.ward/ "rsync://127.0.0.1:$R/city/" 2>/dev/null; }
	a_line rsync "$R" "$P" --delay 10
	begin=$(now)
	send
	MS=$(($(now) - begin))
	got=$(counts rsync)
	whole=$(bytes "$got")
	row '20 MB of attachments' 'rsync --partial, no encryption' "$got" $MS
	for percent in 30 60 90; do
		rm -rf rsync.city && mkdir rsync.city
		a_line rsync "$R" "$P" --delay 10 --cut-after $((whole / 100 * percent)) --cuts 1
		send || until_true send
		got=$(counts rsync)
		row "20 MB of attachments cut at $percent %" 'rsync --partial, no encryption' "$got" '' "$(($(bytes "$got") - whole)) bytes again"
	done
fi
