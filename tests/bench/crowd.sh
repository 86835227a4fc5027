#!/bin/sh
# Many at once, real processes: 114 subordinates with one change each, and the same work by git over https; 100 writers of
# one ledger.
. "$(dirname "$0")/lib.sh"
N=114
S=$(port)
export TMPDIR="$W"
plan >plan.yaml
# join NODE UNIT SUPERIOR OPTION...
joins() {
	node=$1 unit=$2 above=$3
	shift 3
	tuyen -C "$node" init --unit "$unit" --level commune --name "$node" "$@" 2>/dev/null
	tuyen -C "$node" join --request 2>/dev/null | tuyen -C "$above" unit admit - 2>/dev/null | tuyen -C "$node" join - 2>/dev/null
}
start_only() {
	tuyend -C "$1" 2>>"$1.log" &
	echo $! >"$1.pid"
	pids="$pids $!"
}
tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:"$S" 2>/dev/null
serve 31
tuyen -C 31 plan load plan.yaml >/dev/null
nodes=$(for i in $(seq $N); do echo $((10000 + i)); done)
for node in $nodes; do joins "$node" "$node" 31; done
for node in $nodes; do start_only "$node"; done
all_equal() { [ "$(tuyen -C 31 status --json | jq '[.lines[] | select(.open and .equal)] | length')" -ge "$1" ]; }
PATIENCE=60 until_true all_equal $N
stop 31
for node in $nodes; do tuyen -C "$node" report set p 2026-06 I1=1 I2=2 I3=3 --note "Kỳ này ở $node" >/dev/null 2>&1; done
serve 31
before=$(cpu "$(cat 31.pid)")
begin=$(now)
# Each is rung up at once, as if the power had come back.
for node in $nodes; do
	tuyen -C "$node" sync 2>/dev/null &
	syncs="${syncs:-} $!"
done
# shellcheck disable=SC2086
wait $syncs || true
arrived() { git -C 31/store.git for-each-ref --format='%(refname:short)' refs/heads/reports | grep -c .; }
all_here() { [ "$(arrived)" -ge $N ]; }
PATIENCE=60 until_true all_here || true
ms=$(($(now) - begin))
PATIENCE=10 until_true all_equal $N || true
ours=$(($(cpu "$(cat 31.pid)") - before))
row '114 subordinates at once' tuyen '{}' $ms "superior: $ours ms of CPU; $(arrived) arrived"
mark '114 subordinates at once: failures' $((N - $(arrived))) 0

# ---- the same by git over https: a ledger each, one commit each, pushed at once ----
if [ -e /usr/lib/lighttpd/mod_openssl.so ]; then
	. "$BENCH_HERE/https.sh"
	git clone -q --bare 31/store.git peer.git
	git -C peer.git config http.receivepack true
	git -C peer.git config gc.auto 0
	ssh-keygen -q -t ed25519 -N '' -f key
	for node in $nodes; do
		git clone -q --shared -b "reports/$node" peer.git "git.$node"
		file=$(cd "git.$node" && find reports -name 2026-06.yaml)
		perl -pi -e 's/^(\s+I([123]):).*/$1 \x2711$2\x27/' "git.$node/$file"
		git -C "git.$node" -c gpg.format=ssh -c user.signingkey="$W/key" commit -q -S -am 'report: set p 2026-06'
	done
	https_begin
	before=$(cpu $HTTPS_PID)
	begin=$(now)
	pushes=
	for node in $nodes; do
		timeout 60 git -C "git.$node" push -q "https://127.0.0.1:$HTTPS/peer.git" HEAD 2>>push.err &
		pushes="$pushes $!"
	done
	failed=0
	for pid in $pushes; do wait "$pid" || failed=$((failed + 1)); done
	ms=$(($(now) - begin))
	theirs=$(($(cpu $HTTPS_PID) - before))
	row '114 subordinates at once' 'git, https' '{}' $ms "superior: $theirs ms of CPU; $((N - failed)) arrived"
	mark "114 subordinates at once: superior's CPU beside git over https, per cent" $((ours * 100 / (theirs > 0 ? theirs : 1))) 33
	kill $HTTPS_PID
fi
for node in $nodes; do stop "$node"; done

# ---- 100 writers of one ledger: 98 stations of a commune, the commune, and its city ----
C=$(port)
stop 31
tuyen -C 11383 init --unit 11383 --level commune --name 'Lê Chân' --listen 127.0.0.1:"$C" 2>/dev/null
serve 31
tuyen -C 11383 join --request 2>/dev/null | tuyen -C 31 unit admit - 2>/dev/null | tuyen -C 11383 join - 2>/dev/null
serve 11383
until_true quiet 11383
stations=$(for i in $(seq 98); do echo "s$i"; done)
for s in $stations; do joins "$s" 11383 11383 --station "$s" --agency "$s"; done
for s in $stations; do start_only "$s"; done
reached() { [ "$(tuyen -C 11383 status --json | jq '[.lines[] | select(.open and .equal)] | length')" -ge 99 ]; }
PATIENCE=60 until_true reached
tuyen -C 11383 report set p 2026-06 I1=1 >/dev/null 2>&1
PATIENCE=60 until_true reached
git_count() { git -C "$1/store.git" rev-list --count --no-merges reports/11383; }
before=$(git_count 31)
begin=$(now)
writers=
k=0
for s in $stations; do
	k=$((k + 1))
	tuyen -C "$s" report set p 2026-06 I$((k % 30 + 1))=$k --timeout 60 >/dev/null 2>>writers.err &
	writers="$writers $!"
done
tuyen -C 11383 task set p T1 state=doing percent=1 >/dev/null 2>&1
tuyen -C 31 report set --unit 11383 --reason x p 2026-06 I30=9 >/dev/null 2>&1
refused=0
for pid in $writers; do wait "$pid" || refused=$((refused + 1)); done
landed() { [ $(($(git_count 31) - before)) -ge 100 ]; }
everywhere() {
	t=$(tip 31 reports/11383)
	for s in $stations; do [ "$(tip "$s" reports/11383)" = "$t" ] || return 1; done
}
PATIENCE=60 until_true landed || true
ms=$(($(now) - begin))
PATIENCE=60 until_true everywhere && all=$(($(now) - begin)) || all=never
row '100 writers of one ledger' tuyen '{}' $ms "$(($(git_count 31) - before)) landed, $refused refused; the same on all 100 nodes after $all ms"
mark '100 writers of one ledger: not landed' $((100 - $(git_count 31) + before)) 0
mark '100 writers of one ledger: ms' $ms 30000 'within seconds: a third of what git with retries was seen to need'
