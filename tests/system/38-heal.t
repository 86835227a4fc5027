#!/bin/sh
# Goal: what a superior refuses goes out of the store of who sent it, with all that was built on it; the rest of his work
# goes out again by itself, on both sides people read by which rule and what to enter anew, the refused text is found
# nowhere afterwards, and everyone else is served meanwhile.
. "$(dirname "$0")/../lib/tap.sh"

P0=$(free_port) P31=$(free_port) PW=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: p, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi, kind: count, aggregate: sum, scope: commune}
  - {id: TT02, name: Số người, kind: count, aggregate: sum, scope: commune}
tasks:
  - {id: N1, title: Tuyên truyền, lead: [cong-an]}
  - {id: N2, title: Rà soát, lead: [cong-an]}
EOP
REPORT=reports/31/p/2026-06.yaml
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
log_of() { on "$1" log "$2" --json | jq -r '.changes[].subject'; }
same() { is "$1: $2 and $3 have the same $4" "$(tip n/$2 $4)" "$(tip n/$3 $4)"; }
# nowhere NODES...: neither in files, logs and notes nor, unpacked, in objects.
nowhere() {
	n_pattern=$1
	shift
	n_found=
	for n_node in "$@"; do
		n_found=$n_found$(grep -raElE "$n_pattern" "n/$n_node" "n/$n_node.log" | grep -v '/store\.git/objects/')
		n_found=$n_found$(git -C "n/$n_node/store.git" cat-file --batch-all-objects --batch --unordered | grep -aoE "$n_pattern")
	done
	echo "$n_found"
}
# purged NODE N: until the node has purged its disk for the N-th time.
purged() {
	logged "n/$1" ' purged: ' "$2"
	ok "$1 has purged, time $2" $?
}
sound() {
	for node in 0 31 11383 11050 ca; do
		t "$1: verify at $node" on $node verify
		t "$1: fsck at $node" git -C n/$node/store.git fsck --strict
	done
}

t 'the centre' on 0 init --unit 0 --level central --name 'Trung ương' --root --listen 127.0.0.1:$P0
start n/0
t 'the city' on 31 init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$P31
t 'joins' enrol n/31 n/0
start n/31
t 'the ward' on 11383 init --unit 11383 --level commune --name 'phường Lê Chân' --listen 127.0.0.1:$PW
t 'joins' enrol n/11383 n/31
start n/11383
t 'its neighbour' on 11050 init --unit 11050 --level commune --name 'xã Gia Phúc'
t 'joins' enrol n/11050 n/31
start n/11050
t 'a plan' on 31 plan load plan.yaml
t 'to the ward' on 11383 sync --wait --timeout 20
t 'a station' on ca init --unit 11383 --station ca --agency cong-an --level commune --name 'Công an'
t 'joins' enrol n/ca n/11383
start n/ca
t 'has all' on ca sync --wait --timeout 20

# ---- a refused change in the middle of good work ----
t 'a figure' on 11383 report set p 2026-06 TT01=4
t 'is sent' on 11383 sync --wait --timeout 20
t 'the line to the city is down' on 31 sync --pause
stop n/11383
t 'a note that no screen has seen' unscreened n/11383 reports/11383 $REPORT note 'gọi T.V.B 0912345678'
bad=$(cat out)
start n/11383
t 'the evening: another figure' on 11383 report set p 2026-06 TT02=7 --reason 'đếm lại'
t 'progress' on 11383 task set p N1 state=doing percent=40
t 'the report goes in' on 11383 report submit p 2026-06
t 'the station gets it all' on ca sync --wait --timeout 20
is 'what nobody screened, too' "$(git -C n/ca/store.git cat-file -t "$bad")" commit
t 'and builds on it' on ca task set p N2 state=doing percent=10
t 'which the ward gets' on ca sync --wait --timeout 20
same 'before' ca 11383 reports/11383
head=$(tip n/11383 reports/11383)
[ -n "$(nowhere '0912345678' 11383)" ]
ok 'the search can find it' $?
t 'the line is up' on 31 sync --resume
fails 1 'the city refuses the note' on 11383 sync --wait --timeout 20
says 'by its rule' "31 refused our change $bad of reports/11383 \\(rule personal-data\\)"
t 'once: now all is well' on 11383 sync --wait --timeout 20
t 'the neighbour is served' on 11050 sync --wait --timeout 20
same 'healed' 11383 31 reports/11383
t 'the report at the city' on 31 report show p 2026-06 --unit 11383 --json
json 'has all but the note' '[.state, .values.TT01, .values.TT02, .note]' '["submitted","4","7",null]'
is 'the reissued say what they were' "$(git -C n/31/store.git log --format=%b reports/11383 | grep -c '^Reissue-of: [0-9a-f]\{40\}$')" 3
says_log() { git -C n/31/store.git log --format=%B reports/11383 >out && : >err && says "$1" "$2"; }
says_log 'with the reason as it was' '^đếm lại$'
t 'the city has the task' on 31 task list p --unit 11383 --json
json 'of the ward' '[.tasks[] | select(.id == "N1") | .progress[0].state, .progress[0].percent]' '["doing","40"]'
purged 11383 1
is 'nothing of it at the city or the ward' "$(nowhere 'T\.V\.B|0912345678' 0 31 11050 11383)" ''
git -C n/11383/store.git cat-file -e "$head" 2>/dev/null
is 'nor of what was built on it' $? 1

# ---- the station heals in turn ----
on ca sync --wait --timeout 20 >out 2>err
t 'the station too' on ca sync --wait --timeout 20
same 'healed' ca 11383 reports/11383
purged ca 1
is 'nothing of it at the station' "$(nowhere 'T\.V\.B|0912345678' ca)" ''
t 'its task is at the ward' on 11383 task list p --unit 11383 --json
json 'as it was entered' '[.tasks[] | select(.id == "N2") | .progress[0].state, .progress[0].percent]' '["doing","10"]'
t 'and goes up' on 11383 sync --wait --timeout 20
same 'at last' 11383 31 reports/11383
sound 'healed'

# ---- what people read ----
t 'the ward: incidents' on 11383 incident list --json
json 'rule, unit, record and field' '[.incidents[] | select(.kind == "healed") | .unit, .rule, .ledger, .record, .field, .signed]' \
	"[\"31\",\"personal-data\",\"reports/11383\",\"$REPORT\",\"note\",false]"
json 'what is to be entered again' '[.incidents[] | select(.kind == "lost") | .record, .field]' "[\"$REPORT\",\"note\"]"
t 'the ward: status' on 11383 status
says 'tells what to enter again' 'what was entered in reports/31/p/2026-06.yaml \(note\) must be entered again: 31 refused it'
TUYEN_LANG=vi tuyen -C n/11383 status >out 2>err
says 'in Vietnamese' 'phải nhập lại'
t 'the ward: log' on 11383 log reports/11383
says 'has the refused one' 'refused by 31 .rule personal-data.'
t 'the ward: log' on 11383 log reports/11383 --json
json 'with what the rest became' '[.refused[0].id, .refused[0].by, .refused[0].rule, (.refused[0].again | length)]' \
	"[\"$bad\",\"31\",\"personal-data\",4]"
json 'each under its new id' '[.refused[0].again[] | select(.now != null)] | length' 3
t 'the city: incidents' on 31 incident list --unit 11383 --json
json 'the same four' '[.incidents[] | .kind, .unit, .rule, .record, .field]' "[\"refused\",\"11383\",\"personal-data\",\"$REPORT\",\"note\"]"
t 'the city: status' on 31 status --json
json 'counts it' '.incidents | length' 1
id=$(on 31 incident list --json | jq -r '.incidents[0].id')
t 'dealt with' on 31 incident close "$id"
t 'the city: incidents' on 31 incident list --json
json 'none is left' '.incidents' '[]'

# ---- and it stays so ----
for node in 11383 ca 31; do
	stop n/$node
	start n/$node
done
t 'after a restart' on 11383 sync --wait --timeout 20
t 'nothing comes back' on ca sync --wait --timeout 20
same 'after a restart' 11383 31 reports/11383
same 'after a restart' ca 11383 reports/11383
t 'the city returns the report' on 31 report return p 2026-06 --unit 11383 --reason 'thiếu ghi chú'
t 'to the ward' on 11383 sync --wait --timeout 20
t 'the clerk enters the note anew' on 11383 report set p 2026-06 --note 'không có vướng mắc'
t 'it goes up' on 11383 sync --wait --timeout 20
is 'the city has it' "$(on 31 report show p 2026-06 --unit 11383 --json | jq -r .note)" 'không có vướng mắc'
is 'still nothing' "$(nowhere 'T\.V\.B|0912345678' 0 31 11050 11383 ca)" ''
is 'nothing of it is to be done any more' "$(on 11383 status --json | jq -c '[.to_do[] | select(.kind == "lost")]')" '[]'

# ---- what the city itself takes back: the centre refuses it, the ward has it and has built on it ----
t 'the city is alone' on 0 sync --pause
stop n/31
t 'its word on the report' unscreened n/31 reports/11383 $REPORT returned 'hỏi N.V.C 0987654321'
bad=$(cat out)
t 'a directive' unscreened n/31 directives/31 directives/X-1.yaml title 'Tìm N.V.C 0987654321'
start n/31
t 'the city goes on' on 31 report set p 2026-05 --unit 11383 TT01=3 --reason 'thay xã'
t 'the ward gets it' on 11383 sync --wait --timeout 20
same 'before' 11383 31 reports/11383
t 'the ward goes on' on 11383 task set p N1 state=doing percent=60
t 'and sends' on 11383 sync --wait --timeout 20
t 'the centre is back' on 0 sync --resume
fails 1 'refuses what the city wrote' on 31 sync --wait --with 0 --timeout 20
t 'the city has healed' on 31 sync --wait --with 0 --timeout 20
on 11383 sync --wait --timeout 20 >out 2>err
t 'the ward too' on 11383 sync --wait --timeout 20
on ca sync --wait --timeout 20 >out 2>err
t 'and the station' on ca sync --wait --timeout 20
t 'up to the centre' on 31 sync --wait --with 0 --timeout 20
for node in 31 11383 ca; do same 'taken back' $node 0 reports/11383; done
same 'taken back' 31 0 directives/31
t 'the work of the ward arrived' on 0 task list p --unit 11383 --json
json 'built on what went' '[.tasks[] | select(.id == "N1") | .progress[0].percent]' '["60"]'
t 'the work of the city too' on 0 report show p 2026-05 --unit 11383 --json
json 'it is there' .values.TT01 '"3"'
purged 31 1
purged 11383 2
purged ca 2
is 'nothing of it above' "$(nowhere 'N\.V\.C|0987654321' 0 31)" ''
is 'nor in the reports of the ward' "$(git -C n/11383/store.git log -p --format=%B reports/11383 | grep -aoE 'N\.V\.C|0987654321')" ''
stop n/11383
start n/11383
t 'the directive that the city took back hinders nobody' on 11383 sync --wait --timeout 20

# ---- killed between the word of the superior and the healing: it is done at the next start ----
stop n/11383
t 'again' unscreened n/11383 reports/11383 progress/31/p/N2.yaml result 'bắt P.T.H 0977123456'
bad=$(cat out)
printf '%s\topen\t1782867600\treports/11383\t31\tpersonal-data\tprogress/31/p/N2.yaml\tresult\tP***H\n' "$bad" \
	>>n/11383/store.git/tuyen/refused
before=$(tip n/31 reports/11383)
start n/11383
is 'out before a word is spoken' "$(git -C n/11383/store.git log --format=%H reports/11383 | grep -c "$bad")" 0
purged 11383 3
is 'and off the disk' "$(nowhere 'P\.T\.H|0977123456' 11383)" ''
t 'and all is well' on 11383 sync --wait --timeout 20
is 'nothing else was lost' "$(tip n/11383 reports/11383)" "$before"
t 'the clerk is told' on 11383 status
says 'what to enter again' 'what was entered in progress/31/p/N2.yaml .result. must be entered again'

sound 'at the end'

# ---- what others stand on is not taken out: people decide ----
t 'the city is alone' on 0 sync --pause
stop n/31
t 'a directive once more' unscreened n/31 directives/31 directives/X-2.yaml title 'Tìm Q.V.D 0966123456'
start n/31
t 'and a new unit on top of it' on new init --unit 11914 --level commune --name 'xã Cát Hải'
t 'is admitted' enrol n/new n/31
start n/new
before=$(tip n/31 directives/31)
t 'the centre is back' on 0 sync --resume
fails 1 'the centre refuses' on 31 sync --wait --with 0 --timeout 20
is 'the city keeps it' "$(tip n/31 directives/31)" "$before"
t 'its people are told' on 31 incident list --json
json 'by whom, and why it stays' '[.incidents[] | select(.unit == "0" and .kind == "refused") | .rule, .record, (.what | test("other units were admitted on top"))]' \
	'["personal-data","directives/X-2.yaml",true]'
t 'the new unit is served' on new sync --wait --timeout 20
t 'the old ones, too' on 11383 sync --wait --timeout 20

# ---- nor what the superior has taken in: a receipt stands on it, and whoever refuses it now is mistaken ----
t 'the city is alone' on 0 sync --pause
before=$(tip n/31 reports/11383)
t 'a report' on 11383 report set p 2026-07 TT01=5 TT02=6
t 'goes in' on 11383 report submit p 2026-07
t 'and up' on 11383 sync --wait --timeout 20
submit=$(git -C n/11383/store.git log --format=%H --grep='report: submit p 2026-07' reports/11383)
stop n/31
git -C n/31/store.git update-ref refs/heads/reports/11383 "$before"
printf '%s\thealed\t1782867600\treports/11383\t0\tright\t\t\tno\n' "$submit" >>n/31/store.git/tuyen/refused
start n/31
after=$(tip n/11383 reports/11383)
fails 1 'the city refuses what it had' on 11383 sync --wait --timeout 20
is 'the ward keeps it' "$(tip n/11383 reports/11383)" "$after"
t 'and reads why' on 11383 incident list
says 'it was taken in' 'it stays here: a unit above has taken it in and built on it'
done_testing
