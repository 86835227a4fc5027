#!/bin/sh
# Goal: two cities that were roots, with communes, a station and a year of reports, are put under a centre that did not exist
# before: ranks as they were, nothing lost, no commune visited; plans of the centre reach the communes, everything from
# before is good everywhere, and a root that has nothing to do with them stays out.
. "$(dirname "$0")/../lib/tap.sh"

for unit in 0 31 01 79 11383; do
	eval "P$unit=$(free_port)"
done
NODES='0 31 01 11383 00004 ca'
cat >hp.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch của thành phố}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP
sed 's/hp.2026/hn.2026/' hp.yaml >hn.yaml
sed 's/hp.2026/tw.2026/; s/thành phố/trung ương/' hp.yaml >tw.yaml

init() {
	dir=$1 unit=$2 level=$3 name=$4
	shift 4
	t "init of $dir" tuyen -C "n/$dir" init --unit "$unit" --level "$level" --name "$name" "$@"
}
sync() { tuyen -C "n/$1" sync --wait --timeout 100; }
together() {
	bad=
	for node in ca 11383 00004 31 01 11383 00004 ca; do sync "$node" >>"$WORK/log" 2>&1 || bad="$bad $node"; done
	is "together: $1" "$bad" ''
}
w() {
	node=$1
	shift
	tuyen -C "n/$node" "$@" >"$WORK/out" 2>"$WORK/err" || { ok "$node: $*" 1; show "$WORK/out" "$WORK/err"; }
}
total() { tuyen -C n/$1 total "$2" --period "$3" --json | jq -c '[.expected, .reported, .rows[0].value]'; }
clean() { for node in $NODES; do t "$1: verify at $node" tuyen -C n/$node verify; done; }

# ---- two pairs, each with its own root ----
init 31 31 province 'thành phố Hải Phòng' --root --listen "127.0.0.1:$P31"
says 'says where the reserve key is' 'n/31/reserve.key: move it to a stick'
is 'which nobody else can read' "$(stat -c %a n/31/reserve.key)" 600
init 01 01 province 'thành phố Hà Nội' --root --listen "127.0.0.1:$P01"
init 11383 11383 commune 'phường Lê Chân' --listen "127.0.0.1:$P11383"
init ca 11383 commune 'Công an phường' --station cong-an --agency cong-an
init 00004 00004 commune 'phường Ba Đình'
for node in 31 01 11383 00004 ca; do start n/$node; done
t 'the ward joins' enrol n/11383 n/31
t 'its police' enrol n/ca n/11383
t 'the other ward' enrol n/00004 n/01
w 31 plan load hp.yaml
w 01 plan load hn.yaml
together 'before there is a centre'
w 11383 report set hp.2026 2026-05 TT01=42
w 11383 report submit hp.2026 2026-05
w 00004 report set hn.2026 2026-05 TT01=7
w 00004 report submit hn.2026 2026-05
together 'reports'
w 31 report return --unit 11383 hp.2026 2026-05 --reason 'thiếu biên bản'
together 'returned'
w ca report set hp.2026 2026-05 TT01=43
w 11383 report submit hp.2026 2026-05
together 'and submitted again'
w 31 report accept --unit 11383 hp.2026 2026-05
together 'accepted'
is 'total of the city' "$(total 31 hp.2026 2026-05)" '[1,1,"43"]'
for node in 31 01; do git -C n/$node/store.git rev-list --no-merges --branches; done | sort -u >old

# ---- a centre ----
init 0 0 central 'Trung ương' --root --listen "127.0.0.1:$P0"
init 79 79 province 'thành phố Hồ Chí Minh' --root --listen "127.0.0.1:$P79"
start n/0
start n/79
t 'a root asks' tuyen -C n/31 join --request
says 'and says that it is one' "^anchor: 'yes'"
cp out req
fails 1 'another city cannot be above it' tuyen -C n/79 unit admit req
says 'its level does not fit' 'does not rank below'
t 'the centre admits it' tuyen -C n/0 unit admit req
cp out welcome
sed "s/^rank: '1'/rank: '2'/" welcome >forged
fails 1 'a welcome that was altered' tuyen -C n/31 join forged
t 'the city joins while its daemon runs' tuyen -C n/31 join welcome
t 'once more' tuyen -C n/31 join welcome
is 'it is no root any more' "$(tuyen -C n/31 config --json | jq -c '[.root, .rank, .superior]')" '[false,1,"0"]'
t 'and meets the centre' sync 31
w 0 unit add 01 --level province --name 'thành phố Hà Nội'
stop n/01
t 'the other city, which the centre has listed before' enrol n/01 n/0
start n/01
together 'with the centre'
t 'who has learned it from it' tuyen -C n/11383 unit list --json
json 'the centre stands above the city of the ward' '[.units[] | [.id, .parent]] | sort' '[["0",null],["01","0"],["11383","31"],["31","0"]]'
t 'the other ward' tuyen -C n/00004 unit list --json
json 'as well' '[.units[] | [.id, .parent]] | sort' '[["0",null],["00004","01"],["01","0"],["31","0"]]'
t 'the police' tuyen -C n/ca unit list --json
json 'too' '[.units[].id] | sort' '["0","01","11383","31"]'
t 'the centre knows all' tuyen -C n/0 unit list --stations --json
json 'below it' '[.units[].id] | sort' '["0","00004","01","11383","31","cong-an@11383"]'
git -C n/0/store.git rev-list --no-merges --branches | sort >new
is 'the centre has all that was written before' "$(comm -23 old new | wc -l)" 0
is 'and its totals' "$(total 0 hp.2026 2026-05)" '[1,1,"43"]'
clean 'after the handover'
grep -h -e refused -e incident n/*.log >out
is 'nobody refused anything' "$(cat out)" ''

# ---- work under it ----
w 0 plan load tw.yaml
w 0 directive issue --id D-1 --plan tw.2026 --period 2026-06 --title 'Báo cáo' --to all --due 2199-07-05
w 31 directive issue --id D-2 --title 'Quán triệt' --to all
together 'a plan of the centre'
t 'at the ward' tuyen -C n/11383 status --json
json 'is to be done' '[.to_do[] | select(.kind == "directive") | [.issuer, .id]] | sort' '[["0","D-1"],["31","D-2"]]'
w 11383 directive ack 0/D-1
w 00004 directive ack D-1
w 11383 report set tw.2026 2026-06 TT01=5
w 11383 report submit tw.2026 2026-06
w 00004 report set tw.2026 2026-06 TT01=6
w 00004 report submit tw.2026 2026-06
together 'reports to the centre'
is 'add up there' "$(total 0 tw.2026 2026-06)" '[2,2,"11"]'
is 'and at a city' "$(total 31 tw.2026 2026-06)" '[1,1,"5"]'
tuyen -C n/0 directive show D-1 --json >out
json 'both wards have acknowledged' '[.acks[] | select(.current) | .unit] | sort' '["00004","11383"]'
for node in 31 11383; do w $node sync --pause; done
w 0 report set --unit 11383 tw.2026 2026-06 TT01=50 --reason 'đối chiếu'
w 31 report set --unit 11383 tw.2026 2026-06 TT01=51 --reason 'đối chiếu'
w 11383 report correct tw.2026 2026-06 TT01=52 --reason 'cộng sót'
for node in 31 11383; do w $node sync --resume; done
together 'three writers'
for node in 0 31 11383 ca; do
	is "rank decides, at $node" "$(tuyen -C n/$node report show --unit 11383 tw.2026 2026-06 --json | jq -c .values.TT01)" '"50"'
done
w 11383 report set hp.2026 2026-06 TT01=9
w 11383 report submit hp.2026 2026-06
together 'the plan of the city'
is 'goes on' "$(total 0 hp.2026 2026-06)" '[1,1,"9"]'

# ---- who comes later ----
init 11050 11050 commune 'xã Gia Phúc'
t 'another ward joins the city' enrol n/11050 n/31
start n/11050
t 'and meets it' sync 11050
w 11050 report set tw.2026 2026-06 TT01=100
w 11050 report submit tw.2026 2026-06
t 'and reports to the centre' sync 11050
together 'the newcomer'
is 'which counts it' "$(total 0 tw.2026 2026-06)" '[3,3,"156"]'
NODES="$NODES 11050"

# ---- who does not belong to them ----
tuyen -C n/11383 join --request >req
t 'another root admits a ward' tuyen -C n/79 unit admit req
cp out welcome
fails 1 'but the ward does not join it' tuyen -C n/11383 join welcome
says 'for it has its anchor' '31 already; this welcome names 79'
init rival 9 central 'Trung ương khác' --root --listen "127.0.0.1:$P79"
stop n/79
start n/rival
tuyen -C n/31 join --request >req
t 'another centre admits a city' tuyen -C n/rival unit admit req
cp out welcome
fails 1 'which has handed over already' tuyen -C n/31 join welcome
says 'to one that it trusts' '0 already; this welcome names 9'
is 'the centre has not heard of it' "$(tuyen -C n/0 unit list --json | jq -c '[.units[].id] | index("79")')" null

# ---- the city burns ----
stop n/31
mv n/31 burned
init 31 31 province 'thành phố Hải Phòng' --listen "127.0.0.1:$P31"
tuyen -C n/31 join --request --recover >req
t 'the centre admits its new machine' tuyen -C n/0 unit admit --recover req
cp out welcome
start n/31
t 'which joins' tuyen -C n/31 join welcome
t 'and has all from the centre' sync 31
is 'it pins the centre' "$(grep -A1 '^anchor:' n/31/tuyen.conf | grep -c "unit: '0'")" 1
t 'a ward that pins the city accepts it' sync 11383
t 'the newcomer too' sync 11050
w 31 directive issue --id D-4 --title 'Máy mới' --to all
together 'the new machine'
is 'the ward hears it' "$(tuyen -C n/11383 directive list --json | jq -c '[.directives[].id] | index("D-4") != null')" true
tuyen -C n/11383 join --request >req
t 'it admits a ward once more' tuyen -C n/31 unit admit req
cp out welcome
t 'whose anchor is another one than is pinned there, and as good' tuyen -C n/11383 join welcome
is 'the own pin stays' "$(grep -A1 '^anchor:' n/11383/tuyen.conf | grep -c "unit: '31'")" 1
together 'with two pins'

# ---- all begin again from what is on disk ----
for node in $NODES; do stop n/$node; done
for node in $NODES; do start n/$node; done
w 0 directive issue --id D-3 --title 'Sau khi khởi động lại' --to all
together 'after a restart'
t 'the newcomer' sync 11050
t 'the ward' tuyen -C n/11050 directive list --json
json 'hears the centre' '[.directives[] | select(.id == "D-3") | .issuer]' '["0"]'
clean 'at the end'
for node in $NODES; do
	git -C n/$node/store.git for-each-ref --format="%(refname) %(objectname)" refs/heads
done >refs
is 'every ledger is one commit on all nodes that hold it' "$(sort -u refs | wc -l)" "$(cut -d' ' -f1 refs | sort -u | wc -l)"
is 'Hà Nội has nothing of Hải Phòng' "$(git -C n/01/store.git for-each-ref refs/heads | grep -c -e 11383 -e /31)" 0
tuyen -C n/0 verify --allowed-signers >signers
bad=0 all=0
for id in $(git -C n/0/store.git rev-list --no-merges --branches); do
	all=$((all + 1))
	git -C n/0/store.git -c gpg.format=ssh -c gpg.ssh.allowedSignersFile="$WORK/signers" verify-commit "$id" 2>>err || bad=$((bad + 1))
done
is "stock git verifies all $all changes at the centre" "$bad" 0
done_testing
