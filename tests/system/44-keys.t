#!/bin/sh
# Goal: a stolen machine is shut out at once, what its thief wrote waits until a person has decided on it change by change, and keys are changed without a working unit losing anything, on lines that come and go.
. "$(dirname "$0")/../lib/tap.sh"

A=$(free_port) B=$(free_port) C=$(free_port) D=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: tw.2026, title: Kế hoạch của trung ương}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
  - {id: MT05, name: Tổ dân phố không ma túy, kind: ratio, aggregate: ratio_of_sums, scope: commune}
EOP
sync() { tuyen -C "$1" sync --wait --timeout 20; }
w() { # NODE WORDS: a command that must be done
	node=$1
	shift
	tuyen -C "$node" "$@" >"$WORK/out" 2>"$WORK/err" || { ok "$node: $*" 1; show "$WORK/out" "$WORK/err"; }
}
# same NAME LEDGER NODE...: all stand at one commit.
same() {
	same_name=$1 same_ledger=$2
	shift 2
	tries=0
	until for node in "$@"; do tip "$node" "$same_ledger"; done | sort -u >tips && [ "$(wc -l <tips)" = 1 ]; do
		tries=$((tries + 1)) # what was written goes on by itself a moment later
		[ $tries -lt 300 ] || break
	done
	is "$same_name" "$(wc -l <tips)" 1
}
key_of() { tuyen -C "$1" unit show "$2" --json | jq -r ".keys[$3].key"; }
value() { tuyen -C "$1" report show tw.2026 2026-06 --unit 11383 --json | jq -r ".values.$2"; }
change() { git -C "$1/store.git" log --format=%H --grep="$3" "$2" | head -n "${4:-1}" | tail -n 1; }

w 0 init --unit 0 --level central --name 'Trung ương' --root --listen 127.0.0.1:$A
w 31 init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$B
w 11383 init --unit 11383 --level commune --name 'Lê Chân' --listen 127.0.0.1:$C
w ca init --unit 11383 --level commune --name 'Công an' --station cong-an
w 11050 init --unit 11050 --level commune --name 'An Biên'
start 0
t 'the city joins' enrol 31 0
start 31
t 'the ward joins' enrol 11383 31
t 'its neighbour joins' enrol 11050 31
start 11383
start 11050
t 'the station joins' enrol ca 11383
start ca
w 0 plan load plan.yaml
for node in 31 11383 11050 ca; do t "$node exchanges" sync $node; done
w 11383 report new tw.2026 2026-06
w 11383 report set tw.2026 2026-06 TT01=5
for node in 11383 31 11050 ca; do t "$node exchanges" sync $node; done
same 'one state everywhere' reports/11383 0 31 11383 ca

# ---- stolen ----
stop 11383
cp -r 11383 thief
rm -rf thief/run
start 11383
t 'the line is open' sync 11383
fails 1 'a neighbour suspends nobody' tuyen -C 11050 unit suspend 11383
says 'and is told whose it is' 'for 31 to decide'
fails 1 'nor does the centre' tuyen -C 0 unit suspend 11383
t 'the city suspends the key' tuyen -C 31 unit suspend 11383 --reason 'mất máy trong đêm'
says 'and is told' 'the key k1 of 11383 is suspended'
says 'and what comes next' 'unit admit'
t 'the reason is an incident' tuyen -C 31 incident list --json
json 'with kind and words' '.incidents[0] | [.kind, .unit, .what]' '["suspended","11383","mất máy trong đêm"]'
t 'the neighbour hears' sync 11050
is 'of the state of the key' "$(tuyen -C 11050 unit show 11383 --json | jq -r '.keys[0].state')" suspended
git -C 11050/store.git log --all -p >all.txt
grep -q 'mất máy' all.txt
is 'and of no reason' $? 1
fails 3 'the line was cut and is not opened again' tuyen -C 11383 sync --wait --timeout 2
says 'with the reason' 'does not admit the key of this node any more'
t 'the city again' tuyen -C 31 unit show 11383
says 'shows the key as suspended' '^k1 +suspended'
fails 1 'twice is once' tuyen -C 31 unit suspend 11383
says 'as it says' 'no key that is active'
stop 11383
stop ca

# The thief has folder and key. He writes figures, lets a station of his own in, and rings.
start thief
w thief report set tw.2026 2026-06 TT01=999
w thief report set tw.2026 2026-06 MT05=1/2
w dr init --unit 11383 --level commune --name 'Đội lạ' --station doi-la
t 'the thief admits a station' enrol dr thief
fails 3 'the thief is refused' tuyen -C thief sync --wait --timeout 2
says 'and told' 'does not admit the key of this node any more'
stop thief
is 'nothing of his came' "$(value 31 TT01)" 5

# ---- a new machine, and on its disk what the thief wrote ----
w new init --unit 11383 --level commune --name 'Lê Chân' --listen 127.0.0.1:$C
rm -rf new/store.git
cp -r thief/store.git new/store.git
t 'a new key lets the unit in again' enrol new 31
start new
fails 1 'the exchange does not end equal' sync new
says 'for what waits' '[0-9]+ changes from here wait to be confirmed by 31'
fails 1 'seen from above' tuyen -C 31 sync --wait --timeout 20
says 'likewise' 'came from 11383 are held to be confirmed here'
is 'the figures of the thief do not count' "$(value 31 TT01)" 5
is 'the old key stays out' "$(tuyen -C 31 unit show 11383 --json | jq -rc '[.keys[].state]')" '["suspended","active"]'
start dr
fails 3 'the station of the thief is let in nowhere' tuyen -C dr sync --wait --timeout 2
stop dr
start ca
t 'the old station is' sync ca
X=$(change new reports/11383 'report: set' 2) Y=$(change new reports/11383 'report: set' 1) G=$(change new directives/11383 'unit: admit' 1)
t 'what is held' tuyen -C 31 held list --json
json 'is listed with its values' "[.held[] | select(.ledger == \"reports/11383\") | [.id, .writer, .taken, .decider, .key, .fields[0].field, .fields[0].before, .fields[0].value]]" \
	"[[\"$X\",\"11383\",false,\"31\",\"suspended\",\"values.TT01\",\"5\",\"999\"]]"
json 'and the admission of the station' '[.held[] | select(.ledger == "directives/11383") | .id]' "[\"$G\"]"
t 'one of them' tuyen -C 31 held show "$(echo "$X" | cut -c1-10)"
says 'shows the field' 'values.TT01 +5 +999'
t 'verify' tuyen -C 31 verify
t 'and stock git' git -C 31/store.git fsck --strict
t 'the unit sees what waits' tuyen -C new status
says 'and who decides' 'wait for the word of Hải Phòng'
t 'and so does the city' tuyen -C 31 status
says 'that must' 'to be confirmed or set aside: 2'

# A backup keeps what is held.
t 'backup' tuyen -C 31 backup 31.bak
t 'restore' tuyen -C copy restore 31.bak
is 'holds the same' "$(git -C copy/store.git for-each-ref refs/held)" "$(git -C 31/store.git for-each-ref refs/held)"

fails 1 'the unit cannot confirm its own' tuyen -C new held confirm "$X"
w new report set tw.2026 2026-06 --note 'máy mới'
t 'confirm one' tuyen -C 31 held confirm "$(echo "$X" | cut -c1-10)"
is 'it counts' "$(value 31 TT01)" 999
fails 1 'what was built on it comes' sync new
is 'and is held' "$(tuyen -C 31 held list --json | jq -r "[.held[] | select(.ledger == \"reports/11383\") | .id] | join(\" \")")" "$Y"
t 'set it aside' tuyen -C 31 held set-aside "$Y" --reason 'kẻ trộm viết'
is 'its value is gone' "$(value 31 MT05)" null
is 'the reason begins with it' "$(git -C 31/store.git log -1 --format=%b --grep='held: set aside' reports/11383 | head -n 1)" "Sets-aside: $Y"
t 'set the station aside' tuyen -C 31 held set-aside "$G"
says 'which only its unit can undo' 'only its unit can write over it'
t 'now all is equal' sync new
t 'above too' sync 31
t 'and at the station' sync ca
same 'reports' reports/11383 0 31 new ca
same 'directives' directives/11383 0 31 new ca
same 'the city' directives/31 0 31 new ca
is 'the work of the unit arrived' "$(tuyen -C 0 report show tw.2026 2026-06 --unit 11383 --json | jq -r .note)" 'máy mới'
is 'nothing is held' "$(git -C 31/store.git for-each-ref refs/held)" ''
is 'but what the thief let in is not confirmed' "$(tuyen -C 31 held list --json | jq -c '[.held[] | [.id, .taken]]')" "[[\"$G\",true]]"
start dr
fails 3 'so his station stays out' tuyen -C dr sync --wait --timeout 2
stop dr
for node in 0 31 new ca; do t "verify $node" tuyen -C $node verify; done
t 'and stock git' git -C 31/store.git fsck --strict

# ---- rotation, online ----
old=$(key_of 31 11383 1)
t 'the unit asks for a new key' tuyen -C new key rotate
t 'is the new one beside the old' test -f new/key.new
is 'and nobody else reads it' "$(stat -c %a new/key.new)" 600
fails 1 'the city has not heard' tuyen -C 31 unit rotate 11050
t 'it travels' sync new
t 'the city sees it' tuyen -C 31 status
says 'to do' '11383 asks for a new key'
t 'and approves' tuyen -C 31 unit rotate 11383
says 'a fingerprint to compare' 'read it out'
t 'the unit goes on' sync new
is 'with the new key' "$(tuyen -C new unit show 11383 --json | jq -rc '[.keys[].state]')" '["suspended","retired","active"]'
is 'which is in its place' "$(test -f new/key.new; echo $?)" 1
w new report set tw.2026 2026-06 MT05=3/4
t 'its work goes up' sync new
is 'and counts' "$(value 31 MT05)" '3/4'
t 'the station follows' sync ca
same 'one state' reports/11383 0 31 new ca

# ---- rotation, offline, with work under the old key that nobody has seen ----
t 'ask again' tuyen -C new key rotate
t 'it travels' sync new
w new sync --pause
w new report set tw.2026 2026-06 TT01=7
t 'the city approves' tuyen -C 31 unit rotate 11383
stop new KILL
start new
w new report set tw.2026 2026-06 MT05=5/6
t 'the unit comes back' tuyen -C new sync --resume --wait --timeout 20
is 'with what it wrote under the old key' "$(value 31 TT01)" 7
t 'and all is equal' sync 31
t 'at the station too' sync ca
same 'reports' reports/11383 0 31 new ca
same 'the city' directives/31 0 31 new ca
is 'nothing waits' "$(tuyen -C 31 held list --json | jq -c '[.held[] | .id]')" "[\"$G\"]"

# Killed after the answer came, between any two steps: it goes on where it stopped.
t 'ask once more' tuyen -C new key rotate
t 'it travels' sync new
cp new/key key.before
cp new/key.new key.after
cp new/tuyen.conf conf.before
t 'approved' tuyen -C 31 unit rotate 11383
t 'taken up' sync new
cp new/tuyen.conf conf.after
for stage in 1 2 3; do
	stop new KILL
	cp key.after new/key.new
	chmod 600 new/key.new
	case $stage in
	1) cp key.before new/key && cp conf.before new/tuyen.conf ;;
	2) cp conf.before new/tuyen.conf ;;
	esac
	start new
	t "stopped at step $stage" sync new
	cmp -s new/key key.after && [ ! -e new/key.new ] && [ "$(grep grant new/tuyen.conf)" = "$(grep grant conf.after)" ]
	ok "step $stage: the new key and its grant are in place" $?
done
w new report set tw.2026 2026-06 TT01=8
t 'it works' sync new

# ---- two at once: the most restrictive counts, and the unit can still be let in again ----
stop 31
cp -r 31 twin
rm -rf twin/run
w twin config listen 127.0.0.1:$D
start 31
w 31 sync --pause
t 'one retires a key' tuyen -C 31 unit retire 11050 --reason 'thay máy'
start twin
w twin sync --pause
t 'the other suspends it' tuyen -C twin unit suspend 11050 --reason 'mất máy'
t 'both tell' tuyen -C twin sync --resume --wait --timeout 20
stop twin
t 'of it' tuyen -C 31 sync --resume --wait --timeout 20
t 'the centre' tuyen -C 0 unit show 11050 --json
json 'takes the harder word' '[.keys[].state]' '["suspended"]'
is 'as does the city' "$(tuyen -C 31 unit show 11050 --json | jq -c '[.keys[].state]')" '["suspended"]'
fails 1 'it stays suspended' tuyen -C 31 unit retire 11050 --key k1
says 'as it says' 'is suspended already'
stop 11050
rm -rf 11050
w 11050 init --unit 11050 --level commune --name 'An Biên'
t 'a new machine is let in' enrol 11050 31
start 11050
t 'and gets what its unit had' sync 11050
same 'one state' directives/31 0 31 11050

# ---- a key that went wrong some time ago ----
w 11050 report new tw.2026 2026-06
w 11050 report set tw.2026 2026-06 TT01=3
Z0=$(change 11050 reports/11050 'report: set')
w 11050 report set tw.2026 2026-06 TT01=300 MT05=1/1
Z1=$(change 11050 reports/11050 'report: set')
w 11050 report set tw.2026 2026-06 --note 'xong'
Z2=$(change 11050 reports/11050 'report: set')
t 'the neighbour reports' sync 11050
fails 1 'since a change that is not its own' tuyen -C 31 unit suspend 11050 --since "$X"
says 'is refused' 'no change of 11050 begins with'
t 'it is suspended since one change' tuyen -C 31 unit suspend 11050 --since "$(echo "$Z1" | cut -c1-12)" --reason 'người lạ dùng máy'
says 'which is to be confirmed' 'changes of 11050 to be confirmed: 2'
t 'the list' tuyen -C 31 held list --json
json 'has both, taken in' '[.held[] | select(.writer == "11050") | [.id, .taken]]' "[[\"$Z1\",true],[\"$Z2\",true]]"
t 'one is set aside' tuyen -C 31 held set-aside "$Z1" --reason 'không phải của phường'
t 'what was before it' tuyen -C 31 report show tw.2026 2026-06 --unit 11050 --json
json 'stands again' '[.values.TT01, .values.MT05, .note]' '["3",null,"xong"]'
t 'the rest is confirmed' tuyen -C 31 held confirm --unit 11050
is 'and nothing of it waits' "$(tuyen -C 31 held list --json | jq -c '[.held[] | select(.writer == "11050")]')" '[]'
fails 1 'nor can it be confirmed again' tuyen -C 31 held confirm "$Z1"
fails 1 'an earlier one never waited' tuyen -C 31 held confirm "$Z0"
t 'up' sync 31
same 'one state' reports/11050 0 31
stop 11050
rm -rf 11050
w 11050 init --unit 11050 --level commune --name 'An Biên'
t 'the neighbour starts anew' enrol 11050 31
start 11050
t 'with all of it' sync 11050
same 'one state' reports/11050 0 31 11050

# ---- a station ----
t 'a station asks' tuyen -C ca key rotate
t 'it travels' sync ca
t 'its unit sees it' tuyen -C new status
says 'to do' 'cong-an@11383 asks for a new key'
t 'and approves' tuyen -C new unit rotate cong-an@11383
t 'the station goes on' sync ca
w ca report set tw.2026 2026-06 TT01=11
t 'with the new key' sync ca
t 'up' sync new
is 'which counts' "$(value 31 TT01)" 11
t 'its unit suspends it' tuyen -C new unit suspend cong-an@11383 --reason 'trạm giải thể'
fails 3 'it is out' tuyen -C ca sync --wait --timeout 2
t 'up' sync new
t 'verify' tuyen -C 31 verify

# ---- the city itself ----
t 'the city asks' tuyen -C 31 key rotate
t 'it travels' sync 31
t 'the centre approves' tuyen -C 0 unit rotate 31
t 'the city goes on' sync 31
t 'the wards find it again' sync new
t 'the neighbour too' sync 11050
w 31 report set --unit 11383 tw.2026 2026-06 TT01=9 --reason 'đối chiếu'
t 'its word goes up' sync 31
t 'and down' sync new
same 'one state' reports/11383 0 31 new

# Its key is suspended: what it granted its wards before stays good.
stop 31
cp -r 31 lost
t 'the centre suspends the city' tuyen -C 0 unit suspend 31 --reason 'mất máy chủ'
w 31b init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$B
t 'and lets its new machine in' enrol 31b 0
start 31b
t 'which gets everything back' sync 31b
t 'the ward finds it' sync new
w new report set tw.2026 2026-06 TT01=10
t 'and works on' sync new
t 'up to the centre' sync 31b
same 'one state' reports/11383 0 31b new
is 'its figure counts' "$(value 0 TT01)" 10
is 'nothing is to be confirmed' "$(tuyen -C 0 held list --json | jq -c .held)" '[]'
for node in 0 31b new 11050; do t "verify $node" tuyen -C $node verify; done

# ---- a held change of which nothing stands, for the honest node wrote the same field ----
P4=$(free_port)
t 'a small city' tuyen -C s/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P4"
start s/31
t 'a ward is invited' tuyen -C s/31 unit invite 11383 --level commune --name 'Lê Chân'
cp out invitation
t 'joins' tuyen -C s/old join invitation
start s/old
t 'the plan' tuyen -C s/31 plan load plan.yaml
t 'down' tuyen -C s/old sync --wait --timeout 20
t 'a figure' tuyen -C s/old report set tw.2026 2026-06 TT01=42
t 'up' tuyen -C s/old sync --wait --timeout 20
t 'apart' tuyen -C s/old sync --pause
t 'the thief writes' tuyen -C s/old report set tw.2026 2026-06 TT01=66
t 'suspended' tuyen -C s/31 unit suspend 11383
t 'a new machine is invited' tuyen -C s/31 unit invite 11383
cp out invitation
t 'takes over' tuyen -C s/new join --recover invitation
start s/new
t 'the honest one writes' tuyen -C s/new report set tw.2026 2026-06 TT01=45
t 'up it goes' tuyen -C s/new sync --wait --timeout 20
t 'what the thief wrote' tuyen -C s/old parcel write --to 31 thief.par
t 'is brought by stick' tuyen -C s/31 parcel read thief.par
t 'waits' tuyen -C s/31 held list --json
json 'it alone' '.held | length' 1
id=$(jq -r '.held[0].id' <out)
t 'is set aside' tuyen -C s/31 held set-aside "$id" --reason 'máy bị trộm'
t 'nothing waits' tuyen -C s/31 held list --json
json 'any more' '.held | length' 0
t 'the new machine hears of it' tuyen -C s/new sync --wait --timeout 20
is 'both stand at the same' "$(tip s/31 reports/11383)" "$(tip s/new reports/11383)"
for node in s/31 s/new; do t "verify $node" tuyen -C $node verify; done
done_testing
