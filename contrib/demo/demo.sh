#!/bin/sh
# The main job in under a minute: three tiers, a station, seven daemons on loopback. `make demo` runs it; what follows a
# "$" can be repeated by hand. Ends with 1 if any figure is not what it must be.
set -u
: "${TUYEN_BUILD:?run this by: make demo}"
TOP=$(cd "$(dirname "$0")/../.." && pwd)
DEMO=$TUYEN_BUILD/demo
PATH=$TUYEN_BUILD:$PATH
export LANG=C.UTF-8 TUYEN_NOW=2026-07-01T08:00:00+07:00
daemons=

name=demo
. "$TOP/contrib/demo/show.sh"
# must WHAT GOT WANTED
must() {
	[ "$2" = "$3" ] || { echo "demo: $1 is '$2', but must be '$3'" >&2; exit 1; }
	echo "  -> $1: $2, as it must be"
}
start() {
	printf '$ tuyend -C %s &\n' "$1"
	tuyend -C "$1" 2>"$1.log" &
	daemons="$daemons $!"
	echo $! >"$1.pid"
}
# enrol NODE SUPERIOR: the request goes up, the welcome comes down.
enrol() {
	printf '$ tuyen -C %s join --request | tuyen -C %s unit admit - | tuyen -C %s join -\n' "$1" "$2" "$1"
	tuyen -C "$1" join --request | tuyen -C "$2" unit admit - 2>"$1.admit" | tuyen -C "$1" join - ||
		{ cat "$1.admit" >&2; exit 1; }
	sed 's/^/  /' "$1.admit"
	start "$1"
}
# exchange NODE...: the lowest tier first, so that everything gets to the top; then down again.
exchange() {
	for node in "$@"; do run tuyen -C "$node" sync --wait --timeout 20; done
}
end() {
	status=$?
	if [ "${KEEP:-}" = 1 ] && [ $status -eq 0 ]; then
		say "The daemons go on. Stop them with: kill $(echo $daemons)"
	else
		for pid in $daemons; do kill "$pid" 2>/dev/null; done
		for pid in $daemons; do wait "$pid" 2>/dev/null; done
	fi
	exit $status
}
trap end EXIT
trap 'exit 1' INT TERM

for old in "$DEMO"/n/*.pid; do [ -e "$old" ] && kill "$(cat "$old")" 2>/dev/null; done
rm -rf "$DEMO"
mkdir -p "$DEMO/n"
cd "$DEMO" || exit 1
cp "$TOP"/contrib/demo/plan.yaml "$TOP"/contrib/plans/*.yaml .
port=${PORT:-7100}

say 'The clock of this drill begins at 08:00 on 1 July 2026 (TUYEN_NOW), before the reports are due.'
say '1. Seven nodes: the centre, two cities, three communes, and a police station of one of them.'
run tuyen -C n/0 init --unit 0 --level central --name 'Trung ương' --root --listen 127.0.0.1:$port
start n/0
run tuyen -C n/31 init --unit 31 --level province --name 'thành phố Hải Phòng' --listen 127.0.0.1:$((port + 1))
run tuyen -C n/01 init --unit 01 --level province --name 'thành phố Hà Nội' --listen 127.0.0.1:$((port + 2))
run tuyen -C n/11383 init --unit 11383 --level commune --name 'phường Lê Chân' --listen 127.0.0.1:$((port + 3))
run tuyen -C n/11050 init --unit 11050 --level commune --name 'xã Gia Phúc'
run tuyen -C n/00004 init --unit 00004 --level commune --name 'phường Ba Đình'
run tuyen -C n/11383-ca init --unit 11383 --station cong-an --agency cong-an --level commune --name 'Công an phường Lê Chân'

say '2. They enrol. Each asks, its superior admits it; two people compare the spoken fingerprint.'
enrol n/31 n/0
enrol n/01 n/0
enrol n/11383 n/31
enrol n/11050 n/31
enrol n/00004 n/01
enrol n/11383-ca n/11383
exchange n/31 n/01 n/11383 n/11050 n/00004 n/11383-ca

say '3. Plans. Each unit loads its own; the small one of the centre goes down to everyone.'
run tuyen -C n/01 plan load ha-noi.yaml
run tuyen -C n/11383 plan load le-chan.yaml
run tuyen -C n/11050 plan load gia-phuc.yaml
run tuyen -C n/0 plan load plan.yaml

say '4. A directive goes down two tiers, and is acknowledged.'
run tuyen -C n/0 directive issue --id D-017 --plan tw.2026-06 --period thang-6 --title 'Báo cáo Tháng hành động' --to all --due 2026-07-05
exchange n/31 n/01 n/11383 n/11050 n/00004 n/11383-ca
run tuyen -C n/11383 status
run tuyen -C n/11383 directive ack D-017
run tuyen -C n/11050 directive ack D-017

say '5. Two of three communes report; the third has not yet.'
run tuyen -C n/11383 report set tw.2026-06 thang-6 TT01=42 MT05=31/58 --note 'Không có vướng mắc'
run tuyen -C n/11383 report submit tw.2026-06 thang-6
run tuyen -C n/11050 report set tw.2026-06 thang-6 TT01=17 MT05=9/12
run tuyen -C n/11050 report submit tw.2026-06 thang-6
exchange n/11383 n/11050 n/31 n/11383-ca
run tuyen -C n/0 total tw.2026-06 --period thang-6
tuyen -C n/0 total tw.2026-06 --period thang-6 --json >total.json
must 'reported' "$(jq -r '"\(.reported) of \(.expected)"' total.json)" '2 of 3'
must 'missing' "$(jq -r '.missing | join(" ")' total.json)" '00004'
must 'late' "$(jq -c '.late' total.json)" '[]'
must 'TT01' "$(jq -r '.rows[] | select(.indicator=="TT01").value' total.json)" 59
must 'MT05' "$(jq -r '.rows[] | select(.indicator=="MT05") | "\(.numerator)/\(.denominator) = \(.value) %"' total.json)" '40/70 = 57.14 %'

say '6. The line of Lê Chân goes away. The ward and the city both correct the same figure.'
run tuyen -C n/11383 sync --pause
run tuyen -C n/11383 report correct tw.2026-06 thang-6 TT01=44 --reason 'cộng sót'
run tuyen -C n/31 report set --unit 11383 tw.2026-06 thang-6 TT01=43 --reason 'đối chiếu biên bản'
run tuyen -C n/11383 conflict list

say '7. The line comes back. The city outranks the ward; nothing is lost: the other value stands in a conflict.'
run tuyen -C n/11383 sync --resume --wait --timeout 20
run tuyen -C n/11383 conflict list
run tuyen -C n/11383 report show tw.2026-06 thang-6
tuyen -C n/31 conflict list --json >conflicts.json
must 'conflict' "$(jq -r '.conflicts[] | "\(.why): \(.kept.value) of \(.kept.unit) over \(.other.value) of \(.other.unit)"' conflicts.json)" 'rank: 43 of 31 over 44 of 11383'

say '8. The ward objects, the city gives way.'
id=$(jq -r '.conflicts[0].id' conflicts.json | cut -c1-10)
run tuyen -C n/11383 conflict object "$id" --reason 'Sổ của phường ghi 44 buổi'
exchange n/11383
run tuyen -C n/31 conflict settle "$id" --take other --reason 'Phường có biên bản'
exchange n/31 n/11383-ca

say '9. A clash between equals: ward and police station, apart, write different figures. It waits for a person.'
run tuyen -C n/11383-ca sync --pause
run tuyen -C n/11383-ca report correct tw.2026-06 thang-6 MT05=33/58 --reason 'theo sổ công an'
run tuyen -C n/11383 report correct tw.2026-06 thang-6 MT05=32/58 --reason 'theo sổ phường'
run tuyen -C n/11383-ca sync --resume --wait --timeout 20
exchange n/11383 n/31
run tuyen -C n/11383 conflict list
tuyen -C n/0 total tw.2026-06 --period thang-6 --json >total.json
must 'MT05 while it is disputed' "$(jq -r '.rows[] | select(.indicator=="MT05") | "\(.numerator)/\(.denominator), disputed \(.disputed)"' total.json)" '40/70, disputed 1'
id=$(tuyen -C n/11383 conflict list --json | jq -r '.conflicts[] | select(.state=="disputed").id' | cut -c1-10)
run tuyen -C n/11383 conflict settle "$id" --value 33/58 --reason 'đã đối chiếu hai sổ'
exchange n/11383 n/11383-ca n/31 n/01
run tuyen -C n/11383 conflict list

say '10. The end: every node that holds a ledger holds the same commit, and the totals stand.'
run tuyen -C n/0 total tw.2026-06 --period thang-6
tuyen -C n/0 total tw.2026-06 --period thang-6 --json >total.json
must 'TT01' "$(jq -r '.rows[] | select(.indicator=="TT01").value' total.json)" 61
must 'MT05' "$(jq -r '.rows[] | select(.indicator=="MT05") | "\(.numerator)/\(.denominator) = \(.value) %"' total.json)" '42/70 = 60.00 %'
for node in 0 31 01 11383 11050 00004 11383-ca; do
	must "open conflicts at $node" "$(tuyen -C n/$node conflict list --json | jq '[.conflicts[] | select(.state != "settled")] | length')" 0
	git -C n/$node/store.git for-each-ref --format='%(refname) %(objectname)' refs/heads | sed "s,\$, $node,"
done >refs.txt
ledgers=$(grep '^refs' refs.txt | cut -d' ' -f1 | sort -u | wc -l)
commits=$(grep '^refs' refs.txt | cut -d' ' -f1,2 | sort -u | wc -l)
must 'ledgers with just one commit on all nodes' "$commits of $ledgers" "$ledgers of $ledgers"
run tuyen -C n/0 verify
run tuyen -C n/11383 verify

say 'The stores are plain git. Have a look:'
cat <<EOF
  cd $DEMO
  tuyen -C n/31 verify --allowed-signers >signers
  git -C n/31/store.git log --oneline --graph reports/11383
  git -C n/31/store.git -c gpg.format=ssh -c gpg.ssh.allowedSignersFile=\$PWD/signers log --show-signature -3 reports/11383 --no-merges
  git -C n/31/store.git show reports/11383:reports/0/tw.2026-06/thang-6.yaml
  git -C n/31/store.git fsck --strict
EOF
