#!/bin/sh
# Goal: attachments over three tiers, fetched on demand through a node in the middle that has none; both ends see how far
# each is and why it does not move.
. "$(dirname "$0")/../lib/tap.sh"

P0=$(free_port)
P31=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: tw.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
pdf() { printf '%%PDF-1.4\n' >"$1" && head -c "$2" /dev/urandom >>"$1"; }
# of NODE NAME FILTER: of the first record that names it
of() { tuyen -C "n/$1" attach list --json | jq -r --arg n "$2" "[.attachments[] | select(.name == \$n)][0]$3"; }
# until_of NODE NAME FILTER WANTED, bounded.
until_of() {
	tries=0
	until [ "$(of "$1" "$2" "$3")" = "$4" ]; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] || { echo "# $1 $2 $3: $(of "$1" "$2" "$3"), not $4"; return 1; }
	done
}
t 'the centre' tuyen -C n/0 init --unit 0 --level central --name 'Trung ương' --root --listen "127.0.0.1:$P0" --address "127.0.0.1:$P0"
start n/0
t 'a city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --listen "127.0.0.1:$P31" --address "127.0.0.1:$P31"
enrol n/31 n/0
start n/31
t 'a ward' tuyen -C n/11383 init --unit 11383 --level commune --name 'Lê Chân'
enrol n/11383 n/31
start n/11383
for node in 0 31; do t "$node fetches nothing unasked" tuyen -C n/$node config attachments ask; done
t 'the plan' tuyen -C n/0 plan load plan.yaml
for node in 31 11383; do t "reaches $node" tuyen -C n/$node sync --wait; done

# ---- up, through the middle ----
pdf scan.pdf 300000
t 'a report' tuyen -C n/11383 report set tw.2026 2026-06 TT01=4
t 'with a scan' tuyen -C n/11383 attach add report tw.2026 2026-06 scan.pdf
for node in 11383 31 0; do t "$node exchanges" tuyen -C n/$node sync --wait; done
until_of 11383 scan.pdf .ways[0].state on-demand
ok 'the ward knows that the city takes it when asked' $?
t 'the list there' tuyen -C n/11383 attach list
says 'says so' 'here; 31 takes it when somebody there asks'
is 'it is not at the city' "$(of 31 scan.pdf .state)" absent
t 'the list at the centre' tuyen -C n/0 attach list
says 'says how to get it' "comes when somebody asks: 'tuyen attach get'"
t 'the centre gets it' tuyen -C n/0 attach get --out got.pdf --timeout 20 scan.pdf
cmp scan.pdf got.pdf
ok 'as it was' $?
is 'through the city, which has it now, too' "$(of 31 scan.pdf .state)" here
until_of 11383 scan.pdf .ways[0].state arrived
ok 'the ward knows that the city has it' $?
t 'the list there' tuyen -C n/11383 attach list
says 'says so' 'here; 31 has it'
stop n/11383
start n/11383
is 'also after a new beginning' "$(of 11383 scan.pdf .ways[0].state)" arrived

# ---- without a line ----
pdf photo.pdf 200000
t 'another scan' tuyen -C n/11383 attach add report tw.2026 2026-06 photo.pdf
for node in 11383 31 0; do t "$node exchanges" tuyen -C n/$node sync --wait; done
t 'the ward closes its line' tuyen -C n/11383 sync --pause
fails 3 'the centre asks in vain' tuyen -C n/0 attach get --timeout 1 photo.pdf
says 'says where it hangs' '31 does not have it yet, and has asked for it further on'
t 'the city' tuyen -C n/31 status
says 'waits for a line' 'On its way: +photo.pdf, waits for a line'
t 'the ward' tuyen -C n/11383 status --json
json 'does so, too' '[.attachments[] | [.name, .way, .state]]' '[["photo.pdf","out","no-line"]]'
fails 3 'the city restarts in vain' tuyen -C n/31 attach get --timeout 1 photo.pdf
stop n/31
start n/31
t 'the ward is back' tuyen -C n/11383 sync --resume
until_of 0 photo.pdf .state here
ok 'then it comes all the way by itself' $?
t 'it can be taken out' tuyen -C n/0 attach get photo.pdf --out back.pdf
cmp photo.pdf back.pdf
ok 'as it was' $?

# ---- down; and too long for somebody ----
t 'the ward takes little' tuyen -C n/11383 config attachment.max 100KB
pdf letter.pdf 150000
t 'a directive' tuyen -C n/31 directive issue --id D-1 --title 'Chỉ đạo' --text 'Kèm công văn' --to all
t 'with a letter' tuyen -C n/31 attach add directive D-1 letter.pdf
until_of 31 letter.pdf '.ways | map(select(.peer == "11383"))[0].state' too-long-there
ok 'the city knows that it is too long for the ward' $?
t 'the ward' tuyen -C n/11383 attach list
says 'knows why' 'longer than is taken here: see attachment.max'
t 'now it takes it' tuyen -C n/11383 config attachment.max ''
until_of 11383 letter.pdf .state here
ok 'and has it' $?
until_of 31 letter.pdf '.ways | map(select(.peer == "11383")) | length' 0
ok 'the city knows' $?
TUYEN_LANG=vi t 'the list' tuyen -C n/11383 attach list
says 'in Vietnamese' 'đã có'
done_testing
