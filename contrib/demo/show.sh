# Sourced by demo.sh, drill.sh and journey.sh, which set `name`: what they run is shown so that it can be pasted into a shell.
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
shown() {
	printf '$'
	for word in "$@"; do
		case "$word" in
		*[!A-Za-z0-9_./=:@%+-]* | '') printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '\n'
}
run() {
	shown "$@"
	"$@" || { echo "$name: this failed: $*" >&2; exit 1; }
}
