#!/bin/sh
# Goal: the line emulator that other tests and the bench rely on: it carries everything, late and slowly where it was told
# so, counts bytes, directions and round trips, and cuts and falls silent at the byte, the same for the same seed.
. "$(dirname "$0")/../lib/tap.sh"

PS=$(free_port)
PL=$(free_port)
# The far end: answers a line "N" by N bytes.
cat >server.pl <<'EOP'
use IO::Socket::INET;
my $s = IO::Socket::INET->new(Listen => 64, LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], ReuseAddr => 1) or die;
print "ready\n";
close STDOUT;
while (my $c = $s->accept) {
	if (fork) { close $c; next }
	$SIG{PIPE} = 'IGNORE';
	while (<$c>) { my $n = $_ + 0; syswrite $c, "x" x $n }
	exit;
}
EOP
# The near end: "N" asks for N bytes and waits for them, "nN" asks and does not wait, "wN" waits for N bytes. Prints how
# many bytes came, how the connection ended ("open", "closed", "silent") and after how many ms.
cat >client.pl <<'EOP'
use IO::Socket::INET; use IO::Select; use Time::HiRes 'time';
my ($port, @words) = @ARGV;
my $begin = time;
my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) or do { print "refused\n"; exit };
my ($came, $wanted, $end) = (0, 0, "open");
$SIG{PIPE} = 'IGNORE';
for (@words) {
	/^(n|w)?(\d+)$/ or die;
	syswrite $c, "$2\n" unless ($1 // '') eq 'w';
	$wanted += $2 unless ($1 // '') eq 'n';
	while ($came < $wanted && $end eq "open") {
		if (!IO::Select->new($c)->can_read($ENV{PATIENCE} // 20)) { $end = "silent"; last }
		my $n = sysread $c, my $bytes, $wanted - $came;
		$n ? ($came += $n) : ($end = "closed");
	}
}
printf "%d %s %d\n", $came, $end, (time - $begin) * 1000;
EOP
perl server.pl "$PS" >ready &
daemons=" server=$!"
until grep -q ready ready; do :; done
line_pid=
lines=0
bad_line() {
	[ -z "$line_pid" ] || { kill "$line_pid"; wait "$line_pid"; }
	lines=$((lines + 1))
	counts="line.$lines"
	line --listen "127.0.0.1:$PL" --to "127.0.0.1:$PS" "$@" >"$counts" 2>err &
	line_pid=$!
	daemons="$daemons line=$line_pid"
	until ss -Hltn "sport = :$PL" | grep -q .; do kill -0 "$line_pid" || break; done
}
talk() { perl client.pl "$PL" "$@"; }
count() {
	before=$(wc -l <"$counts")
	kill -HUP "$line_pid"
	until [ "$(wc -l <"$counts")" -gt "$before" ]; do :; done
	tail -n 1 "$counts" | jq -c "$1"
}
ms() { talk "$@" | cut -d' ' -f3; }

# ---- carrying and counting ----
bad_line
is 'a question and its answer' "$(talk 5 | cut -d' ' -f1,2)" '5 open'
is 'are counted' "$(count '[.up, .down, .round_trips, .turns, .connections, .cuts]')" '[2,5,1,1,1,0]'
is 'and the count begins anew' "$(count '[.up, .down, .round_trips, .turns, .connections, .cuts]')" '[0,0,0,0,0,0]'
is 'three, one after the other' "$(talk 5 5 5 | cut -d' ' -f1,2)" '15 open'
is 'are three round trips' "$(count .round_trips)" 3
is 'a hundred thousand bytes' "$(talk 100000 | cut -d' ' -f1,2)" '100000 open'
is 'all of them' "$(count '[.up, .down, .round_trips]')" '[7,100000,1]'
bad_line --delay 30
is 'three at once' "$(talk n5 n5 n5 w15 | cut -d' ' -f1,2)" '15 open'
is 'are one round trip' "$(count .round_trips)" 1

# ---- late and slow: never sooner than told ----
[ "$(ms 5)" -ge 60 ]
ok '30 ms each way' $?
[ "$(ms 5 5 5)" -ge 180 ]
ok 'each time' $?
bad_line --rate 20000
[ "$(ms 10000)" -ge 450 ]
ok '10,000 bytes at 20,000 a second' $?
bad_line --delay 5 --jitter 20 --seed 3
is 'jitter keeps the order' "$(talk n3 n40000 n7 w40010 | cut -d' ' -f1,2)" '40010 open'

# ---- cut ----
bad_line --cut-after 1000 --cuts 2
is 'cut at the byte' "$(talk 5000 | cut -d' ' -f1,2)" '995 closed'
is 'and again' "$(talk 5000 | cut -d' ' -f1,2)" '995 closed'
is 'counted' "$(count '[.up, .down, .cuts, .connections]')" '[10,1990,2,2]'
is 'not a third time, though the count began anew' "$(talk 5000 | cut -d' ' -f1,2)" '5000 open'
within() {
	bad_line --cut-within 4000 --seed "$1"
	for i in 1 2 3 4 5; do talk 5000 | cut -d' ' -f1,2; done >"$2"
}
within 7 seven
within 7 again
within 8 eight
t 'cuts by the dice are the same for a seed' cmp seven again
fails 1 'and others for another' cmp seven eight
is 'every one of them is a cut' "$(grep -c closed eight)" 5
bad_line --cut-every 400ms --cuts 1
is 'cut after a time' "$(talk 5 w1 | cut -d' ' -f2)" closed
is 'once' "$(talk 100 | cut -d' ' -f1,2)" '100 open'
bad_line --cut-after 10 --cuts 1 --down-for 60
is 'cut' "$(talk 100 | cut -d' ' -f1,2)" '6 closed'
is 'and down for a while' "$(talk 100)" refused

# ---- silence ----
bad_line --stall-after 1000
is 'silent, without a reset' "$(PATIENCE=0.3 talk 995 5 | cut -d' ' -f1,2)" '995 silent'
bad_line --stall
is 'silent from the first byte on' "$(PATIENCE=0.3 talk 5 | cut -d' ' -f1,2)" '0 silent'
kill -USR2 "$line_pid"
is 'until it is told otherwise' "$(talk 5 | cut -d' ' -f1,2)" '5 open'
kill -USR1 "$line_pid"
while ss -Hltn "sport = :$PL" | grep -q .; do :; done
is 'down by hand' "$(talk 5)" refused
kill -USR1 "$line_pid"
until ss -Hltn "sport = :$PL" | grep -q .; do :; done
is 'and up' "$(talk 5 | cut -d' ' -f1,2)" '5 open'
# A signal is heard in its time.
ends_as() {
	tries=0
	until [ "$(talk 5 | cut -d' ' -f1,2)" = "$1" ] || [ $tries -gt 500 ]; do tries=$((tries + 1)); done
	[ $tries -le 500 ]
}
bad_line --down-as hang-up
kill -USR1 "$line_pid"
ends_as '0 closed'
ok 'down, it accepts and hangs up' $?
kill -USR1 "$line_pid"
ends_as '5 open'
ok 'until it is up' $?
bad_line --down-as lose
PATIENCE=4 talk 5 w5 >lost &
lost=$!
tries=0
until [ "$(count .down)" -ge 5 ] || [ $tries -gt 500 ]; do tries=$((tries + 1)); done
kill -USR1 "$line_pid"
PATIENCE=0.3 ends_as '0 silent'
ok 'down, it accepts and loses what is said' $?
kill -USR1 "$line_pid"
PATIENCE=0.3 ends_as '5 open'
ok 'up, it carries' $?
wait $lost
is 'but not what was open before' "$(cut -d' ' -f1,2 lost)" '5 silent'
fails 2 'an unknown way to be down' line --listen 127.0.0.1:1 --to 127.0.0.1:1 --down-as deaf
says 'is named' 'not a way to be down: deaf'
fails 2 'an unknown option' line --fast
says 'is named' 'unknown.*--fast'
done_testing
