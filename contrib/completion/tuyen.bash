# bash completion for tuyen(1).

# Commands and their options, "=" where an option takes a value; update.sh writes it, tests/lint checks it.
# table
_tuyen_table='init: --unit= --level= --name= --root --listen= --address= --station= --agency=
join: --request --superior= --superior-key= --recover --unit= --level= --name=
unit list: --below= --stations --on= --ended --json
unit show: --on= --json
unit add: --level= --name= --type= --identifier= --valid-from= --valid-to=
unit load: --moves= --drafts= --dry-run
unit rename: --name= --type= --level= --identifier= --reason=
unit end: --on= --replaced-by= --reason=
unit replace: --by= --on= --name= --level= --type= --reason=
unit move: --to= --on= --reason=
unit invite: --level= --name= --days= --agency= --recover --stolen --list --revoke= --json
unit admit: --list= --out= --dry-run --pending --key= --recover --stolen --json
key replace: --reserve= --suspend
unit suspend: --key= --reason= --since=
unit retire: --key= --reason= --since=
unit rotate:
key rotate:
plan load: --dry-run
plan list: --json
plan show: --json
task list: --unit= --json
task set: --note= --unit= --reason=
indicator list: --json
directive issue: --id= --title= --plan= --period= --to= --due= --number= --tasks= --text=
directive list: --json
directive show: --json
directive ack: --note= --unit=
directive revoke: --reason=
report new:
report set: --note= --unit= --reason=
report import: --unit= --reason=
report submit: --partial --nil --unit=
report fill: --reason=
report return: --unit= --reason=
report accept: --unit=
report correct: --reason= --unit=
report show: --unit= --json
report receipt: --unit= --version= --format= --out= --json
report prove: --unit= --version= --out= --json
report list: --period= --unit= --state= --json
attach add: --unit=
attach list: --unit= --json
attach get: --out=
attach remove: --unit=
attach fetch:
total: --period= --by= --unit= --indicator= --format= --json
missing: --period= --json
conflict: --json
conflict list: --where= --unit= --plan= --period= --record= --field= --state= --why= --older= --newer= --mine --json
conflict show: --json
conflict settle: --take= --value= --where= --dry-run --reason= --json
conflict undo: --json
conflict object: --reason= --withdraw --json
conflict ask: --reason= --to= --json
conflict answer: --reason= --json
conflict seen: --all --json
incident list: --unit= --all --json
incident close: --note=
held list: --json
held show: --json
held allow:
held confirm: --unit=
held set-aside: --reason=
status: --json
sync: --wait --with= --pause --resume
parcel write: --to= --full --attachments= --split=
parcel read:
parcel list: --json
blame: --unit= --json
merge-record:
log: --limit= --graph --json
verify: --full --allowed-signers --json
repair: --from=
config: --json
maintain: --full --json
backup:
restore:
*: --timeout= --help'
# end of table

# Ids that the node itself knows: _tuyen_ids DIR LIST KEY COMMAND...
_tuyen_ids() {
	local dir=$1 list=$2 key=$3
	shift 3
	command -v jq >/dev/null || return
	tuyen ${dir:+-C "$dir"} "$@" --json 2>/dev/null | jq -r ".$list[].$key" 2>/dev/null
}

_tuyen_words() {
	case $1 in
	"plan load" | "report import" | "unit admit" | join | restore | backup) compgen -f -- "$2" ;;
	"plan "* | "task "* | "indicator "* | "report "* | total | missing)
		compgen -W "$(_tuyen_ids "$3" plans id plan list)" -- "$2" ;;
	"directive ack" | "directive show" | "directive revoke")
		compgen -W "$(_tuyen_ids "$3" directives id directive list)" -- "$2" ;;
	"conflict "*) compgen -W "$(_tuyen_ids "$3" conflicts id conflict list)" -- "$2" ;;
	"unit show") compgen -W "$(_tuyen_ids "$3" units id unit list)" -- "$2" ;;
	log) compgen -W "$(_tuyen_ids "$3" ledgers name status)" -- "$2" ;;
	esac
}

_tuyen() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} dir= name= i first=1
	COMPREPLY=()
	while [[ ${COMP_WORDS[first]} == -* && $first -lt $COMP_CWORD ]]; do
		[[ ${COMP_WORDS[first]} == -C ]] && dir=${COMP_WORDS[first + 1]} && first=$((first + 1))
		first=$((first + 1))
	done
	if [[ $before == -C ]]; then
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
	fi
	if [[ $COMP_CWORD -le $first ]]; then
		mapfile -t COMPREPLY < <(compgen -W "help $(cut -d: -f1 <<<"$_tuyen_table" | cut -d' ' -f1 | grep -v '[*]' | sort -u)" -- "$word")
		return
	fi
	name=${COMP_WORDS[first]}
	[[ $name == help ]] && name=${COMP_WORDS[first + 1]} && first=$((first + 1))
	if grep -q "^$name " <<<"$_tuyen_table"; then
		if [[ $COMP_CWORD -eq $((first + 1)) ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(grep "^$name " <<<"$_tuyen_table" | cut -d: -f1 | cut -d' ' -f2)" -- "$word")
			return
		fi
		name="$name ${COMP_WORDS[first + 1]}"
	fi
	case $before in
	--unit | --to | --with | --below)
		mapfile -t COMPREPLY < <(compgen -W "$(_tuyen_ids "$dir" units id unit list)" -- "$word") ;;
	--plan) mapfile -t COMPREPLY < <(compgen -W "$(_tuyen_ids "$dir" plans id plan list)" -- "$word") ;;
	--level) mapfile -t COMPREPLY < <(compgen -W "central province district commune" -- "$word") ;;
	--format) mapfile -t COMPREPLY < <(compgen -W "table csv json" -- "$word") ;;
	--by) mapfile -t COMPREPLY < <(compgen -W "unit" -- "$word") ;;
	--take) mapfile -t COMPREPLY < <(compgen -W "kept other base superior" -- "$word") ;;
	*)
		if [[ $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(grep -e "^$name:" -e '^[*]:' <<<"$_tuyen_table" |
				cut -d: -f2- | tr -d '=')" -- "$word")
		else
			mapfile -t COMPREPLY < <(_tuyen_words "$name" "$word" "$dir")
		fi ;;
	esac
}
complete -o bashdefault -o default -F _tuyen tuyen
