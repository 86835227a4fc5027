#!/bin/sh
# Measures, side by side in one run: bytes and round trips of one update of a report over an established line, and of
# the same update by stock git push; memory of an idle commune daemon. Prints a table, writes build/bench.json.
set -eu
: "${TUYEN_BUILD:?run this by: make bench}"
PATH=$TUYEN_BUILD:$TUYEN_BUILD/testbin:$PATH
export LANG=C.UTF-8 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@x
W=$(mktemp -d)
pids=
end() {
	for pid in $pids; do kill "$pid" 2>/dev/null || true; done
	for pid in $pids; do wait "$pid" 2>/dev/null || true; done
	rm -rf "$W"
}
trap end EXIT
cd "$W"
port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'; }
# until_true COMMAND...: tries for at most ten seconds
until_true() {
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 1000 ] || { echo "bench: waited in vain for: $*" >&2; exit 1; }
		perl -e 'select undef, undef, undef, 0.01'
	done
}
# counts FILE: the line's counts since they were last asked for
counts() {
	before=$(wc -l <"$2")
	kill -HUP "$1"
	until_true sh -c "[ \$(wc -l <'$2') -gt $before ]"
	tail -n 1 "$2"
}

S=$(port) L=$(port)
tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:"$S" --address 127.0.0.1:"$L" 2>/dev/null
line --listen 127.0.0.1:"$L" --to 127.0.0.1:"$S" >line.out &
line=$!
tuyend -C 31 2>31.log &
city=$!
tuyen -C 11383 init --unit 11383 --level commune --name 'Lê Chân' 2>/dev/null
tuyen -C 11383 join --request 2>/dev/null | tuyen -C 31 unit admit - 2>/dev/null | tuyen -C 11383 join - 2>/dev/null
tuyend -C 11383 2>11383.log &
ward=$!
pids="$line $city $ward"
{
	echo 'format: plan/1'
	echo 'plan: {id: p, title: Kế hoạch}'
	echo 'indicators:'
	for i in $(seq 30); do echo "  - {id: I$i, name: 'Chỉ tiêu số $i', kind: count, aggregate: sum, scope: commune}"; done
	echo 'tasks:'
	for i in $(seq 50); do echo "  - {id: 'T$i', title: 'Nhiệm vụ số $i', mode: assign}"; done
} >plan.yaml
tuyen -C 31 plan load plan.yaml >/dev/null
tuyen -C 11383 sync --wait >/dev/null
figures=$(for i in $(seq 30); do printf 'I%d=%d ' "$i" $((i * 7)); done)
# shellcheck disable=SC2086
tuyen -C 11383 report set p 2026-06 $figures --note 'Phường đã tổ chức tuyên truyền tại các tổ dân phố.' 2>/dev/null
tuyen -C 11383 sync --wait >/dev/null
same() { [ "$(git -C 31/store.git rev-parse reports/11383)" = "$(git -C 11383/store.git rev-parse reports/11383)" ]; }

counts $line line.out >/dev/null
tuyen -C 11383 report set p 2026-06 I1=701 I2=702 I3=703 2>/dev/null
until_true same
quiet() { tuyen -C "$1" status --json | jq -e '.lines | length > 0 and all(.equal)'; }
until_true quiet 11383
until_true quiet 31
ours_up=$(counts $line line.out)
tuyen -C 11383 sync --wait >/dev/null
ours_idle=$(counts $line line.out)

# The same update by stock git: the same store, the same file, git's own protocol over the same line emulator.
git clone -q --bare 31/store.git peer.git
git -C peer.git config receive.denyCurrentBranch ignore
G=$(port) H=$(port)
git daemon --reuseaddr --base-path="$W" --export-all --enable=receive-pack --listen=127.0.0.1 --port="$G" "$W" 2>/dev/null &
gd=$!
line --listen 127.0.0.1:"$H" --to 127.0.0.1:"$G" >gitline.out &
gl=$!
pids="$pids $gd $gl"
git clone -q -b reports/11383 peer.git work
file=$(cd work && ls reports/*/p/2026-06.yaml)
sed -i "s/'7'/'801'/; s/'14'/'802'/; s/'21'/'803'/; s/'701'/'801'/; s/'702'/'802'/; s/'703'/'803'/" work/"$file"
git -C work -c user.signingkey="$W/ssh" commit -q -am 'report: set p 2026-06'
until_true git ls-remote git://127.0.0.1:"$H"/peer.git
counts $gl gitline.out >/dev/null
git -C work push -q git://127.0.0.1:"$H"/peer.git HEAD:reports/11383
git_up=$(counts $gl gitline.out)

field() { echo "$1" | jq "$2"; }
memory() { awk -v k="$2:" '$1 == k { n += $2 } END { print n }' "/proc/$1/smaps_rollup"; }
private=$(($(memory $ward Private_Clean) + $(memory $ward Private_Dirty)))
resident=$(memory $ward Rss)
bytes=$(field "$ours_up" '.up + .down') trips=$(field "$ours_up" .round_trips)
idle=$(field "$ours_idle" '.up + .down') idle_trips=$(field "$ours_idle" .round_trips)
git_bytes=$(field "$git_up" '.up + .down') git_trips=$(field "$git_up" .round_trips)

printf '%-52s %8s %12s\n' 'work' 'bytes' 'round trips'
printf '%-52s %8s %12s\n' 'one update, three figures: tuyen, TLS, line open' "$bytes" "$trips"
printf '%-52s %8s %12s\n' 'the same: git push, git://, no encryption' "$git_bytes" "$git_trips"
printf '%-52s %8s %12s\n' 'nothing to do: tuyen, TLS, line open' "$idle" "$idle_trips"
printf 'idle commune daemon: %s kB private, %s kB resident\n' "$private" "$resident"
jq -n --argjson ours "$ours_up" --argjson git "$git_up" --argjson idle "$ours_idle" --argjson p "$private" --argjson r "$resident" '{
  rows: [
    {work: "one update, line open", tool: "tuyen", bytes_up: $ours.up, bytes_down: $ours.down, round_trips: $ours.round_trips},
    {work: "one update", tool: "git push, git://", bytes_up: $git.up, bytes_down: $git.down, round_trips: $git.round_trips},
    {work: "nothing to do, line open", tool: "tuyen", bytes_up: $idle.up, bytes_down: $idle.down, round_trips: $idle.round_trips}],
  marks: [
    {work: "idle daemon, private kB", figure: $p, limit: 4096, met: ($p <= 4096)},
    {work: "idle daemon, resident kB", figure: $r, limit: 16384, met: ($r <= 16384)}]}' >"$TUYEN_BUILD/bench.json"
