#!/bin/sh
# Goal: Vietnamese for who asks for it, by the first language variable that is set, with no Vietnamese locale installed;
# codes and JSON stay as they are.
. "$(dirname "$0")/../lib/tap.sh"
unset LANG

cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp, title: Tháng cao điểm}
indicators:
  - {id: A, name: Số vụ, kind: count, aggregate: sum, scope: commune}
EOP
t 'a node' tuyen -C n init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:$(free_port)
TUYEN_LANG=vi tuyend -C n >>log 2>&1 &
daemons=" n=$!"
t 'plan' tuyen -C n plan load plan.yaml
t 'unit' tuyen -C n unit add 11383 --level commune --name 'Lê Chân'

# speaks NAME VI|EN SETTING...: what the command says under these settings.
EN='reported 0 of 1'
VI='đã báo cáo 0/1|[Bb]áo cáo'
speaks() {
	s_name=$1 s_want=$2
	shift 2
	env "$@" tuyen -C n total hp --period 2026-06 >out 2>err
	if [ "$s_want" = EN ]; then says "$s_name" "$EN"; else
		says "$s_name" "$VI"
		! grep -q reported out
		ok "$s_name: no English beside it" $?
	fi
}
speaks 'nothing set' EN X=1
speaks 'C' EN LANG=C
speaks 'C.UTF-8' EN LC_ALL=C.UTF-8
speaks 'another language' EN LANG=fr_FR.UTF-8
for name in TUYEN_LANG LANGUAGE LC_ALL LC_MESSAGES LANG; do
	speaks "$name" VI $name=vi
	speaks "$name with country and set" VI $name=vi_VN.UTF-8
done
speaks 'LANGUAGE as a list' VI LANGUAGE=vi:en
speaks 'LANGUAGE that begins with another' EN LANGUAGE=en:vi LANG=vi_VN.UTF-8
speaks 'the first one set decides' EN TUYEN_LANG=en LANGUAGE=vi LC_ALL=vi LANG=vi
speaks 'the first one set decides' VI TUYEN_LANG=vi LANGUAGE=en LC_ALL=C LANG=C
speaks 'LANGUAGE before LC_ALL' VI LANGUAGE=vi LC_ALL=C.UTF-8 LANG=C
speaks 'LC_ALL before LC_MESSAGES' EN LC_ALL=C LC_MESSAGES=vi LANG=vi
speaks 'LC_MESSAGES before LANG' VI LC_MESSAGES=vi_VN LANG=en_US.UTF-8
speaks 'an empty one is not set' VI TUYEN_LANG= LC_ALL= LANG=vi

# What the daemon refuses is told in the language of who asked, whatever the daemon speaks.
fails 1 'an error of the daemon' env LANG=vi_VN tuyen -C n report set --unit 11383 --reason x hp 2026-06 A=1.260
says 'in Vietnamese' "1260"
says 'in Vietnamese' 'hãy|viết|không'
! grep -qE 'write|thousands' err
ok 'no English beside it' $?
fails 1 'an error of the daemon' env LANG=C tuyen -C n report set --unit 11383 --reason x hp 2026-06 A=1.260
says 'in English' 'write'
fails 2 'an error of the command line' env LANG=vi_VN tuyen -C n totl hp
says 'in Vietnamese' 'lệnh'
fails 1 'a place in a file' env LANG=vi sh -c 'printf "format: plan/1\nplan: {id: p}\n" | tuyen -C n plan load --dry-run -'
says 'keeps line and column' ':[0-9]+:[0-9]+:'
t 'note of the daemon' env LANG=vi tuyen -C n directive issue --id D1 --title X --to all --plan hp --period 2026-06
says 'in Vietnamese' 'D1.*(ban hành|phiên bản)'

# JSON, ids, states, keys. (What was proved once, verify remembers.)
t 'proved' tuyen -C n verify
for words in 'status' 'total hp --period 2026-06' 'report show --unit 11383 hp 2026-06' 'directive list' 'unit list' 'plan show hp' 'config' 'verify' 'missing hp --period 2026-06'; do
	LANG=C tuyen -C n $words --json >en.json
	LANG=vi tuyen -C n $words --json >vi.json
	if [ "$words" = status ]; then for one in en vi; do jq 'del(.clock)' $one.json >$one.cut; mv $one.cut $one.json; done; fi
	jq -e . en.json >out && cmp -s en.json vi.json
	ok "JSON of $words is the same in both" $?
done
t 'the form' env LANG=vi tuyen -C n report show --unit 11383 hp 2026-06
says 'is Vietnamese' 'Kỳ|Đơn vị'
t 'help' env LANG=vi tuyen --help
says 'is Vietnamese' 'báo cáo'
for command in init join 'unit add' 'plan load' 'directive issue' 'report set' 'conflict settle' sync backup; do
	t "help of $command" env LANG=vi tuyen $command --help
	says "is Vietnamese" '[ạảãáàăắằâấầậđêếềệôốồộơớờợưứừựịọụỉỏủ]'
done
t 'help of a family of commands' env LANG=vi tuyen conflict --help
says 'lists its commands' 'conflict settle .*[ạảãáàăắằâấầậđêếềệôốồộơớờợưứừự]'
stop n
fails 3 'a daemon that is not there' env LANG=vi tuyen -C n unit add 11050 --level commune --name X --timeout 0
says 'in Vietnamese' 'không'
done_testing
