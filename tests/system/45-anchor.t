#!/bin/sh
# Goal: the key of a root is stolen. Its reserve key lets in another one, on the machine that is there and on a new one;
# everything below accepts it by ordinary sync, the thief opens no line and nothing that he writes is taken.
. "$(dirname "$0")/../lib/tap.sh"

for unit in 0 31 01; do
	eval "P$unit=$(free_port)"
done
init() {
	dir=$1 unit=$2 level=$3 name=$4
	shift 4
	t "init of $dir" tuyen -C "n/$dir" init --unit "$unit" --level "$level" --name "$name" "$@"
}
sync() { tuyen -C "n/$1" sync --wait --timeout 20; }
together() {
	bad=
	for node in $TOGETHER; do sync "$node" >>"$WORK/log" 2>&1 || bad="$bad $node"; done
	is "together: $1" "$bad" ''
}
w() {
	node=$1
	shift
	tuyen -C "n/$node" "$@" >"$WORK/out" 2>"$WORK/err" || { ok "$node: $*" 1; show "$WORK/out" "$WORK/err"; }
}
issue() { tuyen -C "n/$1" directive issue --id "$2" --title "$2" --to all; }
directives() { tuyen -C "n/$1" directive list --json | jq -c '[.directives[].id] | sort'; }
clean() { for node in 0 31 01 11383; do t "$1: verify at $node" tuyen -C n/$node verify; done; }
keys() { tuyen -C n/$1 unit show 0 --json | jq -c '[.keys[].state] | sort'; }

TOGETHER='11383 31 01 11383'

# ---- a root and its reserve key ----
init 0 0 central 'Trung ương' --root --listen "127.0.0.1:$P0"
init 31 31 province 'thành phố Hải Phòng' --listen "127.0.0.1:$P31"
init 01 01 province 'thành phố Hà Nội' --listen "127.0.0.1:$P01"
init 11383 11383 commune 'phường Lê Chân'
for node in 0 31 01 11383; do start n/$node; done
t 'a city joins' enrol n/31 n/0
t 'another' enrol n/01 n/0
t 'a ward' enrol n/11383 n/31
t 'status of the root' tuyen -C n/0 status
says 'warns of the reserve key beside the active one' 'reserve key lies in n/0/reserve.key'
mkdir safe
mv n/0/reserve.key safe/
tuyen -C n/0 status >out
is 'until it is taken away' "$(grep -c 'reserve key' out)" 0
is 'a city pins it' "$(grep -A3 '^anchor:' n/31/tuyen.conf | grep -c reserve)" 1
is 'a ward too' "$(grep -A3 '^anchor:' n/11383/tuyen.conf | grep -c reserve)" 1
issue 0 D-1 >out 2>&1
together 'before the theft'
t 'a backup' tuyen -C n/0 backup old.tar
stop n/0
cp -a n/0 n/thief
start n/0

# ---- who may not ----
fails 2 'without the reserve key' tuyen -C n/0 key replace
fails 1 'with a file that is no key' tuyen -C n/0 key replace --reserve n/0/tuyen.conf
fails 1 'with the active key itself' tuyen -C n/0 key replace --reserve n/0/key
says 'the right one is named' 'the reserve key of 0 is'
fails 1 'at a city' tuyen -C n/31 key replace --reserve safe/reserve.key
says 'which is told what to do' 'join --recover'
is 'nothing has changed' "$(keys 0)" '["active"]'

# ---- the machine that is there ----
stop n/01
cp n/0/key key.before
t 'the reserve key lets in another one' tuyen -C n/0 key replace --reserve safe/reserve.key --suspend
says 'which is read out' '0 has a new key: .*SHA256'
fails 1 'the old one is gone' cmp n/0/key key.before
is 'nothing is left behind' "$(ls n/0)" "$(printf '%s\n' key run spool store.git tuyen.conf)"
is 'the old key is suspended' "$(keys 0)" '["active","suspended"]'
stop n/0
cp n/0/key n/0/key.new
cp key.before n/0/key
sed -i '/^grant:/d' n/0/tuyen.conf
start n/0
issue 0 D-2 >out 2>&1
is 'a crash before it was put in place is made good' "$(ls n/0)" "$(printf '%s\n' key run spool store.git tuyen.conf)"
t 'the city accepts it' sync 31
t 'the ward too' sync 11383
is 'and hears the root' "$(directives 11383)" '["D-1","D-2"]'
stop n/0
start n/0
issue 0 D-3 >out 2>&1
t 'so it is after a restart' sync 31

# ---- the thief ----
stop n/0
start n/thief
issue thief T-1 >out 2>&1
fails 3 'a thief at the address of the root' tuyen -C n/31 sync --wait --timeout 2
start n/01
t 'who has not heard of it yet believes him' sync 01
is 'and what he says' "$(directives 01)" '["D-1","T-1"]'
stop n/thief
start n/0
TOGETHER='31 11383'
together 'the root is back'
fails 3 'the other city learns it too, but what it has of the thief is held' tuyen -C n/01 sync --wait --timeout 3
is 'the city has nothing of the thief' "$(directives 31)" '["D-1","D-2","D-3"]'
is 'nor has the root' "$(directives 0)" '["D-1","D-2","D-3"]'
t 'what the other city brings of his' tuyen -C n/0 held list --json
json 'waits for a person' '[.held[] | [.writer, .subject]]' '[["0","directive: issue T-1"]]'
stop n/0
start n/thief
for node in 31 01; do fails 3 "$node does not know him any more" tuyen -C n/$node sync --wait --timeout 2; done
stop n/thief
start n/0

# ---- a new machine ----
stop n/0
mv n/0 lost
t 'the root is restored from a backup older than that' tuyen -C n/0 restore old.tar
start n/0
fails 3 'it has a key that is suspended' tuyen -C n/31 sync --wait --timeout 2
t 'the reserve key lets in another one' tuyen -C n/0 key replace --reserve safe/reserve.key
t 'the city brings back what it had lost' sync 31
is 'all of it' "$(directives 0)" '["D-1","D-2","D-3"]'
is 'also the key of the machine that burned' "$(keys 0)" '["active","active","suspended"]'
t 'which is ended as well' tuyen -C n/0 key replace --reserve safe/reserve.key
issue 0 D-4 >out 2>&1
t 'the city' sync 31
t 'the ward' sync 11383
is 'hears it' "$(directives 11383)" '["D-1","D-2","D-3","D-4"]'
is 'one key is active' "$(keys 11383)" '["active","retired","retired","suspended"]'
init 11050 11050 commune 'xã Gia Phúc'
t 'a newcomer' enrol n/11050 n/31
start n/11050
t 'believes the chain from its first key on' sync 11050
is 'and hears all' "$(directives 11050)" '["D-1","D-2","D-3","D-4"]'
clean 'at the end'
t 'verify at the newcomer' tuyen -C n/11050 verify
done_testing
