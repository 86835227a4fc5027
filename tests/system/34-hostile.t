#!/bin/sh
# Goal: a commune's node that has gone over to the enemy, with its real key and its real store, gets nothing past its
# superior: every attack of tests/lib/peer_main.c is refused by name or ends the line, nothing of it is kept, the superior
# stays up within its memory, and another commune is served meanwhile.
. "$(dirname "$0")/../lib/tap.sh"

P00=$(free_port)
P31=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
t 'the centre' tuyen -C n/00 init --unit 00 --level central --name 'Trung ương' --root --listen "127.0.0.1:$P00"
start n/00
t 'the city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --listen "127.0.0.1:$P31"
t 'is admitted' enrol n/31 n/00
start n/31
for unit in 11383 11050; do
	tuyen -C n/$unit init --unit $unit --level commune --name "xã $unit" 2>err
	t "$unit is admitted" enrol n/$unit n/31
	start n/$unit
done
t 'plan' tuyen -C n/31 plan load plan.yaml
t 'directive' tuyen -C n/31 directive issue --id D-7 --plan hp.2026 --period 2026-06 --title 'Báo cáo' --to all --due 2026-07-05
for unit in 11383 11050; do
	tuyen -C n/$unit sync --wait --timeout 10
	t "$unit acknowledges" tuyen -C n/$unit directive ack D-7
	tuyen -C n/$unit report set hp.2026 2026-06 TT01=42 2>err
	t "$unit reports" tuyen -C n/$unit report submit hp.2026 2026-06
	t "$unit sends" tuyen -C n/$unit sync --wait --timeout 10
done
t 'accepted' tuyen -C n/31 report accept --unit 11383 hp.2026 2026-06
t 'which 11383 learns' tuyen -C n/11383 sync --wait --timeout 10
t 'the centre has it all' tuyen -C n/31 sync --wait --timeout 10
stop n/11383
other=$(sed -n "s/^grant: '*\([0-9a-f]*\).*/\1/p" n/11050/tuyen.conf)
superior=$(pid_of n/31)

tips() { git -C "$1/store.git" for-each-ref; }
# hostile: is anything in the store that an attacker wrote?
hostile() { git -C "$1/store.git" cat-file --batch-all-objects --batch --unordered | grep -a -c -i HOSTILE; }
served() {
	timeout 10 tuyen -C n/11050 sync --wait --timeout 8 >out 2>err
	ok "$1: 11050 is served" $?
}
# attack NAME ANSWER [LOG]: what the attacker hears, and what the log of the superior says.
attack() {
	rm -rf evil
	cp -r n/11383 evil
	logged=$(wc -l <n/31.log)
	before=$(tips n/31)
	peer evil "$1" "$other" >out 2>err
	ok "$1" $?
	says "$1: is answered" "$2"
	if [ $# -gt 2 ]; then
		tail -n "+$((logged + 1))" n/31.log >out
		says "$1: is logged" "$3"
	fi
	is "$1: leaves no trace" "$(tips n/31)" "$before"
	[ -n "${V:-}" ] && sed "s/^/# /" n/31.log | tail -n "+$((logged + 1))"
	served "$1"
	attacks="$attacks $1"
}
attacks=
LINE='^closed: '

# ---- bytes ----
attack garbage "$LINE" '^[0-9:]+ 11383: the peer '
attack no-hello "$LINE" 'the peer did not begin with hello'
attack hello-of-another "$LINE" 'the far end calls itself 11050, but its key is that of 11383'
attack hello-of-station "$LINE" 'the far end calls itself cong-an@11383, but its key is that of 11383'
attack hello-twice "$LINE" 'the peer said hello twice'
attack endless '^silent'
for one in too-long longest-number no-length; do
	attack $one "$LINE" 'the peer sent a message of impossible length'
done
attack bomb "$LINE" 'the peer sent changes that cannot be read'
attack truncated "$LINE" 'the peer sent changes that cannot be read'
attack many-exceptions "$LINE" 'the peer sent a broken message .ack'
attack ack-unsent "$LINE" 'the peer acknowledged what was not sent'
attack many-ledgers "$LINE" 'the peer speaks of too many ledgers'
for one in unknown-types ask-flood ping-flood have-flood decline-all; do
	attack $one '^answered'
done

# ---- who writes what ----
for one in report-of-another ack-of-another report-of-superior no-ledger ledger-with-dots; do
	attack $one '^declined'
done
for one in as-another grant-of-another as-station as-agency rank; do
	attack $one '^refused grant' 'refused: '
done
for one in as-another-with-grant as-anchor bad-signature key-of-another; do
	attack $one '^refused signature' 'refused: the signature of a change in ledger reports/11383'
done
attack grant-from-future '^parked'
attack rule-from-future '^parked'
attack unknown-head '^lost'
for one in sealed claim accepts-itself; do
	attack $one '^refused sealed reports/31/' 'refused: 11383 '
done
for one in receipt receipt-date; do
	attack $one '^refused right receipts/31/' 'refused: 11383 may not write versions.1'
done
for one in directive due-date plan own-unit-record unit-record levels; do
	attack $one '^refused ledger' 'refused: 11383 may not write to the ledger directives/'
done

# ---- form ----
for one in dots up root git blank case ending nfd control deep; do
	attack path-$one '^refused form ' 'refused: no kind of record stands at '
done
for one in nfd not-utf8 alias; do
	attack text-$one '^refused form ' 'is not in the stored form'
done
attack million-keys '^refused form ' 'is not in the stored form'
attack big-record '^refused size ' 'longer than 64 KB'
attack huge-record '^refused size ' 'longer than 1 MB'
attack fat-change '^refused size ' 'longer than 64 KB'
attack records-512 '^refused form ' 'is not in the stored form'
attack records-513 "$LINE" 'the peer sent changes that cannot be read'
attack two-messages '^refused form ' 'do not fit into its message'
attack far-future '^refused form ' 'bears a time before'
attack long-past '^refused form ' 'bears a time before'
attack settles-nothing '^refused settle ' 'there is no conflict'
attack forged-conflict '^refused state conflicts/' 'otherwise than the merge rule does'

# ---- lines that do nothing ----
for one in half-open idle; do
	rm -rf evil
	cp -r n/11383 evil
	mkfifo $one
	peer evil $one >$one 2>err &
	holder=$!
	daemons="$daemons holder=$holder"
	read -r word <$one
	is "$one: 200 lines" "$word" holding
	served "$one"
	t "$one: 11050 writes" tuyen -C n/11050 report set hp.2026 2026-07 TT01=7 --note "$one"
	t "$one: and sends" tuyen -C n/11050 sync --wait --timeout 8
	is "$one: the city has it" "$(tip n/31 reports/11050)" "$(tip n/11050 reports/11050)"
	kill "$holder"
	wait "$holder" 2>/dev/null
	attacks="$attacks $one"
done

# ---- a bad change among good ones: they stay, it goes ----
for one in other-merge:merge hide-conflict:state; do
	name=${one%:*}
	rm -rf evil
	cp -r n/11383 evil
	t "$name" peer evil "$name" "$other"
	is "$name: two good changes are kept" "$(grep -c '^stored' out)" 2
	says "$name: the third is refused" "^refused ${one#*:} "
	served "$name"
	attacks="$attacks $name"
done

good=$(git -C n/31/store.git show -s --format=%P reports/11383 | wc -w)
rm -rf evil
cp -r n/11383 evil
t 'many-heads' peer evil many-heads
is 'many-heads: so many are kept as a merge can bear, with those that were there' "$(grep -c '^stored' out)" \
	"$((128 - good))"
is 'many-heads: the others wait' "$(grep -c '^parked' out)" "$((122 + good))"
served many-heads
attacks="$attacks many-heads"

is 'every attack of the program was tried' "$(printf '%s\n' $attacks | sort)" "$(peer --list | sort)"
kill -0 "$superior"
ok 'the superior runs still' $?
is 'nothing hostile stands in its store' "$(hostile n/31)" 0
is 'nor is there a file of that name' "$(find n /tmp/HOSTILE.yaml -iname '*HOSTILE*' 2>/dev/null)" ''
t 'the store of the superior is sound' tuyen -C n/31 verify
t 'by stock git too' git -C n/31/store.git fsck --strict
start n/11383
t 'the honest node of 11383 is served again' tuyen -C n/11383 sync --wait --timeout 10
is 'and all are alike' "$(tip n/31 reports/11383)" "$(tip n/11383 reports/11383)"
t 'the centre too' tuyen -C n/31 sync --wait --timeout 10
is 'has what is good' "$(tip n/00 reports/11383)" "$(tip n/31 reports/11383)"
is 'and nothing else' "$(hostile n/00)" 0
peak=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$superior/status")
echo "# the superior used $peak KB at most"
case $TUYEN_BUILD in
*/san) ;;
*)
	[ "$peak" -lt 65536 ]
	ok 'the superior used less than 64 MB' $?
	;;
esac
t 'the people of the city can read' tuyen -C n/31 incident list --unit 11383 --json
json 'each rule that was broken' '[.incidents[] | .rule] | unique' \
	'["form","grant","ledger","merge","right","sealed","settle","signature","size","state"]'
json 'by whom' '[.incidents[] | .unit] | unique' '["11383"]'
[ "$(jq '.incidents | length' <out)" -lt 100 ]
ok 'and is not drowned in it' $?
is 'nothing hostile stands in the list' "$(jq -r '.incidents[] | .what' <out | grep -c 'HOSTILE [a-z]')" 0
stop n/31
is 'it ends in good order' $? 0
done_testing
