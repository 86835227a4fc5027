#!/bin/sh
# Goal: the city's server burns and its new one has another key: its wards go on without a visit, for the change that
# grants it comes down from the centre. Whoever merely calls himself the city learns nothing and changes nothing.
. "$(dirname "$0")/../lib/tap.sh"

C=$(free_port)
P=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp, title: Tháng cao điểm}
indicators:
  - {id: A, name: Số vụ, kind: count, aggregate: sum, scope: commune}
EOP
centre() { tuyen -C n/0 "$@"; }
city() { tuyen -C n/31 "$@"; }
ward() { tuyen -C n/11383 "$@"; }
pinned() { sed -n '/^superior:/,/^[a-z]/s/^  key: //p' n/11383/tuyen.conf; }
refs() { git -C "$1/store.git" for-each-ref --format='%(refname) %(objectname)'; }

centre init --unit 0 --level central --name 'Trung ương' --root --listen 127.0.0.1:$C >out 2>err
start n/0
city init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$P >out 2>err
t 'the city is admitted' enrol n/31 n/0
start n/31
ward init --unit 11383 --level commune --name 'Lê Chân' >out 2>err
ward join --request >ward.request
t 'the ward is admitted' enrol n/11383 n/31
start n/11383
tuyen -C n/11050 init --unit 11050 --level commune --name 'An Biên' --listen 127.0.0.1:$P >out 2>err
t 'its neighbour, too' enrol n/11050 n/31
t 'exchange' city sync --wait --timeout 20
t 'plan' city plan load plan.yaml
t 'exchange' ward sync --wait --timeout 20
t 'a figure' ward report set hp 2026-05 A=41
t 'exchange' ward sync --wait --timeout 20
t 'exchange' city sync --wait --timeout 20
old_key=$(pinned)

# An impostor at the city's address, with the ward's key in a registry of its own.
stop n/31
mv n/31 burned
t 'an impostor' tuyen -C n/fake init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P
start n/fake
t 'which would admit the ward' tuyen -C n/fake unit admit ward.request
t 'and issues a directive' tuyen -C n/fake directive issue --id D-666 --title 'Nộp hết' --to all --due 2026-12-31
t 'a figure that is nobody else'"'"'s business' ward report set hp 2026-06 A=4242
refs n/11383 >before
fails 3 'no exchange with it' ward sync --wait --timeout 3
says 'and why' 'does not hold the key that the registry names'
is 'nothing came in' "$(refs n/11383)" "$(cat before)"
is 'it was given no report' "$(refs n/fake | grep -c reports/11383)" 0
is 'nor any directive of ours' "$(refs n/fake | grep -c 'directives/\(0\|11383\) ')" 0
is 'the key is the old one' "$(pinned)" "$old_key"
t 'status' ward status --json
json 'the line is not open' '.lines[0].open' false
t 'in Vietnamese' env TUYEN_LANG=vi tuyen -C n/11383 status
says 'the clerk reads why' 'khóa'
git -C n/fake/store.git grep -q 4242 $(git -C n/fake/store.git for-each-ref --format='%(objectname)')
is 'nor is the figure there' $? 1
stop n/fake
# Nor is one whose key the registry knows as that of another: the ward's neighbour.
start n/11050
fails 3 'no exchange with the neighbour' ward sync --wait --timeout 2
says 'and why' 'does not hold the key that the registry names'
stop n/11050
is 'it was given nothing' "$(refs n/11050 | grep -c reports/11383)" 0

# The new machine. The centre lets it in; the wards know nothing of it.
t 'a new machine' city init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$P
t 'asks' city join --request --recover
cp out req.yaml
t 'the centre says yes' centre unit admit --recover req.yaml
cp out welcome.yaml
t 'joined' city join welcome.yaml
start n/31
t 'all is back' city sync --wait --with 0 --timeout 30
t 'the ward goes on' ward sync --wait --timeout 30
[ "$(pinned)" != "$old_key" ]
ok 'the new key is the one it dials now' $?
t 'exchange' city sync --wait --timeout 20
for ledger in directives/0 directives/31 reports/11383; do
	is "$ledger is the same on both" "$(tip n/11383 $ledger)" "$(tip n/31 $ledger)"
done
t 'the figure typed meanwhile has arrived' city report show --unit 11383 hp 2026-06 --json
json 'it' '.values.A' '"4242"'
t 'and the one before' city report show --unit 11383 hp 2026-05 --json
json 'too' '.values.A' '"41"'
is 'nobody is taken for a twin' "$(city incident list --json | jq '[.incidents[] | select(.kind == "twin")] | length')" 0
stop n/11383
start n/11383
t 'the same after a restart' ward sync --wait --timeout 20
t 'a directive' city directive issue --id D-001 --plan hp --title 'Báo cáo' --to all --due 2026-12-31
t 'goes down' ward sync --wait --timeout 20
t 'and is there' ward directive show D-001

# The old machine, which was said to be burned, is at the address again: its key opens nothing any more.
stop n/31
mv n/31 n/good
mv burned n/31
start n/31
t 'a figure' ward report set hp 2026-07 A=777
fails 3 'the old key' ward sync --wait --timeout 3
says 'is refused' 'does not hold the key that the registry names'
is 'nothing was given to it' "$(git -C n/31/store.git log --format=%H reports/11383 | grep -c "$(git -C n/11383/store.git rev-parse reports/11383)")" 0
stop n/31
mv n/31 burned
mv n/good n/31
start n/31
t 'the new one again' ward sync --wait --timeout 30

# The root's key is replaced by its reserve key while the city is away: it hears of it when it rings the next time.
stop n/31
t 'another key of the root' centre key replace --reserve n/0/reserve.key
stop n/0
start n/0
start n/31
t 'the city goes on with it' city sync --wait --with 0 --timeout 30
is 'it dials that key now' "$(sed -n '/^superior:/,/^[a-z]/s/^  key: //p' n/31/tuyen.conf)" "$(centre unit show 0 --json | jq -r '[.keys[] | select(.state == "active")][-1].key')"
t 'a directive of the root' centre directive issue --id D-100 --title 'Báo cáo' --to all --due 2026-12-31
t 'goes down' city sync --wait --with 0 --timeout 30
t 'to the ward' ward sync --wait --timeout 30
t 'and is there' ward directive show D-100
for node in 0 31 11383; do
	t "$node: verify" tuyen -C n/$node verify
done
done_testing
