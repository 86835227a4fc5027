#!/bin/sh
# Goal: `tuyen conflict` on a terminal: five conflicts settled with one key each, in Vietnamese and English, on 80x24 and 40x10, on a
# plain one too; what is taken back, resized, stopped, broken off, refused by somebody else's haste.
. "$(dirname "$0")/../lib/tap.sh"

export TUYEN_NOW=2026-07-06T08:00:00+07:00 TERM=vt100
unset VISUAL EDITOR COLUMNS LINES NO_COLOR
quiet() { "$@" >said 2>&1 || { show said; ok "$*" 1; done_testing; }; }
. "$TOP/contrib/demo/five.sh"
# walk NAME [OPTIONS OF tty] -- COMMAND...: with the keys on standard input; its screens are in $WORK/out.
walk() {
	walk_name=$1
	shift
	sed "s/^key ward\$/key ${ward:-}/" >keys
	tty "$@" >out 2>err
	walk_status=$?
	ok "$walk_name" $walk_status
	[ $walk_status -eq 0 ] || show err
}
state_of() { tuyen -C "$1" conflict list --json | jq -c '[.conflicts[] | select(.state != "settled") | .field] | sort'; }
value_of() { tuyen -C ward report show hp.2026 2026-06 --json | jq -c "[.values.TT01, .values.TT02, .values.MT05, .values.MT06]"; }
P=$(free_port)
five_nodes "$P"
five_conflicts
five='["note","values.MT05","values.MT06","values.TT01","values.TT02"]'
is 'five conflicts' "$(state_of ward)" "$five"
tips() { for n in ward city police; do git -C $n/store.git for-each-ref refs/heads; done; }
tips >before

# ---- what writes nothing ----
t 'without a terminal it is a list' tuyen -C ward conflict
says 'of all' 'MT05'
says 'and says how to go on' "on a terminal 'tuyen conflict' walks through them"
t 'as JSON' tuyen -C ward conflict --json
json 'the same' '.conflicts | length' 5
fails 2 'a word that is none' tuyen -C ward conflict lst
says 'is told from those that are' 'conflict list|list'
walk 'Ctrl-C in the middle' keys tuyen -C ward conflict <<'EOK'
expect Open conflicts: 5, of which 4 wait for this node.
key enter
expect Conflict 1 of 5
expect Your choice:
key k
expect Conflict 2 of 5: disputed (decided: 1)
expect Your choice:
key v
expect Value (Enter: back):
key 3
key ctrl-c
expect Broken off: nothing was written
restored
end 1
EOK
walk 'Ctrl-C on the last screen, a signal, a line that is cut' keys tuyen -C ward conflict <<'EOK'
expect one by one
key enter
expect Your choice:
key k
expect Conflict 2 of 5
expect Your choice:
key q
expect Decided: 1.
signal 15
expect Broken off: nothing was written
restored
end 1
EOK
walk 'the terminal goes away' keys tuyen -C ward conflict <<'EOK'
expect one by one
key enter
expect Your choice:
key k
expect Conflict 2 of 5
hangup
end 1
EOK
walk 'dropped at the end' keys tuyen -C ward conflict <<'EOK'
expect one by one
key enter
expect Your choice:
key t
expect Conflict 2 of 5
expect Your choice:
key q
expect Write them?
key n
expect Dropped: nothing was written
restored
end 0
EOK
walk 'arrows, letters beyond ASCII and strange keys choose nothing' keys tuyen -C ward conflict <<'EOK'
expect one by one
key enter
expect Your choice:
key up
key ớ
key x
key o
key m
expect page 1 of
expect Your choice:
absent Conflict 2
key q
expect Nothing was decided
end 0
EOK
tips >after
t 'all that wrote nothing' cmp before after
is 'no folder of an editor is left' "$(ls ward/spool | grep -c edit-)" 0

# ---- sizes ----
walk 'small, large, stopped and gone on' --size 40x10 keys tuyen -C ward conflict <<'EOK'
expect one by one
screen
key enter
expect Conflict 1 of 5
expect Your choice:
screen
key enter
expect [page 2 of
expect Your choice:
screen
size 80x24
expect k keep t take the other
expect Your choice:
key ctrl-z
expect [stopped]
restored
type fg
expect k keep t take the other
expect Your choice:
key q
expect Nothing was decided
restored
end 0
EOK
is 'no line is wider than its screen' "$(perl -CSD -ne '$w = $1 if /^\+-- (\d+)x/; print if /^\| (.*)/ && length($1) > $w' out)" ''
walk 'a plain terminal gets plain lines' --dumb keys env TERM=dumb tuyen -C ward conflict <<'EOK'
expect one by one
key enter
expect Conflict 1 of 5
expect Your choice:
key q
expect Nothing was decided
end 0
EOK

# ---- five decisions, in Vietnamese ----
cat >editor <<'EOF'
#!/bin/sh
stat -c %a "$1" >mode; stat -c %a "$(dirname "$1")" >>mode
grep -c 'Bên kia' "$1" >>mode
touch "$1~"
case $(cat round 2>/dev/null) in
'') echo 1 >round; sed -i '2s/.*/Liên hệ 0912345678./' "$1" ;;
1) echo 2 >round; grep -q 0912345678 "$1" && sed -i '2s/.*/Rà soát 66 hộ kinh doanh, nhắc nhở 7 hộ chưa cam kết./' "$1"; exit 3 ;;
*) exit 0 ;;
esac
EOF
chmod +x editor
# Which of two equals stands on the left is the rule's doing, by the ids of their changes.
ward=$(tuyen -C ward conflict list --json | jq -r '.conflicts[] | select(.field == "values.TT02") | if .kept.unit == "11383" then "k" else "t" end')
walk 'five decisions in Vietnamese' keys env TUYEN_LANG=vi EDITOR=./editor tuyen -C ward conflict <<'EOK'
expect Xung đột đang mở: 5, trong đó 4 chờ nút này quyết.
key enter
expect Xung đột 1 / 5: đang tranh chấp
expect phối hợp rà soát [-6
expect phối hợp rà soát {+6
expect Chọn:
screen
key e
expect e sửa lại, phím khác là bỏ:
absent 0912345678
key e
expect bị lỗi (3)
expect e sửa lại
key e
expect Xung đột 2 / 5
expect Chọn:
screen
key v
expect Giá trị (Enter: quay lại):
type 33
expect thiếu mẫu số
expect Giá trị (Enter: quay lại):
type 33/58
expect Xung đột 3 / 5
expect Chọn:
key k
expect Xung đột 4 / 5
expect Chọn:
key u
expect Xung đột 3 / 5
expect Chọn:
key b
expect Xung đột 4 / 5
expect Chọn:
key ward
expect Xung đột 5 / 5
expect Hải Phòng (31)
expect theo biên bản kiểm tra của
expect 31 là cấp trên của 11383
expect Chọn:
screen
key k
key o
expect Vì sao phản đối (Enter: quay lại):
type số của phường có biên bản kèm theo
expect Đã quyết: 5.
screen
key y
expect đã ghi: 5 / 5; bị từ chối: 0
restored
end 0
EOK
is 'no line is wider than its screen' "$(perl -CSD -ne '$w = $1 if /^\+-- (\d+)x/; print if /^\| (.*)/ && length($1) > $w' out)" ''
is 'what was decided stands' "$(value_of)" '["43","1250","33/58","12.5"]'
is 'what the editor left stands' "$(tuyen -C ward report show hp.2026 2026-06 --json | jq -r .note | sed -n 2p)" \
	'Rà soát 66 hộ kinh doanh, nhắc nhở 7 hộ chưa cam kết.'
is 'the file was private, and is gone' "$(sort -u mode | tr '\n' ' ')$(ls ward/spool | grep -c edit-)" '1 600 700 0'
is 'one is left, objected to' "$(state_of ward)" '["values.TT01"]'
t 'what was refused for a person is nowhere' sh -c '! grep -rqs 0912345678 ward.log ward/spool'
quiet tuyen -C ward sync --wait --timeout 20

# ---- the city answers in English; somebody is quicker ----
walk 'the answer of the city, too late' keys tuyen -C city conflict <<'EOK'
expect Open conflicts: 1, of which 1 wait for this node.
key enter
expect Objection of phường Lê Chân (11383)
expect số của phường có biên bản kèm theo
expect Your choice:
screen
key t
expect Why (Enter: no word on it):
type the minutes are there
expect Write them?
key u
expect Conflict 1 of 1
expect Your choice:
key r
expect Your answer (Enter: back):
type the minutes are there
expect Write them?
key y
expect written: 1 of 1; refused: 0
restored
end 0
EOK
quiet tuyen -C city sync --with 11383 --wait --timeout 20
id=$(tuyen -C city conflict list --json | jq -r '.conflicts[0].id')
walk 'somebody is quicker' keys tuyen -C city conflict <<EOK
expect one by one
key enter
expect Your choice:
key t
expect Why (Enter
type đúng
expect Write them?
run tuyen -C city conflict settle $id --take kept >/dev/null 2>&1
key y
expect no longer what was shown
expect written: 0 of 1; refused: 1
restored
end 1
EOK
is 'his word stands' "$(tuyen -C city report show hp.2026 2026-06 --unit 11383 --json | jq -r .values.TT01)" 43
t 'nothing is open' tuyen -C city conflict
is 'but what is over' "$(state_of city)" '[]'
walk 'nothing to walk through' keys tuyen -C city conflict <<'EOK'
expect no conflict is open
end 0
EOK
done_testing
