# Sourced by system tests: TAP output, daemons started and ended by their process id, a private folder.
#   . "$(dirname "$0")/../lib/tap.sh"
# Needs TUYEN_BUILD (the folder with tuyen and tuyend); `make system` sets it.

set -u
: "${TUYEN_BUILD:=$(cd "$(dirname "$0")/../.." && pwd)/build}"
TOP=$(cd "$(dirname "$0")/../.." && pwd)
PATH="$TUYEN_BUILD:$TUYEN_BUILD/testbin:$PATH"
unset TUYEN_DIR TUYEN_NOW TUYEN_LANG LANGUAGE LC_ALL LC_MESSAGES
export LANG=C.UTF-8 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
WORK=$(mktemp -d)
cd "$WORK" || exit 1
n_tests=0
failed=0
daemons=

finish() {
	for one in $daemons; do kill "${one##*=}" 2>/dev/null; done
	for one in $daemons; do wait "${one##*=}" 2>/dev/null; done
	if [ "$failed" -ne 0 ] && [ -n "${KEEP_FAILED:-}" ]; then echo "# kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT

# One run of a test at a time on this machine: a second one, of another working copy, would take the ports of a daemon that
# is stopped for a moment. A test that another one runs (TAP_PORTS) goes under that one's lock. Daemons do not inherit it.
tap_lock=/tmp/tuyen-test-$(basename "$0" | cut -c1-2).lock
if [ -z "${TAP_PORTS:-}" ] && (: >>"$tap_lock") 2>/dev/null; then
	exec 9>>"$tap_lock"
	flock -w 900 9
fi

# ok NAME STATUS: one test point; status 0 passes.
ok() {
	n_tests=$((n_tests + 1))
	if [ "$2" -eq 0 ]; then echo "ok $n_tests - $1"; else
		echo "not ok $n_tests - $1"
		failed=$((failed + 1))
	fi
}

show() { sed 's/^/# /' "$@" | head -n 40; }

# t NAME COMMAND...: the command must succeed. Its output is in $WORK/out and $WORK/err.
t() {
	t_name=$1
	shift
	"$@" >"$WORK/out" 2>"$WORK/err"
	t_status=$?
	ok "$t_name" "$t_status"
	[ "$t_status" -eq 0 ] || { echo "# $* -> $t_status"; show "$WORK/out" "$WORK/err"; }
}

# fails STATUS NAME COMMAND...: the command must end with just that status.
fails() {
	t_want=$1 t_name=$2
	shift 2
	"$@" >"$WORK/out" 2>"$WORK/err"
	t_status=$?
	[ "$t_status" -eq "$t_want" ]
	ok "$t_name" $?
	[ "$t_status" -eq "$t_want" ] || { echo "# $* -> $t_status, not $t_want"; show "$WORK/out" "$WORK/err"; }
}

# is NAME GOT WANTED
is() {
	[ "$2" = "$3" ]
	ok "$1" $?
	[ "$2" = "$3" ] || { echo "#   got:    $2"; echo "#   wanted: $3"; }
}

# says NAME PATTERN: the last command's output or errors match the (extended) pattern.
says() {
	cat "$WORK/out" "$WORK/err" | grep -qE -- "$2"
	t_status=$?
	ok "$1" "$t_status"
	[ "$t_status" -eq 0 ] || { echo "# no match for: $2"; show "$WORK/out" "$WORK/err"; }
}

# json NAME FILTER WANTED: jq over the last command's output.
json() { is "$1" "$(jq -c "$2" <"$WORK/out" 2>&1)" "$3"; }

# logged NODE_DIR PATTERN N: until its log has the pattern on N lines, bounded; 0 when it has.
logged() {
	logged_left=1500
	while [ "$(grep -cs -- "$2" "$1.log")" -lt "$3" ] && [ "$logged_left" -gt 0 ]; do
		logged_left=$((logged_left - 1))
		sleep 0.02
	done
	[ "$logged_left" -gt 0 ]
}

done_testing() {
	echo "1..$n_tests"
	[ "$failed" -eq 0 ]
	exit
}

# A port that nobody listens on, one after the other. Each test has a hundred of its own, below those that the kernel
# gives to whoever dials: a stopped daemon finds its port again, and tests may run beside each other. A test that another
# one runs uses that one's (TAP_PORTS).
free_port() {
	perl -MIO::Socket::INET -e '
		my ($first, $given) = @ARGV;
		open my $f, "+>>", $given or die $!;
		seek $f, 0, 0;
		my %given = map { chomp; ($_ => 1) } <$f>;
		for my $port ($first .. $first + 99) {
			next if $given{$port};
			IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => $port, ReuseAddr => 1) or next;
			print $f "$port\n";
			print $port;
			exit;
		}
		die "no port is free"' "$((20000 + $(echo "${TAP_PORTS:-$(basename "$0")}" | cut -c1-2 | sed 's/^0//') * 100))" "$WORK/.ports"
}

# start NODE_DIR: a daemon in the background, until it serves or has ended; its log is NODE_DIR.log. Nodes that NEXT_NODES
# names run what the next version may be (63-versions.t).
start() {
	start_served=$(grep -cs ' serves ' "$1.log")
	case " ${NEXT_NODES:-} " in
	*" ${1##*/} "*) start_program=$TUYEN_BUILD/next/tuyend ;;
	*) start_program=tuyend ;;
	esac
	"$start_program" -C "$1" >>"$1.log" 2>&1 9>&- &
	start_pid=$!
	daemons="$daemons $1=$start_pid"
	start_left=1500
	while [ "$(grep -cs ' serves ' "$1.log")" = "$start_served" ] && kill -0 "$start_pid" 2>/dev/null && [ "$start_left" -gt 0 ]; do
		start_left=$((start_left - 1))
		sleep 0.02
	done
}

pid_of() {
	for one in $daemons; do [ "${one%%=*}" = "$1" ] && echo "${one##*=}"; done | tail -n 1
}

# stop NODE_DIR [SIGNAL]: end it and wait; $? is its exit status.
stop() {
	stop_pid=$(pid_of "$1")
	kill "-${2:-TERM}" "$stop_pid"
	{ wait "$stop_pid"; } 2>/dev/null
	stop_status=$?
	left=
	for one in $daemons; do [ "$one" = "$1=$stop_pid" ] || left="$left $one"; done
	daemons=$left
	return $stop_status
}

# Admit NODE_DIR under SUPERIOR_DIR by request and welcome.
enrol() {
	tuyen -C "$1" join --request >"$WORK/req.$$" && tuyen -C "$2" unit admit "$WORK/req.$$" >"$WORK/welcome.$$" 2>>"$WORK/err" &&
		tuyen -C "$1" join "$WORK/welcome.$$"
}

# The commit a ledger stands at, by stock git.
tip() { git -C "$1/store.git" rev-parse --verify -q "refs/heads/$2"; }
