# Goal: every message is there in Vietnamese. The catalogue is sound; every message of the code is translated in it, none
# is fuzzy or left over; a translation uses the same %1 to %6; what was tried (sys_error, repo_fail) is a message too.
set -eu
cd "$(dirname "$0")/../.."
po=contrib/po/vi.po
pot=$(mktemp)
bad=$(mktemp)
trap 'rm -f "$pot" "$bad"' EXIT

msgfmt --check -o /dev/null $po
sh contrib/po/extract.sh >"$pot"
msgcmp $po "$pot" || echo "messages without a translation, see above; bring them in: make po" >>"$bad"
msgattrib --only-fuzzy --no-obsolete $po | sed -n 's/^msgid "\(..*\)"$/fuzzy: \1/p' >>"$bad"
sed -n 's/^#~ msgid/left over, to be removed by make po:/p' $po >>"$bad"

# Pairs of one line each.
msgattrib --no-wrap --translated --no-obsolete $po | awk '
	function marks(text,   i, found) {
		found = ""
		for (i = 1; i <= 6; i++) if (index(text, "%" i)) found = found i
		return found
	}
	/^msgid /  { id = substr($0, 8); id = substr(id, 1, length(id) - 1) }
	/^msgstr / {
		text = substr($0, 9); text = substr(text, 1, length(text) - 1)
		if (id != "" && marks(id) != marks(text)) print "other arguments: " id " => " text
	}' >>"$bad"

grep -rhoE '\b(sys_error|repo_fail)\([^"]*"[^"]+"' daemon cli --include='*.c' | sed 's/.*"\(.*\)"/\1/' | sort -u |
	while read -r verb; do
		grep -qxF "msgid \"$verb\"" "$pot" || echo "cli/say.c, phrases: '$verb' is missing there"
	done >>"$bad"

if [ -s "$bad" ]; then
	cat "$bad"
	exit 1
fi
echo "ok - every message is there in Vietnamese"
