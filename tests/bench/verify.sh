#!/bin/sh
# Measures on one core: how many changes a second `tuyen verify` proves the first time, and how many when they were proved
# before; beside `git fsck`, which looks at no signature, and `git verify-commit`, which looks at nothing else. Writes
# build/bench-verify.json.
set -eu
: "${TUYEN_BUILD:?run this by: make bench}"
PATH=$TUYEN_BUILD:$TUYEN_BUILD/testbin:$PATH
export LANG=C.UTF-8 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
N=${N:-20000} SAMPLE=200
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
cd "$W"
tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --root 2>/dev/null
many 31 "$N" reports/31
now() { perl -MTime::HiRes=time -e 'printf "%d\n", time * 1000'; }
# rate COUNT COMMAND...: of COUNT things a second
rate() {
	count=$1
	shift
	begin=$(now)
	"$@" >/dev/null 2>&1 || true
	spent=$(($(now) - begin))
	echo $((count * 1000 / (spent > 0 ? spent : 1)))
}
one_core() { taskset -c 0 "$@"; }
tuyen -C 31 verify --allowed-signers >signers
git -C 31/store.git rev-list --no-merges --all | head -n $SAMPLE >ids
commits() { while read -r id; do git -C 31/store.git -c gpg.format=ssh -c gpg.ssh.allowedSignersFile="$W/signers" verify-commit "$id"; done <ids; }
first=$(rate "$N" one_core tuyen -C 31 verify)
again=$(rate "$N" one_core tuyen -C 31 verify)
fsck=$(rate "$N" one_core git -C 31/store.git fsck --strict)
signatures=$(rate $SAMPLE commits)
printf '%-52s %12s\n' "$N changes in one ledger, one core" 'changes/s'
printf '%-52s %12s\n' 'tuyen verify, the first time' "$first" 'tuyen verify, proved before' "$again" \
	'git fsck --strict (no signatures)' "$fsck" 'git verify-commit (signatures alone)' "$signatures"
jq -n --argjson first "$first" --argjson again "$again" --argjson fsck "$fsck" --argjson s "$signatures" '{
  rows: [
    {work: "verify, first time", tool: "tuyen", per_second: $first},
    {work: "verify, proved before", tool: "tuyen", per_second: $again},
    {work: "fsck --strict", tool: "git", per_second: $fsck},
    {work: "verify-commit", tool: "git", per_second: $s}],
  marks: [{work: "verify, proved before, changes a second", figure: $again, limit: 10000, met: ($again >= 10000)}]}' \
	>"$TUYEN_BUILD/bench-verify.json"
