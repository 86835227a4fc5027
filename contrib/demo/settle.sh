#!/bin/sh
# Five conflicts settled on a terminal: the keys pressed and the screens seen. A city, a ward, the ward's police station; while
# they are apart each writes the same fields. Then the ward's clerk sits down before `tuyen conflict`, in Vietnamese, and the
# city answers what the ward objected to, in English. `make settle` runs it; what follows a "$" can be repeated by hand.
set -u
: "${TUYEN_BUILD:?run this by: make settle}"
TOP=$(cd "$(dirname "$0")/../.." && pwd)
SETTLE=$TUYEN_BUILD/settle
PATH=$TUYEN_BUILD:$TUYEN_BUILD/testbin:$PATH
export LANG=C.UTF-8 TUYEN_NOW=2026-07-06T08:00:00+07:00 TERM=vt100
daemons=

name=settle
. "$TOP/contrib/demo/show.sh"
. "$TOP/contrib/demo/five.sh"
fail() { echo "settle: $*" >&2; exit 1; }
must() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || fail "$1 is '$2', but must be '$3'"
	echo "  -> $1: $2, as it must be"
}
quiet() { "$@" >said 2>&1 || { cat said >&2; fail "$*"; }; }
start() {
	tuyend -C "$1" 2>>"$1.log" &
	daemons="$daemons $!"
}
# sit COMMAND...: before a terminal, with the keys on standard input.
sit() {
	sed "s/^key ward\$/key ${ward:-}/" >keys
	shown "$@"
	tty --say keys "$@" || fail "$*"
}
end() {
	status=$?
	for pid in $daemons; do kill "$pid" 2>/dev/null; done
	for pid in $daemons; do wait "$pid" 2>/dev/null; done
	exit $status
}
trap end EXIT
trap 'exit 1' INT TERM

rm -rf "$SETTLE"
mkdir -p "$SETTLE"
cd "$SETTLE" || exit 1
say '1. A city, a ward, the police station of the ward. Apart, they write the same fields of one report.'
five_nodes "${PORT:-7340}"
five_conflicts
must 'fields in conflict' "$(tuyen -C ward conflict list --json | jq -c '[.conflicts[].field] | sort')" \
	'["note","values.MT05","values.MT06","values.TT01","values.TT02"]'

say '2. The clerk of the ward, before a terminal of 80 columns and 24 lines, in Vietnamese.'
ward=$(tuyen -C ward conflict list --json | jq -r '.conflicts[] | select(.field == "values.TT02") | if .kept.unit == "11383" then "k" else "t" end')
cat >editor <<'EOF'
#!/bin/sh
sed -i -e 's/rà soát 66/rà soát 64/' -e 's/Người lập biểu: .*/Người lập biểu: công an và văn phòng phường./' "$1"
EOF
chmod +x editor
sit env TUYEN_LANG=vi EDITOR=./editor tuyen -C ward conflict <<'EOK'
expect Enter: xem từng cái
screen the list
key enter
expect Xung đột 1 / 5
expect Chọn:
screen a note that ward and police changed in the same lines: e, the editor
key e
expect Xung đột 2 / 5
expect Chọn:
screen a ratio: v, and a value that fits neither
key v
expect Giá trị (Enter: quay lại):
type 33
expect thiếu mẫu số
screen what the indicator says to that
expect Giá trị (Enter: quay lại):
type 33/58
expect Xung đột 3 / 5
expect Chọn:
screen an amount: k keeps one side; but then u, and b instead
key k
expect Xung đột 4 / 5
expect Chọn:
key u
expect Xung đột 3 / 5
expect Chọn:
key b
expect Xung đột 4 / 5
expect Chọn:
screen a count: the side of the ward is taken
key ward
expect Xung đột 5 / 5
expect Chọn:
screen the city decided this one: k, t, b, v, e are not offered; o objects
key o
expect Vì sao phản đối (Enter: quay lại):
type số của phường có biên bản kèm theo
expect Đã quyết: 5.
screen nothing is written yet
key y
expect đã ghi: 5 / 5
screen written
end 0
EOK
must 'the figures of the ward' \
	"$(tuyen -C ward report show hp.2026 2026-06 --json | jq -c '[.values.TT01, .values.TT02, .values.MT05, .values.MT06]')" \
	'["43","1250","33/58","12.5"]'
run tuyen -C ward sync --wait --timeout 20

say '3. The city, on a window of 40 columns and 10 lines, in English.'
sit tuyen -C city conflict <<'EOK'
size 40x10
expect one by one
key enter
expect Conflict 1 of 1
expect Your choice:
screen first page
key enter
expect [page 2
expect Your choice:
screen second page
size 80x24
expect take the other
expect Your choice:
screen the window made larger
key t
expect Why (Enter: no word on it):
type the minutes are there
expect Write them?
key y
expect written: 1 of 1
end 0
EOK
quiet tuyen -C city sync --with 11383 --wait --timeout 20
must 'what stands in the ward' "$(tuyen -C ward report show hp.2026 2026-06 --json | jq -r .values.TT01)" 44
must 'conflicts that are open' "$(tuyen -C city conflict list --json | jq '[.conflicts[] | select(.state != "settled")] | length')" 0
say 'Five conflicts, five decisions; nobody was overruled without a word.'
