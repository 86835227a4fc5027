#!/bin/sh
# Goal: what is taken as an attachment and under which names; a disk that is full while one comes; a sender whose copy is
# wrong; and what no record names any more.
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
pdf() { printf '%%PDF-1.4\n' >"$1" && head -c "$2" /dev/urandom >>"$1"; }
of() { tuyen -C "n/$1" attach list --json | jq -r --arg n "$2" "[.attachments[] | select(.name == \$n)][0]$3"; }
# until_of NODE NAME FILTER WANTED, bounded.
until_of() {
	tries=0
	until [ "$(of "$1" "$2" "$3")" = "$4" ]; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] || { echo "# $1 $2 $3: $(of "$1" "$2" "$3"), not $4"; return 1; }
	done
}
add() { tuyen -C n/11383 attach add report hp.2026 2026-06 "$@"; }
name_of() { sha256sum <"$1" | cut -d' ' -f1; }
t 'the city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P31" --address "127.0.0.1:$P31"
start n/31
t 'the ward' tuyen -C n/11383 init --unit 11383 --level commune --name 'Lê Chân'
enrol n/11383 n/31
start n/11383
t 'the plan' tuyen -C n/31 plan load plan.yaml
t 'reaches the ward' tuyen -C n/11383 sync --wait
t 'a report' tuyen -C n/11383 report set hp.2026 2026-06 TT01=4

# ---- kinds ----
refused() {
	fails 1 "$1" add "$2"
	says "$1: says so" "$3"
}
printf 'MZ\220\0' >tool.pdf && refused 'a program' tool.pdf 'tool.pdf is a program'
printf '#!/bin/sh\n' >job.pdf && refused 'a script' job.pdf 'job.pdf is a script'
printf '\n<!DOCTYPE html>\n' >page.pdf && refused 'a web page' page.pdf 'page.pdf is a web page'
printf '\320\317\021\340\241\261\032\341' >old.docx && refused 'locked by a password' old.docx 'old.docx is locked by a password, or of an old kind'
printf 'PK\003\004\024\000\001\000%040d' 0 >secret.docx && refused 'a locked archive' secret.docx 'an archive locked by a password'
printf '\211PNG\r\n\032\nx' >photo.pdf && refused 'another ending' photo.pdf 'what stands in it is png'
says 'says which' 'such as scan.png'
: >empty.pdf && refused 'an empty file' empty.pdf 'empty.pdf is empty'
mkdir -p d && pdf 'd/con.pdf' 100 && refused 'a device' d/con.pdf 'means a device'
pdf 'd/a:b.pdf' 100 && refused 'a name that FAT32 does not take' 'd/a:b.pdf' 'a character that file names may not have'
pdf d/.a.pdf 100 && refused 'a hidden one' d/.a.pdf 'begins or ends with a dot'
refused 'a folder' d 'is not a file'
is 'nothing is left behind' "$(git -C n/11383/store.git for-each-ref refs/attachments | wc -l)$(find n/11383/spool/incoming -type f | wc -l)" 00
nfd=$(printf 'Ba\314\201o ca\314\201o.pdf')
pdf "$nfd" 1000
t 'letters and accents apart' add "$nfd"
is 'are put together' "$(of 11383 'Báo cáo.pdf' .name)" 'Báo cáo.pdf'

# ---- a full disk ----
pdf scan.pdf 200000
t 'the line is closed' tuyen -C n/11383 sync --pause
t 'a scan' add scan.pdf
ln -s /dev/full "n/31/spool/attachments/$(name_of scan.pdf).part"
t 'the line is open' tuyen -C n/11383 sync --resume
until_of 31 scan.pdf .ways[0].state disk-full
ok 'the disk is full' $?
t 'the city' tuyen -C n/31 status
says 'says so' 'scan.pdf, the disk is full; it goes on when there is room'
t 'changes go on' tuyen -C n/11383 sync --wait
rm "n/31/spool/attachments/$(name_of scan.pdf).part"
t 'there is room again' tuyen -C n/31 attach get scan.pdf --out got.pdf
cmp scan.pdf got.pdf
ok 'it has come' $?

# ---- a sender whose copy is wrong ----
pdf bad.pdf 50000
t 'the line is closed' tuyen -C n/11383 sync --pause
t 'another scan' add bad.pdf
object=$(git -C n/11383/store.git rev-parse "refs/attachments/$(name_of bad.pdf)")
file=n/11383/store.git/objects/$(echo "$object" | cut -c1-2)/$(echo "$object" | cut -c3-)
chmod u+w "$file"
perl -MCompress::Zlib -e 'print compress("blob 50009\0%PDF-1.4\n" . "x" x 50000)' >"$file"
t 'the line is open' tuyen -C n/11383 sync --resume
until_of 31 bad.pdf .ways[0].state damaged
ok 'it came wrong three times' $?
is 'no more often' "$(grep -c 'is damaged' n/31.log)" 3
fails 3 'it cannot be had' tuyen -C n/31 attach get --timeout 1 bad.pdf
says 'says why' 'came damaged three times'
is 'and is tried again when somebody asks' "$(grep -c 'is damaged' n/31.log)" 6
is 'nothing of it is kept' "$(git -C n/31/store.git for-each-ref refs/attachments | wc -l)$(find n/31/spool/attachments -name '*.part' | wc -l)" 20
t 'changes go on' tuyen -C n/11383 sync --wait

# ---- what no record names ----
t 'the scan is taken back' tuyen -C n/11383 attach remove report hp.2026 2026-06 scan.pdf
t 'the city hears of it' tuyen -C n/11383 sync --wait
is 'keeps it' "$(git -C n/31/store.git rev-parse -q --verify "refs/attachments/$(name_of scan.pdf)" | wc -l)" 1
t 'maintenance' tuyen -C n/31 maintain
is 'keeps it' "$(git -C n/31/store.git rev-parse -q --verify "refs/attachments/$(name_of scan.pdf)" | wc -l)" 1
stop n/31
later() { TUYEN_NOW=$(date -u -d "+$1 days" +%Y-%m-%dT%H:%M:%S+00:00) tuyen -C n/31 maintain; }
t 'after 89 days' later 89
is 'it is there' "$(git -C n/31/store.git rev-parse -q --verify "refs/attachments/$(name_of scan.pdf)" | wc -l)" 1
t 'after 91 days' later 91
says 'it goes' '1 attachments removed'
is 'it is gone' "$(git -C n/31/store.git rev-parse -q --verify "refs/attachments/$(name_of scan.pdf)" | wc -l)" 0
is 'what is named stays' "$(git -C n/31/store.git for-each-ref refs/attachments | wc -l)" 1
t 'the store is right' tuyen -C n/31 verify
start n/31
t 'the scan is attached again' add scan.pdf
until_of 31 scan.pdf .state here
ok 'and comes again' $?
done_testing
