#!/bin/sh
# Goal: the command itself: help, the nearest word, exit statuses, two languages, making a node or nothing, settings,
# backup and restore.
. "$(dirname "$0")/../lib/tap.sh"

# Usage.
t 'version' tuyen --version
says 'names itself' '^tuyen [0-9]'
t 'help' tuyen help
says 'lists commands' 'report submit'
t 'help of one' tuyen report set --help
says 'shows its options' '--reason TEXT'
t 'help of a family' tuyen help conflict
says 'lists it' 'conflict settle'
fails 2 'no command' tuyen
fails 2 'an unknown command' tuyen stauts
says 'nearest word' "did you mean 'status'"
fails 2 'an unknown second word' tuyen report sett
says 'nearest command' "did you mean 'report set'"
fails 2 'an unknown option' tuyen total p --perod 2026-06
says 'nearest option' 'did you mean --period'
fails 2 'an unknown option of tuyen' tuyen --frob status
fails 2 'a word too many' tuyen status now
fails 1 'no node there' tuyen -C nowhere status
says 'and what to do' 'tuyen init'

# A node is made whole or not at all.
fails 2 'init without a level' tuyen -C new/n init --unit 31 --name X
fails 1 'init with a bad id' tuyen -C new/n init --unit 'a b' --level commune --name X
fails 1 'init with a bad address' tuyen -C new/n init --unit 31 --level province --name X --root --listen 7031
fails 2 'a station as root' tuyen -C new/n init --unit 31 --level province --name X --root --station s
[ ! -e new ]
ok 'nothing is left of them' $?
mkdir given && chmod 500 given
if [ "$(id -u)" != 0 ]; then fails 1 'init in a folder that cannot be written' tuyen -C given/n init --unit 1 --level commune --name X; fi
chmod 700 given
t 'init' tuyen -C given init --unit 31 --level province --name 'Hải Phòng' --root --listen 127.0.0.1:7031
is 'the key is private' "$(stat -c %a given/key)" 600
is 'nothing else lies about' "$(ls -A given | tr '\n' ' ')" 'key reserve.key run spool store.git tuyen.conf '
before=$(cat given/key given/tuyen.conf | sha256sum)
fails 1 'init again' tuyen -C given init --unit 11 --level province --name Y --root
is 'nothing was overwritten' "$(cat given/key given/tuyen.conf | sha256sum)" "$before"
long=$(printf 'd%.0s' $(seq 1 120))/$(printf 'e%.0s' $(seq 1 120))
t 'init in a long path' tuyen -C "$long" init --unit 32 --level province --name Dài --root
t 'TUYEN_DIR' env TUYEN_DIR="$long" tuyen status --json
json 'names the node' .unit '"32"'

# Without a daemon: reading works, writing ends with 3.
t 'status without a daemon' tuyen -C given status --json
json 'says so' .daemon false
fails 3 'writing without a daemon' tuyen -C given report set p 2026-06 A=1 --timeout 0
fails 2 'a timeout that is no number' tuyen -C given report set p 2026-06 A=1 --timeout soon

# Settings.
t 'set a setting' tuyen -C given config address 10.0.0.1:7031
t 'read it' tuyen -C given config address
is 'is what was set' "$(cat out)" 10.0.0.1:7031
fails 1 'a wrong value' tuyen -C given config address nowhere
t 'clear it' tuyen -C given config address ''
t 'all settings' tuyen -C given config --json
json 'cleared' .address null
fails 1 'an unknown setting' tuyen -C given config adress

# Language: the first one set decides, whether that locale is installed or not.
english="there is no command 'stauts'"
vietnamese="không có lệnh 'stauts'"
speaks() {
	s_name=$1 s_want=$2
	shift 2
	fails 2 "$s_name" env "$@" tuyen stauts
	says "$s_name: right language" "$s_want"
}
speaks 'LANG=vi' "$vietnamese" LANG=vi_VN.UTF-8
speaks 'LC_MESSAGES before LANG' "$vietnamese" LC_MESSAGES=vi LANG=en_US.UTF-8
speaks 'LC_ALL before LC_MESSAGES' "$english" LC_ALL=C LC_MESSAGES=vi LANG=vi
speaks 'LANGUAGE before LC_ALL' "$vietnamese" LANGUAGE=vi:en LC_ALL=C
speaks 'TUYEN_LANG before all' "$english" TUYEN_LANG=en LANGUAGE=vi LANG=vi
speaks 'an empty one is not set' "$vietnamese" TUYEN_LANG= LANG=vi
t 'JSON in Vietnamese' env TUYEN_LANG=vi tuyen -C given status --json
json 'keeps its keys' .daemon false

# The clock of drills: the daemon's own, which status tells of.
export TUYEN_NOW=2026-07-01T08:00:00+07:00
start given
t 'a daemon with a set clock' tuyen -C given sync --pause
unset TUYEN_NOW
t 'status' tuyen -C given status --json
json 'tells that the clock is set' '[.daemon, .clock.set, .clock.now[:10], .paused]' '[true,true,"2026-07-01",true]'
t 'status in words' env TUYEN_LANG=vi tuyen -C given status
says 'tells it too' '2026-07-01T08:.*TUYEN_NOW'
t 'resume' tuyen -C given sync --resume

# Backup and restore.
t 'backup beside a daemon' tuyen -C given backup node.tgz
is 'is private' "$(stat -c %a node.tgz)" 600
says 'warns of the key' 'private key'
t 'any tool opens it' tar tzf node.tgz
says 'the key is in it' '^key$'
fails 1 'restore over a node' tuyen -C given restore node.tgz
t 'restore' tuyen -C deep/er/again restore node.tgz
t 'is the same node' cmp given/key deep/er/again/key
t 'is sound' tuyen -C deep/er/again verify
is 'same ledger' "$(tip deep/er/again directives/31)" "$(tip given directives/31)"
head -c 500 node.tgz >half.tgz
fails 1 'restore of half a backup' tuyen -C other/n restore half.tgz
tar czf strange.tgz out
fails 1 'restore of something else' tuyen -C other/n restore strange.tgz
mkdir -p x/store.git && tar czf evil.tgz -C x --transform 's,^store.git,store.git/../../evil,' store.git
fails 1 'restore of an archive that climbs' tuyen -C other/n restore evil.tgz
ln -s /etc/passwd x/key && tar czf link.tgz -C x key
fails 1 'restore of an archive with a link' tuyen -C other/n restore link.tgz
tar czf part.tgz -C given key tuyen.conf
fails 1 'restore of a part of a node' tuyen -C other/n restore part.tgz
[ ! -e other ] && [ ! -e evil ]
ok 'nothing is left of them' $?
done_testing
