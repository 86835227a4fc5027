# Goal: the house holds. No file includes the header of a room that tests/lint/rooms does not allow it, and each library
# stays in its room.
set -eu
cd "$(dirname "$0")/../.."
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT

for room in $(sed '/^#/d; s/ .*//' tests/lint/rooms); do
	allowed=" $room $(sed -n "s/^$room  *//p" tests/lint/rooms) "
	for file in daemon/"$room"/*.[ch]; do
		[ -e "$file" ] || continue
		sed -n 's/^#include "\([a-z_]*\)\/.*/\1/p' "$file" | sort -u | while read -r used; do
			case "$allowed" in *" $used "*) ;; *) echo "$file includes room '$used', which tests/lint/rooms does not allow" ;; esac
		done
	done
done >>"$bad"

# link.c alone knows net, sync and store together; node.c owns everything; the rest of the root none of the three. What
# the node does may know all rooms, links/ all but control.
for file in daemon/*.[ch] daemon/links/*.[ch] cli/*.[ch]; do
	[ -e "$file" ] || continue
	case "$file" in
	daemon/links/view.* | daemon/links/pieces.*) forbidden='net control' ;; # what link.c need not know
	daemon/links/*) forbidden='control' ;;
	daemon/link.* | daemon/node.* | daemon/main.c) continue ;;
	daemon/*) forbidden='net sync control' ;;
	*) forbidden='net sync' ;;
	esac
	for room in $forbidden; do
		grep -nE "^#include \"$room/" "$file" /dev/null | sed "s,\$, : $file may not know room '$room',"
	done
done >>"$bad"

# library header: the places that may include it
while read -r header places; do
	grep -rlE "^#include <$header" daemon cli 2>/dev/null | grep -vE "^($places)" |
		sed "s,\$, includes <$header>; only $places may," || true
done >>"$bad" <<'EOF'
git2 daemon/store/
uv\.h daemon/net/|daemon/control/|daemon/node/|daemon/links/|daemon/[a-z_]+\.[ch]
openssl/ daemon/net/|daemon/base/|daemon/store/
zlib\.h daemon/sync/|daemon/store/(loose|attach|index)
yaml\.h daemon/record/
utf8proc\.h daemon/record/
jansson\.h daemon/control/|daemon/node/requests|daemon/node/attach_tell|cli/
libsmartcols daemon/none|cli/
archive cli/
EOF

# The pure rooms touch neither files, sockets, clocks nor threads.
grep -nE '^#include <(unistd|fcntl|sys/|time|pthread|netinet|arpa|poll|signal|dirent)' \
	daemon/record/*.[ch] daemon/registry/*.[ch] daemon/merge/*.[ch] daemon/plan/*.[ch] daemon/sync/*.[ch] 2>/dev/null |
	sed 's,$, : a pure room includes the outside world,' >>"$bad" || true

# Figures are exact. (Words inside strings and comments are no code.)
for file in daemon/*.[ch] daemon/*/*.[ch] cli/*.[ch]; do
	[ -e "$file" ] || continue
	sed 's/"[^"]*"//g; s,/\*.*,,; /^[[:space:]]*\*/d; s,//.*,,' "$file" | grep -nE '\b(float|double|strtod|atof)\b' |
		sed "s,^,$file: no floating point: ,"
done >>"$bad" || true

if [ -s "$bad" ]; then
	cat "$bad"
	exit 1
fi
echo "ok - includes keep to the house"
