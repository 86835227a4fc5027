# Bring vi.po up to date with the messages in the code. What is new stands there untranslated (msgstr ""), until
# somebody translates it; `make lint` refuses it so long.
set -eu
cd "$(dirname "$0")"
pot=$(mktemp)
trap 'rm -f "$pot"' EXIT
sh extract.sh >"$pot"
[ -e vi.po ] || msginit --no-translator --locale=vi --input="$pot" --output-file=vi.po
msgmerge --quiet --no-fuzzy-matching --sort-output --add-location=file --width=110 --output-file=vi.po.new vi.po "$pot"
msgattrib --no-obsolete --width=110 --output-file=vi.po vi.po.new
rm -f vi.po.new
msgfmt --statistics -o /dev/null vi.po
