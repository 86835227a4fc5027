#!/bin/sh
# Goal: two versions of the merge rule. A city whose program knows the next one raises a ledger to it: its ward, which does not,
# keeps aside what was written under it and says so, works on as before, and its work arrives. Old merges come out as they did under
# the new program, a merge names its rule, and when the ward is upgraded both are equal.
. "$(dirname "$0")/../lib/tap.sh"

on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
next() { on_node=$1 && shift && "$TUYEN_BUILD/next/tuyen" -C n/$on_node "$@"; }
message() { git -C n/$1/store.git log -1 --format=%B "$2" | tr '\n' ' '; }
merges() { git -C n/$1/store.git rev-list --min-parents=2 reports/11383 | sort; }
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
NEXT_NODES=31
P=$(free_port)
t 'a city of the next version' on 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P"
start n/31
t 'a plan' on 31 plan load plan.yaml
t 'an invitation' on 31 unit invite 11383 --level commune --name 'phường Lê Chân'
cp out invitation
t 'a ward of this version' on 11383 join invitation
start n/11383
t 'which comes down' on 11383 sync --wait --timeout 20
t 'a report' on 11383 report set hp.2026 2026-06 TT01=42
t 'arrives' on 11383 sync --wait --timeout 20
t 'apart' on 31 sync --pause
t 'the city writes' on 31 report set --unit 11383 hp.2026 2026-06 TT01=50 --reason 'đối chiếu'
t 'the ward writes' on 11383 report set hp.2026 2026-06 TT01=44
t 'together again' on 31 sync --resume
t 'they merge' on 11383 sync --wait --timeout 20
is 'alike' "$(tip n/31 reports/11383)" "$(tip n/11383 reports/11383)"
is 'by the first rule' "$(message 31 reports/11383)" 'merge  Tuyen-Rule: 1  '
old=$(tip n/31 reports/11383)

stop n/31
export TUYEN_RAISE=1
start n/31
unset TUYEN_RAISE
t 'the city raises the rule' on 31 report set --unit 11383 hp.2026 2026-07 TT01=7 --reason 'kỳ sau'
is 'as its change says' "$(git -C n/31/store.git log -1 --format=%B reports/11383 | grep Tuyen-Rule)" 'Tuyen-Rule: 2'
fails 3 'the ward does not take it' on 11383 sync --wait --timeout 3
is 'its ledger stays' "$(tip n/11383 reports/11383)" "$old"
logged n/11383 'newer merge rule' 1
ok 'its log says why' $?
t 'its status' on 11383 status
says 'says so, and what to do' 'newer merge rule than this program knows; upgrade tuyen on this node'
TUYEN_LANG=vi tuyen -C n/11383 status >out 2>err
says 'in Vietnamese' 'quy tắc'
t 'the ward works on' on 11383 report set hp.2026 2026-06 TT01=51
t 'reads' on 11383 report show hp.2026 2026-06
says 'its own word' 51
t 'and is whole' on 11383 verify
on 11383 sync --timeout 5 >/dev/null 2>&1
left=500
while [ "$(git -C n/31/store.git log -1 --format=%B reports/11383 | head -n 1)" != merge ] && [ $left -gt 0 ]; do left=$((left - 1)) && sleep 0.02; done
is 'its work arrives, and the merge names the rule' "$(message 31 reports/11383)" 'merge  Tuyen-Rule: 2  '
t 'old merges come out as they did' next 31 verify --full
is 'and are where they were' "$(merges 31 | grep -c "^$old")" 1

stop n/11383
NEXT_NODES='31 11383'
start n/11383
t 'the ward is upgraded' on 11383 sync --wait --timeout 20
is 'both are equal' "$(tip n/31 reports/11383)" "$(tip n/11383 reports/11383)"
is 'by the next rule' "$(message 11383 reports/11383)" 'merge  Tuyen-Rule: 2  '
t 'what the ward writes now' on 11383 report set hp.2026 2026-06 TT01=52
is 'follows it' "$(git -C n/11383/store.git log -1 --format=%B reports/11383 | grep Tuyen-Rule)" 'Tuyen-Rule: 2'
t 'both' next 11383 verify --full
t 'are whole' next 31 verify
is 'other ledgers keep the first' "$(git -C n/31/store.git log --format=%B directives/31 | grep -c 'Tuyen-Rule: 2')" 0
stop n/11383
NEXT_NODES=31
start n/11383
fails 1 'a program that went back' on 11383 verify --full
says 'says what it cannot read' 'newer merge rule'
done_testing
