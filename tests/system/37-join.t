#!/bin/sh
# Goal: a node joins over a line: at once with an invitation that is good once and until a day, without one as soon as the
# superior's clerk says so; a new machine for a unit whose old one is lost has everything back by one command; nobody gets
# more than that by ringing.
. "$(dirname "$0")/../lib/tap.sh"

P=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
unit_record() { git -C n/31/store.git show "directives/31:units/$1.yaml"; }
refs() { git -C "$1/store.git" for-each-ref --format='%(refname) %(objectname)' refs/heads; }

t 'the city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P"
start n/31
t 'plan' tuyen -C n/31 plan load plan.yaml
spoken31=$(tuyen -C n/31 unit show 31 --json | jq -r '.keys[0].spoken')

# ---- an invitation ----
fails 1 'a unit that nobody knows needs level and name' tuyen -C n/31 unit invite 11383
says 'which is said' 'unit invite 11383 --level LEVEL --name NAME'
t 'an invitation' tuyen -C n/31 unit invite 11383 --level commune --name 'phường Lê Chân' --days 3
cp out inv.yaml
says 'how long it is good' 'good once, for 11383 \(phường Lê Chân\), until 20'
is 'it fits on paper' "$(($(wc -c <inv.yaml) < 500))" 1
t 'the list' tuyen -C n/31 unit invite --list --json
json 'names it' '[.invitations[] | [.unit, .name, .level, .state, .recover]]' '[["11383","phường Lê Chân","commune","open",false]]'
secret=$(sed -n "s/^secret: '*\([0-9a-f]*\).*/\1/p" inv.yaml)
is 'the secret has 32 digits' "${#secret}" 32
grep -rq "$secret" n/31
is 'and stands nowhere at the superior' $? 1

sed 's/^unit: .*/unit: "11384"/' inv.yaml >forged.yaml
fails 1 'one that was altered' tuyen -C n/forged join forged.yaml
says 'is refused by its signature' 'forged.yaml:[0-9]+:[0-9]+: the signature of this invitation'
is 'and nothing was made' "$(ls -d n/forged 2>/dev/null)" ''
t 'another node' tuyen -C n/other init --unit 11384 --level commune --name 'xã khác'
fails 1 'which is not invited' tuyen -C n/other join inv.yaml
says 'is told so' 'n/other is the node of 11384, and this is for 11383'

t 'one command makes the node and joins' tuyen -C n/11383 join inv.yaml
says 'a daemon ran for it' 'tuyend runs for as long as this takes'
says 'the superior is named with its words' "11383 has joined 31, whose fingerprint is: $spoken31"
is 'and ended' "$(ls n/11383/run/tuyend.sock 2>/dev/null)" ''
t 'the unit has a node' tuyen -C n/31 unit show 11383 --json
json 'with the name of the invitation' '[.name, .node]' '["phường Lê Chân",true]'
start n/11383
t 'an exchange' tuyen -C n/11383 sync --wait --timeout 20
t 'again by the same node' tuyen -C n/11383 join inv.yaml
t 'the list' tuyen -C n/31 unit invite --list --json
json 'has it as used' '.invitations[0].state' '"used"'
fails 1 'a second node with the same paper' tuyen -C n/second join inv.yaml
says 'is refused' 'this invitation of 11383 was used already, by another key; ask the superior for a new one'
fails 1 'who has a node needs no invitation' tuyen -C n/31 unit invite 11383
says 'unless it is lost' 'admit the new one with: tuyen unit admit --recover'

t 'one that is revoked' tuyen -C n/31 unit invite 11050 --level commune --name 'xã Gia Phúc'
cp out inv2.yaml
t 'so' tuyen -C n/31 unit invite --revoke 11050
fails 1 'twice is once too often' tuyen -C n/31 unit invite --revoke 11050
says 'and said' 'no invitation of 11050 is open'
t 'a node that was there before' tuyen -C n/11050 init --unit 11050 --level commune --name 'xã Gia Phúc'
fails 1 'a revoked one' tuyen -C n/11050 join inv2.yaml
says 'is refused' 'this invitation of 11050 was revoked'
t 'a later one' tuyen -C n/31 unit invite 11050 --level commune --name 'xã Gia Phúc' --days 2
cp out inv3.yaml
t 'takes the place of the one before' tuyen -C n/31 unit invite 11050 --level commune --name 'xã Gia Phúc' --days 2
says 'and says so' 'the earlier invitation of 11050 is revoked by this one'
cp out inv4.yaml
fails 1 'which is refused' tuyen -C n/11050 join inv3.yaml
stop n/31
day_after=$(date -u -d '+4 days' +%Y-%m-%dT08:00:00+07:00)
TUYEN_NOW=$day_after
export TUYEN_NOW
start n/31
unset TUYEN_NOW
fails 1 'an expired one' tuyen -C n/11050 join inv4.yaml
says 'is refused' 'this invitation of 11050 was good until 20'
stop n/31
start n/31
fails 1 'another level' tuyen -C n/31 unit invite 12000 --level province --name 'Tỉnh'
says 'is refused at once' 'does not rank below'
fails 2 'days' tuyen -C n/31 unit invite 12000 --level commune --name 'Xã' --days 0
says 'are whole' 'from 1 to 366'
fails 1 'names of units hold nothing about persons' tuyen -C n/31 unit invite 12000 --level commune --name 'Xã 0912345678'
says 'either' 'personal|phone'

# ---- a station ----
t 'a ward has a police post' tuyen -C n/11383 config listen "127.0.0.1:$(free_port)"
stop n/11383
start n/11383
t 'which is invited' tuyen -C n/11383 unit invite cong-an@11383 --name 'Công an phường' --agency cong-an
cp out inv6.yaml
fails 1 'not as the ward' tuyen -C n/11383 join inv6.yaml
says 'itself' 'n/11383 is the node of 11383, and this is for cong-an@11383'
t 'joins' tuyen -C n/ca join inv6.yaml
t 'and stands' tuyen -C n/11383 unit show cong-an@11383 --json
json 'in the registry' '[.station, .agency, .level, .name, .node]' '["cong-an","cong-an","commune","Công an phường",true]'

# ---- by the clerk ----
fails 3 'asked without a paper' tuyen -C n/11050 join --superior "127.0.0.1:$P" --timeout 1
says 'the superior is shown' "fingerprint of the superior at 127.0.0.1:$P, to be compared with its people: $spoken31"
says 'and what to do' 'unit admit --pending 11050; then run the same command again'
spoken=$(sed -n 's/^fingerprint of this node, to be read out to the superior: \(.*\) (SHA256.*/\1/p' err)
t 'the clerk sees it' tuyen -C n/31 unit admit --pending --json
json 'once' '[.pending[] | [.unit, .name, .level, .recover, .from]]' '[["11050","xã Gia Phúc","commune",false,"127.0.0.1"]]'
is 'with its words' "$(jq -r '.pending[0].spoken' out)" "$spoken"
t 'it is to be done' tuyen -C n/31 status
says 'there' '^- requests to be admitted: 1; .tuyen unit admit --pending. lists them'
t 'by its JSON as well' tuyen -C n/31 status --json
json 'too' '[.to_do[] | select(.kind == "request") | .unit]' '["11050"]'
t 'as a table too' tuyen -C n/31 unit admit --pending
says 'the same' "^11050 +xã Gia Phúc +commune +$spoken"
fails 1 'nobody else waits' tuyen -C n/31 unit admit --pending 11051
says 'which is said' 'no request by 11051 waits here'
fails 1 'at an address with another key' tuyen -C n/11050 join --superior "127.0.0.1:$P" --superior-key 'bai chong la cai gi day' --timeout 5
says 'nothing is asked' "there is the key $spoken31 .*, not the one that was named"
tuyen -C n/11050 join --superior "127.0.0.1:$P" --superior-key "$spoken31" --timeout 60 >join.out 2>join.err &
joining=$!
t 'the clerk says yes while it waits' tuyen -C n/31 unit admit --pending 11050
says 'and hears the words' "11050 \(xã Gia Phúc\) is admitted; .*$spoken"
wait $joining
is 'so it joins' $? 0
t 'nobody waits' tuyen -C n/31 unit admit --pending --json
json 'any more' '.pending' '[]'
start n/11050
t 'and works' tuyen -C n/11050 sync --wait --timeout 20

# ---- a machine that is lost: by files ----
for unit in 11383 11050; do
	for month in 01 02 03; do
		t "$unit reports $month" tuyen -C n/$unit report set hp.2026 2026-$month TT01=4$month
		t "$unit submits $month" tuyen -C n/$unit report submit hp.2026 2026-$month
	done
	t "$unit sends" tuyen -C n/$unit sync --wait --timeout 20
done
refs n/11383 >refs.before
stop n/11383 KILL
mv n/11383 lost
t 'a new machine' tuyen -C n/11383 init --unit 11383 --level commune --name 'phường Lê Chân'
t 'asks' tuyen -C n/11383 join --request --recover
cp out req.yaml
is 'as what it is' "$(grep -c '^recover: ' req.yaml)" 1
fails 1 'it is not simply admitted' tuyen -C n/31 unit admit req.yaml
says 'but the way is named' 'tuyen unit admit --recover'
t 'the old machine is given up' tuyen -C n/31 unit admit --recover req.yaml
cp out welcome.yaml
unit_record 11383 >record
is 'the old key is retired' "$(grep -A2 '^  k1:' record | sed -n 's/.*state: //p')" retired
is 'the new one is active' "$(grep -A2 '^  k2:' record | sed -n 's/.*state: //p')" active
is 'what it wrote is vouched for' "$(grep -c "^  - k1 reports/11383 [0-9a-f]\{40\}" record)" 1
t 'joined' tuyen -C n/11383 join welcome.yaml
start n/11383
t 'everything comes back' tuyen -C n/11383 sync --wait --timeout 30
refs n/11383 | grep -v directives >refs.after
is 'the same reports as before' "$(cat refs.after)" "$(grep -v directives refs.before)"
t 'it works on' tuyen -C n/11383 report correct hp.2026 2026-03 TT01=50 --reason 'cộng sót'
t 'and is heard' tuyen -C n/11383 sync --wait --timeout 20
is 'at the superior' "$(tip n/31 reports/11383)" "$(tip n/11383 reports/11383)"

# ---- by one command ----
stop n/11383 KILL
rm -rf n/11383
fails 3 'nobody has said yes' tuyen -C n/11383 join --recover --unit 11383 --superior "127.0.0.1:$P" --timeout 1
says 'what the clerk does' 'unit admit --pending 11383 --recover'
t 'the clerk sees who it is' tuyen -C n/31 unit admit --pending --json
json 'by the registry' '[.pending[] | [.unit, .name, .level, .recover]]' '[["11383","phường Lê Chân","commune",true]]'
fails 1 'he must say that the old one is gone' tuyen -C n/31 unit admit --pending 11383
tuyen -C n/11383 join --recover --superior "127.0.0.1:$P" --timeout 60 >join.out 2>join.err &
joining=$!
t 'stolen' tuyen -C n/31 unit admit --pending 11383 --stolen
wait $joining
is 'joined' $? 0
cp join.err err
says 'all is back' '^everything is back from 31: [0-9]+ ledgers, [0-9]+ changes$'
is 'the stolen key is suspended' "$(unit_record 11383 | grep -A2 '^  k2:' | sed -n 's/.*state: //p')" suspended
is 'same refs as the superior' "$(refs n/11383)" "$(refs n/31 | grep -v 11050)"
is 'its level and name came with the welcome' "$(sed -n 's/^\(level\|name\): //p' n/11383/tuyen.conf | tr '\n' ,)" 'commune,phường Lê Chân,'
t 'sound' tuyen -C n/11383 verify
git -C n/11383/store.git fsck --strict >out 2>&1
ok 'by stock git too' $?
start lost
fails 3 'the lost machine gets no line' tuyen -C lost sync --wait --timeout 2
stop lost

# ---- by an invitation ----
stop n/11050 KILL
rm -rf n/11050
t 'an invitation to recover' tuyen -C n/31 unit invite 11050 --recover
cp out inv5.yaml
t 'one command, nobody asked' tuyen -C n/11050 join inv5.yaml
says 'all is back' '^everything is back from 31: [0-9]+ ledgers, [0-9]+ changes$'
is 'same refs as the superior' "$(refs n/11050)" "$(refs n/31 | grep -v 11383)"
is 'the old key is retired' "$(unit_record 11050 | grep -A2 '^  k1:' | sed -n 's/.*state: //p')" retired
fails 1 'nothing to recover' tuyen -C n/31 unit invite 12000 --level commune --name 'Xã mới' --recover
says 'is said' 'not registered here'

# ---- who rings for something else ----
before=$(refs n/31)
t 'a stranger' tuyen -C n/stranger init --unit 11383 --level commune --name 'kẻ lạ'
t 'on the ordinary protocol' ring n/stranger "127.0.0.1:$P" tuyen </dev/null
says 'is refused as ever' 'does not admit the key of this node'
rung() { # NAME PATTERN: what `ring` sent is answered so, or not at all
	t "$1" ring n/stranger "127.0.0.1:$P" enrol <bytes
	says "$1: the line ends" '^closed$'
	[ -z "$2" ] || grep -qaE "$2" out
	ok "$1: ${2:-no answer}" $?
	[ -n "$2" ] || is "$1: nothing was said" "$(wc -c <out)" 0
}
perl -e 'srand 7; print chr 64; print chr int rand 256 for 1 .. 3000' >bytes && rung 'noise' ''
printf '\377\377\377\377\377' >bytes && rung 'a frame without an end' ''
perl -e 'print "\x80\x80\x40", "\x01" x 9000' >bytes && rung 'a frame of a megabyte' ''
printf '\017\001\001\000\001\001\001\001\001\001\001\001\005hello' >bytes && rung 'the first words of an exchange' ''
tuyen -C n/11383 join --request 2>err >other.yaml
ask() { perl -e 'local $/; my $r = <STDIN>; my $n = length $r; my $num = sub { my $x = shift; my $o = ""; while ($x > 127) { $o .= chr($x & 127 | 128); $x >>= 7 } $o . chr $x };
	my $b = chr(1) . chr(1) . $num->(length $ARGV[0]) . $ARGV[0] . $num->($n) . $r; print $num->(length $b), $b' -- "$1"; }
ask '' <other.yaml >bytes && rung "another node's request" 'made by another node'
ask '' <inv.yaml >bytes && rung 'an invitation instead of a request' 'not a file of the form %1'
tuyen -C n/stranger join --request 2>err >stranger.yaml
ask 'guess' <stranger.yaml >bytes && rung 'a guessed secret' 'this invitation is not known here'
{ ask '' <stranger.yaml && ask '' <stranger.yaml; } >bytes && rung 'two requests at once' ''
t 'the papers that were not good' tuyen -C n/31 incident list --json
json 'are known to the clerk' '[.incidents[] | select(.rule == "invitation") | .kind]' '["stranger"]'
is 'nothing of all this is in a ledger' "$(refs n/31)" "$before"
t 'nobody waits' tuyen -C n/31 unit admit --pending --json
json 'by that' '.pending' '[]'
for i in 1 2 3 4 5 6 7 8; do
	rm -rf n/flood && tuyen -C n/flood init --unit 1138$i --level commune --name "xã $i" 2>err
	tuyen -C n/flood join --request 2>err | ask '' >bytes
	ring n/flood "127.0.0.1:$P" enrol <bytes >out 2>err
done
t 'all who ask in form' tuyen -C n/31 unit admit --pending --json
json 'wait' '[.pending[].unit] | sort | length' 7
t 'the superior serves' tuyen -C n/11383 config listen ''
start n/11383
t 'as before' tuyen -C n/11383 sync --wait --timeout 20

# ---- who rings and says nothing ----
tuyen -C n/31 unit invite 12000 --level commune --name 'Xã mới' >inv7.yaml 2>err
rings=
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	ring n/stranger "127.0.0.1:$P" enrol </dev/null >silent.$i 2>&1 &
	rings="$rings $!"
done
t 'many who ring and say nothing keep nobody out' tuyen -C n/12000 join inv7.yaml
for one in $rings; do kill "$one" 2>/dev/null; done
for one in $rings; do wait "$one" 2>/dev/null; done

# ---- a superior of others ----
P2=$(free_port) P3=$(free_port)
t 'a centre' tuyen -C m/0 init --unit 0 --level central --name 'Trung ương' --root --listen "127.0.0.1:$P2"
start m/0
t 'plan' tuyen -C m/0 plan load plan.yaml
tuyen -C m/0 unit invite 31 --level province --name 'Hải Phòng' >inv31.yaml 2>err
t 'a city' tuyen -C m/31 join inv31.yaml
t 'takes calls' tuyen -C m/31 config listen "127.0.0.1:$P3"
start m/31
tuyen -C m/31 unit invite 11383 --level commune --name 'phường Lê Chân' >inv11383.yaml 2>err
t 'a commune' tuyen -C m/11383 join inv11383.yaml
start m/11383
tuyen -C m/31 sync --wait --timeout 20
tuyen -C m/11383 sync --wait --timeout 20
t 'reports' tuyen -C m/11383 report set hp.2026 2026-06 TT01=7
tuyen -C m/11383 sync --wait --timeout 20
tuyen -C m/31 sync --wait --timeout 20
stop m/31 KILL
rm -rf m/31
tuyen -C m/0 unit invite 31 --recover >inv31.yaml 2>err
t 'the city has everything back' tuyen -C m/31 join inv31.yaml
says 'and is told who calls' '^1 units and stations below it call at .*config listen HOST:PORT'
t 'it takes calls' tuyen -C m/31 config listen "127.0.0.1:$P3"
t 'what the commune did meanwhile' tuyen -C m/11383 report set hp.2026 2026-06 TT01=8
start m/31
t 'arrives under the new key' tuyen -C m/11383 sync --wait --timeout 30
t 'and goes on' tuyen -C m/31 sync --wait --timeout 30
is 'to the centre' "$(tip m/0 reports/11383)" "$(tip m/11383 reports/11383)"

# ---- a pair under a centre that came later ----
tuyen -C m/0 unit invite 30 --level province --name 'Hải Dương' >inv30.yaml 2>err
t 'a root of its own' tuyen -C k/30 init --unit 30 --level province --name 'Hải Dương' --root --listen "127.0.0.1:$(free_port)"
start k/30
tuyen -C k/30 unit invite 10500 --level commune --name 'xã Kinh Môn' >inv10500.yaml 2>err
t 'with a commune' tuyen -C k/10500 join inv10500.yaml
start k/10500
t 'joins the centre' tuyen -C k/30 join inv30.yaml
tuyen -C k/10500 sync --wait --timeout 20
t 'which hears of both' tuyen -C k/30 sync --wait --timeout 20
t 'by their names' tuyen -C m/0 unit list --json
json 'the commune, too' '[.units[] | select(.id == "10500") | [.name, .parent]]' '[["xã Kinh Môn","30"]]'

# One that has ended was registered, and the words say so.
tuyen -C m/0 unit add 33 --level province --name 'Hưng Yên' >out 2>err
tuyen -C m/0 unit end 33 --on 2025-06-30 >out 2>err
fails 1 'an invitation for a unit that has ended' tuyen -C m/0 unit invite 33 --recover
says 'it is not there any more' '33 \(Hưng Yên\) is not there on'

TUYEN_LANG=vi
export TUYEN_LANG
fails 1 'in Vietnamese' tuyen -C n/second join inv.yaml
says 'a refusal from afar' 'giấy mời'
done_testing
