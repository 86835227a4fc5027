#!/bin/sh
# 3,321 subordinates that come back at one moment, by the protocol step alone.
. "$(dirname "$0")/lib.sh"
N=3321
begin=$(now)
storm $N >out || true
row "$N subordinates returning, the step alone" tuyen '{}' $(($(now) - begin)) \
	"$(jq -r '"\(.stored) arrived, \(.kb_a_line) kB a line at both ends, \(.bytes) bytes in all; store in memory"' out)"
mark "$N subordinates returning: not arrived, or not equal" $((2 * N - $(jq '.equal + .stored' out))) 0
mark "$N subordinates returning: kB a line, both ends" "$(jq .kb_a_line out)" 64
