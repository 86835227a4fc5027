#!/bin/sh
# Goal: a bad line between a commune and its city: cut at every place, stalled, slow, down, its ends killed in
# mid-transfer. Nothing typed is lost, and when the line is there again both ends have the same.
. "$(dirname "$0")/../lib/tap.sh"

P31=$(free_port)
PL=$(free_port)
cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, aggregate: sum, scope: commune}
EOP

# The line: begin it anew with these options.
line_pid=
bad_line() {
	end_line
	line --listen "127.0.0.1:$PL" --to "127.0.0.1:$P31" "$@" >>line.log 2>&1 &
	line_pid=$!
	daemons="$daemons line=$line_pid"
}
end_line() {
	[ -n "$line_pid" ] || return 0
	kill "$line_pid" && wait "$line_pid"
	line_pid=
}
# Words that do not deflate: $1 KB of them.
words() { head -c "$(($1 * 512))" /dev/urandom | od -An -v -tx1 | tr 0-9 g-p | tr -d ' \n'; } # without digits: they might be a phone number
same() {
	for ledger in directives/31 directives/11383 reports/11383; do
		is "$1: $ledger is the same" "$(tip n/11383 $ledger)" "$(tip n/31 $ledger)"
	done
}
# moved NODE N: wait, bounded, until the node's open line has brought in N bytes.
moved() {
	tries=0
	until [ "$(tuyen -C "$1" status --json | jq "[.lines[] | select(.open) | .bytes_in] | max // 0")" -ge "$2" ]; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || return 1
	done
}

t 'the city' tuyen -C n/31 init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$P31"
start n/31
t 'the ward' tuyen -C n/11383 init --unit 11383 --level commune --name 'Lê Chân'
t 'asks' tuyen -C n/11383 join --request
cp out req
t 'is admitted' tuyen -C n/31 unit admit req
cp out welcome
fails 1 'an address that is none' tuyen -C n/11383 join --superior nowhere welcome
says 'says how to write one' 'HOST:PORT'
t 'joins by the bad line, which is not there' tuyen -C n/11383 join --superior "127.0.0.1:$PL" welcome
start n/11383
fails 3 'an exchange without a line' tuyen -C n/11383 sync --wait --timeout 1
says 'says why' "cannot reach 127.0.0.1:$PL: nothing listens there"
t 'the plan' tuyen -C n/31 plan load plan.yaml
bad_line
t 'the line is there' tuyen -C n/11383 sync --wait --timeout 10
same 'first'

# ---- cut after n bytes ----
month=0
for n in 1 300 700 1100 1400 1700 2100 2600 3200 4000 5200 7000; do
	month=$((month + 1))
	period=$(printf '2026-%02d' "$month")
	bad_line --cut-after "$n" --cuts 2
	tuyen -C n/31 directive issue --id "D-$n" --title 'Chỉ đạo' --text "$(words 2)" --to all >out 2>err || ok "directive $n" 1
	tuyen -C n/11383 report set hp.2026 "$period" "TT01=$n" --note "$(words 2)" >out 2>err || ok "set $n" 1
	tuyen -C n/11383 report submit hp.2026 "$period" >out 2>err || ok "submit $n" 1
	t "cut after $n bytes" tuyen -C n/11383 sync --wait --timeout 15
	is "reports are the same after $n" "$(tip n/11383 reports/11383)" "$(tip n/31 reports/11383)"
	is "directives are the same after $n" "$(tip n/11383 directives/31)" "$(tip n/31 directives/31)"
	is "the figure after $n" "$(tuyen -C n/31 total hp.2026 --period "$period" --json | jq -c '[.reported, .rows[0].value]')" "[1,\"$n\"]"
done

# ---- stalled, and down ----
bad_line --stall
tuyen -C n/11383 report correct hp.2026 2026-01 TT01=11 --reason 'khi đường truyền treo' 2>err || ok 'correct' 1
fails 3 'nothing goes over a line that stalls' tuyen -C n/11383 sync --wait --timeout 1
bad_line
t 'but the next one takes it' tuyen -C n/11383 sync --wait --timeout 15
same 'after the stall'
bad_line --cut-after 2000 --cuts 1 --down-for 1
tuyen -C n/11383 report correct hp.2026 2026-02 TT01=12 --reason 'khi mất mạng' --timeout 5 2>err || ok 'correct' 1
t 'a line that is down for a second' tuyen -C n/11383 sync --wait --timeout 15
same 'after it was down'

# ---- slow, and killed in mid-transfer ----
bad_line --rate 12000
tuyen -C n/11383 sync --wait --timeout 15 || ok 'slow' 1
t 'much is typed' tuyen -C n/11383 report set hp.2026 2027-01 TT01=1 --note "$(words 48)"
moved n/31 8000
ok 'it is on its way' $?
stop n/11383 KILL
start n/11383
tip n/11383 reports/11383 >/dev/null
ok 'a ward killed in mid-transfer has it' $?
bad_line
t 'and sends it again' tuyen -C n/11383 sync --wait --timeout 15
same 'after the ward was killed'
bad_line --rate 12000
tuyen -C n/11383 sync --wait --timeout 15 || ok 'slow' 1
t 'much is typed again' tuyen -C n/11383 report set hp.2026 2027-02 TT01=2 --note "$(words 48)"
moved n/31 8000
ok 'it is on its way' $?
stop n/31 KILL
start n/31
bad_line
t 'a city killed in mid-transfer gets it again' tuyen -C n/11383 sync --wait --timeout 15
same 'after the city was killed'
bad_line --rate 12000
tuyen -C n/11383 sync --wait --timeout 15 || ok 'slow' 1
t 'a long directive' tuyen -C n/31 directive issue --id D-L --title 'Dài' --text "$(words 48)" --to all
moved n/11383 8000
ok 'it is on its way' $?
stop n/11383 KILL
stop n/31 KILL
start n/31
start n/11383
bad_line --cut-after 9000 --cuts 3
t 'both killed, and three cuts more' tuyen -C n/11383 sync --wait --timeout 20
same 'after both were killed'
bad_line --rate 4000
tuyen -C n/11383 report correct hp.2026 2026-03 TT01=13 --reason 'đường chậm' 2>err || ok 'correct' 1
t '4000 bytes a second will do' tuyen -C n/11383 sync --wait --timeout 15
same 'by the slow line'

# ---- paused ----
t 'pause' tuyen -C n/11383 sync --pause
t 'work goes on' tuyen -C n/11383 report correct hp.2026 2026-04 TT01=14 --reason 'khi tạm dừng'
stop n/11383 KILL
start n/11383
fails 1 'paused it stays, though it was killed' tuyen -C n/11383 sync --wait --timeout 10
says 'and says so' 'paused.*--resume'
t 'status' tuyen -C n/11383 status --json
json 'says so too' '[.paused, .lines[0].open]' '[true,false]'
[ "$(tip n/11383 reports/11383)" != "$(tip n/31 reports/11383)" ]
ok 'nothing has gone out' $?
t 'resume' tuyen -C n/11383 sync --resume --wait --timeout 15
same 'after the pause'
t 'the city pauses' tuyen -C n/31 sync --pause
fails 3 'the ward finds nobody' tuyen -C n/11383 sync --wait --timeout 1
stop n/31
start n/31
t 'the city goes on' tuyen -C n/31 sync --resume
t 'the ward finds it' tuyen -C n/11383 sync --wait --timeout 15

# ---- addresses ----
PX=$(free_port)
t 'a stranger' tuyen -C n/x init --unit 31 --level province --name 'Giả' --root --listen "127.0.0.1:$PX"
start n/x
t 'the ward is sent to a stranger' tuyen -C n/11383 join --superior "127.0.0.1:$PX" welcome
fails 3 'it does not talk to him' tuyen -C n/11383 sync --wait --timeout 1
says 'and says why' 'does not hold the key'
t 'the address is set right' tuyen -C n/11383 config superior.address "127.0.0.1:$PL"
t 'and all is well' tuyen -C n/11383 sync --wait --timeout 15
stop n/x
t 'a port that another program holds' tuyen -C n/x config listen "127.0.0.1:$P31"
fails 3 'is not taken from it' tuyend -C n/x
says 'and the error says what to do' "127.0.0.1:$P31: another program holds this port.*tuyen config listen"

# ---- the end ----
for month in 05 06 07 08 09 10 11 12; do
	is "what was typed for $month is there" "$(tuyen -C n/31 report show --unit 11383 hp.2026 2026-$month --json | jq -c '[.state, .values.TT01 != null]')" '["submitted",true]'
done
is 'corrections too' "$(for m in 1 2 3 4; do tuyen -C n/31 report show --unit 11383 hp.2026 2026-0$m --json | jq -r .values.TT01; done | tr '\n' ' ')" '11 12 13 14 '
for node in 31 11383; do
	t "verify at $node" tuyen -C n/$node verify
	t "git fsck at $node" git -C n/$node/store.git fsck --strict
done
done_testing
