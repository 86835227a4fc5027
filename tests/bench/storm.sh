#!/bin/sh
# 3,321 subordinates that come back at one moment over lines that break, to a superior with a real store (tests/storm).
. "$(dirname "$0")/lib.sh"
N=3321
begin=$(now)
TMPDIR=$W storm $N >out || true
row "$N subordinates returning" tuyen "$(jq -c '{up, down}' out)" $(($(now) - begin)) \
	"$(jq -r '"all within \(.seconds) s of simulated time; \(.cuts) cuts, \(.sent_away) times told to come back, at most \(.at_once) at once; both ends and both stores"' out)"
mark "$N subordinates returning: not arrived, not equal, or without the directive" "$(jq '.not_arrived + .failed + .lines - .directed' out)" 0
mark "$N subordinates returning: kB of memory, both ends and stores" "$(jq .kb out)" $((64 * N + 64 * 1024))
