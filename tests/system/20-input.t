#!/bin/sh
# Goal: bad input gets a clear error with file, line and column, changes nothing, and ends with the right status.
. "$(dirname "$0")/../lib/tap.sh"

P=$(free_port)
t 'a node' tuyen -C n init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$P
start n

# refused NAME PATTERN: the plan file bad.yaml is refused, naming place and reason; nothing is written.
refused() {
	r_before=$(tip n directives/31)
	fails 1 "$1: refused" tuyen -C n plan load bad.yaml
	says "$1: says so" "$2"
	is "$1: nothing written" "$(tip n directives/31)" "$r_before"
}
head='format: plan/1
plan: {id: p, title: T}
indicators:
'
printf '%s  - {id: A, name: B, kind: count, aggregate: sum, scope: commune, target: 1.260, baseline: 1.260}\n' "$head" >bad.yaml
refused 'a thousands point' 'bad\.yaml:4:[0-9]+:.*1\.260'
printf '%s  - {id: A, name: B, kind: count, aggregate: sum, scope: commune, baseline: 1e2}\n' "$head" >bad.yaml
refused 'an exponent' 'bad\.yaml:4:[0-9]+:.*1e2'
printf '%s\t- {id: A}\n' "$head" >bad.yaml
refused 'a tab' 'bad\.yaml:4:1:.*tab'
printf '%s  - {id: A, id: B, name: B, kind: count, aggregate: sum, scope: commune}\n' "$head" >bad.yaml
refused 'a key twice' 'bad\.yaml:4:[0-9]+:.*id'
printf '%s  - &a {id: A, name: B, kind: count, aggregate: sum, scope: commune}\n  - *a\n' "$head" >bad.yaml
refused 'an anchor' 'bad\.yaml:4:[0-9]+:'
printf 'format: plan/1\nplan: {id: p, title: T}\n---\nformat: plan/1\n' >bad.yaml
refused 'two documents' 'bad\.yaml:3:1:'
printf 'format: plan/1\nplan: {id: p, title: T}\ntasks:\n  - {id: A, title: B, due: 2026-02-30}\n' >bad.yaml
refused 'a day that does not exist' 'bad\.yaml:4:[0-9]+:.*2026-02-30'
printf 'format: plan/1\nplan: {id: p, title: T}\ntasks:\n  - {id: A, title: B, counted: no}\n' >bad.yaml
refused 'an unquoted no' "bad\.yaml:4:[0-9]+:.*('no'|quote)"
printf 'format: plan/1\nplan: {id: p, title: T}\ntasks:\n  - {id: A, titel: B}\n' >bad.yaml
refused 'an unknown key' 'bad\.yaml:4:[0-9]+:.*titel.*title'
printf 'format: plan/1\nplan: {id: p, title: T}\nindicators:\n  - {id: A\320\220, name: B, kind: count, aggregate: sum, scope: commune}\n' >bad.yaml
refused 'Cyrillic in an id' 'bad\.yaml:4:[0-9]+:'
printf 'format: plan/1\nplan:\n  id: p\n  title: T\n  calendar: tet\n' >bad.yaml
refused 'an unknown calendar' "bad\.yaml:5:[0-9]+:.*tet"
printf 'format: plan/1\nplan: {id: p, title: T}\ncampaigns:\n  - {id: a, first: 2026-06-01, last: 2026-06-30}\n  - {id: b, first: 2026-07-01, last: 2026-06-30}\n' >bad.yaml
refused 'a campaign that ends before it begins' "bad\.yaml:5:[0-9]+:.*'b'"
printf '%s  - {id: A, name: B, kind: ratio, aggregate: sum, scope: commune}\n' "$head" >bad.yaml
refused 'a ratio that is summed' 'bad\.yaml:4:[0-9]+:.*ratio'
perl -e 'print "[" x 200000' >bad.yaml
refused 'deep nesting' 'bad\.yaml:1:[0-9]+:'
perl -e 'print "format: plan/1\n# ", "x" x 5000000, "\n"' >bad.yaml
refused 'five megabytes' '4194304|4 MB'
printf 'format: plan/1\nplan: {id: p, title: T}\nindicators:\n  - {id: A, name: B, kind: count, aggregate: sum, scope: commune}\n  - {id: A, name: B, kind: count, aggregate: sum, scope: commune}\n' >bad.yaml
refused 'an id twice' 'bad\.yaml:5:[0-9]+:.*A'
fails 1 'a missing file' tuyen -C n plan load nowhere.yaml
says 'is named' 'nowhere\.yaml'

printf 'format: plan/1\nplan: {id: p, title: "Ca\314\201 nh\303\242n"}\nindicators:\n  - {id: A, name: "\320\242uy\303\252n truy\341\273\201n", kind: count, aggregate: sum, scope: commune}\n  - {id: R, name: R, kind: ratio, aggregate: ratio_of_sums, scope: commune}\n  - {id: CK, name: Ký cam kết, kind: yesno, aggregate: count_yes, scope: commune}\n' >good.yaml
t 'NFD text and a mixed word in a name are taken' tuyen -C n plan load good.yaml
says 'the mixed word is warned about' 'script'
git -C n/store.git show directives/31:plans/p/plan.yaml >stored
grep -q "$(printf 'C\303\241 nh\303\242n')" stored
ok 'the text is stored as NFC' $?
t 'a unit' tuyen -C n unit add 11383 --level commune --name 'Lê Chân'

set_refused() { fails 1 "report $2 is refused" tuyen -C n report set --unit 11383 --reason x p "$1" "$2"; }
set_refused 2026-06 A=1.260
says 'with a hint' '1260'
set_refused 2026-06 A=1e2
set_refused 2026-06 A=-1
set_refused 2026-06 A=1.5
set_refused 2026-06 R=12
set_refused 2026-06 CK=maybe
set_refused 2026-06 B=1
says 'an unknown indicator is named' 'B'
set_refused 2026-13 A=1
set_refused 2026-Q5 A=1
set_refused thang-6 A=1
fails 1 'an unknown plan' tuyen -C n report set --unit 11383 --reason x q 2026-06 A=1
fails 1 'an unknown unit' tuyen -C n report set --unit 99999 --reason x p 2026-06 A=1
for period in 2026-06 2026-Q2 2026-H1 2026-9M 2026; do
	t "period $period" tuyen -C n report set --unit 11383 --reason x p $period A=7 R=58/58 CK=yes
done

fails 2 'an unknown command' tuyen -C n raport show
says 'the nearest is named' 'report'
fails 2 'an unknown option' tuyen -C n total p --perriod 2026-06
says 'the nearest is named' 'period'
fails 2 'a missing word' tuyen -C n report show
fails 2 'no command' tuyen -C n
t '--version' tuyen --version
t '--help' tuyen --help
for command in $(tuyen --help | sed -n 's/^  \([a-z][a-z]*\)\( .*\|$\)/\1/p' | sort -u); do
	t "help of $command" tuyen $command --help
done
fails 1 'a second init' tuyen -C n init --unit 31 --level province --name X --root
fails 3 'no daemon, no writing' tuyen -C nowhere directive ack X --timeout 1
stop n
fails 3 'daemon down' tuyen -C n directive issue --id X --title Y --to all --timeout 1
t 'reading needs no daemon' tuyen -C n total p --period 2026-06 --json
done_testing
