#!/bin/sh
# Goal: receipts. In time or late around midnight, against the due date that the ward knew; corrections and reports sent
# again beside the older ones; a batch in one change; a page to print; and a proof that stock git alone accepts, and
# refuses as soon as a byte of it is altered.
. "$(dirname "$0")/../lib/tap.sh"

P0=$(free_port) P31=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp, title: 'Tháng cao điểm <phòng, chống> ma túy & tội phạm'}
indicators:
  - {id: TT01, name: 'Số buổi tuyên truyền trực tiếp tại tổ dân phố, trường học, cơ quan và doanh nghiệp', kind: count, unit: buổi, aggregate: sum, scope: commune}
  - {id: MT05, name: Tổ dân phố không ma túy, kind: ratio, unit: tổ, aggregate: ratio_of_sums, scope: commune}
EOP
city() { tuyen -C n/31 "$@"; }
ward() { tuyen -C n/11383 "$@"; }
meet() { t "sync: $1" ward sync --wait --timeout 20; }
apart() { t "apart: $1" ward sync --pause; }
together() { t "together: $1" ward sync --resume --wait --timeout 20; }
# The city's clock: the hour of all receipts until the next call.
city_at() {
	stop n/31
	TUYEN_NOW=$1 && export TUYEN_NOW
	start n/31
	TUYEN_NOW=2026-07-01T08:00:00+07:00 && export TUYEN_NOW
}
directive() { t "directive $1 due $3" city directive issue --id "$1" --plan hp --period "$2" --title 'Báo cáo tháng' --to all --due "$3"; }
report() {
	t "figures for $1" ward report set hp "$1" TT01="$2" MT05=31/58
	t "submit $1" ward report submit hp "$1"
}
# receipt PERIOD NAME WANTED: version, due, directive, its version, late of each row.
receipt() {
	ward report show hp "$1" --json >"$WORK/out" 2>"$WORK/err"
	json "$2" '[.receipts[] | [.version, .due, .directive, .directive_version, .late]]' "$3"
}

tuyen -C n/0 init --unit 0 --level central --name 'Bộ Công an' --root --listen 127.0.0.1:$P0 >out 2>err
city init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$P31 >out 2>err
ward init --unit 11383 --level commune --name 'phường Lê Chân' >out 2>err
TUYEN_NOW=2026-07-01T08:00:00+07:00 && export TUYEN_NOW
start n/0
t 'enrol the city' enrol n/31 n/0
start n/31
t 'enrol the ward' enrol n/11383 n/31
start n/11383
t 'plan' city plan load plan.yaml
for month in 1 2 3 4 5 6; do directive D$month 2026-0$month 2026-07-05; done
meet 'what is asked comes down'

# Nothing yet: what to do is said.
fails 1 'no receipt of what was not submitted' ward report receipt hp 2026-06
says 'says submit' 'has not been submitted.*report submit'
apart 'a report that waits'
report 2026-06 42
fails 1 'no receipt of what has not arrived' ward report receipt hp 2026-06
says 'says to see to the line' 'has arrived here.*status.*sync --wait'
fails 1 'nor a proof' ward report prove hp 2026-06 --out none
ok 'and no folder' "$([ ! -e none ]; echo $?)"
t 'shown' ward report show hp 2026-06
says 'that none has come' 'Receipt: .*none yet for version 1.*sync'

# Around midnight.
city_at 2026-07-05T23:50:00+07:00
together 'ten minutes before midnight'
receipt 2026-06 'is in time' '[[1,"2026-07-05","31/D6",1,false]]'
apart 'another waits'
report 2026-05 41
city_at 2026-07-06T00:00:00+07:00
together 'at midnight'
receipt 2026-05 'is late' '[[1,"2026-07-05","31/D5",1,true]]'
t 'shown' ward report show hp 2026-05
says 'in words' 'version 1 reached Hải Phòng \(31\) at 00:00:.*06/07/2026.*late, it was due on 05/07/2026 \(31/D5 version 1\)'

# The directive is issued again.
city_at 2026-07-04T08:00:00+07:00
apart 'moved forward behind its back'
directive D4 2026-04 2026-07-02
report 2026-04 40
together 'received between the two'
receipt 2026-04 'what it knew counts' '[[1,"2026-07-05","31/D4",1,false]]'
directive D3 2026-03 2026-07-02
meet 'moved forward, and told'
report 2026-03 39
meet 'received between the two'
receipt 2026-03 'it knew' '[[1,"2026-07-02","31/D3",2,true]]'
apart 'moved forward after it submitted'
report 2026-02 38
directive D2 2026-02 2026-07-02
together 'received between the two'
receipt 2026-02 'makes nobody late' '[[1,"2026-07-05","31/D2",1,false]]'
apart 'put off'
city_at 2026-07-06T08:00:00+07:00
report 2026-01 37
directive D1 2026-01 2026-07-09
together 'received between the two'
receipt 2026-01 'counts at once' '[[1,"2026-07-09","31/D1",2,false]]'
t 'a period that nobody asks' ward report submit hp 2025-12 --nil
meet 'arrives'
receipt 2025-12 'is never late' '[[1,null,null,null,null]]'
t 'the total' city total hp --period 2026-03 --json
json 'says late as the receipt does' '.late' '["11383"]'
t 'the total' city total hp --period 2026-04 --json
json 'and in time' '.late' '[]'

# Returned, sent again, corrected; what the city writes itself is no submission.
id_of() { ward report receipt hp 2026-06 --version "$1" --json | jq -r .submission; }
first=$(id_of 1)
is 'the receipt names the submission' "$(git -C n/11383/store.git log -1 --format=%s "$first")" 'report: submit hp 2026-06'
t 'the city writes on it' city report set --unit 11383 hp 2026-06 TT01=44 --reason x
t 'return' city report return --unit 11383 hp 2026-06 --reason 'thiếu biên bản'
meet 'returned'
t 'set' ward report set hp 2026-06 TT01=43
t 'submit again' ward report submit hp 2026-06
meet 'goes up again'
t 'correct' ward report correct hp 2026-06 TT01=45 --reason 'đếm sót'
meet 'the correction'
receipt 2026-06 'three versions, the first decides' \
	'[[1,"2026-07-05","31/D6",1,false],[2,"2026-07-05","31/D6",1,true],[3,"2026-07-05","31/D6",1,true]]'
json 'it was in time' '.late' false
is 'the first is the same as ever' "$(id_of 1)" "$first"
is 'the second is the new submission' "$(git -C n/11383/store.git log -1 --format=%s "$(id_of 2)")" 'report: submit hp 2026-06'
is 'the third the correction' "$(git -C n/11383/store.git log -1 --format=%s "$(id_of 3)")" 'report: correct hp 2026-06'
for version in 1:42 2:43 3:45; do
	t "receipt of version ${version%:*}" ward report receipt hp 2026-06 --version "${version%:*}" --json
	json 'has the figures of that version' '[.version, .values.TT01]' "[${version%:*},\"${version#*:}\"]"
done
t 'the newest if none is named' ward report receipt hp 2026-06 --json
json 'the third' .version 3
fails 1 'a version that was never received' ward report receipt hp 2026-06 --version 4
says 'the others are named' 'there is one for: 1, 2, 3'

# A batch.
apart 'a year of reports'
for month in 01 02 03 04 05 06 07 08 09 10 11 12; do ward report submit hp 2024-$month --nil >out 2>&1 || ok "2024-$month" 1; done
before=$(git -C n/31/store.git log --format=%s reports/11383 | grep -c '^receipt: ')
together 'all at once'
for month in 01 12; do receipt 2024-$month "2024-$month has its receipt" '[[1,null,null,null,null]]'; done
after=$(git -C n/31/store.git log --format=%s reports/11383 | grep -c '^receipt: ')
ok "in a change for each batch that arrived ($((after - before)))" $((after - before > 3))
is 'of twelve in all' "$(git -C n/31/store.git log --format=%s reports/11383 | sed -n -e 's/^receipt: \([0-9]*\) reports/\1/p' -e 's,^receipt: reports/.*/2024-.*,1,p' | awk "{n += \$1} END {print n}")" 12

# The page.
t 'as text' ward report receipt hp 2026-06 --version 1
says 'with the hour' 'Hour of receipt: +23:5.:.., 05/07/2026 \(UTC\+07:00\)'
says 'the verdict' 'Verdict: +ON TIME'
says 'the figure as it was sent' '= 42$'
says 'both changes' "Change of the report: +$first"
wide=$(perl -CSD -ne 'chomp; print if length > 80' "$WORK/out")
is 'no line is wider than 80' "$wide" ''
t 'the same on the city' city report receipt hp 2026-06 --version 1 --unit 11383
TUYEN_LANG=vi ward report receipt hp 2026-05 >"$WORK/out" 2>"$WORK/err"
says 'in Vietnamese' 'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM'
says 'late' 'NHẬN TRỄ HẠN'
fails 2 'no such format' ward report receipt hp 2026-06 --format pdf
TUYEN_LANG=vi
export TUYEN_LANG
t 'as HTML' ward report receipt hp 2026-06 --version 1 --format html --out page.html
unset TUYEN_LANG
cp page.html "$WORK/out"
says 'in its language' '<html [^>]*lang="vi"'
says 'for paper' '@page \{ size: A4'
says 'what could be taken for HTML is none' '&lt;phòng, chống&gt; ma túy &amp; tội phạm'
says 'the figure' '<td class="number">42</td>'
if command -v xmllint >/dev/null; then
	t 'well formed' xmllint --noout --nonet page.html
else
	t 'well formed' perl -0777 -ne 's/<!DOCTYPE.*?>//; my @s; while (m{<(/?)(\w+)[^>]*?(/?)>}g) {
		next if $3; $1 ? (pop(@s) // "") eq $2 || die "$2 closes nothing" : push @s, $2 } die "open: @s" if @s' page.html
fi
is 'it loads nothing' "$(grep -cE 'src=|href=|url\(|@import' page.html)" 0

# The proof, for somebody who has only git.
fails 2 'a proof has a place' ward report prove hp 2026-06
t 'prove' ward report prove hp 2026-06 --version 1 --out proof
fails 1 'not over another' ward report prove hp 2026-06 --out proof
t 'as data' ward report prove hp 2026-06 --version 3 --out third --json
json 'of version 3' '[.version, .anchor]' '[3,"0@tuyen.invalid"]'
t 'the city can as well' city report prove hp 2026-06 --unit 11383 --out of-city
is 'four things' "$(ls proof | tr '\n' ' ')" 'HOW-TO-CHECK.txt allowed_signers proof.git receipt.html '
# check FOLDER: the commands of its guide as they stand; $WORK/said holds what they answered.
check() { (cd "$1" && unset TUYEN_BUILD && sed -n 's/^    git /git /p' HOW-TO-CHECK.txt >"$WORK/commands" && PATH=/usr/bin:/bin sh -e "$WORK/commands") >"$WORK/said" 2>&1; }
# answers FOLDER: is each signature that of whom the guide names?
answers() { grep '^ *Good "git"' "$1/HOW-TO-CHECK.txt" | sed 's/^ *//' >wanted.txt; grep '^Good "git"' "$WORK/said" | cmp -s - wanted.txt && [ -s wanted.txt ]; }
for folder in proof third of-city; do
	t "$folder: every command of the guide is done" check $folder
	t "$folder: by whom it says" answers $folder
done
check proof
cp "$WORK/said" "$WORK/out"
says 'the figure' "TT01: '42'"
says 'the hour' "received: '2026-07-05T23:5"
says 'in time' "late: 'no'"
says 'the day by the directive' "due: '2026-07-05'"
is 'fsck is silent' "$(git -C proof/proof.git fsck --strict --no-progress 2>&1)" ''
is 'the whole way to the anchor' "$(grep -c 'verify-commit' proof/HOW-TO-CHECK.txt)" 5
says 'from the centre' 'signature for 0@tuyen.invalid'
anchor=$(sed -n 's/.*0@tuyen.invalid with ED25519 key //p' wanted.txt | head -n 1)
is 'whose fingerprint is that of its key' "$(git -C n/0/store.git show directives/0:units/0.yaml | sed -n 's/.*\(ssh-ed25519 .*\)/\1/p' | head -n 1 | ssh-keygen -lf - | cut -d' ' -f2)" "$anchor"
is 'no other record is shown' "$(git -C proof/proof.git cat-file --batch-all-objects --batch-check | grep -c blob)" 5
is 'nor anything of ours in it' "$(ls n/31/key n/11383/key | wc -l) $(grep -rl 'PRIVATE' proof | wc -l)" '2 0'
TUYEN_LANG=vi ward report prove hp 2026-05 --out vi >out 2>err
t 'the Vietnamese guide' check vi
grep -q 'CÁCH KIỂM TRA' vi/HOW-TO-CHECK.txt
ok 'is Vietnamese' $?

# A byte altered anywhere.
# flip FILE OFFSET
flip() { perl -e 'my ($f, $at) = @ARGV; open my $h, "+<", $f or die; binmode $h; seek $h, $at, 0; read $h, my $c, 1; seek $h, $at, 0; print $h chr(ord($c) ^ 1)' "$1" "$2"; }
pack=$(echo proof/proof.git/objects/pack/*.pack) index=$(echo proof/proof.git/objects/pack/*.idx)
chmod u+w "$pack" "$index"
for file in "$pack" "$index"; do
	missed= at=0 tried=0 size=$(wc -c <"$file") step=61
	while [ "$at" -lt "$size" ]; do
		flip "$file" "$at"
		check proof && missed="$missed $at"
		flip "$file" "$at"
		at=$((at + step)) tried=$((tried + 1))
	done
	is "no altered byte of the ${file##*.} passes" "$missed" ''
	ok "of $tried tried" $((tried < 20))
done
for at in 40 90; do
	flip proof/allowed_signers $at
	fails 1 "nor one of a key in allowed_signers ($at)" check proof
	flip proof/allowed_signers $at
done
for ref in submission receipt grant-31; do
	flip proof/proof.git/refs/heads/$ref 7
	check proof
	ok "nor one of the branch $ref" $((!$?))
	flip proof/proof.git/refs/heads/$ref 7
done
t 'put back, all is well again' check proof

# Not a byte, but the whole figure, with all ids made to fit.
cp -r proof forged
forge() { # forge COMMIT PATH SED: another commit like it, in which the record says something else
	( cd forged/proof.git
	blob=$(git show "$1:$2" | sed "$3" | git hash-object -w --stdin)
	GIT_INDEX_FILE=index.new git read-tree --empty
	GIT_INDEX_FILE=index.new git update-index --add --cacheinfo "100644,$blob,$2"
	tree=$(GIT_INDEX_FILE=index.new git write-tree)
	git cat-file commit "$1" | sed "1s/.*/tree $tree/" | git hash-object -t commit -w --stdin )
}
receipt=$(ward report receipt hp 2026-06 --version 1 --json | jq -r .receipt)
other=$(forge "$receipt" receipts/31/hp/2026-06.yaml "s/late: 'no'/late: 'yes'/")
is 'a forged receipt stands there' "$(git -C forged/proof.git show "$other:receipts/31/hp/2026-06.yaml" | grep 'late:')" "    late: 'yes'"
sed -i "s/$receipt/$other/" forged/HOW-TO-CHECK.txt
check forged
ok 'and the guide, made to name it, fails' $((!$?))
git -C forged/proof.git -c gpg.ssh.allowedSignersFile=../allowed_signers verify-commit "$other" >out 2>&1
ok 'at its signature' $((!$?))

# The nodes agree, and nothing is wrong with either.
for node in 31 11383; do t "verify $node" tuyen -C n/$node verify; done
is 'both hold the same' "$(tip n/31 reports/11383)" "$(tip n/11383 reports/11383)"

# A key that is out of use by now is not passed over in silence.
t 'the ward loses its machine' city unit suspend 11383 --reason 'mất máy'
t 'prove' city report prove hp 2026-06 --unit 11383 --version 1 --out later
t 'the commands are done' check later
is 'and the key is remarked on, once' "$(grep -c 'that key is out of use by now' later/HOW-TO-CHECK.txt)" 1

# Up to an anchor that has replaced its key by the reserve.
P=$(free_port)
tuyen -C r/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P >out 2>err
tuyen -C r/11050 init --unit 11050 --level commune --name 'xã Gia Phúc' >out 2>err
start r/31
t 'enrol' enrol r/11050 r/31
start r/11050
t 'plan' tuyen -C r/31 plan load plan.yaml
t 'another key' tuyen -C r/31 key replace --reserve r/31/reserve.key
t 'sync' tuyen -C r/11050 sync --wait --timeout 20
t 'submit' tuyen -C r/11050 report submit hp 2026-06 --nil
t 'sync' tuyen -C r/11050 sync --wait --timeout 20
t 'prove' tuyen -C r/11050 report prove hp 2026-06 --out reserve
t 'the commands are done' check reserve
t 'by whom they should be' answers reserve
is 'the reserve key is on the way' "$(grep -c 'named its reserve key in the record units/31.yaml' reserve/HOW-TO-CHECK.txt)" 1
done_testing
