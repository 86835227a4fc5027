#!/bin/sh
# Goal: two versions beside each other. What the next version may say (build/next: another number in its hello, features,
# messages, flags and fields that this one does not know, thrown in everywhere) is passed over, in lines, invitations and
# parcels, whichever end is the newer one; the ordinary three tiers work with both, mixed either way. And what this version
# cannot read it refuses before it writes anything.
. "$(dirname "$0")/../lib/tap.sh"

next=$TUYEN_BUILD/next/tuyend
[ -x "$next" ]
ok 'there is a next version' $?
grep -q 'of the next version' "$next" && ! cmp -s "$next" "$TUYEN_BUILD/tuyend"
ok 'which says what this one does not' $?
on() { on_node=$1 && shift && tuyen -C n/$on_node "$@"; }
noise() { perl -e 'srand($ARGV[1]); print join(" ", map { join "", map { ("b".."z")[rand 25] } 1 .. 9 } 1 .. $ARGV[0])' "$1" "$2"; }
same() { is "$1" "$(tip n/$2 $4)" "$(tip n/$3 $4)"; }
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP

# pair NEWER: a city and its ward, one of which is the next version, in all they have to say to each other.
pair() {
	NEXT_NODES=$1
	what="$1 is newer"
	# `join` runs the daemon that stands beside the command.
	joiner=tuyen
	[ "$1" = 11383 ] && joiner=$TUYEN_BUILD/next/tuyen
	P31=$(free_port)
	t "$what: the city" on 31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P31"
	start n/31
	t "$what: a plan" on 31 plan load plan.yaml
	t "$what: an invitation" on 31 unit invite 11383 --level commune --name 'phường Lê Chân'
	cp out invitation
	t "$what: is taken up" "$joiner" -C n/11383 join invitation
	start n/11383
	t "$what: without one" "$joiner" -C n/ask init --unit 11050 --level commune --name 'xã Gia Phúc'
	fingerprint=$(on 31 status --json | jq -r '.fingerprint // empty')
	"$joiner" -C n/ask join --unit 11050 --superior "127.0.0.1:$P31" >ask.out 2>ask.err &
	asker=$!
	left=500
	while [ "$(on 31 unit admit --pending --json 2>/dev/null | jq '.pending | length')" != 1 ] && [ $left -gt 0 ]; do left=$((left - 1)) && sleep 0.02; done
	t "$what: a request waits" on 31 unit admit --pending 11050
	wait "$asker"
	ok "$what: and is answered" $?
	cat ask.err >out
	t "$what: what is refused" on 31 unit invite 11060 --level commune --name 'xã 11060'
	sed "s/^secret: .*/secret: '00000000000000000000000000000000'/" out >forged
	fails 1 "$what: is" "$joiner" -C n/forged join forged
	t "$what: a directive" on 31 directive issue --id D-7 --plan hp.2026 --period 2026-06 --title 'Báo cáo' --text "$(noise 900 2)" --to all --due 2199-07-05
	t "$what: goes down" on 11383 sync --wait --timeout 20
	t "$what: is acknowledged" on 11383 directive ack D-7
	t "$what: a report" on 11383 report set hp.2026 2026-06 TT01=42 --note "$(noise 900 1)"
	t "$what: is sent" on 11383 report submit hp.2026 2026-06
	printf '%%PDF-1.4\n%s\n' "$1" >scan.pdf
	t "$what: with a scan" on 11383 attach add report hp.2026 2026-06 scan.pdf
	t "$what: and arrives" on 11383 sync --wait --timeout 20
	left=500
	while [ -z "$(git -C n/31/store.git for-each-ref refs/attachments)" ] && [ $left -gt 0 ]; do left=$((left - 1)) && sleep 0.02; done
	[ -n "$(git -C n/31/store.git for-each-ref refs/attachments)" ]
	ok "$what: the scan too" $?
	for node in 31 11383; do
		t "$what: $node is alone" on $node sync --pause
	done
	t "$what: both write" on 31 report set --unit 11383 hp.2026 2026-06 TT01=50 --reason 'đối chiếu'
	t "$what: the same field" on 11383 report correct hp.2026 2026-06 TT01=44 --reason 'cộng sót'
	# By stick first, both ways, read by both.
	t "$what: a parcel" on 31 parcel write --to 11383 down.par
	t "$what: is read" on 11383 parcel read down.par
	says "$what: and taken" 'changes were taken'
	t "$what: another" on 11383 parcel write up.par
	t "$what: too" on 31 parcel read up.par
	says "$what: is taken" 'changes were taken'
	t "$what: the receipt" on 31 parcel write --to 11383 back.par
	t "$what: comes back" on 11383 parcel read back.par
	same "$what: both have the same" 31 11383 reports/11383
	for node in 31 11383; do on $node sync --resume; done
	t "$what: and by line" on 11383 sync --wait --timeout 20
	t "$what: nothing was refused" on 31 incident list --json
	json "$what: by either" '.incidents' '[]'
	is "$what: no line was broken" "$(cat n/31.log n/11383.log | grep -cE 'broken message|cannot be read|impossible length|did not begin')" 0
	# A field that this version does not know, from the newer one, which the older one writes over and keeps.
	other=$([ "$1" = 31 ] && echo 11383 || echo 31)
	t "$what: $1 is alone" stop n/$1
	t "$what: and writes a field of its own" unscreened n/$1 reports/11383 reports/31/hp.2026/2026-07.yaml weather 'bão số 3'
	start n/$1
	t "$what: it arrives" on 11383 sync --wait --timeout 20
	is "$what: as it is" "$(git -C n/$other/store.git show reports/11383:reports/31/hp.2026/2026-07.yaml | grep weather)" 'weather: bão số 3'
	if [ $other = 11383 ]; then set -- "$1"; else set -- "$1" --unit 11383 --reason x; fi
	newer=$1 && shift
	t "$what: the other writes beside it" on $other report set "$@" hp.2026 2026-07 TT01=7
	t "$what: and sends" on 11383 sync --wait --timeout 20
	is "$what: it stands" "$(git -C n/$newer/store.git show reports/11383:reports/31/hp.2026/2026-07.yaml | grep -c "weather: bão số 3\|TT01: '7'")" 2
	same "$what: all is equal" 31 11383 reports/11383
	same "$what: below too" 31 11383 directives/31
	for node in 31 11383; do
		t "$what: verify at $node" on $node verify
		# Whose memory was written by the other version: a downgrade, or an upgrade.
		stop n/$node
	done
	NEXT_NODES=$other
	start n/31
	start n/11383
	t "$what: the versions change places" on 31 directive issue --id D-8 --title 'Tám' --to all
	t "$what: and go on" on 11383 sync --wait --timeout 20
	same "$what: all is equal again" 31 11383 directives/31
	for node in 31 11383; do stop n/$node; done
	rm -rf n *.par
	NEXT_NODES=
}
pair 31
pair 11383

# ---- the ordinary three tiers, mixed either way ----
for nodes in '0 11383 yt' '31 01 11050 ca'; do
	NEXT_NODES=$nodes TAP_PORTS=63 sh "$TOP/tests/system/30-tiers.t" >tiers 2>&1
	status=$?
	ok "three tiers; newer are $nodes" $status
	[ $status -eq 0 ] || { grep -a -A 8 '^not ok' tiers | show; }
	echo "# $(grep -c '^ok' tiers) points"
done

# ---- what is too new for this version ----
t 'a node' on 31 init --unit 31 --level province --name 'Hải Phòng' --root
cp -r n/31 kept
everything() { (cd "$1" && find . -type f ! -name '*.sock' -exec sha256sum {} + | sort -k 2); }
sed -i 's,^format: tuyen-conf/1,format: tuyen-conf/2,' n/31/tuyen.conf kept/tuyen.conf
before=$(everything kept)
for words in status verify 'plan list' 'config name X' 'unit list' 'backup b.tar' 'maintain' 'parcel list .'; do
	fails 1 "of a newer node: $words" on 31 $words
	says "$words: says so" 'tuyen-conf/2, which a newer version of tuyen writes; this one knows tuyen-conf/1; nothing was changed'
done
TUYEN_LANG=vi tuyen -C n/31 status >out 2>err
says 'in Vietnamese' 'phiên bản tuyen mới hơn'
fails 1 'nor does its daemon begin' tuyend -C n/31
says 'but says why' 'which a newer version of tuyen writes'
is 'and nothing was written' "$(everything n/31 | grep -v 'run/')" "$(echo "$before" | grep -v 'run/')"
sed -i 's,^format: tuyen-conf/2,format: tuyen-conf/1,' n/31/tuyen.conf
git -C n/31/store.git config core.repositoryformatversion 9
before=$(everything n/31)
fails 1 'a repository of a newer form' on 31 status
says 'is named' 'store.git'
fails 1 'the daemon' tuyend -C n/31
is 'writes nothing there' "$(everything n/31 | grep -v 'run/')" "$(echo "$before" | grep -v 'run/')"
git config --file n/31/store.git/config core.repositoryformatversion 0
for note in n/31/store.git/tuyen/*; do case $note in */instance) ;; *) printf '\377of the next version\n' >"$note" ;; esac; done
start n/31
t 'notes of a newer version count for nothing' on 31 status
t 'and the node works' on 31 plan load plan.yaml
stop n/31
is 'no sanitizer spoke' "$(cat n/*.log | grep -c 'runtime error\|AddressSanitizer')" 0
done_testing
