#!/bin/sh
# A system test has its ports by its number (tests/lib/tap.sh): no two may have one.
cd "$(dirname "$0")/../.." || exit 1
twice=$(ls tests/system | sed 's/-.*//' | sort | uniq -d)
[ -z "$twice" ] || { echo "two system tests have the number $twice"; exit 1; }
echo 'ok - every system test has a number of its own'
