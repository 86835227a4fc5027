#!/bin/sh
# Goal: a table of the whole country is registered in one go, each superior its own part, and a city admits a folder of 114 requests against its list and says what did not match.
. "$(dirname "$0")/../lib/tap.sh"

A=$(free_port) B=$(free_port)

# The country: 34 provinces (11 to 44), 3,321 communes: 114 in 31, the others dealt out to the other 33.
awk 'BEGIN {
	print "code,parent,level,type,name,name_en_or_ascii"
	print "0,,central,trung_uong,Trung ương,Trung uong"
	for (p = 11; p <= 44; p++) printf "%d,0,province,tinh,Tỉnh %d,Tinh\n", p, p
	for (c = 0; c < 3321; c++) {
		p = c < 114 ? 31 : 11 + (c - 114) % 33
		if (c >= 114 && p >= 31) p++
		printf "%05d,%d,commune,xa,Xã %d,Xa\n", 10000 + 4 * c, p, c
	}
}' >units.csv
is 'the table has a line a unit' "$(wc -l <units.csv)" 3357

t 'centre' tuyen -C 0 init --unit 0 --level central --name 'Trung ương' --root --listen 127.0.0.1:$A
start 0
tuyen -C 31 init --unit 31 --level province --name 'Hải Phòng' --listen 127.0.0.1:$B 2>err
tuyen -C 31 join --request >req31.yaml 2>err

# ---- loading ----
t 'a dry run' tuyen -C 0 unit load units.csv --dry-run
says 'names what it would add' '^added: 44 \(Tỉnh 44, tinh\)$'
says 'counts' '^34 units added, 0 changed, 0 as before$'
says 'names the others' "^belongs to another superior's ledger: 3322 rows, under - \(1\), 31 \(114\), 11 \([0-9]+\)"
says 'and writes nothing' 'nothing of this was written'
is 'indeed' "$(git -C 0/store.git rev-list --count directives/0)" 1
t 'the centre loads its part' tuyen -C 0 unit load units.csv
is 'in one change' "$(git -C 0/store.git rev-list --count directives/0)" 2
t 'units' tuyen -C 0 unit list --json
json '34 provinces' '[.units[] | select(.level == "province")] | length' 34
json 'no commune' '[.units[] | select(.level == "commune")] | length' 0
before=$(tip 0 directives/0)
t 'again' tuyen -C 0 unit load units.csv
says 'all is as before' '^0 units added, 0 changed, 34 as before$'
is 'and nothing was written' "$(tip 0 directives/0)" "$before"

t 'the city is admitted' tuyen -C 0 unit admit req31.yaml
cp out welcome31.yaml
t 'and joins' tuyen -C 31 join welcome31.yaml
start 31
t 'down' tuyen -C 31 sync --wait --timeout 20
t 'the city loads its part' tuyen -C 31 unit load units.csv
says 'all of it' '^114 units added, 0 changed, 0 as before$'
is 'in one change' "$(git -C 31/store.git rev-list --count directives/31)" 1

# As a spreadsheet saves it, with a new name; the key of a unit stays.
key_before=$(tuyen -C 0 unit show 31 --json | jq -c .keys)
sed 's/^31,0,province,tinh,Tỉnh 31,/31,0,province,thanh_pho,"Thành phố, ""Cảng""",/' units.csv | tr ',' ';' |
	sed 's/Thành phố;/Thành phố,/; s/^code/\xEF\xBB\xBFcode/; s/$/\r/' >sheet.csv
t 'from a spreadsheet' tuyen -C 0 unit load sheet.csv
says 'the change and what was' '^changed: 31 \(Thành phố, "Cảng", thanh_pho\); it was: Tỉnh 31, tinh$'
says 'nothing else' '^0 units added, 1 changed, 33 as before$'
t 'show' tuyen -C 0 unit show 31 --json
json 'the name' .name '"Thành phố, \"Cảng\""'
is 'the key is untouched' "$(jq -c .keys <out)" "$key_before"

# ---- what is wrong with a table ----
bad() { # NAME PATTERN TABLE: printf makes it, and it is refused so
	printf "$3" >bad.csv
	fails 1 "$1" tuyen -C 31 unit load bad.csv
	says "$1: the place" "$2"
}
head='code,parent,level,type,name'
before=$(tip 31 directives/31)
bad 'unknown level' "^tuyen: bad.csv:3:10: .*no level 'comune'.*commune" "$head\n99996,31,commune,xa,Mới\n99997,31,comune,xa,Sai\n"
bad 'missing column' "^tuyen: bad.csv:1:1: the column 'level' is missing" "code,parent,type,name\n99996,31,xa,Mới\n"
bad 'bad code' "^tuyen: bad.csv:3:1: .*999 97" "$head\n99996,31,commune,xa,Mới\n999 97,31,commune,xa,Sai\n"
bad 'duplicate code' '^tuyen: bad.csv:4:1: the code 99996 stands in line 2 already' "$head\n99996,31,commune,xa,Mới\n\n99996,31,commune,xa,Lại\n"
bad 'not UTF-8' '^tuyen: bad.csv:2:22: .*not UTF-8' "$head\n99996,31,commune,xa,M\377\n"
bad 'open quotation mark' '^tuyen: bad.csv:2:21: the quotation mark' "$head\n99996,31,commune,xa,\"Mới\n"
bad 'short line' '^tuyen: bad.csv:2:18: this line has 4 columns' "$head\n99996,31,commune,xa\n"
bad 'no name' '^tuyen: bad.csv:2:21: the unit 99996 has no name' "$head\n99996,31,commune,xa,\n"
bad 'level not below' '^tuyen: bad.csv:2:10: 99996 has the level province' "$head\n99996,31,province,tinh,Mới\n"
bad 'another level' '^tuyen: bad.csv:2:10: 10000 .*registered at the level commune, not district' "$head\n10000,31,district,xa,Xã 0\n"
bad 'empty' '^tuyen: bad.csv:1:1: bad.csv is empty' ''
is 'all or nothing: nothing' "$(tip 31 directives/31)" "$before"

# More units than one change holds: still all in one go.
awk -F, -v OFS=, 'NR > 1 { $1 = "c" $1; $2 = "31"; $3 = "commune" } NR <= 601' units.csv >many.csv
t '600 units at once' tuyen -C 31 unit load many.csv
is 'in two changes' "$(git -C 31/store.git rev-list --count directives/31)" 3
t 'verifies' tuyen -C 31 verify

# ---- a folder of requests ----
grep -E '^(code|1[0-9]{4},31,)' units.csv >city.csv
mkdir asked
for code in $(sed '1d; s/,.*//' city.csv); do
	tuyen -C "n/$code" init --unit "$code" --level commune --name "Xã $code" 2>err && tuyen -C "n/$code" join --request >"asked/$code.yaml" 2>err
done
is '114 requests' "$(ls asked | wc -l)" 114
before=$(tip 31 directives/31)
t 'a dry run' tuyen -C 31 unit admit --list city.csv asked --dry-run
says 'all match' '^114 admitted, 0 admitted before; 0 units of the list without a request$'
is 'nothing was admitted' "$(tip 31 directives/31)" "$before"
is 'nothing was written' "$(ls asked | wc -l)" 114
t 'the city admits them all' tuyen -C 31 unit admit --list city.csv asked --out welcomes
says 'all match' '^114 admitted, 0 admitted before; 0 units of the list without a request$'
says 'with the words to compare' "^admitted +10000 +Xã 10000 +[a-z]+ [a-z]+ [a-z]+ [a-z]+ [a-z]+ [a-z]+ +10000.yaml$"
is '114 welcomes' "$(ls welcomes | wc -l)" 114
t 'a ward takes its welcome' tuyen -C n/10452 join welcomes/welcome-10452.yaml
start n/10452
t 'and is served' tuyen -C n/10452 sync --wait --timeout 20
t 'units' tuyen -C 31 unit list --json
json '114 have a node' '[.units[] | select(.node and .level == "commune")] | length' 114
cp -r welcomes first
t 'again, into the folder of the requests' tuyen -C 31 unit admit --list city.csv asked
says 'all admitted before' '^0 admitted, 114 admitted before; 0 units of the list without a request$'
cp asked/welcome-* welcomes/
is 'the same welcomes' "$(diff -r first welcomes)" ''
t 'and once more: a welcome is no request' tuyen -C 31 unit admit --list city.csv asked
says 'all admitted before' '^0 admitted, 114 admitted before'

# ---- what does not match ----
mkdir mixed
node() { tuyen -C "x/$1" init --unit "$2" --level "${3:-commune}" --name 'Xã x' 2>err && tuyen -C "x/$1" join --request >"mixed/$1.yaml" 2>err; }
node other-key 10000
node stranger 77777
node good c10004
node twice-a c10008
node twice-b c10008
node level 88888 district
sed 's/^name: .*/name: Xã y/' asked/10004.yaml >mixed/changed.yaml
printf 'format: tuyen-request/1\nunit: [\n' >mixed/broken.yaml
cp asked/10008.yaml mixed/before.yaml
printf 'code,parent,level,name\n10000,,,\n10004,31,,Xã 1\n88888,31,commune,Xã x\n99999,31,commune,Vắng\n10012,31,commune,Có rồi\n77777,12,commune,Nơi khác\n' >list.csv
printf 'c10004,31,commune,\nc10008,31,commune,\n' >>list.csv
fails 1 'a dry run' tuyen -C 31 unit admit --list list.csv mixed --out mixed-out --dry-run
says 'would admit the good one' '^1 admitted, 1 admitted before; 1 units'
[ ! -e mixed-out ]
ok 'and made nothing' $?
fails 1 'not all match' tuyen -C 31 unit admit --list list.csv mixed --out mixed-out
says 'one is admitted, one was; the list waits for one' '^1 admitted, 1 admitted before; 1 units of the list without a request$'
says 'the others are counted' '^1 requests not in the list, 2 broken, 3 with another key, 1 refused$'
says 'the good one' '^admitted +c10004 '
says 'the one from before' '^admitted before +10008 '
says 'the stranger' '^not in the list +77777 '
says 'the broken one, with its place' '^mixed/broken.yaml:[23]:[0-9]+: '
says 'the changed one, with its place' '^mixed/changed.yaml:[0-9]+:[0-9]+: the signature'
says 'the other key, with both' '^mixed/other-key.yaml: 10000 has a node with the key .* the request is by the key'
says 'two at once: neither' '^mixed/twice-a.yaml: mixed/twice-a.yaml and mixed/twice-b.yaml ask for c10008 by different keys'
says 'the level' '^mixed/level.yaml: 88888 asks for the level district; the list has it at the level commune'
says 'the absent one' '^no request +99999 +Vắng'
is 'the matched ones have their welcome' "$(ls mixed-out | tr '\n' ' ')" 'welcome-10008.yaml welcome-c10004.yaml '

# A station comes in only if the list names it.
mkdir st
tuyen -C x/st init --unit 31 --station cong-an --level province --name 'Công an' 2>err && tuyen -C x/st join --request >st/a.yaml 2>err
fails 1 'a station that no list names' tuyen -C 31 unit admit --list units.csv st
says 'is not in it' '^1 requests not in the list'
printf 'code\ncong-an@31\n' >st.csv
t 'a station of the list' tuyen -C 31 unit admit --list st.csv st
is 'has its welcome' "$(ls st/welcome*)" st/welcome-31.cong-an.yaml

fails 2 '--out without --list' tuyen -C 31 unit admit st/a.yaml --out st
fails 1 'no such folder' tuyen -C 31 unit admit --list st.csv nowhere
fails 1 'no such list' tuyen -C 31 unit admit --list nowhere.csv st
stop 31
t 'a dry run needs no daemon' tuyen -C 31 unit admit --list city.csv asked --dry-run
fails 3 'admission does' tuyen -C 31 unit admit --list city.csv asked --timeout 1
TUYEN_LANG=vi tuyen -C 31 unit admit --list city.csv asked --dry-run >out 2>err
says 'in Vietnamese' 'đã tiếp nhận từ trước'
done_testing
