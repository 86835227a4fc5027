#!/bin/sh
# Goal: a commune's node that has gone over to the enemy, with its real key and its real store, gets nothing past its
# superior: every attack of tests/lib/peer_main.c is refused by name or ends the line, nothing of it is kept, the superior
# stays up within its memory, and another commune is served meanwhile. Nor does a station get anything past its unit, or a
# city past the centre. HOSTILE=long: the floods by the hundred thousand.
. "$(dirname "$0")/../lib/tap.sh"

P00=$(free_port)
P31=$(free_port)
P11383=$(free_port)
# How many, in floods.
case $TUYEN_BUILD in
*/san) guesses=20 requests=50 instances=60 tiny=50 realm=2 heads=300 held=270 ;;
*) guesses=100 requests=100 instances=400 tiny=200 realm=2 heads=1000 held=300 ;;
esac
[ "${HOSTILE:-}" = long ] && guesses=10000 requests=10000 instances=10000 tiny=20000 realm=200 heads=200000 held=100000
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
t 'the centre' tuyen -C n/00 init --unit 00 --level central --name 'Trung ương' --root --listen "127.0.0.1:$P00"
start n/00
t 'the city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --listen "127.0.0.1:$P31"
t 'a second city' tuyen -C n/01 init --unit 01 --level province --name 'Hà Nội'
for unit in 31 01; do
	t "$unit is admitted" enrol n/$unit n/00
	start n/$unit
done
t 'a commune of the second' tuyen -C n/01 unit add 02001 --level commune --name 'xã 02001'
t 'which the centre hears of' tuyen -C n/01 sync --wait --timeout 100
for unit in 11383 11050; do
	tuyen -C n/$unit init --unit $unit --level commune --name "xã $unit" --listen "127.0.0.1:$P11383" 2>err
	[ $unit = 11383 ] || tuyen -C n/$unit config listen '' >out 2>err
	t "$unit is admitted" enrol n/$unit n/31
	start n/$unit
done
t 'an invitation' tuyen -C n/31 unit invite 11060 --level commune --name 'xã 11060' --days 3
secret=$(sed -n "s/^secret: '*\([0-9a-f]*\).*/\1/p" out)
cp out invitation
t 'is used' tuyen -C n/11060 join invitation
t 'plan' tuyen -C n/31 plan load plan.yaml
t 'a directive whose day is over' tuyen -C n/31 directive issue --id D-8 --plan hp.2026 --period 2026-04 --title 'Trễ' --to 11383 --due 2026-05-05
t 'directive' tuyen -C n/31 directive issue --id D-7 --plan hp.2026 --period 2026-06 --title 'Báo cáo' --to all --due 2026-07-05
for unit in 11383 11050; do
	tuyen -C n/$unit sync --wait --timeout 100
	t "$unit acknowledges" tuyen -C n/$unit directive ack D-7
	tuyen -C n/$unit report set hp.2026 2026-06 TT01=42 2>err
	t "$unit reports" tuyen -C n/$unit report submit hp.2026 2026-06
	t "$unit sends" tuyen -C n/$unit sync --wait --timeout 100
done
t 'the late one is acknowledged' tuyen -C n/11383 directive ack D-8
t 'and it is heard' tuyen -C n/11383 sync --wait --timeout 100
t 'accepted' tuyen -C n/31 report accept --unit 11383 hp.2026 2026-06
t 'which 11383 learns' tuyen -C n/11383 sync --wait --timeout 100
t 'the centre has it all' tuyen -C n/31 sync --wait --timeout 100
other=$(sed -n "s/^grant: '*\([0-9a-f]*\).*/\1/p" n/11050/tuyen.conf)
superior=$(pid_of n/31)

tips() { git -C "$1/store.git" for-each-ref refs/heads; }
# hostile: is anything in the store that an attacker wrote?
hostile() { git -C "$1/store.git" cat-file --batch-all-objects --batch --unordered | grep -a -c -i HOSTILE; }
# Who attacks whom, and who is to be served meanwhile.
side() { from=$1 to=$2 neighbour=$3 evil_of=; }
served() {
	timeout 120 tuyen -C "$neighbour" sync --wait --timeout 100 >out 2>err
	ok "$1: ${neighbour#n/} is served" $?
}
peak() { sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$(pid_of "$1")/status"; }
# enter NAME: how it was answered, for the table; from `out`, and for a line that was closed from the log.
enter() {
	tail -n "+$((logged + 1))" "$to.log" | sed -n 's/^[0-9:]* \(enrolment line from [^ ]*\|[^ ]*\|incoming line\): //p' |
		grep -vE 'ended the line|was cut|broke|another instance' | tail -n 1 >why
	grep -E '^(refused|closed)' out >first || cp out first
	sed -n "s/^refused \([a-z]*\) [^:]*: /rule \1: /; s/^refused \([a-z]*\): /rule \1: /; s/^closed: /line closed: /; /^answered\$/d; p" first |
		sort | uniq -c | sort -rn | sed 's/^ *1 //; s/^ *\([0-9][0-9]*\) /\1 times: /; s/; its writer must write.*//; 1q' >row
	[ -s row ] || echo 'answered as a line without changes is' >row
	grep -q '^line closed' row && [ -s why ] && sed 's/^/line closed: /' why >row
	printf '%-19s %-21s %s\n' "${from#n/} > ${to#n/}" "$1" "$(cut -c 1-150 row)" >>table
}
# Most attacks write nothing at home, so that one copy serves many.
evil_of=
copy() {
	[ "$evil_of" = "$from" ] && [ "${1:-}" = again ] && return
	rm -rf evil
	cp -r "$from" evil
	evil_of=
	[ "${1:-}" = again ] && evil_of=$from
}
# attack NAME ANSWER [LOG]: what the attacker hears, and what the log of the superior says. WORD and COUNT go with it.
attack() {
	copy again
	logged=$(wc -l <"$to.log")
	before=$(tips "$to")
	peer evil "$1" "${WORD:-$other}" $COUNT >out 2>err
	ok "$1" $?
	enter "$1"
	says "$1: is answered" "$2"
	if [ $# -gt 2 ]; then
		tail -n "+$((logged + 1))" "$to.log" >out
		says "$1: is logged" "$3"
	fi
	is "$1: leaves no trace" "$(tips "$to")" "$before"
	[ -n "${V:-}" ] && sed "s/^/# /" "$to.log" | tail -n "+$((logged + 1))"
	served "$1"
	attacks="$attacks $1"
	[ "$from" = n/11383 ] && by_stick="$by_stick $1"
}
# stick NAME ANSWER: the same by a parcel, and what the reader is told; nobody is served worse for that, there is no line.
stick() {
	copy again
	before=$(tips "$to")
	peer --stick evil "$1" "${WORD:-$other}" $COUNT >evil.par 2>err
	ok "$1 by stick" $?
	tuyen -C "$to" parcel read evil.par >out 2>err
	stick_status=$?
	[ $stick_status -le 1 ]
	ok "$1 by stick: is read to its end" $?
	says "$1 by stick: is answered" "$2"
	is "$1 by stick: leaves no trace" "$(tips "$to")" "$before"
	sticks="$sticks $1"
	sed 's/^tuyen: //; s/^warning: //; s/.*evil.par: //' err | grep -v '^parcel' >row
	[ -s row ] || cp out row
	printf '%-19s %-21s %s\n' "${from#n/} > ${to#n/}, stick" "$1" "$(head -n 1 row | cut -c 1-150)" >>table
}
sticks=
by_stick=
attacks=
logged=0
WORD=
COUNT=
LINE='^closed: '

# ---- a station, against its unit ----
t 'a station' tuyen -C n/ca init --unit 11383 --level commune --name 'Công an' --station cong-an --agency cong-an
t 'is admitted' enrol n/ca n/11383
start n/ca
t 'and has what its unit has' tuyen -C n/ca sync --wait --timeout 100
stop n/ca
side n/ca n/11383 n/11383
attack claim-not-held '^refused claim reports/31/' 'claims values.TT01 for the agency cong-an, but the plan does not say so'
attack directive '^refused ledger' '^[0-9:]+ refused: cong-an@11383 may not write to the ledger directives/31'
attack levels-own '^refused ledger' 'may not write to the ledger directives/11383'
attack key-squat '^refused ledger' 'may not write to the ledger directives/11383'
attack hello-of-another "$LINE" 'the far end calls itself 11050, but its key is that of cong-an@11383'
attack report-of-another '^declined'
# Whatever it is offered, it refuses: nothing goes for that, and its unit offers it again.
attack refuse-all '^refuses all [0-9]+' 'cong-an@11383 refused our change'
t 'the line above is whole' tuyen -C n/31 sync --wait --timeout 100
is 'and nothing is missing' "$(tip n/11383 reports/11383)" "$(tip n/31 reports/11383)"
stop n/11383
side n/11383 n/31 n/11050

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
for one in part-of-nothing part-gone-on; do
	attack $one "$LINE" 'the peer goes on with what it has not begun'
done
attack part-beyond "$LINE" 'the peer sends more of a batch than it has said'
attack part-too-long "$LINE" 'the peer sent a broken message .part'
for one in part-unended part-false; do
	attack $one '^answered'
done
attack part-forged '^declined'
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


# ---- what hands trust on ----
attack incident '^refused right incidents/' '11383 may not write kind of incidents/'
attack claim-without-agency '^refused claim ' '11383 claims'
attack body-forged '^refused sealed ' 'which is accepted, without a correction'
attack levels-own '^refused right levels.yaml' 'only the anchor names the levels'
attack own-record '^refused rank units/11383.yaml' 'only the anchor writes the record of its own unit'
for one in registers-neighbour registers-superior; do
	attack $one '^refused unit units/' '11383 may not register [0-9]+: it belongs to '
done
for one in registers-equal station-rank; do
	attack $one '^refused rank units/' '11383 has rank 3 and may not give rank '
done
attack station-of-another '^refused path units/' 'the record of its station is a@11383'
attack station-two-keys '^refused keys units/' 'lets in several keys by one change'
for one in key-blob key-rsa key-request-blob; do
	attack $one '^refused form ' 'is not in its stored form'
done
attack vouched-nothing '^refused form units/' 'vouches in .* by a line that names no key, ledger and change'
attack move-neighbour '^refused unit moves/11050.yaml' 'only who is above both superiors may'
attack move-itself '^refused unit moves/11383.yaml' 'that is no move'
attack handover '^refused anchor handovers/' 'an anchor hands over once, and nobody else'

# ---- form ----
for one in dots up root git blank case ending nfd control deep other-ledger; do
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

# ---- all that by stick, and what is hostile about a parcel itself ----
peer --stick --list >list
for one in $by_stick; do
	grep -qx -- "$one" list || continue
	stick "$one" 'refused: change |nothing was taken|nothing new|cannot be read|wait for |rest on others|calls its writer|does not say who|says twice|impossible length'
done
stick stick-empty 'was not written or copied whole'
stick stick-by-stranger 'nobody here knows the key that this parcel of 11383 is signed with'
stick stick-other-name 'nobody here knows the key that this parcel of 11050 is signed with'
stick stick-from-itself 'this parcel was written by 31 itself'
stick stick-other-body 'damaged|not written or copied whole'
stick stick-order 'damaged between its bytes'
stick stick-boxes 'sealed to a key of 31 that this node does not have'
stick stick-number 'the cover of this parcel is damaged, or somebody altered it'
stick stick-refusals 'what the parcel says was refused cannot be read'
stick stick-counts 'nothing new'
stick stick-refuses '11383 refused our change [0-9a-f]+ of directives/31 .rule HOSTILE.'
is 'and what the city wrote stands' "$(tuyen -C n/31 directive show D-7 --json | jq -r .state)" issued
t 'the city is sound' tuyen -C n/31 verify
is 'every attack that goes by stick went so, of those that leave no trace by line' \
	"$(for one in $by_stick; do grep -x -- "$one" list; done | wc -l)" "$(for one in $sticks; do echo "$one"; done | grep -vc '^stick-')"
is 'and all that are parcels' "$(grep -c '^stick-' list)" "$(for one in $sticks; do echo "$one"; done | grep -c '^stick-')"
# An honest one, written and taken before; a courier brings it again and again.
start n/11383
t 'an honest parcel' tuyen -C n/11383 parcel write --to 31 --full old.par
stop n/11383
before=$(tips n/31)
for i in 1 2 3; do t 'an old parcel' tuyen -C n/31 parcel read old.par; done
says 'is nothing new' 'nothing new'
is 'whoever brings it' "$(tips n/31)" "$before"

# ---- who is at the other end ----
attack tls-no-key "$LINE.*certificate required"
attack tls-foreign "$LINE.*does not admit the key of this node" 'holds a key that the registry does not name'
for one in tls-rsa tls-ecdsa; do
	attack $one "$LINE.*certificate required"
done
attack tls-stolen-name "$LINE.*decrypt error"
attack tls-chain "$LINE"
attack tls-old-version "$LINE.*protocol version"
attack tls-other-protocol "$LINE.*no application protocol"
attack tls-no-protocol "$LINE"
for one in psk-forged psk-overheard; do
	attack $one "$LINE"
done
attack tls-replayed "$LINE"
attack replay '^stored'

# ---- the line for enrolment ----
for one in garbage changes two-frames; do
	attack enrol-$one "$LINE" 'enrolment line from .* no request'
done
attack enrol-endless "$LINE"
attack enrol-no-request '^refused -: this is not a file of the form'
attack enrol-of-another '^refused -: this request was made by another node'
attack enrol-altered '^refused signature: '
attack enrol-as-another '^refused keys: '
attack enrol-as-superior '^pending' 'a request by 31 waits'
attack enrol-recover '^pending' 'a request by 11050 waits'
COUNT=$guesses
attack enrol-guess '^refused invitation: this invitation is not known here'
COUNT=
WORD=$secret
attack enrol-used '^refused invitation: this invitation of 11060 was used already'
WORD=
is 'enrol-used: for nobody else either' "$(grep -c '^refused invitation' out)" 0
COUNT=$requests
attack enrol-flood '^refused -: too many requests come'
COUNT=
t 'what waits for a person' tuyen -C n/31 unit admit --pending --json
[ "$(jq '.pending | length' <out)" -le 64 ]
ok 'is bounded' $?
is 'nobody was let in' "$(tuyen -C n/31 unit list --json | jq -c '[.units[].id] | sort')" \
	"$(tuyen -C n/11050 unit list --json | jq -c '[.units[].id] | sort')"

# ---- lines that do nothing ----
for one in half-open slow idle enrol-idle; do
	copy
	mkfifo $one
	peer evil $one >$one 2>err &
	holder=$!
	daemons="$daemons holder=$holder"
	read -r word <$one
	is "$one: 200 lines" "$word" holding
	served "$one"
	t "$one: 11050 writes" tuyen -C n/11050 report set hp.2026 2026-07 TT01=7 --note "$one"
	t "$one: and sends" tuyen -C n/11050 sync --wait --timeout 100
	is "$one: the city has it" "$(tip n/31 reports/11050)" "$(tip n/11050 reports/11050)"
	kill "$holder" 2>/dev/null # it ends by itself when the city has closed all its lines
	wait "$holder" 2>/dev/null
	echo 'held open, 200 of them' >out
	enter "$one"
	attacks="$attacks $one"
done

# ---- what may be said, and changes nothing ----
# try NAME [WORD [COUNT]]: what is well formed; the caller looks at what became of it.
try() {
	copy
	[ -f key.old ] && cp key.old evil/key.old
	logged=$(wc -l <"$to.log")
	t "$1" peer evil "$1" "${2:-$other}" ${3:-}
	enter "$1"
	attacks="$attacks $1"
	cp out said
	served "$1"
	cp said out
}
try asked-by-nobody
says 'asked-by-nobody: is taken in' '^stored'
is 'asked-by-nobody: and is late by the receipt of the city' \
	"$(git -C n/31/store.git show reports/11383:receipts/31/hp.2026/2026-04.yaml | sed -n "s/^ *\(directive\|late\): //p" | tr -d "'" | tr '\n' ' ')" '31/D-8 yes '
before=$(tip n/31 reports/11383)
try rewrite-history
says 'rewrite-history: is taken in as one more, with what it did not see' '^stored'
git -C n/31/store.git merge-base --is-ancestor "$before" reports/11383 ||
	[ -z "$(git -C n/31/store.git rev-list "$before" --no-merges --not reports/11383)" ]
ok 'rewrite-history: nothing that was there is gone' $?
is 'rewrite-history: what was accepted stands' \
	"$(tuyen -C n/31 report show hp.2026 2026-06 --unit 11383 --json | jq -c '[.state, .values.TT01]')" '["accepted","42"]'
try tiny-flood x $tiny
says 'tiny-flood: honest work, as far as anybody can tell' "^stored $tiny, parked 0, refused 0, lost 0"
# The city takes a change a day: of a key that has written on every day of the last month 31, and all came just now.
t 'the city takes less a day' tuyen -C n/31 config rate.changes 1
before=$(tips n/31)
try tiny-flood x $tiny
says 'tiny-flood: beyond what is taken in a day all of it waits' "^stored 0, parked $tiny, refused 0, lost 0"
is 'tiny-flood: and no ledger shows it' "$(tips n/31)" "$before"
t 'the city takes more again' tuyen -C n/31 config rate.changes ''
try realm x $realm
says 'realm: whom one rules below oneself is nobody else'"'"'s business' "^stored $realm, parked 0, refused 0, lost 0"

# ---- a bad change among good ones: they stay, it goes ----
for one in other-merge:merge hide-conflict:state; do
	name=${one%:*}
	copy
	t "$name" peer evil "$name" "$other"
	is "$name: two good changes are kept" "$(grep -c '^stored' out)" 2
	says "$name: the third is refused" "^refused ${one#*:} "
	enter "$name"
	served "$name"
	attacks="$attacks $name"
done

good=$(git -C n/31/store.git show -s --format=%P reports/11383 | wc -w)
copy
t 'many-heads' peer evil many-heads
is 'many-heads: so many are kept as a merge can bear, with those that were there' "$(grep -c '^stored' out)" \
	"$((128 - good))"
is 'many-heads: the others wait' "$(grep -c '^parked' out)" "$((122 + good))"
enter many-heads
served many-heads
attacks="$attacks many-heads"

try heads-flood x $heads
says 'heads-flood: none is taken in' "^stored 0, parked $heads, refused 0, lost 0"
before=$(tips n/31)
try refuse-all
is 'refuse-all: the city keeps what it wrote' "$(tips n/31)" "$before"
try instances x $instances
says 'instances: each is answered' "^answered $instances of $instances"
is 'instances: sixteen at most are remembered' "$(($(grep -c '^11383 ' n/31/store.git/tuyen/instances) <= 16))" 1

kill -0 "$superior"
ok 'the superior runs still' $?
is 'nothing hostile stands in its store' "$(hostile n/31)" 0
is 'nor is there a file of that name' "$(find n /tmp/HOSTILE.yaml -iname '*HOSTILE*' 2>/dev/null)" ''
t 'the store of the superior is sound' tuyen -C n/31 verify
t 'by stock git too' git -C n/31/store.git fsck --strict
start n/11383
t 'the honest node of 11383 is served again' tuyen -C n/11383 sync --wait --timeout 100
is 'and all are alike' "$(tip n/31 reports/11383)" "$(tip n/11383 reports/11383)"
t 'the centre too' tuyen -C n/31 sync --wait --timeout 100
is 'has what is good' "$(tip n/00 reports/11383)" "$(tip n/31 reports/11383)"
is 'and nothing else' "$(hostile n/00)" 0
peak=$(peak n/31)
echo "# the superior used $peak KB at most"
case $TUYEN_BUILD in
*/san) ;;
*)
	[ "$peak" -lt 98304 ] # a change of 6 MB stands whole in memory while it is judged
	ok 'the superior used less than 96 MB' $?
	;;
esac
t 'the people of the city can read' tuyen -C n/31 incident list --unit 11383 --json
json 'each rule that was broken' '[.incidents[] | .rule] | unique' \
	'[null,"anchor","claim","form","grant","keys","ledger","merge","path","rank","right","sealed","settle","signature","size","state","unit"]'
json 'by whom' '[.incidents[] | .unit] | unique' '["11383"]'
[ "$(jq '.incidents | length' <out)" -lt 100 ]
ok 'and is not drowned in it' $?
is 'nothing hostile stands in the list' "$(jq -r '.incidents[] | .what' <out | grep -c 'HOSTILE [a-z]')" 0

# ---- the key of another, in a record of one's own ----
stop n/11383
try key-squat
says 'key-squat: is a record like any other' '^stored'
stop n/31
is 'the city ends in good order' $? 0
start n/31
served 'key-squat, when the city starts anew'

# ---- a key that was suspended, or retired ----
t 'the city suspends the key' tuyen -C n/31 unit suspend 11383 --reason 'mất máy'
attack tls-own "$LINE.*does not admit the key of this node any more"
t 'what was written before, by stick' tuyen -C n/31 parcel read old.par
says 'is said to be under a key that has ended' 'written under a key of 11383 that has ended'
before=$(tips n/31)
copy
peer --stick evil rewrite-history "$other" >stolen.par 2>err
t 'what a thief writes, by stick' tuyen -C n/31 parcel read stolen.par
says 'is held' '^(warning: )?1 changes are held until somebody here confirms them'
says 'and not called taken' 'parcel 7 of 11383: nothing was taken'
is 'in no ledger' "$(tips n/31)" "$before"
t 'a new machine' tuyen -C n/new init --unit 11383 --level commune --name 'xã 11383'
t 'is let in' enrol n/new n/31
start n/new
t 'and has what was there' tuyen -C n/new sync --wait --timeout 100
stop n/new
cp n/11383/key key.old
before=$(tips n/31)
old=$(sed -n "s/^grant: '*\([0-9a-f]*\).*/\1/p" n/11383/tuyen.conf)
side n/new n/31 n/11050
try held-flood "$old" "$held"
first=$(sed -n 's/^first //p' out)
says 'held-flood: all of it waits' "^stored 0, parked $held, refused 0, lost 0"
is 'held-flood: no ledger shows it' "$(tips n/31)" "$before"
is 'held-flood: a part of it is held, the rest stays where it is' "$(git -C n/31/store.git for-each-ref refs/held | wc -l)" 256
t 'held-flood: it is listed' tuyen -C n/31 held list --json
json 'held-flood: also the one that the thief says is set aside' "[.held[] | select(.id == \"$first\")] | length" 1
t 'the new key is retired' tuyen -C n/31 unit retire 11383 --key k2
attack tls-own "$LINE.*does not admit the key of this node any more"
peak=$(peak n/31)
echo "# the city used $peak KB at most, under the thief"

# ---- a city, against the centre ----
t 'the centre knows it all' tuyen -C n/31 sync --wait --timeout 100
stop n/31
side n/31 n/00 n/01
base=$(hostile n/00) # the record of the station
attack city-registers '^refused unit units/02001.yaml' '31 may not register 02001: it belongs to 01'
for one in city-moves city-moves-away; do
	attack $one '^refused unit moves/' 'only who is above both superiors may'
done
attack city-moves-grants '^refused unit moves/11050.yaml' 'no grants but of units below it'
attack city-hands-over '^refused anchor handovers/' 'an anchor hands over once'
attack city-narrows '^refused rank units/01.yaml' '31 has rank 1 and may not give rank 1'
attack city-grants-itself '^refused rank units/31.yaml' 'only the anchor writes the record of its own unit'
for one in city-rank city-new-rank; do
	attack $one '^refused rank units/' '31 has rank 1 and may not give rank 0'
done
attack city-reactivates '^refused keys units/11383.yaml' 'a key stays, and its state goes from active to retired to suspended'
attack city-unvouches '^refused keys units/11383.yaml' 'may not take back .* what was vouched for'
attack city-other-key '^refused form units/11050.yaml' 'is not in its stored form'
attack city-removes '^refused keys units/11050.yaml' 'a unit ends by its valid_to'
attack city-levels '^refused right levels.yaml' 'only the anchor names the levels'
attack city-reserve '^refused signature' 'does not fit its words'
attack city-centre-keys '^refused ledger' '31 may not write to the ledger directives/00'
attack city-reports-of-other '^declined'
attack as-anchor '^refused signature' 'does not fit its words'
is 'nothing hostile stands at the centre' "$(hostile n/00)" "$base"
try city-key-squat
says 'city-key-squat: is a record like any other' '^stored'
try refuse-all
stop n/00
start n/00
served 'city-key-squat, when the centre starts anew'
t 'the store of the centre is sound' tuyen -C n/00 verify
stop n/00
is 'it ends in good order' $? 0
is 'every attack of the program was tried' "$(printf '%s\n' $attacks | sort -u)" "$(peer --list | sort)"
echo '#'
echo '# who > whom   attack                 how it was answered'
sed 's/^/# /' table
done_testing
