#!/bin/sh
# Goal: strangers are not let in and are told why; altered papers and altered stores are found and refused by unit and
# rule, while everyone else is served; and clocks that are years apart decide nothing but who is late.
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
P01=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
# clock TIME NODE: (re)start the node at this hour.
clock() {
	[ -z "$(pid_of "$2")" ] || stop "$2"
	export TUYEN_NOW="$1"
	start "$2"
	unset TUYEN_NOW
}

t 'the city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P31"
start n/31
for unit in 11383 11050; do
	t "init of $unit" tuyen -C n/$unit init --unit $unit --level commune --name "xã $unit"
	tuyen -C n/$unit join --request >$unit.req 2>err
done
t 'the other city' tuyen -C n/01 init --unit 01 --level province --name 'Hà Nội' --root --listen "127.0.0.1:$P01"
start n/01

# ---- papers ----
n=0
for edit in 's/^name: .*/name: giả/' "s/^unit: .*/unit: '11914'/" 's/^level: .*/level: province/' '/^signature/d' \
	's/AAAAC3Nza\(.*\)\(.\)$/AAAAC3Nza\2\1/' 's/^signature: \(.\)\(.\)/signature: \2\1/'; do
	n=$((n + 1))
	sed "$edit" 11383.req >bad.req
	fails 1 "an altered request, $n" tuyen -C n/31 unit admit bad.req
	says "$n is told with its place" 'bad.req:[0-9]+:[0-9]+: '
done
is 'nobody was admitted' "$(tuyen -C n/31 unit list --json | jq -c '[.units[].id]')" '["31"]'
for unit in 11383 11050; do
	t "admit $unit" tuyen -C n/31 unit admit $unit.req
	cp out $unit.wel
done
n=0
for edit in "s/^rank: .*/rank: '1'/" 's/127.0.0.1/127.0.0.2/' "s/^unit: .*/unit: '11050'/" '/^signature/d' '1d' \
	's/^signature: \(.\)\(.\)/signature: \2\1/' "s/- '31'/- '01'/" "s/^grant: \(.\)\(.\)/grant: \2\1/"; do
	n=$((n + 1))
	sed "$edit" 11383.wel >bad.wel
	cmp -s bad.wel 11383.wel && continue
	fails 1 "an altered welcome, $n" tuyen -C n/11383 join bad.wel
	says "$n is told" '^tuyen: .+'
done
fails 1 'the welcome of another' tuyen -C n/11383 join 11050.wel
says 'is told apart' 'for 11050, not for 11383'
: >empty
fails 1 'an empty one' tuyen -C n/11383 join empty
fails 1 'noise' tuyen -C n/11383 join "$TUYEN_BUILD/tuyen"
t 'the right one' tuyen -C n/11383 join 11383.wel
t 'the right one' tuyen -C n/11050 join 11050.wel

# ---- strangers ----
cp -r n/11383 n/thief
tuyen -C n/other init --unit 11383 --level commune --name 'giả' 2>err
cp n/other/key n/thief/key
start n/thief
fails 3 'a node with the papers of another and its own key' tuyen -C n/thief sync --wait --timeout 1
says 'is told why' 'does not admit the key of this node'
t 'its status' tuyen -C n/thief status --json
json 'says so too' '[.lines[0].open, (.lines[0].error | test("does not admit the key"))]' '[false,true]'
[ -z "$(git -C n/thief/store.git for-each-ref)" ]
ok 'and it got nothing' $?
tuyen -C n/f init --unit 00004 --level commune --name 'Ba Đình' 2>err
tuyen -C n/f join --request 2>err | tuyen -C n/01 unit admit - 2>err >f.wel
t 'a node of another city, sent here' tuyen -C n/f join --superior "127.0.0.1:$P31" f.wel
start n/f
fails 3 'is not let in' tuyen -C n/f sync --wait --timeout 1
says 'nor would it talk to this city' 'does not hold the key that the registry names'
grep -q 'incoming line:' n/31.log
ok 'the city has strangers in its log' $?
printf 'GET / HTTP/1.1\r\n\r\n' | perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die; print $s <STDIN>; shutdown $s, 1; 1 while <$s>' "$P31"
stop n/thief
stop n/f
start n/11383
start n/11050
t 'the real one is let in' tuyen -C n/11383 sync --wait --timeout 10
t 'and its neighbour' tuyen -C n/11050 sync --wait --timeout 10

# ---- a store altered by stock git ----
t 'plan' tuyen -C n/31 plan load plan.yaml
t 'down' tuyen -C n/11383 sync --wait --timeout 10
t 'set' tuyen -C n/11383 report set hp.2026 2026-06 TT01=42
t 'submit' tuyen -C n/11383 report submit hp.2026 2026-06
t 'up' tuyen -C n/11383 sync --wait --timeout 10
# The node's own key as ssh-keygen wants it, and a foreign one.
perl -MMIME::Base64 -e '
	sub s4 { pack("N", length $_[0]) . $_[0] }
	open F, "<", $ARGV[0]; my $seed = substr decode_base64(join "", grep !/^-/, <F>), -32;
	my $blob = decode_base64($ARGV[1]); my $pub = substr $blob, -32;
	my $priv = ("1234" x 2) . s4("ssh-ed25519") . s4($pub) . s4($seed . $pub) . s4("");
	my $n = 1; while (length($priv) % 8) { $priv .= chr $n++; }
	print "-----BEGIN OPENSSH PRIVATE KEY-----\n" . encode_base64("openssh-key-v1\0" . s4("none") . s4("none") . s4("")
		. pack("N", 1) . s4($blob) . s4($priv), "\n") . "-----END OPENSSH PRIVATE KEY-----\n"' \
	n/11383/key "$(tuyen -C n/31 unit show 11383 --json | jq -r '.keys[0].key' | cut -d' ' -f2)" >own
ssh-keygen -q -t ed25519 -N '' -C x -f foreign
chmod 600 own foreign
G='git -C n/11383/store.git'
good=$($G rev-parse reports/11383)
pattern=$($G log --format=%H --author=11383 -1 reports/11383)
when="$($G show -s --format=%ct "$pattern") +0000"
export GIT_AUTHOR_NAME=11383 GIT_AUTHOR_EMAIL=11383@tuyen.invalid GIT_AUTHOR_DATE="$when"
export GIT_COMMITTER_NAME=11383 GIT_COMMITTER_EMAIL=11383@tuyen.invalid GIT_COMMITTER_DATE="$when"
# tree PATH EDIT: the tree of the ledger with one file edited.
tree() {
	blob=$($G show "reports/11383:$1" 2>/dev/null | sed "$2" | $G hash-object -w --stdin)
	rm -f idx
	GIT_INDEX_FILE=$WORK/idx $G read-tree "$good"
	GIT_INDEX_FILE=$WORK/idx $G update-index --add --cacheinfo "100644,$blob,$1"
	GIT_INDEX_FILE=$WORK/idx $G write-tree
}
# forge NAME PATH EDIT KEY VERIFY-SAYS SYNC-STATUS SYNC-SAYS: what the node, its superior and others make of it.
forge() {
	stop n/11383
	forged=$(tree "$2" "$3")
	# shellcheck disable=SC2086
	commit=$($G -c gpg.format=ssh -c user.signingkey="$WORK/$4" commit-tree ${4:+-S} "$forged" -p "$good" -F "$WORK/words")
	$G update-ref refs/heads/reports/11383 "$commit"
	fails 1 "$1: verify finds it" tuyen -C n/11383 verify
	says "$1: and says what" "$5"
	says "$1: and where" "reports/11383 $commit"
	start n/11383
	fails "$6" "$1: it does not go up" tuyen -C n/11383 sync --wait --timeout 2
	says "$1: and is told" "$7"
	if [ "$6" = 1 ]; then
		t "$1: the node has healed" tuyen -C n/11383 sync --wait --timeout 10
		is "$1: it is out" "$(tip n/11383 reports/11383)" "$good"
	fi
	is "$1: the city has the good one" "$(tip n/31 reports/11383)" "$good"
	t "$1: others are served" tuyen -C n/11050 report set hp.2026 2026-06 TT01=7 --note "$1"
	t "$1: at once" tuyen -C n/11050 sync --wait --timeout 10
	is "$1: the city has it" "$(tip n/31 reports/11050)" "$(tip n/11050 reports/11050)"
}
words() { $G cat-file commit "$pattern" | sed '1,/^$/d' | sed "$1" >words; }
R=reports/31/hp.2026/2026-06.yaml
words ''
forge 'signed by a foreign key' $R 's/42/99/' foreign 'does not bear a signature of 11383' 1 '31 refused our change .* of reports/11383 \(rule signature\)'
forge 'a receipt that the ward writes itself' receipts/31/hp.2026/2026-06.yaml "s/received: '..../received: '2025/" own \
	'11383 may not write .*received' 1 'rule right\): 11383 may not write'
words 's/^Tuyen-Rank: 3/Tuyen-Rank: 0/'
forge 'a rank that it does not have' $R 's/42/99/' own 'Tuyen-Rank is not what its grant says' 1 'rule grant'
t 'status names the refusal' tuyen -C n/11383 status --json
json 'with ledger and rule' '[.incidents[] | select(.kind == "healed" and .rule == "grant") | .what | test("31 refused our change .* of reports/11383 .rule grant")]' '[true]'
t 'so does the city' tuyen -C n/31 incident list --unit 11383 --json
json 'each rule' '[.incidents[] | .rule] | sort' '["grant","right","signature"]'
grep -q 'refused:.*of 11383' n/31.log
ok 'the log of the city names the unit' $?
words ''
forge 'a file that is no record' readme.txt 's/x/x/' own 'no record may stand at readme.txt' 3 'no record may stand at readme.txt'
forge 'unsigned' $R 's/42/99/' '' 'is not a signed change' 3 'is not a signed change'
stop n/11383
$G update-ref refs/heads/reports/11383 "$good"
start n/11383
t 'put right' tuyen -C n/11383 verify
t 'all goes on' tuyen -C n/11383 report correct hp.2026 2026-06 TT01=43 --reason 'cộng sót'
t 'up it goes' tuyen -C n/11383 sync --wait --timeout 10
is 'and is the same' "$(tip n/31 reports/11383)" "$(tip n/11383 reports/11383)"
unset GIT_AUTHOR_DATE GIT_COMMITTER_DATE

# ---- clocks ----
tuyen -C n/11050 report set hp.2026 2026-06 TT01=7 2>err
clock 1999-12-31T08:00:00+07:00 n/11383
clock 2150-01-01T08:00:00+07:00 n/11050
clock 2026-07-05T23:58:00+07:00 n/31
t 'status of a node with a drill clock' tuyen -C n/11383 status
says 'says so' '1999-12-31'
t 'a directive' tuyen -C n/31 directive issue --id D-7 --plan hp.2026 --period 2026-07 --title 'Báo cáo' --to all --due 2026-07-05
t 'to the one of 1999' tuyen -C n/11383 sync --wait --timeout 10
t 'to the one of 2150' tuyen -C n/11050 sync --wait --timeout 10
for unit in 11383 11050; do t "figures of $unit" tuyen -C n/$unit report set hp.2026 2026-07 TT01=5; done
t 'reported in 1999' tuyen -C n/11383 report submit hp.2026 2026-07
t 'arrives before midnight of the due day' tuyen -C n/11383 sync --wait --timeout 10
clock 2026-07-06T00:00:00+07:00 n/31
t 'reported in 2150' tuyen -C n/11050 report submit hp.2026 2026-07
t 'arrives after midnight' tuyen -C n/11050 sync --wait --timeout 10
t 'total' tuyen -C n/31 total hp.2026 --period 2026-07 --json
json 'one is late' '[.expected, .reported, .late]' '[2,2,["11050"]]'
t 'the one of 1999 knows its receipt' tuyen -C n/11383 report show hp.2026 2026-07 --json
json 'with the hour of the city' '[.receipts[0].received[0:10], .receipts[0].late]' '["2026-07-05",false]'
t 'the one of 2150 too' tuyen -C n/11050 report show hp.2026 2026-07 --json
json 'and that it was late' '[.receipts[0].received[0:10], .receipts[0].late]' '["2026-07-06",true]'
t 'where no due day was set' tuyen -C n/31 total hp.2026 --period 2026-06 --json
json 'nobody is late' '.late' '[]'
t 'apart' tuyen -C n/11050 sync --pause
t 'the year 2150 corrects' tuyen -C n/11050 report correct hp.2026 2026-07 TT01=6 --reason 'sau'
t 'the city of 2026 too' tuyen -C n/31 report set --unit 11050 hp.2026 2026-07 TT01=8 --reason 'trước'
t 'together' tuyen -C n/11050 sync --resume --wait --timeout 10
for node in 31 11050; do
	is "rank decides, not the year, at $node" "$(tuyen -C n/$node report show --unit 11050 hp.2026 2026-07 --json | jq -r .values.TT01)" 8
done
for node in 31 11383 11050; do
	t "verify at $node" tuyen -C n/$node verify
	t "git fsck at $node" git -C n/$node/store.git fsck --strict
	is "no change of $node is dated outside 2020-2100" "$(git -C n/$node/store.git log --all --format=%ct | awk '$1 < 1577836800 || $1 > 4133980800' | wc -l)" 0
done
tuyen -C n/31 verify --allowed-signers >signers
bad=0
for id in $(git -C n/31/store.git rev-list --no-merges --all); do
	git -C n/31/store.git -c gpg.format=ssh -c gpg.ssh.allowedSignersFile="$WORK/signers" verify-commit "$id" 2>>err || bad=$((bad + 1))
done
is 'stock git verifies all changes' "$bad" 0
done_testing
