# Write the table of commands into the completion, between its marks.
set -eu
cd "$(dirname "$0")/../.."
file=contrib/completion/tuyen.bash
table=$(sh tests/lint/table | awk -F '\t' '
	$1 == "command" { flush(); name = $2; options = "" }
	$1 == "option" { options = options " --" $2 ($3 == "" ? "" : "=") }
	function flush() { if (name != "") printf "%s:%s\n", name, options }
	END { gsub(" --json", "", options); print "*:" options }')
{
	sed '/^# table$/q' $file
	echo "_tuyen_table='$table'"
	sed -n '/^# end of table$/,$p' $file
} >$file.new
mv $file.new $file
