#!/bin/sh
# Goal: attachments by stick: a scan beside a report goes up, a letter beside a directive down, behind all changes; a bound
# holds them back, a damage among them costs no change, and what came of them is gone on with by the next parcel.
. "$(dirname "$0")/../lib/tap.sh"

cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
same() { is "$1" "$(tip n/$2 $4)" "$(tip n/$3 $4)"; }
size() { wc -c <"$1" | tr -d ' '; }
pdf() { printf '%%PDF-1.4\n' >"$1" && head -c "$2" /dev/urandom >>"$1"; }
state() { on "$1" attach list --json | jq -r --arg n "$2" '[.attachments[] | select(.name == $n)][0].state // "none"'; }
id_of() { sha256sum "$1" | cut -c1-64; }
# flip FILE OFFSET: one bit of it.
flip() { perl -e 'open my $f, "+<:raw", $ARGV[0]; seek $f, $ARGV[1], 0; read $f, my $b, 1; seek $f, $ARGV[1], 0; print $f $b ^ chr 1' "$1" "$2"; }
# gets NODE FILE: the attachment there has its content.
gets() {
	rm -f got
	on "$1" attach get "$(id_of "$2")" --out got >out 2>err && cmp -s got "$2"
	ok "$2 is whole at $1" $?
}

t 'the city' on 31 init --unit 31 --level province --name 'Hải Phòng' --root
start n/31
t 'a plan' on 31 plan load plan.yaml
t 'the ward' on 11383 init --unit 11383 --level commune --name 'Lê Chân'
t 'is admitted by files' enrol n/11383 n/31
start n/11383
t 'which fetches nothing unasked' on 11383 config attachments ask

# ---- up ----
t 'the plan goes down' on 31 parcel write --to 11383 plan.par
t 'in' on 11383 parcel read plan.par
pdf scan.pdf 5000000
t 'a report' on 11383 report set hp.2026 2026-06 TT01=4
t 'with a scan' on 11383 attach add report hp.2026 2026-06 scan.pdf
t 'is submitted' on 11383 report submit hp.2026 2026-06
t 'without it' on 11383 parcel write --attachments none none.par
says 'which is said' '1 attachments, 4 MB, did not go, or not to their end: --attachments all takes them'
is 'small' "$(($(size none.par) < 9000))" 1
t 'with a part of it' on 11383 parcel write --attachments 2M part.par
says 'which is said' '1 attachments go along, 2 MB'
t 'with all of it' on 11383 parcel write all.par
says 'which is said too' '1 attachments go along, 4 MB'
is 'and no more than that' "$(($(size all.par) > 5000000 && $(size all.par) < 5060000))" 1
fails 2 'neither a size nor a word' on 11383 parcel write --attachments much x.par
says 'is shown one' '--attachments takes none, all, or bytes'
t 'a part' on 31 parcel read part.par
says 'the changes are in' 'parcel [0-9]+ of 11383: [0-9]+ changes were taken'
says 'and a part' '1 attachments came in part: the next parcel or a line brings the rest'
t 'the report is there' on 31 report show hp.2026 2026-06 --unit 11383 --json
json 'with its figure' '.values.TT01' '"4"'
t 'the answer says so' on 31 parcel write --to 11383 answer.par
t 'and is read' on 11383 parcel read answer.par
t 'the rest' on 11383 parcel write rest.par
says 'is what lacks' '1 attachments go along, 2 MB'
is 'and no more' "$(($(size rest.par) < 3100000))" 1
stop n/31 KILL
start n/31
t 'after a power cut' on 31 parcel read rest.par
says 'it is whole' '1 attachments came whole'
gets 31 scan.pdf
t 'the whole one' on 31 parcel read all.par
says 'is no news' 'nothing new'
is 'and has nothing to tell of' "$(grep -c attachments out err | cut -d: -f2 | sort -u)" 0
t 'what has arrived' on 31 parcel write --to 11383 answer2.par
t 'is told' on 11383 parcel read answer2.par
t 'and does not go again' on 11383 parcel write --attachments all again.par
is 'at all' "$(($(size again.par) < 9000))" 1
is 'nor back' "$(($(size answer2.par) < 9000))" 1

# ---- down, damaged ----
pdf letter.pdf 300000
pdf map.pdf 900000
t 'a directive' on 31 directive issue --id D-1 --title 'Một' --to all
t 'with a letter' on 31 attach add directive D-1 letter.pdf
t 'and a map' on 31 attach add directive D-1 map.pdf
t 'down' on 31 parcel write --to 11383 down.par
says 'both go along' '2 attachments go along'
cp down.par bad.par
flip bad.par 800000
fails 1 'a flipped bit among the attachments' on 11383 parcel read bad.par
says 'is said' 'bad.par: this parcel is damaged between its bytes 79[0-9]+ and 80[0-9]+'
says 'the changes are in' 'changes were taken'
says 'what came before it, too' '1 attachments came whole'
says 'and a part of the other' '1 attachments came in part'
same 'the directive is there' 11383 31 directives/31
gets 11383 letter.pdf
t 'and the ward says so' on 11383 parcel write up.par
t 'to the city' on 31 parcel read up.par
t 'which goes on there' on 31 parcel write --to 11383 --split 100K down2.par
is 'in pieces' "$(($(ls down2.par.* | wc -l) >= 4 && $(ls down2.par.* | wc -l) <= 6))" 1
t 'all of them' on 11383 parcel read down2.par.*
says 'make it whole' '1 attachments came whole'
gets 11383 map.pdf
t 'on demand is no hindrance, and the line has nothing to ask for' on 11383 attach list --json
json 'all are here' '[.attachments[] | .state] | unique' '["here"]'

# ---- half a stick, and wrong bytes ----
pdf film.pdf 4000000
t 'another' on 31 attach add directive D-1 film.pdf
t 'down' on 31 parcel write --to 11383 half.par
head -c 2500000 half.par >cut.par
fails 1 'half-written' on 11383 parcel read cut.par
says 'a part has come' '1 attachments came in part'
before=$(size "n/11383/spool/attachments/$(id_of film.pdf).part")
is 'up to where it ends' "$((before > 1400000))" 1
stop n/11383
flip "n/11383/spool/attachments/$(id_of film.pdf).part" 1000
start n/11383
fails 1 'where that was spoilt on the disk' on 11383 parcel read half.par
says 'it is thrown away' 'the attachment [0-9a-f]+ is damaged'
says 'and asked for again' '1 attachments could not be kept'
is 'with nothing left of it' "$(ls n/11383/spool/attachments | grep -c part)" 0
t 'once more' on 11383 parcel read half.par
says 'from the beginning' '1 attachments came whole'
gets 11383 film.pdf

# ---- too long, and not named any more ----
pdf long.pdf 2000000
t 'a longer one than the ward takes' on 11383 config attachment.max 1MB
t 'is attached' on 31 attach add directive D-1 long.pdf
t 'goes down' on 31 parcel write --to 11383 long.par
t 'and is left' on 11383 parcel read long.par
says 'with a word' '1 attachments are longer than is taken here'
t 'which the answer carries' on 11383 parcel write answer3.par
t 'up' on 31 parcel read answer3.par
t 'so that it is not sent again' on 31 parcel write --to 11383 less.par
is 'in vain' "$(($(size less.par) < 9000))" 1
TUYEN_LANG=vi tuyen -C n/11383 parcel read long.par >out 2>err
says 'in Vietnamese' 'tệp đính kèm'

for node in 31 11383; do t "verify at $node" on $node verify; done
is 'no sanitizer spoke' "$(cat n/*.log | grep -c 'runtime error\|AddressSanitizer')" 0
done_testing
