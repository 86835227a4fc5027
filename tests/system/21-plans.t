#!/bin/sh
# Goal: the four real plans load whole, twice without effect, and lose no task, indicator or lead on the way.
. "$(dirname "$0")/../lib/tap.sh"

t 'a node' tuyen -C n init --unit 31 --level province --name 'Hải Phòng' --root
start n
while read -r file plan tasks indicators agencies leads; do
	t "$file, dry" tuyen plan load --dry-run "$TOP/contrib/plans/$file.yaml"
	t "$file" tuyen -C n plan load "$TOP/contrib/plans/$file.yaml"
	is 'its id' "$(cat out)" "$plan"
	before=$(tip n directives/31)
	t 'again' tuyen -C n plan load "$TOP/contrib/plans/$file.yaml"
	is 'changes nothing' "$(tip n directives/31)" "$before"
	t 'tasks' tuyen -C n task list "$plan" --json
	json 'all' '.tasks | length' "$tasks"
	json 'those led by somebody' '[.tasks[] | select(.lead | length > 0)] | length' "$leads"
	t 'indicators' tuyen -C n indicator list "$plan" --json
	json 'all' '.indicators | length' "$indicators"
	is 'agencies' "$(git -C n/store.git show directives/31:plans/$plan/plan.yaml | sed -n '/^agencies:/,/^[a-z]/p' | grep -c '^  [^ ]')" "$agencies"
	t 'show' tuyen -C n plan show "$plan" --json
	json 'its id' '.id' "\"$plan\""
done <<'EOF'
le-chan hp.lechan.2026.thang-hanh-dong 54 10 18 31
ha-noi hn.2025.kl132 116 11 27 60
gia-phuc hp.giaphuc.2026.mtqg-du-an-1 30 9 9 5
nam-dinh nd.2025.kl132 101 17 33 98
EOF
t 'plan list' tuyen -C n plan list --json
json 'four' '.plans | length' 4

# A changed file makes the plan equal to it.
sed '/^  - id: V.8.5$/,$d' "$TOP/contrib/plans/le-chan.yaml" >fewer.yaml
t 'a file with fewer tasks' tuyen -C n plan load fewer.yaml
t 'tasks' tuyen -C n task list hp.lechan.2026.thang-hanh-dong --json
[ "$(jq '.tasks | length' out)" -lt 54 ]
ok 'those that are gone are gone' $?
t 'verify' tuyen -C n verify
done_testing
