#!/bin/sh
# The same work by stock tools, over the same line: git over a shared ssh connection and over https (git http-backend
# behind lighttpd), fossil, rsync. What is not installed is left out, with a word.
. "$(dirname "$0")/lib.sh"
missing=
sshd=$(command -v sshd || true)
[ -e /usr/lib/lighttpd/mod_openssl.so ] || missing="$missing lighttpd lighttpd-mod-openssl"
[ -n "$sshd" ] || missing="$missing openssh-server"
here fossil || missing="$missing fossil"
here rsync || missing="$missing rsync"
echo "bench: syncthing is not driven here" >&2
[ -z "$missing" ] || echo "bench: not installed, so left out; to have all of them: apt-get install$missing" >&2
[ -d "$BENCH_LEDGER" ] || { echo 'bench: the part sync makes the ledger that this one needs' >&2; exit 1; }
git clone -q --bare "$BENCH_LEDGER" peer.git
git -C peer.git config http.receivepack true
git -C peer.git config gc.auto 0
ssh-keygen -q -t ed25519 -N '' -f key
git config --file gitconfig gpg.format ssh
git config --file gitconfig user.signingkey "$W/key.pub"
git config --file gitconfig commit.gpgsign true
export GIT_CONFIG_GLOBAL="$W/gitconfig" GIT_SSL_CAINFO="$W/tls.pem"
# The clerk's figures and his task: one signed commit of the folder $1, numbered $2.
commit() {
	report=$(cd "$1" && find reports -name '2026-06.yaml' | head -n 1) task=$(cd "$1" && find progress -name 'T7.yaml' | head -n 1)
	perl -pi -e 'BEGIN { $n = shift } s/^(\s+I([123]):).*/$1 \x27$n$2\x27/' "$2" "$1/$report"
	perl -pi -e 'BEGIN { $n = shift } s/^percent:.*/percent: \x27$n\x27/' "$2" "$1/$task"
	git -C "$1" commit -q -am 'report: set p 2026-06'
}
hundred() { for i in $(seq 100); do commit "$1" "$2$i"; done; }
# git_rows TOOL URL: by the line $3
git_rows() {
	tool=$1 url=$2 name=$3
	counts "$name" >/dev/null
	begin=$(now)
	git clone -q -b reports/11383 "$url" fresh."$name"
	row '1,000 changes to a fresh node' "$tool" "$(counts "$name")" $(($(now) - begin))
	git clone -q -b reports/11383 peer.git other."$name"
	counts "$name" >/dev/null
	git -C fresh."$name" fetch -q
	row 'nothing to do' "$tool" "$(counts "$name")" ''
	commit fresh."$name" 11
	git -C fresh."$name" push -q origin HEAD
	row 'one update up' "$tool" "$(counts "$name")" ''
	git -C other."$name" pull -q
	commit other."$name" 12
	git -C other."$name" push -q origin HEAD
	git -C fresh."$name" fetch -q
	row 'one update down' "$tool" "$(counts "$name")" ''
	git -C fresh."$name" merge -q origin/reports/11383
	hundred fresh."$name" 3
	counts "$name" >/dev/null
	begin=$(now)
	git -C fresh."$name" push -q origin HEAD
	got=$(counts "$name")
	row '100 changes in one go' "$tool" "$got" $(($(now) - begin))
	whole=$(bytes "$got")
	git -C other."$name" pull -q
}

if [ -n "$sshd" ] && [ "$(id -u)" != 0 -o -d /run/sshd ] || { [ -n "$sshd" ] && mkdir /run/sshd 2>/dev/null && made=1; }; then
	P=$(port) L=$(port)
	ssh-keygen -q -t ed25519 -N '' -f host
	cp key.pub authorized
	printf '%s\n' "Port $P" 'ListenAddress 127.0.0.1' "HostKey $W/host" "AuthorizedKeysFile $W/authorized" 'UsePAM no' \
		'StrictModes no' 'PasswordAuthentication no' "PidFile $W/sshd.pidfile" 'PermitRootLogin yes' 'MaxStartups 200' >sshd.conf
	"$sshd" -D -f sshd.conf -E sshd.log &
	pids="$pids $!"
	until_true listens "$P"
	a_line ssh "$L" "$P" --delay 50
	printf '%s\n' "ssh -q -F /dev/null -i $W/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=$W/known -o ControlMaster=auto -o ControlPath=$W/master -o ControlPersist=600 \"\$@\"" >ssh.sh
	export GIT_SSH_COMMAND="sh $W/ssh.sh"
	if timeout 20 sh ssh.sh -p "$L" "$(id -un)@127.0.0.1" true </dev/null; then
		row 'from nothing: the connection alone' 'git, ssh' "$(counts ssh)" ''
		git_rows 'git, ssh shared' "ssh://$(id -un)@127.0.0.1:$L$W/peer.git" ssh
	else
		echo 'bench: sshd does not let us in; left out' >&2
		cat sshd.log >&2
	fi
	sh ssh.sh -O exit -p "$L" "$(id -un)@127.0.0.1" 2>/dev/null || true
	[ -z "${made:-}" ] || rmdir /run/sshd
fi

if [ -e /usr/lib/lighttpd/mod_openssl.so ]; then
	. "$BENCH_HERE/https.sh"
	https_begin
	L=$(port)
	a_line https "$L" "$HTTPS" --delay 50
	git_rows 'git, https' "https://127.0.0.1:$L/peer.git" https
	hundred fresh.https 4
	for percent in 30 60 90; do
		a_line https "$L" "$HTTPS" --cut-after $((whole * percent / 100)) --cuts 1
		git -C fresh.https push -q origin HEAD:refs/heads/cut.$percent 2>/dev/null || true
		git -C fresh.https push -q origin HEAD:refs/heads/cut.$percent
		row "100 changes cut at $percent %" 'git, https' "$(counts https)" ''
		git -C peer.git update-ref -d refs/heads/cut.$percent
		git -C peer.git prune
	done
fi

if here fossil; then
	P=$(port) L=$(port)
	export HOME="$W" USER=bench
	fossil init -A bench city.fossil >/dev/null
	fossil user capabilities nobody cfghijoz -R city.fossil >/dev/null
	fossil server city.fossil --port "$P" --localhost >/dev/null 2>&1 &
	pids="$pids $!"
	until_true listens "$P"
	a_line fossil "$L" "$P" --delay 50
	cp "$BENCH_ROWS" rows.before
	(
		set -e
		fossil clone "http://127.0.0.1:$L/" ward.fossil >/dev/null
		mkdir fossil && cd fossil
		fossil open ../ward.fossil >/dev/null
		fossil settings autosync off >/dev/null
		fossil settings mtime-changes off >/dev/null
		git -C "$BENCH_LEDGER" archive reports/11383 | tar x
		fossil addremove >/dev/null && fossil commit -m begin >/dev/null 2>&1
		fossil push >/dev/null
		edit() {
			perl -pi -e 'BEGIN { $n = shift } s/^(\s+I([123]):).*/$1 \x27$n$2\x27/' "$1" "$(find reports -name 2026-06.yaml | head -n 1)"
			fossil commit -m 'report: set p 2026-06' >/dev/null 2>&1
		}
		cd "$W" && counts fossil >/dev/null && cd fossil
		fossil push >/dev/null
		cd "$W" && row 'nothing to do' 'fossil, http' "$(counts fossil)" '' && cd fossil
		edit 11 && fossil push >/dev/null
		cd "$W" && row 'one update up' 'fossil, http' "$(counts fossil)" '' && cd fossil
		for i in $(seq 100); do edit "3$i"; done
		begin=$(now)
		fossil push >/dev/null
		cd "$W" && row '100 changes in one go' 'fossil, http' "$(counts fossil)" $(($(now) - begin)) && cd fossil
		[ "$(fossil sql -R ../city.fossil "select count(*) from event where type = 'ci'" | tail -n 1)" -ge 102 ]
	) || { cp rows.before "$BENCH_ROWS" && echo 'bench: fossil did not take the changes; left out' >&2; }
fi

if here rsync; then
	P=$(port) L=$(port)
	mkdir rsync.city rsync.ward
	git -C "$BENCH_LEDGER" archive reports/11383 | tar x -C rsync.ward
	printf '%s\n' "pid file = $W/rsync.pidfile" 'use chroot = no' '[city]' "path = $W/rsync.city" 'read only = no' >rsync.conf
	[ "$(id -u)" != 0 ] || printf '%s\n' 'uid = 0' 'gid = 0' >>rsync.conf
	rsync --daemon --no-detach --config=rsync.conf --port="$P" --address=127.0.0.1 &
	pids="$pids $!"
	until_true listens "$P"
	a_line rsync "$L" "$P" --delay 50
	push() { rsync -az rsync.ward/ "rsync://127.0.0.1:$L/city/"; }
	push
	counts rsync >/dev/null
	push
	row 'nothing to do' 'rsync, no encryption, files alone' "$(counts rsync)" ''
	perl -pi -e 's/^(\s+I([123]):).*/$1 \x2711$2\x27/' "$(find rsync.ward/reports -name 2026-06.yaml | head -n 1)"
	perl -pi -e 's/^percent:.*/percent: \x2711\x27/' "$(find rsync.ward/progress -name T7.yaml | head -n 1)"
	push
	row 'one update up' 'rsync, no encryption, files alone' "$(counts rsync)" ''
fi
