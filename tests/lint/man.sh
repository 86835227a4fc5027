# Goal: the manual tells the truth. mandoc finds nothing wrong; every command and option of the table stands in tuyen.1
# and nothing else does; the completion holds the same table; every key of `tuyen config` stands in tuyen.conf.5.
set -eu
cd "$(dirname "$0")/../.."
bad=$(mktemp)
table=$(mktemp)
trap 'rm -f "$bad" "$table"' EXIT
sh tests/lint/table >"$table"

for page in cli/*.[1-8] daemon/*.[1-8]; do
	[ -e "$page" ] || continue
	mandoc -Tlint -Wwarning "$page" || echo "$page: see mandoc's words above" >>"$bad"
done

# Lines that end in a backslash go on; what stands under an item belongs to it.
sed -e ':a' -e '/\\$/{N;s/\\\n//;ta' -e '}' cli/tuyen.1 | awk -F '\t' -v table="$table" '
	BEGIN {
		while ((getline <table) > 0) {
			if ($1 == "command") name = $2
			if ($1 == "command" && name != "") known[name] = 1
			if ($1 == "option") options[name] = options[name] " " $2
		}
		FS = " "
	}
	/^\.It Ic / {
		item = ""
		if (($3 " " $4) in known) item = $3 " " $4
		else if ($3 in known) item = $3
		if (item == "") print "cli/tuyen.1: there is no command " $3 " " $4
		else if (index($0, "Fl") || seen[item] == "") seen[item] = seen[item] " " $0 " "
		next
	}
	/^\.S[hs] / { item = "" }
	{ if (item != "") seen[item] = seen[item] " " $0 " "; all = all " " $0 " " }
	END {
		for (name in known) {
			if (!(name in seen)) print "cli/tuyen.1 does not tell of: " name
			n = split(options[name], o, " ")
			for (i = 1; i <= n; i++)
				if (name in seen && seen[name] !~ ("Fl -" o[i] "[ ,]") && seen[name] !~ ("\\| -" o[i] " "))
					print "cli/tuyen.1 does not tell of: " name " --" o[i]
		}
		n = split(options[""], o, " ")
		for (i = 1; i <= n; i++)
			if (!index(seen[""] all, "-" o[i])) print "cli/tuyen.1 does not tell of --" o[i]
	}' >>"$bad"

# An option that the page has and the table does not.
grep -o 'Fl -[a-z-]*\|| -[a-z][a-z-]*' cli/tuyen.1 | sed 's/.* -//' | sort -u | while read -r option; do
	case $option in '' | version) continue ;; esac
	grep -q "^option	$option	" "$table" || echo "cli/tuyen.1 tells of --$option, which no command takes"
done >>"$bad"

before=$(cat contrib/completion/tuyen.bash)
copy=$(mktemp -d)
mkdir -p "$copy/contrib" "$copy/tests"
cp -r contrib/completion "$copy/contrib/"
cp -r tests/lint "$copy/tests/"
cp -r daemon "$copy/"
sh "$copy/contrib/completion/update.sh"
[ "$before" = "$(cat "$copy/contrib/completion/tuyen.bash")" ] ||
	echo "contrib/completion/tuyen.bash is not up to date: sh contrib/completion/update.sh" >>"$bad"
rm -rf "$copy"
bash -n contrib/completion/tuyen.bash || echo "contrib/completion/tuyen.bash is no bash" >>"$bad"

sed -n '/config_keys\[\]/,/^};/s/.*{"\([a-z._]*\)",.*/\1/p' daemon/registry/config*.c | while read -r key; do
	grep -qF "$key" daemon/tuyen.conf.5 || echo "daemon/tuyen.conf.5 does not tell of: $key"
done >>"$bad"

if [ -s "$bad" ]; then
	sort -u "$bad"
	exit 1
fi
echo "ok - the manual tells of every command and option"
